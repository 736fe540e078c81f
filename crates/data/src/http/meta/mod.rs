//! What JSON has no form for, and the `meta` beside it that says what it is: a subset of what the library superjson writes.
//!
//! `annotations` reads the paths and kinds of `serialization`, `read` makes arguments of JSON and these, `write` makes
//! both of what a call gave, in one walk; of rows as the database gave them, with the JSON that it made, in `rows`
//! and `document`. Why, in `docs/design/unparsed.md`.
//!
//! Source: contract zenstack §4.3.

#[cfg(any(test, debug_assertions))]
mod alike;
mod annotations;
mod compact;
mod document;
mod read;
mod rows;
mod scan;
mod tokens;
mod write;

#[cfg(test)]
pub(crate) use alike::{goes_unparsed, require as require_alike};
pub use annotations::SerializationError;
pub use read::arguments;
pub(crate) use read::of_document;
pub use write::Writer;
