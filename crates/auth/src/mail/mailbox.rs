//! The mailbox: a transport that keeps the last messages in memory, for development and tests.
//!
//! It shows mails, links included, to whoever may read it, so it is never a default outside
//! `hallpass dev`.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Message, SendError, Transport};
use crate::environment::Clock;

/// A message that was "sent".
#[derive(Clone, Debug)]
pub struct StoredMessage {
    /// Counts up from 1; never used twice in one mailbox.
    pub id: u64,
    /// When it came.
    pub received_at: Timestamp,
    /// The message.
    pub message: Message,
}

type Hook = dyn Fn(&StoredMessage) + Send + Sync;

/// Keeps the last messages in memory. Clones share them.
#[derive(Clone)]
pub struct Mailbox {
    clock: Arc<dyn Clock>,
    capacity: NonZeroUsize,
    stored: Arc<Mutex<Stored>>,
    on_message: Option<Arc<Hook>>,
}

#[derive(Default)]
struct Stored {
    last_id: u64,
    messages: VecDeque<Arc<StoredMessage>>,
}

impl Mailbox {
    /// An empty mailbox; the message beyond `capacity` pushes out the oldest.
    pub fn new(clock: Arc<dyn Clock>, capacity: NonZeroUsize) -> Self {
        Self {
            clock,
            capacity,
            stored: Arc::default(),
            on_message: None,
        }
    }

    /// Calls `hook` with every message that comes through this handle, after it is stored.
    #[must_use]
    pub fn on_message(self, hook: impl Fn(&StoredMessage) + Send + Sync + 'static) -> Self {
        Self {
            on_message: Some(Arc::new(hook)),
            ..self
        }
    }

    /// All messages, newest first.
    pub fn list(&self) -> Vec<Arc<StoredMessage>> {
        self.lock().messages.iter().rev().cloned().collect()
    }

    /// One message, if it is still here.
    pub fn get(&self, id: u64) -> Option<Arc<StoredMessage>> {
        self.lock()
            .messages
            .iter()
            .find(|stored| stored.id == id)
            .cloned()
    }

    fn store(&self, message: &Message) -> Arc<StoredMessage> {
        let received_at = self.clock.now();
        let mut stored = self.lock();
        stored.last_id += 1;
        let entry = Arc::new(StoredMessage {
            id: stored.last_id,
            received_at,
            message: message.clone(),
        });
        while stored.messages.len() >= self.capacity.get() {
            stored.messages.pop_front();
        }
        stored.messages.push_back(Arc::clone(&entry));
        entry
    }

    // A panic elsewhere cannot leave the list half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mailbox")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for Mailbox {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let entry = self.store(message.checked()?);
        if let Some(hook) = &self.on_message {
            hook(&entry);
        }
        Ok(())
    }
}
