//! Tells servers of others what happens to users: Standard Webhooks, from the change log.
//!
//! An endpoint is a reader of the log. What it reads becomes rows of a queue, in the transaction that moves the reader, so that
//! every change is queued once. Rows are then claimed, sent by whoever has a way to send (this crate has none), and written down as
//! taken, to be tried again, or dead. Of one user the next event waits until the one before it is taken or dead; other users go
//! on. Why so: `docs/design/webhooks.md`.
//!
//! To add an event: its row in `event.rs`, and where it comes from in `source.rs`.

mod endpoint;
mod event;
mod queue;
mod schedule;
mod sign;
mod source;
mod tables;

use hallpass_db::Database;
use hallpass_zmodel::Schema;

use crate::error::ChangesError;
use crate::log::{Beginning, Log};

pub use endpoint::Disabled;
pub use event::{Event, EventKind};
pub use queue::{Answer, Counts, Delivery, Listed, Replay, State};
pub use schedule::{ATTEMPTS, LONGEST_ASKED, pause};
pub use sign::{NotASecret, SigningSecret, headers};
pub(crate) use source::Sources;
pub(crate) use tables::TABLES;

use queue::Queue;

/// Changes that become rows of the queue in one transaction.
const MOST: usize = 200;

/// One endpoint, as one process works for it.
#[derive(Debug, Clone)]
pub struct Webhook {
    database: Database,
    name: String,
    events: Vec<EventKind>,
    sources: Sources,
}

impl Webhook {
    /// The name of the work for an endpoint, and of its reader in the log.
    pub fn work_name(name: &str) -> String {
        format!("webhook:{name}")
    }

    /// The endpoint `name` (of at most 40 signs), which is told of these events. Makes the queue where it is not there. A new endpoint is told of what
    /// happens from now on.
    ///
    /// # Errors
    /// [`ChangesError::NotInstalled`] where what it asks for is not tracked, and what the database said.
    pub async fn open(
        log: &Log,
        schema: &Schema,
        name: &str,
        events: &[EventKind],
    ) -> Result<Self, ChangesError> {
        let database = &log.database;
        let sources = Sources::of(database, schema, events).await?;
        tables::prepare(database).await?;
        log.begin(&Self::work_name(name), Beginning::Now).await?;
        Ok(Self {
            database: database.clone(),
            name: name.to_owned(),
            events: events.to_vec(),
            sources,
        })
    }

    /// Queues what happened; returns whether more may lie before it.
    ///
    /// # Errors
    /// [`ChangesError::Lost`], [`ChangesError::Moved`] when another process was faster, and what the database said.
    pub async fn gather(&self) -> Result<bool, ChangesError> {
        let log = Log::of(&self.database);
        let reader = Self::work_name(&self.name);
        let batch = log.next(&reader, MOST).await?;
        if batch.changes.is_empty() {
            return Ok(false);
        }
        let mut events = Vec::new();
        for change in &batch.changes {
            events.extend(self.sources.events(&self.database, change).await?);
        }
        events.retain(|event| self.events.contains(&event.kind));
        let mut tx = self.database.begin().await?;
        queue::add(&mut tx, &self.name, &events).await?;
        log.done(&mut tx, &reader, &batch).await?;
        tx.commit().await?;
        Ok(batch.changes.len() >= MOST)
    }

    /// Whether the endpoint answered that it wants to be told no more, until somebody [enables](Deliveries::enable) it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn is_disabled(&self) -> Result<bool, ChangesError> {
        endpoint::is_disabled(&self.database, &self.name).await
    }

    /// Passes over what happened, so that nothing is kept for an endpoint that wants nothing; returns whether more may lie
    /// before it.
    ///
    /// # Errors
    /// As [`gather`](Self::gather).
    pub async fn pass_over(&self) -> Result<bool, ChangesError> {
        let log = Log::of(&self.database);
        let reader = Self::work_name(&self.name);
        let batch = log.next(&reader, MOST).await?;
        if batch.changes.is_empty() {
            return Ok(false);
        }
        log.done(&self.database, &reader, &batch).await?;
        Ok(batch.changes.len() >= MOST)
    }

    /// Takes deliveries that are due, of each user the first, at most so many. Each is this process's for a minute; what is not
    /// settled until then is due again.
    ///
    /// # Errors
    /// What the database said.
    pub async fn claim(&self, most: usize) -> Result<Vec<Delivery>, ChangesError> {
        self.queue().claim(most).await
    }

    /// Writes down how a delivery went. `random` spreads the next try.
    ///
    /// # Errors
    /// What the database said.
    pub async fn settle(
        &self,
        delivery: &Delivery,
        answer: &Answer,
        random: u8,
    ) -> Result<State, ChangesError> {
        self.queue().settle(delivery, answer, random).await
    }

    /// Removes what was taken three days ago, and dead letters after thirty; returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn clean(&self) -> Result<u64, ChangesError> {
        self.queue().clean().await
    }

    fn queue(&self) -> Queue<'_> {
        Queue {
            database: &self.database,
            endpoint: &self.name,
        }
    }
}

/// The queue of all endpoints, for those who look at it.
#[derive(Debug, Clone)]
pub struct Deliveries {
    database: Database,
}

impl Deliveries {
    pub(crate) fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    /// How many deliveries wait and are dead, by endpoint; nothing where no endpoint was ever told anything.
    ///
    /// # Errors
    /// What the database said.
    pub async fn counts(&self) -> Result<Vec<Counts>, ChangesError> {
        queue::counts(&self.database).await
    }

    /// The newest deliveries of an endpoint, in a state or in any.
    ///
    /// # Errors
    /// What the database said.
    pub async fn list(
        &self,
        endpoint: &str,
        state: Option<State>,
        most: usize,
    ) -> Result<Vec<Listed>, ChangesError> {
        queue::list(&self.database, endpoint, state, most).await
    }

    /// The endpoints that want to be told no more, by name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn disabled(&self) -> Result<Vec<Disabled>, ChangesError> {
        endpoint::all_disabled(&self.database).await
    }

    /// Tells an endpoint again: first what waits, then what happens from now on. Whether it was disabled.
    ///
    /// # Errors
    /// What the database said.
    pub async fn enable(&self, endpoint: &str) -> Result<bool, ChangesError> {
        endpoint::enable(&self.database, endpoint).await
    }

    /// Makes deliveries of an endpoint due again, under the ids that they had; returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn replay(&self, endpoint: &str, what: &Replay) -> Result<u64, ChangesError> {
        queue::replay(&self.database, endpoint, what).await
    }
}
