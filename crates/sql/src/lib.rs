//! SQL as a tree: values, statements, dialects with their capability facts, and a total emitter.
//!
//! Invariant: no I/O, and nothing is ever dropped: a clause that a dialect cannot say is an error.

mod dialect;
mod query;
mod value;

pub use dialect::Dialect;
pub use query::{Access, Bind, Query};
pub use value::Value;
