//! Other databases that are told of users: how far each is, as the change log knows it.

use std::io::{self, Write};
use std::process::ExitCode;

use hallpass::changes::{Changes, Checked, Kept, ReaderStatus, Refusal, Remote, WorkerStatus};
use serde_json::json;

use super::{Work, code, draw, say_filled};
use crate::config::Target;
use crate::failure::Failure;
use crate::progress::Bar;

/// How a target stands.
#[derive(Debug)]
pub(super) struct TargetStatus {
    name: String,
    /// Absent until somebody begins to tell it.
    reader: Option<ReaderStatus>,
    /// Absent until a process was at it.
    worker: Option<WorkerStatus>,
    /// Users whose row the target refuses.
    refused: Vec<Refusal>,
}

/// Every target of the settings. Asks none of them: one that is away is told as well.
///
/// # Errors
/// What the database said.
pub(super) async fn all(
    targets: &[Target],
    changes: &Changes,
) -> Result<Vec<TargetStatus>, Failure> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let readers = changes.readers().await?;
    let workers = changes.workers().await?;
    let users = changes.users();
    let mut all = Vec::with_capacity(targets.len());
    for target in targets {
        let name = Kept::work_name(&target.name);
        all.push(TargetStatus {
            name: target.name.clone(),
            reader: readers.iter().find(|one| one.name == name).cloned(),
            worker: workers.iter().find(|one| one.name == name).cloned(),
            refused: users.refusals(&target.name).await?,
        });
    }
    Ok(all)
}

fn find<'w>(work: &'w Work, name: &str) -> Result<&'w Target, Failure> {
    let target = work.targets.iter().find(|target| target.name == name);
    target.ok_or_else(|| Failure::NoTarget {
        name: name.to_owned(),
    })
}

async fn connect(work: &Work, name: &str) -> Result<Remote, Failure> {
    let address = find(work, name)?.url.expose();
    Ok(Remote::connect(&work.sync, &work.people, name, address).await?)
}

/// Holds what one tells against the users.
///
/// # Errors
/// [`Failure::NoTarget`], and what the databases said.
pub(super) async fn verify(work: &Work, name: &str) -> Result<ExitCode, Failure> {
    let remote = connect(work, name).await?;
    let mut bar = Bar::new();
    let checked = remote.verify(|one| draw(&mut bar, one)).await;
    bar.finish();
    remote.close().await;
    let checked = checked?;
    let reader = Kept::work_name(name);
    let readers = work.changes.readers().await?;
    let reader = readers.iter().find(|one| one.name == reader);
    let behind = reader.map_or(0, |reader| reader.behind);
    say_checked(name, &checked, behind).map_err(Failure::Output)?;
    Ok(code(checked.is_sound()))
}

/// Makes what one tells what it should be.
///
/// # Errors
/// As [`verify`].
pub(super) async fn repair(work: &Work, name: &str) -> Result<ExitCode, Failure> {
    let remote = connect(work, name).await?;
    let mut bar = Bar::new();
    let repaired = remote
        .repair(work.deletion, |one| draw(&mut bar, one))
        .await;
    bar.finish();
    remote.close().await;
    say_filled(repaired?).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn say_checked(name: &str, checked: &Checked, behind: i64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Checked {
        users, told, gone, ..
    } = checked;
    writeln!(
        out,
        "{users} users here; the target {name} has {told} rows of users, {gone} of users who are gone."
    )?;
    let rows = [
        (checked.missing, "users are not told of"),
        (checked.strange, "rows tell of people who are no users"),
        (
            checked.different,
            "rows say something else than the users do",
        ),
    ];
    for (count, text) in rows.iter().filter(|(count, _)| *count > 0) {
        writeln!(
            out,
            "{count} {text}: `hallpass sync repair --target {name}`"
        )?;
    }
    if behind > 0 {
        writeln!(
            out,
            "{behind} changes lie before it; what they are about may be among these."
        )?;
    }
    Ok(())
}

/// Tells one of everybody anew.
///
/// # Errors
/// [`Failure::NoTarget`], and what the databases said.
pub(super) async fn restart(work: &Work, name: &str) -> Result<ExitCode, Failure> {
    let address = find(work, name)?.url.expose();
    let mut kept = Kept::new(&work.sync, &work.schema, name, address, work.deletion);
    kept.restart().await?;
    kept.close().await;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "`{name}` is told of everybody anew, by `hallpass serve` while it runs."
    )
    .map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn refusal(one: &Refusal) -> serde_json::Value {
    json!({
        "user": one.user,
        "why": one.why.name(),
        "code": one.code,
        "since": one.since.to_string(),
        "tries": one.tries,
    })
}

impl TargetStatus {
    /// Whether nothing waits for a person.
    pub(super) fn is_sound(&self) -> bool {
        let is_read = self.reader.as_ref().is_some_and(|reader| !reader.is_lost);
        let works = |worker: &WorkerStatus| worker.is_held && worker.failing.is_none();
        is_read && self.refused.is_empty() && self.worker.as_ref().is_some_and(works)
    }

    pub(super) fn machine(&self) -> serde_json::Value {
        let failing = self.worker.as_ref().and_then(|worker| worker.failing);
        json!({
            "name": self.name,
            "sound": self.is_sound(),
            "followed": self.worker.as_ref().is_some_and(|worker| worker.is_held),
            "failing": failing.map(|(since, why)| json!({ "since": since.to_string(), "why": why.name() })),
            "position": self.reader.as_ref().map(|reader| reader.position),
            "behind": self.reader.as_ref().map(|reader| reader.behind),
            "waits_seconds": self.reader.as_ref().map(|reader| reader.waits.as_secs()),
            "lost": self.reader.as_ref().is_some_and(|reader| reader.is_lost),
            "refused": self.refused.iter().map(refusal).collect::<Vec<_>>(),
        })
    }

    pub(super) fn say(&self, out: &mut impl Write) -> io::Result<()> {
        self.say_standing(out)?;
        for one in &self.refused {
            let Refusal {
                user, why, since, ..
            } = one;
            let code = one.code.as_deref().unwrap_or("no code");
            // SECURITY: an id may hold the end of a line, or what moves a terminal's cursor.
            let user = user.replace(char::is_control, " ");
            writeln!(
                out,
                "  refuses user {user} since {since:.0} ({code}): {}; tried {} times, and again within the hour. Others are told of.",
                why.text(),
                one.tries
            )?;
        }
        if !self.refused.is_empty() {
            let name = &self.name;
            writeln!(
                out,
                "  Once that is mended, `hallpass sync repair --target {name}` tries them at once."
            )?;
        }
        Ok(())
    }

    fn say_standing(&self, out: &mut impl Write) -> io::Result<()> {
        let name = &self.name;
        let Some(reader) = &self.reader else {
            write!(out, "Target {name}: not begun")?;
            return match self.worker.as_ref().and_then(|worker| worker.failing) {
                Some((since, why)) => writeln!(out, "; fails since {since:.0}: {}", why.text()),
                None => writeln!(out, "; `hallpass serve` tells it while it runs"),
            };
        };
        let far = format!("{} changes behind", reader.behind);
        let moved = format!("moved last at {:.0}", reader.moved);
        if reader.is_lost {
            let help = format!("`hallpass sync restart {name}` tells it of everybody anew");
            return writeln!(
                out,
                "Target {name}: LOST: the change log has no longer what comes next; {help}"
            );
        }
        match &self.worker {
            Some(WorkerStatus {
                failing: Some((since, why)),
                ..
            }) => writeln!(
                out,
                "Target {name}: STANDS STILL since {since:.0}: {}; {far}, {moved}",
                why.text()
            ),
            Some(worker) if worker.is_held => {
                writeln!(out, "Target {name}: followed, {far}, {moved}")
            }
            _ => writeln!(
                out,
                "Target {name}: followed by nobody, {far}, {moved}; `hallpass serve` does while it runs"
            ),
        }
    }
}
