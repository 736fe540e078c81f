//! What the engine costs, in process: people read and write their own todos under an access rule, beside statements written
//! by hand with the same conditions, over the same driver.
//!
//! Half of the people have twenty todos each, as many as there would be ten for everybody. Both sides must give the same
//! rows before anything is timed; then they take turns, so that neither has the quieter machine.

mod by_hand;
mod contest;
mod count;
pub(crate) mod filling;
mod places;
mod report;
mod under_rules;

use std::path::Path;

use anyhow::{Context, Result};

use crate::options::Options;

pub(crate) use count::Count;

/// How many todos there are for each person, on average.
pub(crate) const EACH: usize = 10;
/// How many those have who have any.
pub(crate) const OWN: usize = 20;

/// Something that people do with their todos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// `findMany`: one's own, newest first.
    Find,
    /// The same, each with its owner.
    FindWithOwner,
    /// `create`
    Create,
    /// `update`: the text of one's own todo.
    Update,
}

impl Task {
    const ALL: [Self; 4] = [Self::Find, Self::FindWithOwner, Self::Create, Self::Update];

    fn name(self) -> &'static str {
        match self {
            Self::Find => "findMany",
            Self::FindWithOwner => "findMany with include",
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

/// A todo as both sides give it.
#[derive(Debug, Clone, PartialEq)]
struct Todo {
    id: String,
    content: String,
    completed: bool,
    created_at: jiff::Timestamp,
    user_id: String,
    /// The name of its owner, where that was asked for.
    owner: Option<String>,
}

/// A person who has todos.
#[derive(Debug, Clone)]
struct Person {
    number: usize,
    id: String,
}

impl Person {
    fn of(number: usize) -> Self {
        let id = format!("p{number:07}");
        Self { number, id }
    }

    /// The id of one of the todos that were there from the beginning.
    fn todo(&self, number: usize) -> String {
        todo_id(self.number, number)
    }
}

/// The id of one of the todos that the person with this number has from the beginning.
pub(crate) fn todo_id(person: usize, number: usize) -> String {
    format!("t{person:07}-{:02}", number % OWN)
}

/// Measures each size on each database; gives the report.
pub(crate) async fn measure(options: &Options, folder: &Path) -> Result<String> {
    let mut figures = Vec::new();
    for &todos in &options.todos {
        for place in places::prepare(options, folder, todos).await? {
            let name = place.name;
            if let Some(count) = options.count {
                contest::make_calls(&place, count).await?;
                continue;
            }
            let measured = contest::run(options, &place).await;
            figures.extend(measured.with_context(|| format!("{todos} todos on {name}"))?);
            place.close().await;
        }
    }
    report::write(options, &figures)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this program is its own machine, and nothing here is tested against the clock"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "this program is its own machine")]
fn random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // A run without randomness would make the same ids, which the database refuses.
        bytes.fill(0);
    }
}
