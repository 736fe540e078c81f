//! The data over HTTP, of the real binary.

mod place;

mod asking;
mod mounting;
mod wrong_input;
