use std::marker::PhantomData;

use super::find::{Many, Unique};
use super::{Filter, Input, NewValue, Selection};
use crate::client::Client;
use crate::error::Error;
use crate::plan;
use crate::prepared::Prepared;
use crate::record::Record;

/// What a new row gets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CreateArgs {
    pub(crate) model: String,
    pub(crate) data: Vec<(String, Input)>,
    /// The fields whose values are hashes already.
    pub(crate) hashes: Vec<String>,
    pub(crate) selection: Selection,
}

/// What rows become.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UpdateArgs {
    pub(crate) model: String,
    pub(crate) filter: Option<Filter>,
    pub(crate) data: Vec<(String, NewValue)>,
    /// The fields whose values are hashes already.
    pub(crate) hashes: Vec<String>,
    pub(crate) selection: Selection,
}

/// Which rows go.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DeleteArgs {
    pub(crate) model: String,
    pub(crate) filter: Option<Filter>,
    pub(crate) selection: Selection,
}

/// A new row about to be written.
#[derive(Debug)]
#[must_use = "nothing is written before `run`"]
pub struct Create<'c> {
    client: &'c Client,
    args: CreateArgs,
}

impl<'c> Create<'c> {
    pub(crate) fn new(client: &'c Client, model: &str) -> Self {
        Self {
            client,
            args: CreateArgs {
                model: model.to_owned(),
                ..CreateArgs::default()
            },
        }
    }

    /// Adds the row and gives it back as stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema, [`Error::Conflict`] when a unique key is taken,
    /// [`Error::ForeignKey`] when a relation points nowhere, else what the database says.
    pub async fn run(self) -> Result<Record, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Plans once what will be run often, with [`parameter`](crate::parameter)s as values.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<Record>, Error> {
        Ok(Prepared::new(plan::create(self.client, &self.args)?))
    }
}

/// A change about to be written; `K` says to one row or to many.
#[derive(Debug)]
#[must_use = "nothing is written before `run`"]
pub struct Update<'c, K> {
    client: &'c Client,
    args: UpdateArgs,
    kind: PhantomData<K>,
}

impl<'c, K> Update<'c, K> {
    pub(crate) fn new(client: &'c Client, model: &str) -> Self {
        Self {
            client,
            args: UpdateArgs {
                model: model.to_owned(),
                ..UpdateArgs::default()
            },
            kind: PhantomData,
        }
    }
}

impl Update<'_, Unique> {
    /// Changes the row and gives it back as it is now; `None` when there is none.
    ///
    /// # Errors
    /// See [`Create::run`].
    pub async fn run(self) -> Result<Option<Record>, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<Option<Record>>, Error> {
        let plan = plan::update(self.client, &self.args, plan::Scope::One)?;
        Ok(Prepared::new(plan))
    }
}

impl Update<'_, Many> {
    /// Changes the rows and says how many there were.
    ///
    /// # Errors
    /// See [`Create::run`].
    pub async fn run(self) -> Result<u64, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Changes the rows and gives them back as they are now, each to one caller only.
    ///
    /// # Errors
    /// See [`Create::run`].
    pub async fn rows(self) -> Result<Vec<Record>, Error> {
        let client = self.client;
        self.prepare_rows()?.run(client, &[]).await
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<u64>, Error> {
        let plan = plan::update(self.client, &self.args, plan::Scope::Count)?;
        Ok(Prepared::new(plan))
    }

    /// Plans once what will be run often and gives the rows back, each to one caller only.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare_rows(self) -> Result<Prepared<Vec<Record>>, Error> {
        let plan = plan::update(self.client, &self.args, plan::Scope::Many)?;
        Ok(Prepared::new(plan))
    }
}

/// A removal about to happen; `K` says of one row or of many.
#[derive(Debug)]
#[must_use = "nothing is removed before `run`"]
pub struct Delete<'c, K> {
    client: &'c Client,
    args: DeleteArgs,
    kind: PhantomData<K>,
}

impl<'c, K> Delete<'c, K> {
    pub(crate) fn new(client: &'c Client, model: &str) -> Self {
        Self {
            client,
            args: DeleteArgs {
                model: model.to_owned(),
                ..DeleteArgs::default()
            },
            kind: PhantomData,
        }
    }
}

impl Delete<'_, Unique> {
    /// Removes the row and gives it back as it was. Of any number of callers at the same time exactly one gets it;
    /// the others get `None`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema, [`Error::ForeignKey`] when rows still point at it, else
    /// what the database says.
    pub async fn run(self) -> Result<Option<Record>, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<Option<Record>>, Error> {
        let plan = plan::delete(self.client, &self.args, plan::Scope::One)?;
        Ok(Prepared::new(plan))
    }
}

impl Delete<'_, Many> {
    /// Removes the rows and says how many there were.
    ///
    /// # Errors
    /// See [`Delete::run`].
    pub async fn run(self) -> Result<u64, Error> {
        let client = self.client;
        self.prepare()?.run(client, &[]).await
    }

    /// Removes the rows and gives them back as they were, each to one caller only.
    ///
    /// # Errors
    /// See [`Delete::run`].
    pub async fn rows(self) -> Result<Vec<Record>, Error> {
        let client = self.client;
        self.prepare_rows()?.run(client, &[]).await
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare(self) -> Result<Prepared<u64>, Error> {
        let plan = plan::delete(self.client, &self.args, plan::Scope::Count)?;
        Ok(Prepared::new(plan))
    }

    /// Plans once what will be run often and gives the rows back, each to one caller only.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema.
    pub fn prepare_rows(self) -> Result<Prepared<Vec<Record>>, Error> {
        let plan = plan::delete(self.client, &self.args, plan::Scope::Many)?;
        Ok(Prepared::new(plan))
    }
}

impl Create<'_> {
    /// Sets a field; `None` is null.
    pub fn set(mut self, field: impl Into<String>, value: impl Into<Input>) -> Self {
        self.args.data.push((field.into(), value.into()));
        self
    }

    /// Sets a field for a password to the hash of one, which stands there as it is. Whoever calls it made the hash.
    pub fn set_hash(mut self, field: impl Into<String>, hash: impl Into<String>) -> Self {
        let field = field.into();
        self.args.hashes.push(field.clone());
        self.set(field, hash.into())
    }
}

impl<K> Update<'_, K> {
    /// Sets a field; `None` is null.
    pub fn set(mut self, field: impl Into<String>, value: impl Into<NewValue>) -> Self {
        self.args.data.push((field.into(), value.into()));
        self
    }

    /// Sets a field for a password to the hash of one, as [`Create::set_hash`].
    pub fn set_hash(mut self, field: impl Into<String>, hash: impl Into<String>) -> Self {
        let field = field.into();
        self.args.hashes.push(field.clone());
        self.set(field, hash.into())
    }
}

macro_rules! filter {
    ($($target:ident)*) => { $(
        impl<K> $target<'_, K> {
            /// Only rows that pass; a second filter must hold as well.
            pub fn filter(mut self, filter: Filter) -> Self {
                self.args.filter = Some(match self.args.filter {
                    Some(first) => first.and(filter),
                    None => filter,
                });
                self
            }
        }
    )* };
}

filter!(Update Delete);

macro_rules! selection {
    ($($target:ty $(, $generic:ident)?;)*) => { $(
        impl$(<$generic>)? $target {
            /// Gives back only these fields.
            pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
                self.args.selection.add_selected(fields);
                self
            }

            /// Gives back all but these fields.
            pub fn omit<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
                self.args.selection.add_omitted(fields);
                self
            }
        }
    )* };
}

selection! {
    Create<'_>;
    Update<'_, K>, K;
    Delete<'_, K>, K;
}
