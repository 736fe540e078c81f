//! Live queries: a read that is done again when something it looks at was changed, and gives what is different then.
//!
//! `tables` says which tables that are, `touched` notes them while a read is planned, `spread` says which others change
//! along with one, `written` what this process wrote, and `bell` brings both together. [`Live`] bounds how many there are,
//! `steps` compares two results, [`LiveQuery`] is a live query in Rust; that over HTTP is in `http/live`.
//!
//! Invariants: what is given comes from an ordinary read by whoever asks, at that moment: nothing is worked out from what
//! was written. A query that waits holds one result at most, however much happens meanwhile. To be woken too often costs a
//! read, never to be woken costs [`LiveOptions::look_again`].
//!
//! Why so, in `docs/design/live.md`.

mod bell;
mod hub;
mod options;
mod query;
mod spread;
mod steps;
mod tables;
mod touched;
mod wakes;
mod written;

pub use hub::Live;
pub use options::LiveOptions;
pub use query::{Asked, Asking, LiveError, LiveQuery, LiveStep, LiveUpdate};
pub use wakes::{Outgoing, Wakes};

pub(crate) use bell::Bell;
#[cfg(feature = "http")]
pub(crate) use bell::Watch;
#[cfg(feature = "http")]
pub(crate) use hub::{Seat, TooMany};
#[cfg(feature = "http")]
pub(crate) use steps::{Mark, Step, distinct, key_of, mark, steps};
pub(crate) use tables::Tables;
pub(crate) use touched::Touched;
pub(crate) use written::Written;
