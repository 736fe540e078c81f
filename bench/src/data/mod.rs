//! Requests for data a second, beside a handler written by hand that reads the session and runs the same statement.
//!
//! The application is the todo list that Hallpass brings along, with the rule `auth() == user`. Half of 10,000 people have
//! twenty todos each; those who have none create, so that what is read stays as it is. Nothing is timed before both
//! servers have given the same bytes for the same rows.

mod check;
mod contestant;
mod question;
mod report;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hallpass_data::Dialect;

use self::contestant::{Contestant, Work};
use self::question::Question;
use self::report::Report;
use crate::http::Connection;
use crate::load::{self, Target as _};
use crate::options::Options;
use crate::questions::Mix;
use crate::server::Place;
use crate::stores::Stores;
use crate::todos::EACH;
use crate::todos::filling::{self, Filling};

/// How many todos there are.
const TODOS: usize = 100_000;
/// Whose they are.
const PEOPLE: usize = TODOS / EACH;

/// Something that people do with their todos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// `findMany`: one's own twenty, newest first.
    Find,
    /// `create`
    Create,
    /// `update`: the text of one's own todo.
    Update,
}

impl Task {
    const ALL: [Self; 3] = [Self::Find, Self::Create, Self::Update];

    fn name(self) -> &'static str {
        match self {
            Self::Find => "findMany",
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// Measures the places that were chosen; gives the report.
pub(crate) async fn measure(options: &Options, stores: &Stores, folder: &Path) -> Result<String> {
    ensure!(
        options.users >= PEOPLE,
        "data over HTTP needs at least {PEOPLE} users"
    );
    let mut report = Report::new(options);
    for place in [Place::Sqlite, Place::Postgres] {
        if options.measures(place) {
            let measured = contest(options, stores, folder, place, &mut report).await;
            measured.with_context(|| place.name())?;
        }
    }
    Ok(report.to_string())
}

/// Both servers on one database.
async fn contest(
    options: &Options,
    stores: &Stores,
    folder: &Path,
    place: Place,
    report: &mut Report,
) -> Result<()> {
    fill(stores, place).await?;
    let by_hand = Contestant::start(options, stores, folder, (Work::ByHand, place)).await?;
    let hallpass = Contestant::start(options, stores, folder, (Work::Hallpass, place)).await?;
    let checked = check::same_answers(&by_hand, &hallpass).await;
    checked.context("before anything is timed")?;
    eprintln!("both answer the same on {}", place.name());
    let contestants = [by_hand, hallpass];
    for contestant in &contestants {
        settle(contestant).await?;
    }
    for round in 1..=options.rounds {
        for connections in &options.connections {
            for task in Task::ALL {
                let turn = (task, *connections, round);
                take_turns(options, &contestants, turn, report).await?;
            }
        }
    }
    Ok(())
}

/// Everybody asks once: that somebody was seen is written once in a quarter of an hour, and nobody comes only once in it.
async fn settle(contestant: &Contestant) -> Result<()> {
    let mut connection = Connection::open(contestant.port()).await?;
    for number in 0..PEOPLE {
        let question = Question::find(&contestant.cookie(number), number);
        connection.ask(&question.request).await?;
    }
    Ok(())
}

/// Asks each server for the same time, one after the other.
async fn take_turns(
    options: &Options,
    contestants: &[Contestant],
    (task, connections, round): (Task, usize, usize),
    report: &mut Report,
) -> Result<()> {
    for contestant in contestants {
        let mix: Mix<Question> = contestant.mix(task)?;
        load::run(contestant, &mix, connections, options.warm_up(round)).await?;
        let measurement = load::run(contestant, &mix, connections, options.duration()).await?;
        eprintln!(
            "round {round}, {connections} connections, {}, {}: {measurement}",
            task.name(),
            contestant.name()
        );
        report.add(contestant, task, connections, measurement);
    }
    Ok(())
}

/// Gives people their todos.
async fn fill(stores: &Stores, place: Place) -> Result<()> {
    let (dialect, tidying) = match place {
        Place::Postgres => (Dialect::Postgres, "VACUUM ANALYZE"),
        Place::Jwt | Place::Sqlite => (Dialect::Sqlite, "ANALYZE"),
    };
    let filling = Filling {
        table: "\"Todo\"",
        owner: r#"(SELECT id FROM "User" WHERE email = 'person' || n || '@example.com')"#,
    };
    let script = filling::script(dialect, PEOPLE, filling);
    let script = script.context("the database is another")?;
    stores.run(place, &format!("{script}{tidying}")).await?;
    eprintln!("{TODOS} todos of {PEOPLE} people on {}", place.name());
    Ok(())
}
