use super::{Filter, Input, NewValue};
use crate::client::Client;
use crate::error::Error;
use crate::plan;
use crate::prepared::Prepared;

/// A row that is added, or changed where it is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UpsertArgs {
    pub(crate) model: String,
    pub(crate) create: Vec<(String, Input)>,
    /// What each row has for itself, the same fields in each. Without it there is one row.
    pub(crate) rows: Option<Vec<Vec<(String, Input)>>>,
    pub(crate) change: Vec<(String, NewValue)>,
    /// Which row that is there changes; without, one that then differs.
    pub(crate) only: Option<Filter>,
    /// Nothing is written where a row of the table passes.
    pub(crate) unless: Option<Filter>,
}

/// A row about to be added, or changed where one of the same identity is there, in one statement.
#[derive(Debug)]
#[must_use = "nothing is written before `run`"]
pub struct Upsert<'c> {
    client: &'c Client,
    args: UpsertArgs,
}

impl<'c> Upsert<'c> {
    pub(crate) fn new(client: &'c Client, model: &str) -> Self {
        Self {
            client,
            args: UpsertArgs {
                model: model.to_owned(),
                create: Vec::new(),
                rows: None,
                change: Vec::new(),
                only: None,
                unless: None,
            },
        }
    }

    /// What a field of a new row is.
    pub fn create(mut self, field: impl Into<String>, value: impl Into<Input>) -> Self {
        self.args.create.push((field.into(), value.into()));
        self
    }

    /// One row for each of these values of a field, which all differ; what else is said holds for all of them.
    pub fn create_each<T: Into<Input>>(
        self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let field = field.into();
        let row = |value: T| [(field.clone(), value.into())];
        self.create_rows(values.into_iter().map(row))
    }

    /// One row for each of these, all with the same fields and of different identity; what else is said holds for all of
    /// them.
    pub fn create_rows<R, N>(mut self, rows: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = (N, Input)>,
        N: Into<String>,
    {
        let member = |(name, value): (N, Input)| (name.into(), value);
        let row = |row: R| row.into_iter().map(member).collect();
        self.args.rows = Some(rows.into_iter().map(row).collect());
        self
    }

    /// What a field of the row that is there becomes. Some databases cannot say a change that depends on a field whose
    /// own change stands before it.
    pub fn change(mut self, field: impl Into<String>, value: impl Into<NewValue>) -> Self {
        self.args.change.push((field.into(), value.into()));
        self
    }

    /// Changes a row that is there only where it passes; without, where it then differs. For databases where
    /// [`Client::counts_upserted_rows`] holds.
    pub fn only(mut self, filter: Filter) -> Self {
        self.args.only = Some(filter);
        self
    }

    /// Writes nothing at all where a row of the table passes, as it was before.
    pub fn unless(mut self, filter: Filter) -> Self {
        self.args.unless = Some(filter);
        self
    }

    /// Writes, and says whether anything is different than before: 0 where the row stays as it was. Where
    /// [`Client::counts_upserted_rows`] holds it is the number of rows that are new or changed.
    ///
    /// # Errors
    /// See [`Create::run`](super::Create::run).
    pub async fn run(self) -> Result<u64, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<u64>, Error> {
        Ok(Prepared::new(plan::upsert(self.client, &self.args)?))
    }
}
