use std::fmt::Debug;
use std::marker::PhantomData;

use hallpass_sql::{Accents, Direction, LikenessPart, Nulls};

use super::{Filter, Selection};
use crate::client::Client;
use crate::error::Error;
use crate::plan::{self, Planner};
use crate::prepared::{Answer, Prepared};
use crate::record::Record;
use crate::reuse::Read;

/// Everything a read may say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FindArgs {
    pub(crate) model: String,
    pub(crate) rows: Listing,
    pub(crate) selection: Selection,
    /// The operation whose caller asked for the rows; none where the engine knows how many there are.
    pub(crate) asked: Option<&'static str>,
}

/// Which rows, in which order, and how many of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Listing {
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Vec<Order>,
    /// At most this many; below zero those at the end.
    pub(crate) take: Option<i64>,
    pub(crate) skip: Option<i64>,
    /// A filter that fixes a unique key: the row to begin with.
    pub(crate) cursor: Option<Filter>,
    /// Of the rows that have these fields in common only the first.
    pub(crate) distinct: Vec<String>,
}

impl Listing {
    /// A further filter, which must hold as well.
    pub(crate) fn and(&mut self, filter: Filter) {
        self.filter = Some(match self.filter.take() {
            Some(first) => first.and(filter),
            None => filter,
        });
    }
}

/// A key of an order; see [`asc`] and [`desc`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The relations to one row that lead to where the key is.
    pub(crate) through: Vec<String>,
    pub(crate) key: OrderKey,
    pub(crate) direction: Direction,
    pub(crate) nulls: Nulls,
}

/// What to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderKey {
    /// A field.
    Field(String),
    /// How many rows a relation has.
    Count(String),
    /// How well the texts of fields, as one, fit words.
    Words {
        fields: Vec<String>,
        words: String,
        configuration: Option<String>,
    },
    /// How much the text of a field, of several the most, is like another.
    Alike {
        fields: Vec<String>,
        text: String,
        part: LikenessPart,
        accents: Accents,
    },
}

/// Smallest first.
pub fn asc(field: impl Into<String>) -> Order {
    Order {
        through: Vec::new(),
        key: OrderKey::Field(field.into()),
        direction: Direction::Ascending,
        nulls: Nulls::Default,
    }
}

/// Largest first.
pub fn desc(field: impl Into<String>) -> Order {
    Order {
        direction: Direction::Descending,
        ..asc(field)
    }
}

impl Order {
    /// Nulls before everything else; without it the database decides.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls = Nulls::First;
        self
    }

    /// Nulls after everything else.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls = Nulls::Last;
        self
    }
}

/// A relation whose row, or rows, come along; see [`relation`].
#[derive(Debug, Clone, PartialEq)]
pub struct Include {
    pub(crate) field: String,
    /// Where it stands in the arguments of a call.
    pub(crate) path: String,
    pub(crate) rows: Listing,
    pub(crate) selection: Selection,
}

/// Includes a relation: `relation("user").select(["id", "email"])`.
pub fn relation(field: impl Into<String>) -> Include {
    let field = field.into();
    Include {
        path: field.clone(),
        field,
        rows: Listing::default(),
        selection: Selection::default(),
    }
}

impl Include {
    /// Only these fields of the related row.
    #[must_use]
    pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.selection.add_selected(fields);
        self
    }

    /// All but these fields of the related row.
    #[must_use]
    pub fn omit<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.selection.add_omitted(fields);
        self
    }

    /// A relation of the related row.
    #[must_use]
    pub fn include(mut self, include: impl Into<Self>) -> Self {
        self.selection.include.push(include.into());
        self
    }

    /// Only related rows that pass; a second filter must hold as well. Not for a relation to one row that must be there.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.rows.and(filter);
        self
    }

    /// A further key of the order of related rows.
    #[must_use]
    pub fn order_by(mut self, order: Order) -> Self {
        self.rows.order.push(order);
        self
    }

    /// At most this many related rows.
    #[must_use]
    pub fn take(mut self, rows: u32) -> Self {
        self.rows.take = Some(rows.into());
        self
    }
}

impl From<&str> for Include {
    fn from(field: &str) -> Self {
        relation(field)
    }
}

/// What kind of read; only these three.
pub trait Kind: sealed::Sealed + Debug {
    /// What it gives.
    type Answer: Answer;
    /// Whether the filter must fix a unique key.
    const UNIQUE: bool;
}

/// The row of a unique key, or none.
#[derive(Debug, Clone, Copy)]
pub struct Unique;

/// The first row, or none.
#[derive(Debug, Clone, Copy)]
pub struct First;

/// All rows.
#[derive(Debug, Clone, Copy)]
pub struct Many;

impl Kind for Unique {
    type Answer = Option<Record>;
    const UNIQUE: bool = true;
}

impl Kind for First {
    type Answer = Option<Record>;
    const UNIQUE: bool = false;
}

impl Kind for Many {
    type Answer = Vec<Record>;
    const UNIQUE: bool = false;
}

mod sealed {
    pub trait Sealed: Send + Sync + 'static {}
    impl Sealed for super::Unique {}
    impl Sealed for super::First {}
    impl Sealed for super::Many {}
}

/// A read about to happen.
#[derive(Debug)]
#[must_use = "nothing is read before `run`"]
pub struct Find<'c, K> {
    client: &'c Client,
    args: FindArgs,
    kind: PhantomData<K>,
}

impl<'c, K: Kind> Find<'c, K> {
    pub(crate) fn new(client: &'c Client, model: &str, take: Option<i64>) -> Self {
        Self {
            client,
            args: FindArgs {
                model: model.to_owned(),
                rows: Listing {
                    take,
                    ..Listing::default()
                },
                asked: Some("findMany"),
                ..FindArgs::default()
            },
            kind: PhantomData,
        }
    }

    /// Only rows that pass; a second filter must hold as well.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.args.rows.and(filter);
        self
    }

    /// Only these fields.
    pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.args.selection.add_selected(fields);
        self
    }

    /// All but these fields.
    pub fn omit<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.args.selection.add_omitted(fields);
        self
    }

    /// A relation: `"user"` or `relation("user")`. Rows of relations to one come in the same statement, those of others
    /// too where the database can.
    pub fn include(mut self, include: impl Into<Include>) -> Self {
        self.args.selection.include.push(include.into());
        self
    }

    /// Reads.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema, else what the database says.
    pub async fn run(self) -> Result<K::Answer, Error> {
        let read = Read::Find { unique: K::UNIQUE };
        let planned = self.client.planned(read, self.args)?;
        let outcome = self
            .client
            .execute(planned.plan(), planned.values())
            .await?;
        K::Answer::of(outcome, &planned.plan().model)
    }

    /// Plans once what will be run often, with [`parameter`](crate::parameter)s in the filter.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema, [`Error::NotSupported`] for a client of a person: the moment of
    /// `now()` in access rules is that of planning.
    pub fn prepare(self) -> Result<Prepared<K::Answer>, Error> {
        self.client.access.require_full()?;
        self.plan()
    }

    pub(crate) fn plan(self) -> Result<Prepared<K::Answer>, Error> {
        let plan = plan::find(Planner::new(self.client), &self.args, K::UNIQUE)?;
        Ok(Prepared::new(plan))
    }
}

impl<K: Kind + Listed> Find<'_, K> {
    /// A further key of the order.
    pub fn order_by(mut self, order: Order) -> Self {
        self.args.rows.order.push(order);
        self
    }

    /// Passes over this many rows.
    pub fn skip(mut self, rows: u32) -> Self {
        self.args.rows.skip = Some(rows.into());
        self
    }
}

impl Find<'_, Many> {
    /// At most this many rows.
    pub fn take(mut self, rows: u32) -> Self {
        self.args.rows.take = Some(rows.into());
        self
    }
}

/// Reads in which the order of rows matters.
pub trait Listed: sealed::Sealed {}

impl Listed for First {}
impl Listed for Many {}

/// A count about to happen.
#[derive(Debug)]
#[must_use = "nothing is counted before `run`"]
pub struct Count<'c> {
    client: &'c Client,
    args: FindArgs,
}

impl<'c> Count<'c> {
    pub(crate) fn new(client: &'c Client, model: &str) -> Self {
        Self {
            client,
            args: FindArgs {
                model: model.to_owned(),
                ..FindArgs::default()
            },
        }
    }

    /// Only rows that pass; a second filter must hold as well.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.args.rows.and(filter);
        self
    }

    /// Counts.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it does not fit the schema, else what the database says.
    pub async fn run(self) -> Result<u64, Error> {
        let planned = self.client.planned(Read::Count, self.args)?;
        let outcome = self
            .client
            .execute(planned.plan(), planned.values())
            .await?;
        u64::of(outcome, &planned.plan().model)
    }

    /// Plans once what will be run often.
    ///
    /// # Errors
    /// As those of [`Find::prepare`].
    pub fn prepare(self) -> Result<Prepared<u64>, Error> {
        self.client.access.require_full()?;
        self.plan()
    }

    pub(crate) fn plan(self) -> Result<Prepared<u64>, Error> {
        Ok(Prepared::new(plan::count(
            Planner::new(self.client),
            &self.args,
        )?))
    }
}
