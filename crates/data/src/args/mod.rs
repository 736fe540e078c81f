//! What a caller asks: builders that hold arguments and decide nothing. Checking is the planner's.

mod filter;
mod find;
mod input;
pub(crate) mod parse;
mod upsert;
mod value;
mod write;

pub(crate) use find::FindArgs;
pub(crate) use upsert::UpsertArgs;
pub(crate) use write::{CreateArgs, DeleteArgs, UpdateArgs};

pub use filter::{Field, Filter, Test, all, any, field, not};
pub use find::{
    Count, Find, First, Include, Kind, Listed, Many, Order, Unique, asc, desc, relation,
};
pub use input::{Input, NewValue, Parameter, kept, parameter, plus, when};
pub use upsert::Upsert;
pub use value::{ArgValue, ArgValueError};
pub use write::{Create, Delete, Update};

/// Which fields of a model come back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) omit: Option<Vec<String>>,
}

impl Selection {
    pub(crate) fn add_selected<S: Into<String>>(&mut self, fields: impl IntoIterator<Item = S>) {
        let selected = self.select.get_or_insert_default();
        selected.extend(fields.into_iter().map(Into::into));
    }

    pub(crate) fn add_omitted<S: Into<String>>(&mut self, fields: impl IntoIterator<Item = S>) {
        let omitted = self.omit.get_or_insert_default();
        omitted.extend(fields.into_iter().map(Into::into));
    }
}
