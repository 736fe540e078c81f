//! What a caller asks: builders that hold arguments and decide nothing. Checking is the planner's.

mod aggregate;
mod data;
mod filter;
mod find;
mod input;
pub(crate) mod parse;
mod upsert;
mod value;
mod write;

pub(crate) use aggregate::{
    AggregateArgs, GroupArgs, GroupKey, GroupOrder, Having, Measure, MeasureTest, Section,
};
pub(crate) use data::{Calculation, Change, Changes, Nested, NewRow};
pub(crate) use find::{FindArgs, Listing, OrderKey};
pub(crate) use upsert::UpsertArgs;
pub(crate) use value::nearest;
#[cfg(feature = "http")]
pub(crate) use value::{Literals, Room};
pub(crate) use write::{CreateArgs, DeleteArgs, UpdateArgs};

pub use filter::{Field, Filter, Inside, JsonTest, Related, Test, all, any, field, not};
pub use find::{
    Count, Find, First, Include, Kind, Listed, Many, Order, Unique, asc, desc, relation,
};
pub use input::{Input, NewValue, Parameter, given, kept, parameter, plus, when};
pub use upsert::Upsert;
pub use value::{ArgValue, ArgValueError};
pub use write::{Create, Delete, Update};

/// What of a row comes back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) omit: Option<Vec<String>>,
    /// Fields that come back although the schema leaves them out.
    pub(crate) kept: Vec<String>,
    pub(crate) include: Vec<Include>,
    pub(crate) counts: Vec<RelationCount>,
    /// The operation whose caller asked for it.
    pub(crate) asked: Option<&'static str>,
}

/// How many rows a relation has; those that pass, where there is a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RelationCount {
    pub(crate) field: String,
    pub(crate) filter: Option<Filter>,
}

impl Selection {
    /// Whether it asks for anything but columns.
    pub(crate) fn reaches_others(&self) -> bool {
        !self.include.is_empty() || !self.counts.is_empty()
    }

    pub(crate) fn add_selected<S: Into<String>>(&mut self, fields: impl IntoIterator<Item = S>) {
        let selected = self.select.get_or_insert_default();
        selected.extend(fields.into_iter().map(Into::into));
    }

    pub(crate) fn add_omitted<S: Into<String>>(&mut self, fields: impl IntoIterator<Item = S>) {
        let omitted = self.omit.get_or_insert_default();
        omitted.extend(fields.into_iter().map(Into::into));
    }
}
