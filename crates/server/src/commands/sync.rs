//! `hallpass sync`: keeps the table that tells applications of users.

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::changes::{Checked, Deletion, Filled, People, Standing, SyncStatus, UserSync};
use serde_json::json;

use super::changes::{done, planned, schema_of};
use crate::cli::sync::{Place, SyncCommand};
use crate::config::{self, Environment};
use crate::failure::Failure;
use crate::progress::Bar;

/// Something waits for a person. 1 means that the command failed.
const WAITS: u8 = 2;

/// What every command works on.
struct Work {
    sync: UserSync,
    people: People,
    deletion: Deletion,
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
            let status = work.sync.status(&work.people, work.deletion).await?;
            say_status(&status, *json).map_err(Failure::Output)?;
            Ok(code(status.is_sound()))
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
        SyncCommand::Verify(place) => {
            let work = open(place, environment).await?;
            let checked = work.sync.verify(&work.people).await?;
            let mut out = io::stdout().lock();
            say_checked(&mut out, &checked).map_err(Failure::Output)?;
            Ok(code(checked.is_sound()))
        }
        SyncCommand::Repair(place) => {
            let work = open(place, environment).await?;
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
    let sync = UserSync::connect(database.url.expose()).await?;
    Ok(Work {
        people: sync.people(&schema).await?,
        sync,
        deletion: database.deletion,
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

fn say_status(status: &SyncStatus, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let standing = match status.standing {
        Standing::Tracked => "kept",
        Standing::Missing => "not kept",
        Standing::Drifted => "drifted",
        Standing::Stray => "stray",
    };
    if as_json {
        let checked = status.checked.as_ref().map(|one| {
            json!({
                "users": one.users, "told": one.told, "gone": one.gone,
                "missing": one.missing, "strange": one.strange, "different": one.different,
            })
        });
        let whole = json!({
            "sound": status.is_sound(),
            "table": status.has_table,
            "standing": standing,
            "rows": checked,
        });
        serde_json::to_writer_pretty(&mut out, &whole)?;
        return writeln!(out);
    }
    let Some(checked) = &status.checked else {
        return writeln!(
            out,
            "There is no table that tells of users; `hallpass sync install` makes it."
        );
    };
    match status.standing {
        Standing::Tracked => writeln!(out, "The table is kept with the users.")?,
        Standing::Drifted | Standing::Stray => writeln!(
            out,
            "The triggers are of another schema or setting; `hallpass sync install` brings them after it."
        )?,
        Standing::Missing => writeln!(
            out,
            "Nobody keeps the table: triggers are missing or switched off; `hallpass sync install` makes them."
        )?,
    }
    say_checked(&mut out, checked)
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
