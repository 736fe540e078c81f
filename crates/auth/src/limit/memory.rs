//! Counters in the memory of this process.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{LimitKey, Limiter, Quota, Spent, Taken, Window};
use crate::adapter::AdapterError;

/// How many counters there are at most, if nothing else is said; some 15 MB.
const DEFAULT_CAPACITY: usize = 100_000;

/// Into how many counters the keys of one class are crowded when there is no room.
const CROWD: u64 = 256;

/// At most once in this time the whole table is searched for counters that ended.
const SWEEP_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Counters in the memory of this process: for one replica, and for the time in which a shared store is away.
///
/// The memory is bounded. SECURITY: a full table neither forgets running counters, which would let whoever fills it
/// guess on (GHSA-2vgg-9h6w-m454), nor lets new keys pass uncounted. New keys of one class then share few counters, so
/// that strangers may be refused too early, but nobody too late; what is shared is not forgotten for one of them.
pub struct MemoryLimiter {
    table: Mutex<Table>,
}

struct Table {
    capacity: usize,
    windows: HashMap<LimitKey, Window>,
    /// By class and share of its keys; bounded by the number of classes.
    crowd: HashMap<(Box<str>, u64), Window>,
    swept: Timestamp,
}

/// Where the counter of a key is.
enum Place {
    Own,
    Crowd,
}

impl MemoryLimiter {
    /// Room for the default number of counters.
    pub fn new() -> Self {
        Self::with_capacity(NonZeroUsize::new(DEFAULT_CAPACITY).unwrap_or(NonZeroUsize::MIN))
    }

    /// Room for so many counters of their own.
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self {
            table: Mutex::new(Table {
                capacity: capacity.get(),
                windows: HashMap::new(),
                crowd: HashMap::new(),
                swept: Timestamp::MIN,
            }),
        }
    }

    /// How many counters there are.
    pub fn len(&self) -> usize {
        let table = self.table();
        table.windows.len() + table.crowd.len()
    }

    /// Whether nothing was counted yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// [`Limiter::take`], at once.
    pub(crate) fn take_now(&self, key: &LimitKey, quota: Quota, now: Timestamp) -> Taken {
        self.table().take(key, quota, now)
    }

    /// [`Limiter::take_all`], at once.
    pub(crate) fn take_all_now(
        &self,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Option<Spent> {
        let mut table = self.table();
        let mut takes = takes.iter().enumerate();
        takes.find_map(|(index, (key, quota))| match table.take(key, *quota, now) {
            Taken::Allowed => None,
            Taken::Refused { retry_after } => Some(Spent { index, retry_after }),
        })
    }

    /// [`Limiter::give_back`], at once.
    pub(crate) fn give_back_now(&self, key: &LimitKey, now: Timestamp) {
        self.table().give_back(key, now);
    }

    /// [`Limiter::forget`], at once.
    pub(crate) fn forget_now(&self, keys: &[LimitKey]) {
        let mut table = self.table();
        for key in keys {
            table.windows.remove(key);
        }
    }

    // No change is left half-done by a panic, so a poisoned lock is as good as any.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryLimiter")
            .field("len", &self.len())
            .finish()
    }
}

impl Table {
    fn take(&mut self, key: &LimitKey, quota: Quota, now: Timestamp) -> Taken {
        let crowded = crowd_key(key);
        let (running, place) = match self.windows.get(key) {
            Some(window) => (Some(*window), Place::Own),
            // What was counted in the crowd still counts when there is room again.
            None => (self.crowd.get(&crowded).copied(), self.place(now)),
        };
        let (window, taken) = Window::take(running, quota, now);
        match (window, place) {
            (Some(window), Place::Own) => {
                self.windows.insert(key.clone(), window);
            }
            (Some(window), Place::Crowd) => {
                self.crowd.insert(crowded, window);
            }
            (None, _) => {}
        }
        taken
    }

    fn give_back(&mut self, key: &LimitKey, now: Timestamp) {
        let crowded = crowd_key(key);
        let window = match self.windows.get_mut(key) {
            Some(window) => Some(window),
            None => self.crowd.get_mut(&crowded),
        };
        if let Some(window) = window.filter(|window| window.is_running(now)) {
            window.taken = window.taken.saturating_sub(1);
        }
    }

    /// Where a new counter can stand.
    fn place(&mut self, now: Timestamp) -> Place {
        let pause_is_over = now.duration_since(self.swept) >= SWEEP_PAUSE;
        if self.windows.len() >= self.capacity && pause_is_over {
            self.windows.retain(|_, window| window.is_running(now));
            self.crowd.retain(|_, window| window.is_running(now));
            self.swept = now;
        }
        if self.windows.len() < self.capacity {
            Place::Own
        } else {
            Place::Crowd
        }
    }
}

/// The hash in a key is keyed, so nobody can choose whom to share with.
fn crowd_key(key: &LimitKey) -> (Box<str>, u64) {
    let mut hasher = DefaultHasher::new();
    key.as_str().hash(&mut hasher);
    (key.class().into(), hasher.finish() % CROWD)
}

#[async_trait]
impl Limiter for MemoryLimiter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Taken, AdapterError> {
        Ok(self.take_now(key, quota, now))
    }

    async fn take_all(
        &self,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<Option<Spent>, AdapterError> {
        Ok(self.take_all_now(takes, now))
    }

    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError> {
        self.give_back_now(key, now);
        Ok(())
    }

    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError> {
        self.forget_now(keys);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const QUOTA: Quota = Quota::new(2, Duration::from_secs(60));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(subject: u32) -> LimitKey {
        LimitKey::new("test.client.60", &subject.to_be_bytes())
    }

    fn limiter(capacity: usize) -> MemoryLimiter {
        MemoryLimiter::with_capacity(NonZeroUsize::new(capacity).unwrap())
    }

    fn allowed(limiter: &MemoryLimiter, subject: u32, now: i64) -> bool {
        limiter.take_now(&key(subject), QUOTA, at(now)) == Taken::Allowed
    }

    #[test]
    fn ghsa_2vgg_9h6w_m454_filling_the_table_resets_no_counter() {
        let limiter = limiter(100);
        assert!(allowed(&limiter, 0, 0) && allowed(&limiter, 0, 0));
        for other in 1..50_000 {
            allowed(&limiter, other, 0);
        }
        assert!(!allowed(&limiter, 0, 0), "the attacker guesses on");
        assert!(limiter.len() <= 100 + 256, "{}", limiter.len());
    }

    #[test]
    fn ghsa_2vgg_9h6w_m454_what_is_new_in_a_full_table_is_counted_too() {
        let limiter = limiter(1);
        allowed(&limiter, 0, 0);
        assert!(allowed(&limiter, 1, 0) && allowed(&limiter, 1, 0));
        assert!(!allowed(&limiter, 1, 0));
    }

    #[test]
    fn counters_of_a_full_table_still_count_when_there_is_room_again() {
        let limiter = limiter(1);
        allowed(&limiter, 0, 0);
        assert!(allowed(&limiter, 1, 59) && allowed(&limiter, 1, 59));
        assert!(!allowed(&limiter, 1, 61), "room is there since second 60");
        assert!(allowed(&limiter, 1, 119));
    }

    #[test]
    fn counters_that_ended_make_room() {
        let limiter = limiter(10);
        for round in 0..100 {
            for subject in 0..10 {
                assert!(allowed(
                    &limiter,
                    10 * round + subject,
                    i64::from(round) * 60
                ));
            }
            assert_eq!(limiter.len(), 10);
        }
    }

    #[tokio::test]
    async fn counters_in_memory_keep_every_promise() {
        use crate::testing::kit;
        let result = kit::run_on(kit::LIMIT_RULES, async || {
            Box::new(MemoryLimiter::new()) as _
        });
        result.await.unwrap();
    }

    #[test]
    fn debug_shows_no_key() {
        let limiter = limiter(10);
        allowed(&limiter, 0, 0);
        assert_eq!(format!("{limiter:?}"), "MemoryLimiter { len: 1 }");
    }
}
