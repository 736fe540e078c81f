//! `hallpass changes`: installs the change log, says how it stands, and keeps it small.

mod shown;

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::changes::webhooks::EventKind;
use hallpass::changes::{Changes, Leave, Plan, Step, Tracking};
use hallpass::data::look_choosing;
use hallpass::data::zmodel::Schema;
use hallpass::recognise::choose;

use crate::cli::changes::{ChangesCommand, Place};
use crate::config::{self, Database, Environment, Tables};
use crate::failure::Failure;
use crate::{fields, schema};

/// Something waits for a person. 1 means that the command failed.
const WAITS: u8 = 2;

/// Does what was typed.
///
/// # Errors
/// [`Failure`] says why it could not.
pub(crate) async fn run(
    command: &ChangesCommand,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    match command {
        ChangesCommand::Install { place, dry_run } => {
            let (changes, tracking) = tracked(&settings(place, environment)?).await?;
            if *dry_run {
                return planned(&changes.plan(&tracking).await?);
            }
            done(
                &changes.install(&tracking).await?.steps,
                "Everything is tracked that is to be.",
            )
        }
        ChangesCommand::Uninstall {
            place,
            dry_run,
            drop_log,
        } => {
            let changes = connect(&settings(place, environment)?).await?;
            let leave = if *drop_log {
                Leave::Nothing
            } else {
                Leave::Log
            };
            if *dry_run {
                return planned(&changes.plan_removal(leave).await?);
            }
            done(
                &changes.uninstall(leave).await?.steps,
                "Nothing is tracked.",
            )
        }
        ChangesCommand::Status { place, json } => {
            let (changes, tracking) = tracked(&settings(place, environment)?).await?;
            let status = changes.status(&tracking).await?;
            shown::status(&status, *json).map_err(Failure::Output)?;
            Ok(if status.is_sound() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(WAITS)
            })
        }
        ChangesCommand::Forget { place, reader } => {
            let changes = connect(&settings(place, environment)?).await?;
            changes.forget(reader).await?;
            let mut out = io::stdout().lock();
            writeln!(out, "The reader `{reader}` holds nothing any longer.")
                .map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        ChangesCommand::Clean { place, past } => {
            let settings = settings(place, environment)?;
            let changes = connect(&settings).await?;
            let removed = changes.log().remove(settings.retention, past).await?;
            shown::removed(&removed, settings.retention).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn settings(place: &Place, environment: &Environment) -> Result<Database, Failure> {
    Ok(config::database(place.config.as_deref(), environment)?)
}

async fn connect(database: &Database) -> Result<Changes, Failure> {
    Ok(Changes::connect(database.url.expose()).await?)
}

/// The log of a database, and what is tracked by the settings.
async fn tracked(database: &Database) -> Result<(Changes, Tracking), Failure> {
    let schema = schema_of(database).await?;
    let changes = connect(database).await?;
    let events: Vec<EventKind> = database
        .webhooks
        .iter()
        .flat_map(|webhook| webhook.events.iter().copied())
        .collect();
    let mut named = database.track.clone();
    named.extend(Tracking::needed_for(&schema, &events));
    let mut tracking = changes.tracking(&schema, &named).await?;
    if events.iter().any(|event| event.is_of_sessions()) {
        tracking = changes.with_sessions(tracking).await?;
    }
    Ok((changes, tracking))
}

/// The schema of the application, or the layout that the tables have.
pub(super) async fn schema_of(database: &Database) -> Result<Schema, Failure> {
    let choice = match &database.tables {
        Tables::Schema(path) => return Ok(schema::load(path)?.schema),
        Tables::Layout(choice) => *choice,
    };
    let url = database.url.expose();
    let options = fields::options_to_look();
    let client = look_choosing(url, options, |catalog, dialect| {
        Ok::<_, Failure>(choose(choice, catalog, dialect)?.schema)
    })
    .await?;
    let schema = client.schema().clone();
    client.close().await.map_err(Failure::Look)?;
    Ok(schema)
}

pub(super) fn planned(plan: &Plan) -> Result<ExitCode, Failure> {
    shown::plan(plan).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn done(steps: &[Step], nothing: &str) -> Result<ExitCode, Failure> {
    let say = || {
        let mut out = io::stdout().lock();
        if steps.is_empty() {
            return writeln!(out, "{nothing} Nothing was to be done.");
        }
        writeln!(out, "Done:")?;
        for step in steps {
            writeln!(out, "  {}: {}", step.name, step.consequence)?;
        }
        Ok(())
    };
    say().map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
