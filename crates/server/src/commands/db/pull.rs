//! `hallpass db pull`

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use hallpass::data::structure::Structure;

use crate::cli::db::Pull;
use crate::config::{self, Environment};
use crate::failure::Failure;

pub(super) async fn run(options: &Pull, environment: &Environment) -> Result<ExitCode, Failure> {
    let database = config::database(options.config.as_deref(), environment)?;
    let structure = Structure::connect(database.url.expose()).await?;
    let text = structure
        .pull_naming(hallpass::recognise::sign_in_names)
        .await?;
    match &options.out {
        Some(path) => write_new(path, &text).map_err(|source| Failure::File {
            path: path.clone(),
            source,
        })?,
        None => io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(Failure::Output)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A schema that somebody has worked on is never written over.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}
