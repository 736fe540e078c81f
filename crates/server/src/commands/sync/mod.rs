//! `hallpass sync`: keeps the table that tells applications of users.

mod targets;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use hallpass::changes::{
    Changes, Checked, Deletion, Filled, People, Standing, SyncStatus, UserSync,
};
use hallpass::data::zmodel::Schema;
use serde_json::json;

use targets::TargetStatus;

use super::changes::{done, planned, schema_of};
use crate::cli::sync::{Place, SyncCommand};
use crate::config::{self, Environment, Target};
use crate::failure::Failure;
use crate::progress::Bar;

/// Something waits for a person. 1 means that the command failed.
const WAITS: u8 = 2;

/// What every command works on.
struct Work {
    changes: Changes,
    sync: UserSync,
    people: People,
    schema: Arc<Schema>,
    deletion: Deletion,
    targets: Vec<Target>,
}

/// Does what was typed.
///
/// # Errors
/// [`Failure`] says why it could not.
pub(crate) async fn run(
    command: &SyncCommand,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    match command {
        SyncCommand::Install { place, dry_run } => {
            let work = open(place, environment).await?;
            if *dry_run {
                return planned(&work.sync.plan(&work.people, work.deletion).await?);
            }
            let steps = work.sync.install(&work.people, work.deletion).await?.steps;
            done(&steps, "Users are told of.")
        }
        SyncCommand::Uninstall(place) => {
            let work = open(place, environment).await?;
            done(&work.sync.uninstall().await?.steps, "Nobody is told of.")
        }
        SyncCommand::Status { place, json } => {
            let work = open(place, environment).await?;
            let mut bar = Bar::new();
            let status = work
                .sync
                .status(&work.people, work.deletion, |one| draw(&mut bar, one));
            let status = status.await;
            bar.finish();
            let status = status?;
            let targets = targets::all(&work.targets, &work.changes).await?;
            let is_sound = say(&status, &targets, *json).map_err(Failure::Output)?;
            Ok(code(is_sound))
        }
        SyncCommand::Backfill(place) => {
            let work = open(place, environment).await?;
            let mut bar = Bar::new();
            let filled = work.sync.backfill(&work.people, |one| draw(&mut bar, one));
            let filled = filled.await;
            bar.finish();
            say_filled(filled?).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        SyncCommand::Verify { place, target } => {
            let work = open(place, environment).await?;
            if let Some(target) = target {
                return targets::verify(&work, target).await;
            }
            let mut bar = Bar::new();
            let checked = work.sync.verify(&work.people, |one| draw(&mut bar, one));
            let checked = checked.await;
            bar.finish();
            let checked = checked?;
            let mut out = io::stdout().lock();
            say_checked(&mut out, &checked).map_err(Failure::Output)?;
            Ok(code(checked.is_sound()))
        }
        SyncCommand::Restart { place, target } => {
            let work = open(place, environment).await?;
            targets::restart(&work, target).await
        }
        SyncCommand::Repair { place, target } => {
            let work = open(place, environment).await?;
            if let Some(target) = target {
                return targets::repair(&work, target).await;
            }
            let mut bar = Bar::new();
            let repaired = work
                .sync
                .repair(&work.people, work.deletion, |one| draw(&mut bar, one));
            let repaired = repaired.await;
            bar.finish();
            say_filled(repaired?).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn open(place: &Place, environment: &Environment) -> Result<Work, Failure> {
    let database = config::database(place.config.as_deref(), environment)?;
    let schema = schema_of(&database).await?;
    let changes = Changes::connect(database.url.expose()).await?;
    let sync = changes.users();
    Ok(Work {
        people: sync.people(&schema).await?,
        sync,
        changes,
        schema: Arc::new(schema),
        deletion: database.sync.deletion,
        targets: database.sync.targets,
    })
}

fn code(is_sound: bool) -> ExitCode {
    if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WAITS)
    }
}

fn draw(bar: &mut Bar, filled: Filled) {
    bar.draw(filled.seen, filled.users);
}

fn say_filled(filled: Filled) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Looked at {} users, wrote {} rows.",
        filled.seen, filled.written
    )
}

/// Says how everything stands, and whether nothing waits for a person.
fn say(status: &SyncStatus, targets: &[TargetStatus], as_json: bool) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    // Who tells other databases alone has no table beside the users.
    let is_local = status.has_table || targets.is_empty();
    let is_sound = (!is_local || status.is_sound()) && targets.iter().all(TargetStatus::is_sound);
    if as_json {
        let whole = json!({
            "sound": is_sound,
            "table": status.has_table,
            "standing": word(status.standing),
            "keys": word(status.keys),
            "rows": status.checked.as_ref().map(counted),
            "targets": targets.iter().map(TargetStatus::machine).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut out, &whole)?;
        writeln!(out)?;
        return Ok(is_sound);
    }
    if is_local {
        say_status(&mut out, status)?;
    }
    for target in targets {
        target.say(&mut out)?;
    }
    Ok(is_sound)
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Tracked => "kept",
        Standing::Missing => "not kept",
        Standing::Drifted => "drifted",
        Standing::Stray => "stray",
    }
}

fn counted(checked: &Checked) -> serde_json::Value {
    json!({
        "users": checked.users, "told": checked.told, "gone": checked.gone,
        "missing": checked.missing, "strange": checked.strange, "different": checked.different,
    })
}

fn say_status(out: &mut impl io::Write, status: &SyncStatus) -> io::Result<()> {
    let Some(checked) = &status.checked else {
        return writeln!(
            out,
            "There is no table that tells of users; `hallpass sync install` makes it."
        );
    };
    match status.standing {
        Standing::Tracked => {
            writeln!(out, "The table is kept with the users.")?;
            say_keys(out, status.keys)?;
        }
        Standing::Drifted | Standing::Stray => writeln!(
            out,
            "The triggers are of another schema or setting; `hallpass sync install` brings them after it."
        )?,
        Standing::Missing => writeln!(
            out,
            "Nobody keeps the table: triggers are missing or switched off; `hallpass sync install` makes them."
        )?,
    }
    say_checked(out, checked)
}

/// Of foreign keys with which users go or change, where the database fires no triggers of theirs for that.
fn say_keys(out: &mut impl io::Write, keys: Standing) -> io::Result<()> {
    let what = match keys {
        Standing::Tracked => return Ok(()),
        Standing::Missing => "nobody tells of users who go or change with rows of another table",
        Standing::Drifted | Standing::Stray => {
            "the triggers for them are of foreign keys as they were"
        }
    };
    writeln!(
        out,
        "Foreign keys: {what}; `hallpass sync install`, then `hallpass sync repair`."
    )
}

fn say_checked(out: &mut impl io::Write, checked: &Checked) -> io::Result<()> {
    let Checked {
        users, told, gone, ..
    } = checked;
    writeln!(
        out,
        "{users} users; {told} rows of them, {gone} of users who are gone."
    )?;
    let rows = [
        (
            checked.missing,
            "users are not told of: `hallpass sync backfill`",
        ),
        (
            checked.strange,
            "rows tell of people who are no users: `hallpass sync repair`",
        ),
        (
            checked.different,
            "rows say something else than the users do: `hallpass sync repair`",
        ),
    ];
    for (count, text) in rows.iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "{count} {text}")?;
    }
    Ok(())
}
