//! Writes: rows and what belongs to them, in as few statements as the database allows.
//!
//! `args::data` says what is wanted, checked; here it is done. A write of one row that gives nothing but its columns is
//! one statement. Everything else is one transaction: rows are added level by level (all rows of a level in one
//! statement), found again by their identity, and read as the caller selected.
//!
//! Invariants: each statement carries the rules of the table it touches; conditions that only the engine knows (a key
//! that rows of another hold) are never seen through what a person may read; whatever fails undoes everything, except
//! that a result which may not be seen was written all the same (contract zenstack §8.4).
//!
//! Source: contract zenstack §2.2, §2.3, §2.6, §3.6.

mod answer;
mod cascade;
mod changes;
mod create;
mod end;
mod extended;
mod insert;
mod known;
mod linked;
mod named;
mod nested;
mod one;
mod owned;
mod parts;
mod passwords;
mod rows;
mod update;

use std::borrow::Cow;
use std::pin::Pin;

use hallpass_db::Rows;
use hallpass_sql::Statement;
use hallpass_zmodel::schema::Model;

use crate::client::Client;
use crate::error::Error;
use crate::plan::{Planner, emit};

pub(crate) use answer::{Flat, KeptFlat, unseen};
pub(crate) use owned::not_found;
pub(crate) use parts::require_own_rows;
pub(crate) use passwords::{hash_changes, hash_rows};
pub(crate) use rows::Which;

/// A step that calls itself for rows that belong to others.
type Step<'f, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'f>>;

/// Writes on behalf of whoever the client is of.
pub(crate) struct Writer<'s> {
    /// What statements are planned with.
    client: &'s Client,
    /// Where they run: the same client, or its transaction.
    at: Cow<'s, Client>,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(client: &'s Client, at: Client) -> Self {
        let at = Cow::Owned(at);
        Self { client, at }
    }

    /// For a write that is one statement.
    pub(crate) fn alone(client: &'s Client) -> Self {
        let at = Cow::Borrowed(client);
        Self { client, at }
    }

    fn planner(&self) -> Planner<'s> {
        Planner::new(self.client)
    }

    /// Runs a statement whose conditions `planner` made.
    async fn say(
        &self,
        planner: &Planner<'s>,
        model: &Model,
        statement: &Statement,
    ) -> Result<Rows, Error> {
        self.say_to(planner, &model.name, statement).await
    }

    /// The same about a table that is no model's.
    async fn say_to(
        &self,
        planner: &Planner<'s>,
        model: &str,
        statement: &Statement,
    ) -> Result<Rows, Error> {
        let query = emit(planner, statement)?;
        let values = planner.slot_values()?;
        self.at.statement(model, &query, &values).await
    }
}
