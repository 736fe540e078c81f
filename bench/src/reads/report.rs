//! The table that a run ends in.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::contestant::{Contestant, Work};
use crate::load::{Measurement, Target as _};
use crate::options::Options;
use crate::rounds::Rounds;
use crate::server::Place;
use crate::statistics::{machine, micros, millis};

/// Everything a run has seen.
#[derive(Debug)]
pub(crate) struct Report {
    headline: String,
    servers: Vec<ServerFacts>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct ServerFacts {
    name: String,
    start: Duration,
    idle_kib: u64,
    loaded_kib: u64,
}

#[derive(Debug)]
struct Row {
    name: String,
    work: Work,
    place: Place,
    connections: usize,
    rounds: Rounds,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let headline = format!(
            "{} users and sessions, {} tokens in use, {} s a measurement, medians of {} rounds. {}, \
             shared by the server, the database and the generator of the load. Every answer was checked.",
            options.users,
            options.tokens,
            options.duration().as_secs(),
            options.rounds,
            machine(),
        );
        Self {
            headline,
            servers: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Notes how a server started.
    pub(crate) fn started(&mut self, contestant: &Contestant) {
        let Contestant {
            start, idle_kib, ..
        } = *contestant;
        self.servers.push(ServerFacts {
            name: contestant.name(),
            start,
            idle_kib,
            loaded_kib: 0,
        });
    }

    /// Notes a measurement, and the memory right after it.
    pub(crate) fn add(
        &mut self,
        contestant: &Contestant,
        connections: usize,
        measurement: Measurement,
    ) -> Result<()> {
        let name = contestant.name();
        let resident = contestant.resident_kib()?;
        if let Some(server) = self.servers.iter_mut().find(|server| server.name == name) {
            server.loaded_kib = server.loaded_kib.max(resident);
        }
        match self
            .rows
            .iter_mut()
            .find(|row| row.name == name && row.connections == connections)
        {
            Some(row) => row.rounds.add(measurement),
            None => self.rows.push(Row {
                name,
                work: contestant.work,
                place: contestant.place,
                connections,
                rounds: Rounds::from_iter([measurement]),
            }),
        }
        Ok(())
    }

    /// A yardstick measured with as many connections.
    fn yardstick(&self, connections: usize, work: Work, place: Place) -> Option<&Rounds> {
        let found =
            |row: &&Row| row.connections == connections && row.work == work && row.place == place;
        self.rows.iter().find(found).map(|row| &row.rounds)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "# Session reads\n\n{}\n", self.headline)?;
        writeln!(
            formatter,
            "| server | connections | requests/s | p50 | p99 | server CPU | database CPU | of the bare SELECT | of the constant |"
        )?;
        writeln!(formatter, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in &self.rows {
            self.write_row(formatter, row)?;
        }
        writeln!(
            formatter,
            "\nCPU is per request. The last columns compare requests/s and, in brackets, server CPU, each with the yardstick of the \
             same round.\n"
        )?;
        writeln!(
            formatter,
            "| server | start to first answer | memory idle | memory under load |\n|---|--:|--:|--:|"
        )?;
        for server in &self.servers {
            let ServerFacts {
                name,
                start,
                idle_kib,
                loaded_kib,
            } = server;
            writeln!(
                formatter,
                "| {name} | {} | {} | {} |",
                millis(*start),
                mib(*idle_kib),
                mib(*loaded_kib)
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn write_row(&self, formatter: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let Row {
            name,
            connections,
            place,
            ..
        } = row;
        let median = row.rounds.median();
        let select = self.yardstick(*connections, Work::Select, *place);
        let constant = self.yardstick(*connections, Work::Constant, Place::Jwt);
        writeln!(
            formatter,
            "| {name} | {connections} | {:.0} | {} | {} | {} | {} | {} | {} |",
            median.requests_per_second,
            micros(median.p50),
            micros(median.p99),
            micros(median.server),
            if *place == Place::Postgres {
                micros(median.database)
            } else {
                "–".to_owned()
            },
            row.rounds.compared(select),
            row.rounds.compared(constant),
        )
    }
}

fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::measured;

    fn row(work: Work, place: Place, rounds: &[(f64, u64)]) -> Row {
        let rounds = rounds
            .iter()
            .map(|(rate, server)| measured(*rate, *server))
            .collect();
        Row {
            name: format!("{work:?}"),
            work,
            place,
            connections: 16,
            rounds,
        }
    }

    #[test]
    fn each_round_is_compared_with_its_own_yardstick() {
        let rows = vec![
            row(Work::Constant, Place::Jwt, &[(2000.0, 10)]),
            row(
                Work::Select,
                Place::Sqlite,
                &[(1000.0, 20), (1.0, 999), (5000.0, 1)],
            ),
            row(
                Work::Hallpass,
                Place::Sqlite,
                &[(800.0, 30), (0.7, 1200), (4500.0, 2)],
            ),
            row(Work::Hallpass, Place::Jwt, &[(1500.0, 15)]),
        ];
        let text = Report {
            headline: String::new(),
            servers: Vec::new(),
            rows,
        }
        .to_string();
        assert!(
            text.contains(
                "| Hallpass | 16 | 800 | 30 µs | 30 µs | 30 µs | – | 80 % (150 %) | 40 % (300 %) |"
            ),
            "{text}"
        );
        assert!(text.contains("| – | – | 75 % (150 %) |"), "{text}");
    }

    #[test]
    fn memory_is_told_in_mib() {
        assert_eq!(mib(25 * 1024 + 512), "25.5 MiB");
    }
}
