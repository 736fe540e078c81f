//! `hallpass db`: brings the tables of a database to where the schema is, and back.

mod migrate;
mod pull;
mod push;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hallpass::data::structure::{Consent, Step};
use hallpass::data::zmodel::Schema;

use crate::cli::db::{Agreement, Db, DbCommand, Place, Pull};
use crate::config::{self, Environment, Tables};
use crate::failure::Failure;

/// Something waits for a person. 1 means that the command failed.
const WAITS: u8 = 2;
/// The schema where none is named.
const SCHEMA: &str = "schema.zmodel";

/// Does what was typed.
///
/// # Errors
/// [`Failure`] says why it could not.
pub(crate) async fn run(options: &Db, environment: &Environment) -> Result<ExitCode, Failure> {
    match &options.command {
        DbCommand::Push(options) => push::run(options, environment).await,
        DbCommand::Pull(options) => pull(options, environment).await,
        DbCommand::Migrate(options) => migrate::run(options, environment).await,
    }
}

/// `hallpass db pull`, and `hallpass zmodel import`.
///
/// # Errors
/// As [`run`].
pub(crate) async fn pull(options: &Pull, environment: &Environment) -> Result<ExitCode, Failure> {
    pull::run(options, environment).await
}

/// The address of the database, and the path of the schema.
///
/// # Errors
/// [`Failure::Config`] where no database is named.
pub(crate) fn place(
    place: &Place,
    environment: &Environment,
) -> Result<(config::Database, PathBuf), Failure> {
    let database = config::database(place.config.as_deref(), environment)?;
    let schema = match (&place.schema, &database.tables) {
        (Some(path), _) | (None, Tables::Schema(path)) => path.clone(),
        (None, Tables::Layout(_)) => PathBuf::from(SCHEMA),
    };
    Ok((database, schema))
}

/// The schema of a file and of those that it imports.
fn schema(path: &Path) -> Result<Schema, Failure> {
    Ok(crate::schema::load(path)?.schema)
}

fn consent(agreement: &Agreement) -> Consent {
    let has = |word: &str| agreement.accept.iter().any(|one| one == word);
    Consent {
        loosening: has("loosening"),
        failing: has("may-fail"),
        names: agreement.accept.clone(),
    }
}

/// A step in one line, its effect first.
fn line(step: &Step) -> String {
    format!(
        "  {:<10}  {}: {}",
        step.effect.words(),
        step.name,
        step.consequence
    )
}
