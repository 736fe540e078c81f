//! The data over HTTP, of the real binary.

mod place;

mod asking;
mod described;
mod live;
mod live_replicas;
mod mounting;
mod styled;
mod walk;
mod wrong_input;
