//! What rows get and become, checked against the schema: the `data` of writes.
//!
//! Source: contract zenstack §3.6.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Field, Model};

use super::Filter;

/// A row to add, and rows that belong to it.
#[derive(Debug, Clone)]
pub(crate) struct NewRow<'s> {
    pub(crate) model: &'s Model,
    /// What was given, as the columns take it.
    pub(crate) values: Vec<(&'s Field, Value)>,
    pub(crate) nested: Vec<(&'s Field, Vec<Nested<'s>>)>,
}

/// What a row becomes, and what happens to rows that belong to it.
#[derive(Debug, Clone)]
pub(crate) struct Changes<'s> {
    pub(crate) model: &'s Model,
    pub(crate) values: Vec<(&'s Field, Change)>,
    pub(crate) nested: Vec<(&'s Field, Vec<Nested<'s>>)>,
}

/// What a value becomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// This.
    Set(Value),
    /// What it was, put together with this.
    Calculated(Calculation, Value),
    /// The list it was, and these at its end.
    Pushed(Value),
    /// The same of a list that is one document.
    PushedDocuments(Vec<Value>),
}

/// How a number changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calculation {
    Increment,
    Decrement,
    Multiply,
    Divide,
}

impl Calculation {
    pub(crate) const ALL: [Self; 4] = [
        Self::Increment,
        Self::Decrement,
        Self::Multiply,
        Self::Divide,
    ];

    /// Its name in arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Increment => "increment",
            Self::Decrement => "decrement",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
        }
    }
}

/// What happens to rows that belong to another. Filters of one row name it by a unique key where the relation is to
/// many rows; where it is to one, everything passes an empty filter.
#[derive(Debug, Clone)]
pub(crate) enum Nested<'s> {
    /// They are added.
    Create(Vec<NewRow<'s>>),
    /// They are added, in one statement; those whose key is there already may be left out.
    CreateMany {
        rows: Vec<NewRow<'s>>,
        skip_duplicates: bool,
    },
    /// They begin to belong to it.
    Connect(Vec<Filter>),
    /// They begin to belong to it, and are added where they are not there.
    ConnectOrCreate(Vec<(Filter, NewRow<'s>)>),
    /// They no longer belong to it.
    Disconnect(Filter),
    /// These belong to it, and no others.
    Set(Vec<Filter>),
    /// Each changes, and must be there.
    Update(Vec<(Filter, Changes<'s>)>),
    /// Each changes, or is added.
    Upsert(Vec<(Filter, NewRow<'s>, Changes<'s>)>),
    /// Each goes, and must be there.
    Delete(Vec<Filter>),
    /// All that pass change.
    UpdateMany(Vec<(Filter, Changes<'s>)>),
    /// All that pass go.
    DeleteMany(Vec<Filter>),
}
