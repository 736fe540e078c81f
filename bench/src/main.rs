//! The benchmarks; `cargo xtask bench` builds and starts them.
//!
//! They fill PostgreSQL and SQLite databases, start `hallpass` on them beside something that does the least that could
//! be done, and measure both in turn, in one run on one machine: session reads in `reads/`, sign-ins by password in
//! `sign_ins/`, data over HTTP in `data/`, the doctor in `doctor/`, live queries in `live/`, the change log in `changes/`; and, in process, reading a schema in `schema/` and data under access rules in `todos/`.
//! Nothing is timed whose answers were not found right first.
//!
//! Invariant: nothing here is part of the product; this is the one crate besides `db` that names database drivers.
//!
//! To add a subject: a folder with `measure`, a variant of [`Subject`] and its arm in [`measure`].

mod changes;
mod data;
mod doctor;
mod http;
mod live;
mod load;
mod options;
mod people;
mod process;
mod questions;
mod reads;
mod rounds;
mod schema;
mod server;
mod sign_ins;
mod statistics;
mod stores;
mod todos;

use std::path::Path;

use anyhow::{Context, Result};
use clap::Parser;

use crate::options::{Options, Subject};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir().context("cannot make a folder for the databases")?;
    // One thread: the generator must leave the other core to the servers.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&options, folder.path()))
}

async fn measure(options: &Options, folder: &Path) -> Result<()> {
    if options.subjects.contains(&Subject::Schema) {
        publish(options, "schema", &schema::measure(options)?)?;
    }
    if options.subjects.contains(&Subject::Todos) {
        let report = todos::measure(options, folder).await?;
        publish(options, "todos", &report)?;
    }
    if options.subjects.contains(&Subject::Doctor) {
        let report = doctor::measure(options, folder).await?;
        publish(options, "doctor", &report)?;
    }
    if options.subjects.contains(&Subject::Changes) {
        let report = changes::measure(options, folder).await?;
        publish(options, "changes", &report)?;
    }
    let needs_stores = |one: &Subject| {
        matches!(
            one,
            Subject::Reads | Subject::SignIns | Subject::Data | Subject::Live
        )
    };
    if !options.subjects.iter().any(needs_stores) {
        return Ok(());
    }
    let stores = stores::prepare(options, folder).await?;
    if options.subjects.contains(&Subject::Reads) {
        let report = reads::measure(options, &stores, folder).await?;
        publish(options, "session", &report)?;
    }
    if options.subjects.contains(&Subject::SignIns) {
        let report = sign_ins::measure(options, &stores, folder).await?;
        publish(options, "sign-in", &report)?;
    }
    if options.subjects.contains(&Subject::Data) {
        let report = data::measure(options, &stores, folder).await?;
        publish(options, "data", &report)?;
    }
    if options.subjects.contains(&Subject::Live) {
        let report = live::measure(options, &stores, folder).await?;
        publish(options, "live", &report)?;
    }
    Ok(())
}

/// Prints a report and writes it to its file.
fn publish(options: &Options, name: &str, report: &str) -> Result<()> {
    eprintln!("\n{report}");
    std::fs::create_dir_all(&options.reports)?;
    let file = options.reports.join(name).with_extension("md");
    std::fs::write(&file, report).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("written to {}\n", file.display());
    Ok(())
}
