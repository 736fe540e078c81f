//! The tables that a run ends in.

use std::fmt;

use super::load::{Pace, Reads, Storm};
use crate::options::Options;
use crate::server::Place;
use crate::statistics::{machine, median, micros, millis};

/// What one round of one server showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Round {
    pub(super) hashes_per_second: f64,
    pub(super) sign_ins: Storm,
    pub(super) quiet: Reads,
    pub(super) stormy: Reads,
    pub(super) storm: Storm,
}

impl Round {
    /// The part of the hash alone that sign-ins reach.
    fn of_the_hash(&self) -> f64 {
        self.sign_ins.sign_ins_per_second / self.hashes_per_second
    }

    /// How many times the quiet p99 of reads the one in the storm is.
    fn slower(&self) -> f64 {
        self.stormy.p99.as_secs_f64() / self.quiet.p99.as_secs_f64()
    }
}

impl fmt::Display for Round {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sign_ins,
            quiet,
            stormy,
            ..
        } = self;
        write!(
            formatter,
            "{:.1} sign-ins/s ({:.0} % of the hash alone), p99 of reads {:.0?}, in the storm {:.0?} ({:.1} times)",
            sign_ins.sign_ins_per_second,
            self.of_the_hash() * 100.0,
            quiet.p99,
            stormy.p99,
            self.slower()
        )
    }
}

/// Everything a run has seen.
#[derive(Debug)]
pub(super) struct Report {
    headline: String,
    rounds: Vec<(Place, Round)>,
}

impl Report {
    pub(super) fn new(options: &Options, pace: Pace, storming: usize) -> Self {
        let headline = format!(
            "{} users, {} s a measurement, medians of {} rounds. {}, shared by the server, the database and the generator of the \
             load. Reads: {} a second over {} connections. Storm: {storming} connections that sign in without pause. Every \
             answer was checked.",
            options.users,
            options.duration().as_secs(),
            options.rounds,
            machine(),
            pace.per_second,
            pace.connections,
        );
        Self {
            headline,
            rounds: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, place: Place, round: Round) {
        self.rounds.push((place, round));
    }

    fn rounds_of(&self, place: Place) -> impl Iterator<Item = &Round> + Clone {
        let those = self.rounds.iter().filter(move |(of, _)| *of == place);
        those.map(|(_, round)| round)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "# Sign-ins by password\n\n{}\n", self.headline)?;
        self.write_sign_ins(formatter)?;
        self.write_reads(formatter)
    }
}

impl Report {
    fn write_sign_ins(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| sessions in | hash alone/s | sign-ins/s | p50 | p99 | of the hash alone |\n|---|--:|--:|--:|--:|--:|"
        )?;
        for place in [Place::Sqlite, Place::Postgres] {
            let rounds = self.rounds_of(place);
            let Some(of_the_hash) = median(rounds.clone().map(Round::of_the_hash)) else {
                continue;
            };
            let number = |of: fn(&Round) -> f64| median(rounds.clone().map(of)).unwrap_or_default();
            let time = |of: fn(&Round) -> std::time::Duration| {
                millis(median(rounds.clone().map(of)).unwrap_or_default())
            };
            writeln!(
                formatter,
                "| {} | {:.1} | {:.1} | {} | {} | {:.0} % |",
                place.name(),
                number(|one| one.hashes_per_second),
                number(|one| one.sign_ins.sign_ins_per_second),
                time(|one| one.sign_ins.p50),
                time(|one| one.sign_ins.p99),
                of_the_hash * 100.0
            )?;
        }
        writeln!(formatter)
    }

    fn write_reads(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| sessions in | quiet p50 | quiet p99 | p50 in the storm | p99 in the storm | times the quiet p99 | sign-ins/s meanwhile | \
             refused |\n|---|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for place in [Place::Sqlite, Place::Postgres] {
            let rounds = self.rounds_of(place);
            let Some(slower) = median(rounds.clone().map(Round::slower)) else {
                continue;
            };
            let time = |of: fn(&Round) -> std::time::Duration| {
                micros(median(rounds.clone().map(of)).unwrap_or_default())
            };
            let rate = median(rounds.clone().map(|one| one.storm.sign_ins_per_second));
            let refused: usize = rounds.clone().map(|one| one.storm.refused).sum();
            writeln!(
                formatter,
                "| {} | {} | {} | {} | {} | {slower:.1} | {:.1} | {refused} |",
                place.name(),
                time(|one| one.quiet.p50),
                time(|one| one.quiet.p99),
                time(|one| one.stormy.p50),
                time(|one| one.stormy.p99),
                rate.unwrap_or_default(),
            )?;
        }
        Ok(())
    }
}
