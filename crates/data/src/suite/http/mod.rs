//! The data over HTTP, on every database there is.

mod bounds;
mod checking;
mod closed;
mod describing;
mod errors;
mod procedures;
mod routes;
mod sequential;
mod support;
mod unparsed;
mod values;
