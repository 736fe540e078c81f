//! `/console`, of the real binary.

pub(crate) mod place;

mod entering;
mod hostile;
mod looking;
mod secrets;
mod why;
