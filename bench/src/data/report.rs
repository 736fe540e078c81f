//! The table that a run ends in.

use std::fmt;

use super::contestant::{Contestant, Work};
use super::{PEOPLE, TODOS, Task};
use crate::load::{Measurement, Target as _};
use crate::options::Options;
use crate::rounds::Rounds;
use crate::server::Place;
use crate::statistics::{machine, micros};

/// Everything a run has seen.
#[derive(Debug)]
pub(super) struct Report {
    headline: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    work: Work,
    place: Place,
    task: Task,
    connections: usize,
    rounds: Rounds,
}

impl Report {
    pub(super) fn new(options: &Options) -> Self {
        let headline = format!(
            "{TODOS} todos of {PEOPLE} people, {} users and sessions, {} s a measurement, medians of {} rounds. {}, shared by \
             the server, the database and the generator of the load. Both gave the same bytes first, and every answer was \
             looked at.",
            options.users,
            options.duration().as_secs(),
            options.rounds,
            machine(),
        );
        Self {
            headline,
            rows: Vec::new(),
        }
    }

    /// Notes a measurement.
    pub(super) fn add(
        &mut self,
        contestant: &Contestant,
        task: Task,
        connections: usize,
        measurement: Measurement,
    ) {
        let (work, place) = (contestant.work, contestant.place);
        let is_it = |row: &&mut Row| {
            (row.work, row.place, row.task, row.connections) == (work, place, task, connections)
        };
        match self.rows.iter_mut().find(is_it) {
            Some(row) => row.rounds.add(measurement),
            None => self.rows.push(Row {
                name: contestant.name(),
                work,
                place,
                task,
                connections,
                rounds: Rounds::from_iter([measurement]),
            }),
        }
    }

    /// What the statements by hand came to with as many connections.
    fn yardstick(&self, of: &Row) -> Option<&Rounds> {
        let found = |row: &&Row| {
            (row.work, row.place) == (Work::ByHand, of.place)
                && (row.task, row.connections) == (of.task, of.connections)
        };
        self.rows.iter().find(found).map(|row| &row.rounds)
    }

    fn write_row(&self, formatter: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let median = row.rounds.median();
        let yardstick = self.yardstick(row).filter(|_| row.work != Work::ByHand);
        let database = match row.place {
            Place::Postgres => micros(median.database),
            Place::Jwt | Place::Sqlite => "–".to_owned(),
        };
        writeln!(
            formatter,
            "| {} | {} | {} | {:.0} | {} | {} | {} | {database} | {} |",
            row.task.name(),
            row.name,
            row.connections,
            median.requests_per_second,
            micros(median.p50),
            micros(median.p99),
            micros(median.server),
            row.rounds.compared(yardstick),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "# Data over HTTP\n\n{}\n", self.headline)?;
        writeln!(
            formatter,
            "| request | server | connections | requests/s | p50 | p99 | server CPU | database CPU | of that by hand |"
        )?;
        writeln!(formatter, "|---|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in &self.rows {
            self.write_row(formatter, row)?;
        }
        writeln!(
            formatter,
            "\nCPU is per request. By hand a handler of axum reads the session by the same SELECT as Hallpass, runs one statement with \
             the condition of the rule in it and writes the same JSON. Everybody was seen before, so that no \"last seen\" is written. \
             The last column compares requests/s and, in brackets, server CPU, each with those of the same round."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::measured;

    fn row(work: Work, task: Task, connections: usize, rounds: &[(f64, u64)]) -> Row {
        let rounds = rounds.iter().map(|(rate, time)| measured(*rate, *time));
        Row {
            name: format!("{work:?}"),
            work,
            place: Place::Sqlite,
            task,
            connections,
            rounds: rounds.collect(),
        }
    }

    #[test]
    fn a_request_is_compared_with_the_same_by_hand() {
        let rows = vec![
            row(Work::ByHand, Task::Find, 16, &[(1000.0, 20)]),
            row(Work::ByHand, Task::Find, 64, &[(2000.0, 10)]),
            row(Work::ByHand, Task::Update, 16, &[(500.0, 40)]),
            row(Work::Hallpass, Task::Find, 16, &[(900.0, 30)]),
            row(Work::Hallpass, Task::Create, 16, &[(400.0, 50)]),
        ];
        let headline = String::new();
        let text = Report { headline, rows }.to_string();
        for line in [
            "| findMany | ByHand | 16 | 1000 | 20 µs | 20 µs | 20 µs | – | – |",
            "| findMany | Hallpass | 16 | 900 | 30 µs | 30 µs | 30 µs | – | 90 % (150 %) |",
            "| create | Hallpass | 16 | 400 | 50 µs | 50 µs | 50 µs | – | – |",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
