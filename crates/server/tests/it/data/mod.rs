//! The data over HTTP, of the real binary.

mod place;

mod asking;
mod described;
mod live;
mod mounting;
mod walk;
mod wrong_input;
