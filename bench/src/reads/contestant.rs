//! The servers that are measured, each a row of [`plans`].

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::jwt;
use crate::load::Target;
use crate::options::Options;
use crate::people::person;
use crate::process::{self, Cpu, Server};
use crate::questions::{Mix, Question};
use crate::server::{self, Place, SECRET, SESSION_COOKIE, SESSION_PATH};
use crate::stores::Stores;

/// Servers are started this often; the report shows the median time to the first answer.
const STARTS: usize = 5;
/// After this a server that has nothing to do is at rest.
const SETTLE: Duration = Duration::from_millis(500);

/// What a server does to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Always the same body.
    Constant,
    /// The SELECT alone, in the way that is usual for the driver.
    Select,
    /// The SELECT alone, on the thread that answers: the least that can be done.
    SelectInPlace,
    /// The product.
    Hallpass,
}

/// A server that can be started.
#[derive(Debug)]
pub(crate) struct Plan {
    work: Work,
    place: Place,
    url: String,
}

/// The servers of a run; those that do least come first.
pub(crate) fn plans(options: &Options, stores: &Stores) -> Vec<Plan> {
    let (sqlite, postgres) = (&stores.sqlite, &stores.postgres);
    let plan = |work, place, url: &str| Plan {
        work,
        place,
        url: url.to_owned(),
    };
    let mut plans = vec![
        plan(Work::Constant, Place::Jwt, ""),
        plan(Work::SelectInPlace, Place::Sqlite, sqlite),
        plan(Work::Select, Place::Sqlite, sqlite),
        plan(Work::Select, Place::Postgres, postgres),
    ];
    if options.server.is_some() {
        plans.extend([
            plan(Work::Hallpass, Place::Jwt, sqlite),
            plan(Work::Hallpass, Place::Sqlite, sqlite),
            plan(Work::Hallpass, Place::Postgres, postgres),
        ]);
    }
    plans.retain(|plan| options.measures(plan.place));
    plans
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) work: Work,
    pub(crate) place: Place,
    server: Server,
    postgres_pid: u32,
    /// Median time from the start of the process to its first answer.
    pub(crate) start: Duration,
    pub(crate) idle_kib: u64,
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&name(self.work, self.place))
    }
}

fn name(work: Work, place: Place) -> String {
    let place = place.name();
    match work {
        Work::Constant => "constant".to_owned(),
        Work::Select => format!("bare SELECT, {place}"),
        Work::SelectInPlace => format!("bare SELECT in place, {place}"),
        Work::Hallpass => format!("hallpass, {place}"),
    }
}

impl Plan {
    /// Starts the server several times and keeps the last.
    pub(crate) async fn start(&self, options: &Options, folder: &Path) -> Result<Contestant> {
        let mut starts = Vec::with_capacity(STARTS);
        for _ in 1..STARTS {
            starts.push(self.start_once(options, folder).await?.start);
        }
        let server = self.start_once(options, folder).await?;
        starts.push(server.start);
        starts.sort_unstable();
        tokio::time::sleep(SETTLE).await;
        Ok(Contestant {
            work: self.work,
            place: self.place,
            idle_kib: process::resident_kib(server.id())?,
            server,
            postgres_pid: options.postgres_pid,
            start: starts.get(STARTS / 2).copied().unwrap_or_default(),
        })
    }

    async fn start_once(&self, options: &Options, folder: &Path) -> Result<Server> {
        let port = server::free_port()?;
        let mut command = match self.work {
            Work::Hallpass => server::serve(options, &self.url, port, self.place)?,
            _ => self.baseline(options, port),
        };
        command.current_dir(folder);
        Server::start(command, port, SESSION_PATH, &server::log(folder, port)).await
    }

    fn baseline(&self, options: &Options, port: u16) -> Command {
        let work = match self.work {
            Work::Select => "select",
            Work::SelectInPlace => "select-in-place",
            Work::Constant | Work::Hallpass => "constant",
        };
        let mut command = Command::new(&options.baseline);
        command
            .env_clear()
            .args([port.to_string().as_str(), work, &self.url]);
        command
    }
}

impl Target for Contestant {
    fn name(&self) -> String {
        name(self.work, self.place)
    }

    fn port(&self) -> u16 {
        self.server.port
    }

    fn cpu(&self) -> Result<Cpu> {
        let database = (self.place == Place::Postgres).then_some(self.postgres_pid);
        Cpu::of(self.server.id(), database)
    }
}

impl Contestant {
    /// Whether it tells people apart.
    pub(crate) fn knows_people(&self) -> bool {
        self.work != Work::Constant
    }

    pub(crate) fn resident_kib(&self) -> Result<u64> {
        process::resident_kib(self.server.id())
    }

    /// What it is asked.
    pub(crate) fn mix(&self, options: &Options) -> Result<Mix> {
        let numbers: Vec<usize> = if self.knows_people() {
            options.used().collect()
        } else {
            vec![0]
        };
        let tokens = match (self.work, self.place) {
            (Work::Hallpass, Place::Jwt) => jwt::tokens(SECRET, SESSION_COOKIE, &numbers)?,
            (Work::Hallpass, _) => numbers.iter().map(|number| person(*number).token).collect(),
            // Only the product hashes a token before it looks for it.
            _ => numbers
                .iter()
                .map(|number| person(*number).stored)
                .collect(),
        };
        let question = |(number, token): (&usize, String)| Question::new(&token, person(*number));
        Mix::new(numbers.iter().zip(tokens).map(question).collect())
    }
}
