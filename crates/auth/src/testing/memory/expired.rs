//! The removal of what has expired.
//!
//! To add a kind: one line in `Tables::remove_expired`.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

use super::Tables;
use crate::adapter::Removed;

impl Tables {
    pub(super) fn remove_expired(&mut self, before: Timestamp, at_most: usize) -> Removed {
        let mut removed = Removed::default();
        let mut count = |kind, rows| removed.count(kind, rows, at_most);
        count(
            "sessions",
            take(&mut self.sessions, at_most, |row| row.expires < before),
        );
        count(
            "link tokens",
            take(&mut self.tokens, at_most, |row| row.expires < before),
        );
        count(
            "one-time tokens",
            take(&mut self.one_time, at_most, |row| row.expires < before),
        );
        count(
            "leases",
            take(self.leases.held(), at_most, |row| row.expires < before),
        );
        let factors = &mut self.second_factors;
        count(
            "waiting sign-ins",
            take(&mut factors.waiting, at_most, |row| row.expires < before),
        );
        count(
            "remembered devices",
            take(&mut factors.devices, at_most, |row| row.expires < before),
        );
        count(
            "proofs",
            take(&mut factors.proofs, at_most, |row| row.expires < before),
        );
        count(
            "challenges",
            take(self.passkeys.spent(), at_most, |ends| *ends < before),
        );
        removed
    }
}

/// Removes at most so many rows; gives how many.
fn take<K: Clone + Eq + Hash, V>(
    table: &mut HashMap<K, V>,
    at_most: usize,
    is_over: impl Fn(&V) -> bool,
) -> usize {
    let over = table.iter().filter(|(_, row)| is_over(row));
    let keys: Vec<K> = over.map(|(key, _)| key.clone()).take(at_most).collect();
    for key in &keys {
        table.remove(key);
    }
    keys.len()
}
