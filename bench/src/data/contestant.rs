//! The servers that are measured.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::question::Question;
use super::{PEOPLE, Task};
use crate::load::Target;
use crate::options::Options;
use crate::people::person;
use crate::process::{Cpu, Server};
use crate::questions::Mix;
use crate::server::{self, Place, SESSION_COOKIE, SESSION_PATH};
use crate::stores::Stores;

/// What a server does to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// The SELECT of the session and the statement of the task: the yardstick.
    ByHand,
    /// The product.
    Hallpass,
}

/// A server that runs.
#[derive(Debug)]
pub(super) struct Contestant {
    pub(super) work: Work,
    pub(super) place: Place,
    server: Server,
    postgres_pid: u32,
}

impl Contestant {
    pub(super) async fn start(
        options: &Options,
        stores: &Stores,
        folder: &Path,
        (work, place): (Work, Place),
    ) -> Result<Self> {
        let port = server::free_port()?;
        let url = stores.url(place);
        let mut command = match work {
            Work::Hallpass => server::serve(options, url, port, place)?,
            Work::ByHand => {
                let mut command = Command::new(&options.baseline);
                let port = port.to_string();
                command.env_clear().args([port.as_str(), "todos", url]);
                command
            }
        };
        command.current_dir(folder);
        let log = server::log(folder, port);
        Ok(Self {
            work,
            place,
            server: Server::start(command, port, SESSION_PATH, &log).await?,
            postgres_pid: options.postgres_pid,
        })
    }

    /// The cookie of the person with a number.
    pub(super) fn cookie(&self, number: usize) -> String {
        let person = person(number);
        let token = match self.work {
            // Only the product hashes a token before it looks for it.
            Work::ByHand => person.stored,
            Work::Hallpass => person.token,
        };
        format!("{SESSION_COOKIE}={token}")
    }

    /// What it is asked: everybody who does such a thing, in an order that leaps through the table.
    pub(super) fn mix(&self, task: Task) -> Result<Mix<Question>> {
        let people = PEOPLE / 2;
        // A step without a divisor in common with round numbers visits everybody.
        let leap = |turn: usize| turn * 7_919 % people;
        let question = |turn| {
            let (number, text) = (leap(turn) * 2, format!("written in turn {turn}"));
            match task {
                Task::Find => Question::find(&self.cookie(number), number),
                Task::Create => Question::create(&self.cookie(number + 1), number + 1, &text),
                Task::Update => Question::update(&self.cookie(number), number, turn, &text),
            }
        };
        Mix::new((0..people).map(question).collect())
    }
}

impl Target for Contestant {
    fn name(&self) -> String {
        let place = self.place.name();
        match self.work {
            Work::ByHand => format!("by hand, {place}"),
            Work::Hallpass => format!("hallpass, {place}"),
        }
    }

    fn port(&self) -> u16 {
        self.server.port
    }

    fn cpu(&self) -> Result<Cpu> {
        let database = (self.place == Place::Postgres).then_some(self.postgres_pid);
        Cpu::of(self.server.id(), database)
    }
}
