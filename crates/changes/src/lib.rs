//! The change log: what every program did to tracked tables, written by triggers in the transaction that did it, and its
//! readers.
//!
//! [`audit`] keeps who did what, so that nobody can change it unseen.
//!
//! [`Tracking`] says which tables and columns, `capture` writes the triggers, [`Changes`] installs them and says how they
//! stand, [`Log`] reads what they wrote, in an order in which nothing is skipped.
//!
//! Invariants:
//!
//! - What is secret (passwords, tokens, `@omit`, `@encrypted`) never enters the log: triggers name the columns that they
//!   copy, one by one.
//! - A trigger never breaks a write that the table itself admits, as far as the database lets us keep that promise; what it
//!   cannot write is left out and said. See `docs/design/changes.md`.
//! - No clock but the database's, which the writers share.
//!
//! To add a database: its file in `capture/`, its tables in `sql/`, its row in `words.rs`. To add a reader: a file of its own
//! that asks [`Log::next`].

pub mod audit;
mod capture;
mod error;
mod install;
pub mod live;
mod log;
#[cfg(test)]
mod suite;
mod sync;
mod tracking;
pub mod webhooks;
mod words;
mod worker;

pub use error::ChangesError;
pub use install::{
    Changes, Done, Extent, KeysStatus, Leave, Plan, Standing, Status, Step, TableStatus,
};
pub use log::{
    Batch, Beginning, Change, Document, Log, Operation, ReaderStatus, Removed, Retention, actor,
    attribute,
};
pub use sync::{
    Checked, Deletion, Filled, Followed, Follower, Kept, OnGone, Orphan, Orphans, People,
    Reference, Referred, Refusal, Refused, Remote, SyncStatus, Turn, UserColumn, UserColumnSql,
    UserColumns, UserKey, UserSync,
};
pub use tracking::{Class, TrackError, Tracked, TrackedColumn, Tracking};
pub use worker::{Failing, Worker, WorkerStatus};

/// The database at `address`, whose statements may take as long as they must: triggers wait for tables, and logs are long.
pub(crate) async fn connect(address: &str) -> Result<hallpass_db::Database, ChangesError> {
    let options = hallpass_db::Options {
        statement_timeout: None,
        ..hallpass_db::Options::default()
    };
    Ok(hallpass_db::Database::connect(address, options).await?)
}
