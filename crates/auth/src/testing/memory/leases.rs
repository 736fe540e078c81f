//! Leases, and those who wait for them.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_channel::oneshot;
use jiff::Timestamp;

use super::MemoryAdapter;
use crate::adapter::AdapterError;
use crate::linked::{Lease, LeaseStore};

/// Who has what, and who waits for it.
#[derive(Default)]
pub(super) struct Leases {
    held: HashMap<String, Lease>,
    waiting: HashMap<String, Vec<oneshot::Sender<()>>>,
}

/// A copy of the tables is made to be thrown away or put in their place; whoever waits, waits at the original.
impl Clone for Leases {
    fn clone(&self) -> Self {
        Self {
            held: self.held.clone(),
            waiting: HashMap::new(),
        }
    }
}

impl Leases {
    pub(super) fn held(&mut self) -> &mut HashMap<String, Lease> {
        &mut self.held
    }
}

#[async_trait]
impl LeaseStore for MemoryAdapter {
    async fn take_lease(&self, lease: &Lease, now: Timestamp) -> Result<bool, AdapterError> {
        let held = &mut self.enter("take_lease")?.leases.held;
        if held.get(&lease.key).is_some_and(|held| held.expires > now) {
            return Ok(false);
        }
        held.insert(lease.key.clone(), lease.clone());
        Ok(true)
    }

    async fn end_lease(&self, lease: &Lease) -> Result<(), AdapterError> {
        let mut tables = self.enter("end_lease")?;
        let held = tables.leases.held.get(&lease.key);
        if held.is_some_and(|held| held.holder == lease.holder) {
            tables.leases.held.remove(&lease.key);
            // Dropping the senders wakes those who wait.
            tables.leases.waiting.remove(&lease.key);
        }
        Ok(())
    }

    async fn await_lease(&self, lease: &Lease) -> Result<(), AdapterError> {
        let given_back = {
            let mut tables = self.enter("await_lease")?;
            if !tables.leases.held.contains_key(&lease.key) {
                return Ok(());
            }
            let (sender, receiver) = oneshot::channel();
            let waiting = tables.leases.waiting.entry(lease.key.clone());
            waiting.or_default().push(sender);
            receiver
        };
        let _ = given_back.await;
        Ok(())
    }
}
