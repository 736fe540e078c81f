//! What JSON has no form for, and the `meta` beside it that says what it is: a subset of what the library superjson writes.
//!
//! `annotations` reads the paths and kinds of `serialization`, `read` makes arguments of JSON and these, `write` makes
//! both of what a call gave, in one walk.
//!
//! Source: contract zenstack §4.3.

mod annotations;
mod read;
mod write;

pub use annotations::SerializationError;
pub use read::arguments;
pub use write::Writer;
