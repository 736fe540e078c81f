//! The audit trail: who did what, when and from where, as a chain in which no entry can be changed, removed or put elsewhere
//! unseen.
//!
//! Each entry holds the hash of the one before it, and a seal: a keyed hash (HMAC) by a key that the database does not know. Whoever writes
//! entries holds the one row of the head until the commit, so that of any number of writers none forks the chain. What comes
//! from the [change log](crate::Log) is written in the transaction that moves its reader: once, whatever happens. Why so, and what it
//! does not protect against: `docs/design/audit.md`.
//!
//! Invariants:
//!
//! - What an entry holds is bounded and free of control characters before it is hashed. Nothing that is told can keep an entry out.
//! - No secret and no mail address enters. Of rows the names of columns that changed, never what stood in them.
//! - Nothing here changes or removes an entry, but [`Audit::cut`], which says in the chain what it removed.
//!
//! To add a kind of entry: whoever writes it makes a [`Draft`] of it. `audit.` begins the names of this module's own.

mod canonical;
mod chain;
mod entry;
mod fault;
mod hex;
mod keys;
mod line;
mod read;
mod retention;
mod rows;
mod tables;
mod verify;
mod walk;

use std::ops::Deref;

use hallpass_db::{Database, ErrorKind, Transaction};

use crate::error::ChangesError;

pub use entry::{Details, Draft, Entry, EntryHash, InvalidKind, Seal, Subject};
pub use fault::Fault;
pub use keys::{AuditKeys, NoKey};
pub use line::NotALine;
pub use read::{Filter, Order};
pub use retention::Cut;
pub use rows::READER;
pub use verify::{Checkpoint, CheckpointState, InvalidCheckpoint, Verified, Verifier};

/// How often a write is tried that another one stood in the way of.
const TRIES: u32 = 5;

/// The audit trail of a database, to be read. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Trail {
    database: Database,
}

/// The same, to be written as well: with the keys that entries are sealed by.
#[derive(Debug, Clone)]
pub struct Audit {
    trail: Trail,
    keys: AuditKeys,
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the newest entry; 0 where there is none.
    pub number: i64,
    /// Its hash. Kept elsewhere, it proves later that nothing up to here was removed: see [`Checkpoint`].
    pub hash: EntryHash,
}

impl Trail {
    /// The audit trail of this database, where there is one: see [`Audit::open`].
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    /// Whether there is one.
    ///
    /// # Errors
    /// What the database said.
    pub async fn is_there(&self) -> Result<bool, ChangesError> {
        tables::are_there(&self.database).await
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// [`ChangesError::NoAudit`] without a trail, and what the database said.
    pub async fn head(&self) -> Result<Head, ChangesError> {
        chain::head(&self.database).await
    }

    /// Entries of this filter, at most so many and never more than a thousand.
    ///
    /// # Errors
    /// As [`head`](Self::head), and [`ChangesError::Shape`] where a row is no entry.
    pub async fn entries(
        &self,
        filter: &Filter,
        order: Order,
        most: usize,
    ) -> Result<Vec<Entry>, ChangesError> {
        read::entries(&self.database, filter, order, most).await
    }
}

impl Deref for Audit {
    type Target = Trail;

    fn deref(&self) -> &Trail {
        &self.trail
    }
}

impl Audit {
    /// The audit trail of this database, which is there already: see [`open`](Self::open).
    pub fn of(database: &Database, keys: AuditKeys) -> Self {
        Self {
            trail: Trail::of(database),
            keys,
        }
    }

    /// The same; makes its tables where they are not there, and begins the chain.
    ///
    /// # Errors
    /// [`ChangesError::Step`] where tables cannot be made, and what the database said.
    pub async fn open(database: &Database, keys: AuditKeys) -> Result<Self, ChangesError> {
        tables::prepare(database).await?;
        let audit = Self::of(database, keys);
        audit.begin().await?;
        Ok(audit)
    }

    /// By which entries are sealed.
    pub fn keys(&self) -> &AuditKeys {
        &self.keys
    }

    /// Writes entries at the end of the chain, in a transaction of their own; gives its new end.
    ///
    /// # Errors
    /// [`ChangesError::NoAudit`] without a trail, and what the database said.
    pub async fn record(&self, drafts: &[Draft]) -> Result<Head, ChangesError> {
        let mut tries = 1;
        loop {
            let written = self.try_to_record(drafts).await;
            let is_in_the_way = matches!(
                &written,
                Err(ChangesError::Database(error)) if error.kind() == ErrorKind::Retry
            );
            if !is_in_the_way || tries == TRIES {
                return written;
            }
            tries += 1;
        }
    }

    async fn try_to_record(&self, drafts: &[Draft]) -> Result<Head, ChangesError> {
        let mut tx = self.database.begin().await?;
        let head = self.append(&mut tx, drafts).await?;
        tx.commit().await?;
        Ok(head)
    }

    /// Writes entries at the end of the chain with whatever else the transaction does: all of it happens, or nothing. Until the
    /// commit every other writer of entries waits, so this comes last.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    pub async fn append(
        &self,
        tx: &mut Transaction,
        drafts: &[Draft],
    ) -> Result<Head, ChangesError> {
        chain::append(tx, &self.keys, drafts).await
    }

    /// An empty chain begins with an entry that says so: an empty table never looks sound to whoever has seen one.
    async fn begin(&self) -> Result<(), ChangesError> {
        if self.head().await?.number > 0 {
            return Ok(());
        }
        let mut tx = self.database.begin().await?;
        chain::begin(&mut tx, &self.keys).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The entry that a draft becomes, for tests of what is hashed.
#[cfg(test)]
pub(crate) fn linked(head: Head, draft: &Draft, keys: &AuditKeys) -> Entry {
    chain::link(head, jiff::Timestamp::UNIX_EPOCH, draft, keys)
}
