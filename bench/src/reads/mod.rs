//! Session reads a second, beside a server that answers a constant and one that does only the SELECT.
//!
//! A server is timed only after every one of its answers was found right, and answers are checked while it is timed.

mod contestant;
mod jwt;
mod report;

use std::path::Path;

use anyhow::{Context, Result};

use self::contestant::Contestant;
use self::report::Report;
use crate::load::{self, Measurement, Target as _};
use crate::options::Options;
use crate::questions::{self, Mix};
use crate::stores::Stores;

/// Measures the servers of the places that were chosen; gives the report.
pub(crate) async fn measure(options: &Options, stores: &Stores, folder: &Path) -> Result<String> {
    let mut report = Report::new(options);
    let mut contestants = Vec::new();
    for plan in contestant::plans(options, stores) {
        let contestant = plan.start(options, folder).await?;
        report.started(&contestant);
        contestants.push(contestant);
    }
    for contestant in &contestants {
        let mix = contestant.mix(options)?;
        let verified = verify(contestant, &mix).await;
        verified.with_context(|| contestant.name())?;
        eprintln!("every answer of {} is right", contestant.name());
    }
    for round in 1..=options.rounds {
        for connections in &options.connections {
            run_round(options, &contestants, *connections, round, &mut report).await?;
        }
    }
    Ok(report.to_string())
}

/// Asks every question once and checks every member of every answer.
async fn verify(contestant: &Contestant, mix: &Mix) -> Result<()> {
    mix.verify(contestant.port()).await?;
    if contestant.knows_people() {
        questions::verify_stranger(contestant.port()).await?;
    }
    Ok(())
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
