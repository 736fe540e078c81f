//! Work of which one is enough for all who want it at the same time in this process.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

/// What is under way, by what it is for.
pub(crate) struct Flights<K, T: Clone> {
    running: Mutex<HashMap<K, Shared<BoxFuture<'static, T>>>>,
}

impl<K: Eq + Hash + Clone, T: Clone + Send + Sync + 'static> Flights<K, T> {
    pub(crate) fn new() -> Self {
        Self {
            running: Mutex::default(),
        }
    }

    /// Joins the work for this key, or begins it. It goes on when those who wait for it give up: by itself where a runtime
    /// can be told to, else with the next one who joins. The work calls [`landed`](Self::landed) at its end.
    pub(crate) fn join(
        &self,
        key: &K,
        begin: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Shared<BoxFuture<'static, T>> {
        let mut running = self.lock();
        if let Some(work) = running.get(key) {
            return work.clone();
        }
        let work = begin().shared();
        running.insert(key.clone(), work.clone());
        go_on_alone(work.clone());
        work
    }

    /// The next one who wants it begins anew.
    pub(crate) fn landed(&self, key: &K) {
        self.lock().remove(key);
    }

    // A panic elsewhere cannot leave the map half-changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Shared<BoxFuture<'static, T>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever asked may hang up in the middle, and then the service would have given a token that nobody keeps.
#[cfg(feature = "http")]
fn go_on_alone<T: Clone + Send + Sync + 'static>(work: Shared<BoxFuture<'static, T>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(work);
    }
}

#[cfg(not(feature = "http"))]
fn go_on_alone<T: Clone>(_work: Shared<BoxFuture<'static, T>>) {}

impl<K, T: Clone> fmt::Debug for Flights<K, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Flights(..)")
    }
}
