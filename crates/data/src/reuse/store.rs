use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxBuildHasher;

use crate::plan::Slot;
use crate::policy::{Access, Whose};

/// Entries that are kept, at most. Where another comes, all of them go: whoever asks something new each time gains nothing
/// from any, and others get theirs back with their next call.
pub(crate) const PLANS: usize = 1024;
/// Entries of one call for persons who are not alike.
const ALIKE: usize = 16;

/// What is kept for other calls.
pub(crate) trait Reusable {
    /// Whether it is found by the same.
    fn is_same(&self, other: &Self) -> bool;

    /// On whose behalf it may be run.
    fn whose(&self) -> &Whose;

    /// What must be filled at each run.
    fn slots(&self) -> &[Slot];
}

/// Entries of an engine.
#[derive(Debug)]
pub(crate) struct Store<E> {
    held: RwLock<Held<E>>,
}

#[derive(Debug)]
struct Held<E> {
    /// By a hash of what they are found by.
    entries: HashMap<u64, Vec<Arc<E>>, FxBuildHasher>,
    count: usize,
}

impl<E> Default for Held<E> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            count: 0,
        }
    }
}

impl<E> Default for Store<E> {
    fn default() -> Self {
        Self {
            held: RwLock::default(),
        }
    }
}

impl<E: Reusable> Store<E> {
    /// How many there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .count
    }

    /// The entry for whoever asks.
    pub(super) fn find(
        &self,
        hash: u64,
        access: &Access,
        is_it: impl Fn(&E) -> bool,
    ) -> Option<Arc<E>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut alike = held.entries.get(&hash)?.iter();
        let is_of = |entry: &E| {
            entry.whose().is(access) && entry.slots().iter().all(|slot| slot.is_of(access))
        };
        let found = alike.find(|entry| is_it(entry) && is_of(entry))?;
        Some(Arc::clone(found))
    }

    /// Keeps an entry, where it may serve others.
    pub(super) fn keep(&self, hash: u64, entry: &Arc<E>) {
        if !entry.whose().is_shared() {
            return;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.count >= PLANS {
            *held = Held::default();
        }
        let alike = held.entries.entry(hash).or_default();
        // Others may have planned the same meanwhile.
        let serves_as = |one: &E| one.is_same(entry) && one.whose().is_as_wide_as(entry.whose());
        if alike.len() < ALIKE && !alike.iter().any(|one| serves_as(one)) {
            alike.push(Arc::clone(entry));
            held.count += 1;
        }
    }
}
