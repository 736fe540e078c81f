//! The REST style, on every database there is.

mod documents;
mod errors;
mod filters;
mod hostile;
mod identity;
mod lists;
mod mistakes;
mod nested;
mod page;
mod policies;
mod procedures;
mod relationships;
mod support;
mod values;
mod writes;
