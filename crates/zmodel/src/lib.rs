//! ZModel: the language that says what the data is.
//!
//! Invariant: no I/O. Text comes in, a checked [`Schema`] or [`Diagnostics`] go out.

pub mod schema;

pub use schema::Schema;
