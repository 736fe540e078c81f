//! `hallpass zmodel`: checks, tidies and documents schemas. No database is needed.

mod check;
mod docs;
mod files;
mod format;

use std::io;
use std::process::ExitCode;

use crate::cli::Zmodel;
use crate::failure::Failure;

/// Runs one of the commands.
///
/// # Errors
/// [`Failure`] says which file cannot be read or written, or what is wrong in it.
pub(crate) fn run(command: &Zmodel) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    match command {
        Zmodel::Check { schema } => check::run(schema, &mut out),
        Zmodel::Format { check, files } => format::run(files, *check, &mut out),
        // Needs a database, so it runs as `hallpass db pull`.
        Zmodel::Import(_) => Ok(ExitCode::SUCCESS),
        Zmodel::Docs {
            schema,
            out: folder,
        } => docs::run(schema, folder, &mut out),
    }
}
