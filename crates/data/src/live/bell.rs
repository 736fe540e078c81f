//! Who waits for changes of which tables, and who tells other processes.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::Tables;

/// Wakes whoever waits for changes of a table. All clients of a database have one together.
#[derive(Debug)]
pub(crate) struct Bell {
    /// How many wait, or tell others: what a write looks at before it does anything.
    hearing: AtomicUsize,
    /// How often it rang, for whomever.
    rings: AtomicU64,
    waiting: Mutex<Waiting>,
    /// Whether anybody waits.
    is_awaited: watch::Sender<bool>,
    is_closed: watch::Sender<bool>,
    /// What other processes have not been told yet; absent where nobody tells them.
    outgoing: Mutex<Option<Tables>>,
    is_outgoing: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    by_number: HashMap<u64, Waiter>,
}

#[derive(Debug)]
struct Waiter {
    tables: Tables,
    /// How often it was woken.
    wakes: watch::Sender<u64>,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            hearing: AtomicUsize::new(0),
            rings: AtomicU64::new(0),
            waiting: Mutex::default(),
            is_awaited: watch::Sender::new(false),
            is_closed: watch::Sender::new(false),
            outgoing: Mutex::default(),
            is_outgoing: Notify::new(),
        }
    }
}

impl Bell {
    /// Waits from now on, at first for changes of any table: [`Watch::narrow`] says of which.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let sender = watch::Sender::new(0);
        let receiver = sender.subscribe();
        let mut waiting = self.waiting();
        waiting.last += 1;
        let number = waiting.last;
        waiting.by_number.insert(
            number,
            Waiter {
                tables: Tables::any(),
                wakes: sender,
            },
        );
        drop(waiting);
        // Before whoever waits reads anything: what is committed after that read finds somebody.
        self.hearing.fetch_add(1, Ordering::SeqCst);
        self.is_awaited.send_replace(true);
        Watch {
            bell: Arc::clone(self),
            number,
            wakes: receiver,
        }
    }

    /// Whether there is anybody to tell.
    pub(crate) fn is_heard(&self) -> bool {
        self.hearing.load(Ordering::SeqCst) > 0
    }

    /// How often it rang.
    #[cfg(feature = "http")]
    pub(crate) fn rings(&self) -> u64 {
        self.rings.load(Ordering::SeqCst)
    }

    /// Wakes whoever waits for one of these tables.
    pub(crate) fn ring(&self, tables: &Tables) {
        // Before anybody is woken: who is woken finds at least this number.
        self.rings.fetch_add(1, Ordering::SeqCst);
        for waiter in self.waiting().by_number.values() {
            if waiter.tables.meets(tables) {
                waiter.wakes.send_modify(|wakes| *wakes += 1);
            }
        }
    }

    /// The same for what this process wrote, which other processes are told, too.
    pub(crate) fn ring_out(&self, tables: &Tables) {
        self.ring(tables);
        let mut outgoing = self.outgoing();
        if let Some(outgoing) = &mut *outgoing {
            outgoing.add_all(tables);
            self.is_outgoing.notify_one();
        }
    }

    /// Ends everything live, now and later.
    pub(crate) fn close(&self) {
        self.is_closed.send_replace(true);
    }

    /// Turns true when everything live ends.
    pub(crate) fn closed(&self) -> watch::Receiver<bool> {
        self.is_closed.subscribe()
    }

    /// Whether anybody waits.
    pub(super) fn awaited(&self) -> watch::Receiver<bool> {
        self.is_awaited.subscribe()
    }

    /// Keeps what this process writes for [`next_outgoing`](Self::next_outgoing).
    pub(super) fn begin_outgoing(&self) {
        let was = self.outgoing().replace(Tables::default());
        if was.is_none() {
            self.hearing.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(super) fn end_outgoing(&self) {
        if self.outgoing().take().is_some() {
            self.hearing.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// What was written since the last time, if anything was.
    pub(super) fn take_outgoing(&self) -> Option<Tables> {
        let mut outgoing = self.outgoing();
        let outgoing = outgoing.as_mut().filter(|tables| !tables.is_empty())?;
        Some(mem::take(outgoing))
    }

    /// The same, once there is something.
    pub(super) async fn next_outgoing(&self) -> Tables {
        loop {
            let noted = self.is_outgoing.notified();
            if let Some(tables) = self.take_outgoing() {
                return tables;
            }
            noted.await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outgoing(&self) -> MutexGuard<'_, Option<Tables>> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for changes until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    bell: Arc<Bell>,
    number: u64,
    wakes: watch::Receiver<u64>,
}

impl Watch {
    /// Waits for changes of these tables only.
    pub(crate) fn narrow(&self, tables: Tables) {
        if let Some(waiter) = self.bell.waiting().by_number.get_mut(&self.number) {
            waiter.tables = tables;
        }
    }

    /// How often it was woken; changes with each wake.
    pub(crate) fn wakes(&self) -> watch::Receiver<u64> {
        self.wakes.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut waiting = self.bell.waiting();
        waiting.by_number.remove(&self.number);
        self.bell.hearing.fetch_sub(1, Ordering::SeqCst);
        if waiting.by_number.is_empty() {
            self.bell.is_awaited.send_replace(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Tables {
        let mut tables = Tables::default();
        tables.add(name);
        tables
    }

    #[test]
    fn those_are_woken_who_wait_for_the_table() {
        let bell = Arc::new(Bell::default());
        assert!(!bell.is_heard());
        let (todos, users) = (bell.watch(), bell.watch());
        todos.narrow(of("Todo"));
        users.narrow(of("User"));
        assert!(bell.is_heard());
        bell.ring(&of("Todo"));
        bell.ring(&of("Todo"));
        bell.ring(&Tables::any());
        bell.ring(&Tables::default());
        assert_eq!((*todos.wakes().borrow(), *users.wakes().borrow()), (3, 1));
        drop((todos, users));
        assert!(!bell.is_heard());
    }

    #[tokio::test]
    async fn what_is_to_be_told_to_others_is_collected() {
        let bell = Bell::default();
        bell.ring_out(&of("Todo"));
        bell.begin_outgoing();
        bell.ring(&of("Team"));
        bell.ring_out(&of("User"));
        bell.ring_out(&of("Note"));
        let told = bell.next_outgoing().await;
        assert_eq!(told.names().collect::<Vec<_>>(), ["note", "user"]);
        bell.end_outgoing();
        assert!(!bell.is_heard());
    }
}
