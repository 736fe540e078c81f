//! Who alone may do something for a while, among all processes on one store.
//!
//! A lease keeps two processes from sending one refresh token twice. Whoever takes it and dies loses it when its time is
//! over.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::adapter::AdapterError;

/// A lease that somebody wants, or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What for: at most 128 characters, without anything of a person.
    pub key: String,
    /// Who: another text for each time it is wanted, at most 64 characters.
    pub holder: String,
    /// Until when.
    pub expires: Timestamp,
}

/// Keeps leases. Moments are kept to the millisecond.
///
/// An implementation is judged by the public test kit in [`testing`](crate::testing) (feature `testing`).
#[async_trait]
pub trait LeaseStore: Send + Sync + 'static {
    /// Takes it, where nobody has it whose time is not over at `now`; whether it did. Of any number of calls at the same
    /// time exactly one does.
    async fn take_lease(&self, lease: &Lease, now: Timestamp) -> Result<bool, AdapterError>;

    /// Gives it back, where it still is this holder's.
    async fn end_lease(&self, lease: &Lease) -> Result<(), AdapterError>;

    /// Waits until it is worth trying again to take it: until it was given back, or for a moment.
    async fn await_lease(&self, lease: &Lease) -> Result<(), AdapterError>;
}
