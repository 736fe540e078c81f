//! The benchmark of session reads; `cargo xtask bench` builds and starts it.
//!
//! It fills a PostgreSQL and a SQLite database with 100,000 users and sessions, starts `hallpass serve` and the bare
//! servers of `baseline/` on them, and asks all of them in turn, in one run on one machine. A server is timed only
//! after every one of its answers was found right, and answers are checked while it is timed.
//!
//! Invariant: nothing here is part of the product; this is the one crate besides `db` that names database drivers.

mod contestant;
mod http;
mod jwt;
mod load;
mod options;
mod people;
mod process;
mod report;
mod stores;

use anyhow::{Context, Result};
use clap::Parser;

use crate::contestant::Contestant;
use crate::load::{Measurement, Mix};
use crate::options::Options;
use crate::report::Report;

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir().context("cannot make a folder for the databases")?;
    // One thread: the generator must leave the other core to the servers.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(measure(&options, folder.path()))?;
    let text = report.to_string();
    eprintln!("\n{text}");
    if let Some(parent) = options.report.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&options.report, text)
        .with_context(|| format!("cannot write {}", options.report.display()))?;
    eprintln!("written to {}", options.report.display());
    Ok(())
}

async fn measure(options: &Options, folder: &std::path::Path) -> Result<Report> {
    let stores = stores::prepare(options, folder).await?;
    let mut report = Report::new(options);
    let mut contestants = Vec::new();
    for plan in contestant::plans(options, &stores) {
        let contestant = plan.start(options, folder).await?;
        report.started(&contestant);
        contestants.push(contestant);
    }
    for contestant in &contestants {
        let mix = contestant.mix(options)?;
        load::verify(contestant, &mix).await?;
        eprintln!("every answer of {} is right", contestant.name());
    }
    for round in 1..=options.rounds {
        for connections in &options.connections {
            run_round(options, &contestants, *connections, round, &mut report).await?;
        }
    }
    Ok(report)
}

/// Asks each server for the same time, one after the other.
async fn run_round(
    options: &Options,
    contestants: &[Contestant],
    connections: usize,
    round: usize,
    report: &mut Report,
) -> Result<()> {
    for contestant in contestants {
        let mix: Mix = contestant.mix(options)?;
        load::run(contestant, &mix, connections, options.warm_up(round)).await?;
        let measurement: Measurement =
            load::run(contestant, &mix, connections, options.duration()).await?;
        eprintln!(
            "round {round}, {connections} connections, {}: {measurement}",
            contestant.name()
        );
        report.add(contestant, connections, measurement)?;
    }
    Ok(())
}
