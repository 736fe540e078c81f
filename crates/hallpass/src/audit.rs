//! From sign-in to the [audit trail](hallpass_changes::audit): who tried what, from where, and what came of it.
//!
//! A [`Recorder`] hears what happens ([`Witness`]) and keeps nobody waiting: entries go into a queue of the process, and
//! whoever runs the process writes them into the chain, many at once ([`Recorder::flush`]). A process that is killed loses what is in
//! its queue, a fraction of a second's. What does not fit is counted, and the count is an entry.
//!
//! SECURITY: of an address that was typed only a keyed hash is kept, and only where it is nobody's. Somebody who tries in vain again and
//! again fills no table: of one kind, from one client, twenty attempts a minute stand for themselves, the others as a number.

mod entries;
mod folding;

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hallpass_auth::directory::network;
use hallpass_auth::environment::Clock as _;
use hallpass_auth::events::Event;
use hallpass_auth::witness::{FailedAttempt, Whence, Witness};
use hallpass_changes::ChangesError;
use hallpass_changes::audit::{Audit, AuditKeys, Draft};
use jiff::Timestamp;

use crate::system::SystemClock;
use folding::{Folding, Judged};

/// Entries that wait at most. While the database is away they are all that is kept.
const MOST: usize = 10_000;
/// Entries that one transaction writes.
const AT_ONCE: usize = 500;

/// What is kept of where requests come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clients {
    /// The address, and what the client calls itself.
    #[default]
    Address,
    /// The network around the address, and what the client calls itself.
    Network,
    /// Nothing.
    Nothing,
}

/// Takes entries down, to be written soon. Clones share everything.
#[derive(Clone)]
pub struct Recorder(Arc<Parts>);

struct Parts {
    keys: AuditKeys,
    clients: Clients,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Draft>,
    /// Entries that did not fit, and are not told of yet.
    lost: u64,
    folding: Folding,
}

impl Recorder {
    /// With the keys of the trail that it is for.
    pub fn new(keys: AuditKeys, clients: Clients) -> Self {
        Self(Arc::new(Parts {
            keys,
            clients,
            queue: Mutex::default(),
        }))
    }

    /// Takes an entry of the application's own down. It happened now, unless it says otherwise.
    pub fn note(&self, draft: Draft) {
        self.queue().add(draft);
    }

    /// An entry of this kind that a request of this client led to, to be completed and [noted](Self::note).
    pub fn draft(&self, kind: &'static str, whence: &Whence) -> Draft {
        let mut draft = entries::new(kind).at(SystemClock.now());
        if let Some(client) = whence.client.and_then(|client| self.client(client)) {
            draft = draft.client(&client);
        }
        match (&whence.agent, self.0.clients) {
            (Some(agent), Clients::Address | Clients::Network) => draft.agent(agent),
            _ => draft,
        }
    }

    /// Writes what waits; returns how many entries that was. What could not be written waits on.
    ///
    /// Where the connection is lost while a transaction commits, nobody knows whether it did: then entries are written again, and may
    /// stand in the chain twice.
    ///
    /// # Errors
    /// What the database said.
    pub async fn flush(&self, audit: &Audit) -> Result<usize, ChangesError> {
        self.queue().fold(SystemClock.now());
        let mut written = 0;
        loop {
            let mut taken = Taken::of(self);
            if taken.drafts.is_empty() {
                return Ok(written);
            }
            audit.record(&taken.drafts).await?;
            written += taken.drafts.len();
            taken.drafts.clear();
        }
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// Whether attempts were counted that are no entries yet.
    pub fn has_folded(&self) -> bool {
        !self.queue().folding.is_empty()
    }

    fn client(&self, address: IpAddr) -> Option<String> {
        match self.0.clients {
            Clients::Address => Some(address.to_string()),
            Clients::Network => network(address),
            Clients::Nothing => None,
        }
    }

    /// What of a client makes attempts alike: who has a network has its addresses. Kept like other clients.
    fn around(&self, address: IpAddr) -> Option<String> {
        match self.0.clients {
            // The machine's own address is of no network.
            Clients::Address => network(address).or_else(|| Some(address.to_string())),
            Clients::Network => network(address),
            Clients::Nothing => None,
        }
    }

    /// Nothing that holds the lock panics; if it did, what is in it is whole all the same.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Recorder {
    fn happened(&self, event: &Event, whence: &Whence) {
        if let Some(complete) = entries::of_event(event, whence) {
            let draft = self.draft(complete.kind, whence);
            self.note(complete.fill(draft));
        }
    }

    fn failed(&self, attempt: &FailedAttempt<'_>, whence: &Whence) {
        let complete = entries::of_attempt(attempt, &self.0.keys);
        let draft = complete.fill(self.draft(complete.kind, whence));
        let what = folding::Alike {
            kind: complete.kind,
            reason: attempt.reason,
            client: whence.client.and_then(|client| self.around(client)),
        };
        let mut queue = self.queue();
        match queue.folding.judge(what, SystemClock.now()) {
            Judged::Alone => queue.add(draft),
            Judged::Folded => {}
            Judged::TooMany => queue.lost = queue.lost.saturating_add(1),
        }
    }
}

impl Queue {
    fn add(&mut self, draft: Draft) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(draft);
        } else {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// What was counted in place of being told becomes entries.
    fn fold(&mut self, now: Timestamp) {
        for folded in self.folding.over(now) {
            self.add(entries::of_folded(&folded));
        }
    }
}

/// Entries that are being written. Whatever interrupts that puts them back.
struct Taken<'r> {
    recorder: &'r Recorder,
    drafts: Vec<Draft>,
}

impl<'r> Taken<'r> {
    fn of(recorder: &'r Recorder) -> Self {
        let mut queue = recorder.queue();
        let count = queue.waiting.len().min(AT_ONCE);
        let mut drafts: Vec<Draft> = queue.waiting.drain(..count).collect();
        if queue.lost > 0 {
            drafts.push(Draft::lost(std::mem::take(&mut queue.lost)));
        }
        Self { recorder, drafts }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut queue = self.recorder.queue();
        for draft in self.drafts.drain(..).rev() {
            queue.waiting.push_front(draft);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recorder")
            .field("clients", &self.0.clients)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
