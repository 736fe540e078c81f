//! Reads what a client sent, and says where a mistake stands: `where.author.is.age: expected number, found string`.
//!
//! A cursor ([`At`]) stands on a value and knows how it got there; the path is written only when there is something to
//! complain about. What comes out are the same arguments that the builders make, with the values of fields checked and
//! turned into [`Value`](crate::Value)s.
//!
//! SECURITY: everything here comes from outside. Depth and size are bounded (`counts.rs`), no value is ever repeated in a message, unknown
//! names are cut before they are.

mod aggregate;
mod at;
mod check;
mod counts;
mod data;
pub(crate) mod fields;
mod filter;
mod find;
mod inside;
mod json;
mod listing;
mod nested;
mod procedure;
mod search;
mod selection;
mod typed;
mod value;

pub(crate) use aggregate::{Counted, aggregate, count, group_by};
pub(crate) use at::{At, Call, cut};
pub(crate) use check::{can_be_known, check};
pub(crate) use counts::{Counting, Counts};
pub(crate) use data::{Findings, Purpose, changes, new_row};
pub(crate) use fields::{is_seen, is_visible};
pub(crate) use filter::{filter, unique};
pub(crate) use find::{exists, find};
pub(crate) use listing::{LISTING, listing, too_many_bytes, too_many_rows};
pub(crate) use nested::required;
pub(crate) use procedure::procedure_arguments;
pub(crate) use selection::{SELECTION, selection};
#[cfg(feature = "http")]
pub(crate) use value::whole;
pub(crate) use value::{nullable, value};

/// What a description of arguments is made of: the tables by which they are read.
#[cfg(feature = "http")]
pub(crate) mod tables {
    pub(crate) use super::aggregate::{SECTIONS, has as can_measure};
    pub(crate) use super::data::{Depth, Moment, is_key, is_writable, needs_value};
    pub(crate) use super::filter::{compound_keys, has_kind, known};
    pub(crate) use super::nested::actions;
    pub(crate) use super::search::operators as word_operators;
}
