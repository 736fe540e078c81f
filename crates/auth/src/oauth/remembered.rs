//! What services published, remembered for a while.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::OAuthError;
use crate::environment::Clock;

/// Values by name, fetched again when they are old.
///
/// One fetch of a name at a time: others wait for it and share what it brings. A value that is too old is still given
/// while the service is away. A failure is remembered for a moment, so that a service in trouble is left in peace.
pub(super) struct Remembered<T> {
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
    clock: Arc<dyn Clock>,
}

/// Names are few (services, and tenants of one), but tenants are named by others.
const MAX_NAMES: usize = 256;

/// How long a value is given while the service is away.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a service is left in peace after a failure.
const PAUSE: Duration = Duration::from_secs(5);

struct Slot<T> {
    turn: futures_util::lock::Mutex<()>,
    state: Mutex<State<T>>,
}

struct State<T> {
    known: Option<(Arc<T>, Timestamp)>,
    failed: Option<(OAuthError, Timestamp)>,
}

impl<T> Remembered<T> {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            slots: Mutex::new(HashMap::new()),
            clock,
        }
    }

    /// The value of this name, not older than `max_age` unless the service is away. `fetch` runs only when it is needed.
    pub(super) async fn get(
        &self,
        name: &str,
        max_age: Duration,
        fetch: impl Future<Output = Result<T, OAuthError>>,
    ) -> Result<Arc<T>, OAuthError> {
        let slot = self.slot(name);
        if let Some(answer) = slot.answer(self.clock.now(), max_age) {
            return answer;
        }
        let _turn = slot.turn.lock().await;
        // Whoever had the turn before us may have brought what we need.
        if let Some(answer) = slot.answer(self.clock.now(), max_age) {
            return answer;
        }
        slot.learn(fetch.await, self.clock.now())
    }

    /// The value of this name where it is known already.
    pub(super) fn known(&self, name: &str) -> Option<Arc<T>> {
        let slot = lock(&self.slots).get(name).cloned()?;
        let state = lock(&slot.state);
        state.usable(self.clock.now())
    }

    fn slot(&self, name: &str) -> Arc<Slot<T>> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(name) {
            return slot.clone();
        }
        if slots.len() >= MAX_NAMES {
            forget_oldest(&mut slots);
        }
        let slot = Arc::new(Slot::new());
        slots.insert(name.to_owned(), slot.clone());
        slot
    }
}

fn forget_oldest<T>(slots: &mut HashMap<String, Arc<Slot<T>>>) {
    let age = |slot: &Arc<Slot<T>>| lock(&slot.state).known.as_ref().map(|(_, at)| *at);
    let oldest = slots.iter().min_by_key(|(_, slot)| age(slot));
    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
        slots.remove(&name);
    }
}

impl<T> Slot<T> {
    fn new() -> Self {
        Self {
            turn: futures_util::lock::Mutex::new(()),
            state: Mutex::new(State {
                known: None,
                failed: None,
            }),
        }
    }

    /// What can be said without a fetch.
    fn answer(&self, now: Timestamp, max_age: Duration) -> Option<Result<Arc<T>, OAuthError>> {
        let state = lock(&self.state);
        match (&state.known, &state.failed) {
            (Some((value, at)), _) if is_within(*at, now, max_age) => Some(Ok(value.clone())),
            (_, Some((error, at))) if is_within(*at, now, PAUSE) => {
                Some(state.usable(now).ok_or_else(|| error.clone()))
            }
            _ => None,
        }
    }

    fn learn(&self, fetched: Result<T, OAuthError>, now: Timestamp) -> Result<Arc<T>, OAuthError> {
        let mut state = lock(&self.state);
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                state.known = Some((value.clone(), now));
                state.failed = None;
                Ok(value)
            }
            Err(error) => {
                state.failed = Some((error.clone(), now));
                state.usable(now).ok_or(error)
            }
        }
    }
}

impl<T> State<T> {
    fn usable(&self, now: Timestamp) -> Option<Arc<T>> {
        let (value, at) = self.known.as_ref()?;
        is_within(*at, now, LONGEST).then(|| value.clone())
    }
}

/// Whether `now` is at most so long after `at`. A clock that was set back makes everything old.
fn is_within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    at <= now && now <= crate::time::after(at, span)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::testing::clock::FixedClock;

    const HOUR: Duration = Duration::from_secs(3600);
    const AWAY: OAuthError = OAuthError::Settings("away");

    struct Bench {
        clock: Arc<FixedClock>,
        remembered: Remembered<u32>,
        fetched: AtomicU32,
    }

    impl Bench {
        fn new() -> Self {
            let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
            Self {
                remembered: Remembered::new(clock.clone()),
                clock,
                fetched: AtomicU32::new(0),
            }
        }

        async fn get(&self, brings: Result<u32, OAuthError>) -> Result<u32, OAuthError> {
            let fetch = async {
                self.fetched.fetch_add(1, Ordering::SeqCst);
                // So that others come in between.
                tokio::task::yield_now().await;
                brings
            };
            let found = self.remembered.get("a", HOUR, fetch).await;
            found.map(|value| *value)
        }

        fn fetched(&self) -> u32 {
            self.fetched.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn values_end_and_are_fetched_once() {
        let bench = Bench::new();
        let all = futures_util::future::join_all((0..100).map(|number| bench.get(Ok(number))));
        assert!(all.await.into_iter().all(|found| found == Ok(0)));
        assert_eq!(bench.fetched(), 1);
        bench.clock.advance(HOUR);
        assert_eq!(bench.get(Ok(1)).await, Ok(0));
        bench.clock.advance(Duration::from_millis(1));
        assert_eq!(bench.get(Ok(2)).await, Ok(2));
        assert_eq!(bench.fetched(), 2);
    }

    #[tokio::test]
    async fn old_values_are_given_for_a_day_while_the_service_is_away() {
        let bench = Bench::new();
        assert_eq!(bench.get(Ok(1)).await, Ok(1));
        bench.clock.advance(2 * HOUR);
        assert_eq!(bench.get(Err(AWAY)).await, Ok(1));
        bench.clock.advance(22 * HOUR);
        assert_eq!(bench.get(Err(AWAY)).await, Ok(1));
        bench.clock.advance(HOUR);
        assert_eq!(bench.get(Err(AWAY)).await, Err(AWAY));
        assert_eq!(bench.fetched(), 4);
    }

    #[tokio::test]
    async fn failures_are_remembered_for_a_moment_only() {
        let bench = Bench::new();
        let all = futures_util::future::join_all((0..100).map(|_| bench.get(Err(AWAY))));
        assert!(all.await.into_iter().all(|found| found == Err(AWAY)));
        assert_eq!(bench.fetched(), 1);
        bench.clock.advance(PAUSE + Duration::from_millis(1));
        assert_eq!(bench.get(Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn a_fetch_that_was_dropped_blocks_nobody() {
        let bench = Bench::new();
        {
            let dropped = bench
                .remembered
                .get("a", HOUR, futures_util::future::pending());
            let mut dropped = Box::pin(dropped);
            assert!(futures_util::poll!(dropped.as_mut()).is_pending());
        }
        assert_eq!(bench.get(Ok(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn a_clock_set_back_keeps_nothing_alive() {
        let bench = Bench::new();
        assert_eq!(bench.get(Ok(1)).await, Ok(1));
        bench.clock.set("2025-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(bench.get(Ok(2)).await, Ok(2));
    }

    #[tokio::test]
    async fn the_number_of_names_is_bounded() {
        let bench = Bench::new();
        for number in 0..MAX_NAMES + 50 {
            let name = number.to_string();
            let fetch = async { Ok(1) };
            bench.remembered.get(&name, HOUR, fetch).await.unwrap();
            bench.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(lock(&bench.remembered.slots).len(), MAX_NAMES);
        assert_eq!(bench.remembered.known("0"), None);
        assert_eq!(bench.remembered.known("300"), Some(Arc::new(1)));
    }
}
