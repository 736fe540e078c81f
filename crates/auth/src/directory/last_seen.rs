//! Which sessions were seen lately, in memory, so that taking it down costs one write in a while and no query.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::SessionKey;

/// Parts with a lock each, so that readers seldom meet.
const SHARDS: usize = 16;

/// How many sessions a part knows before it forgets the older half. All together: 128 Ki, some 10 MB.
const CAPACITY: usize = 4_096;

/// How long nothing is due after the store was away.
const PAUSE_SECONDS: i64 = 30;

/// When each session was taken down last. What is forgotten is taken down once more: the write itself has a condition.
pub(crate) struct LastSeen {
    shards: [Mutex<Generations>; SHARDS],
    /// In seconds.
    paused_until: AtomicI64,
}

/// Two maps that take turns: of the older one nothing is worth keeping when the younger is full.
#[derive(Default)]
struct Generations {
    young: HashMap<SessionKey, i64>,
    old: HashMap<SessionKey, i64>,
}

impl LastSeen {
    pub(crate) fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            paused_until: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether this sighting is to be taken down; of several at once one is told so.
    pub(crate) fn is_due(&self, key: &SessionKey, now: Timestamp, interval: Duration) -> bool {
        let now = now.as_second();
        if now < self.paused_until.load(Ordering::Relaxed) {
            return false;
        }
        let mut shard = self.shard(key);
        let last = shard.young.get(key).or_else(|| shard.old.get(key));
        // A clock that was set back does not silence a session for long.
        if last.is_some_and(|last| now.abs_diff(*last) < interval.as_secs()) {
            return false;
        }
        shard.note(*key, now);
        true
    }

    /// The store is away: nothing is due for a while, so that reads of sessions do not wait for it.
    pub(crate) fn pause(&self, now: Timestamp) {
        let until = now.as_second().saturating_add(PAUSE_SECONDS);
        self.paused_until.store(until, Ordering::Relaxed);
    }

    fn shard(&self, key: &SessionKey) -> MutexGuard<'_, Generations> {
        let [first, ..] = *key.bytes();
        let [one, ..] = &self.shards;
        let shard = self.shards.get(usize::from(first) % SHARDS).unwrap_or(one);
        // A panic elsewhere leaves at worst a session out, which is then taken down once more.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn note(&mut self, key: SessionKey, now: i64) {
        if self.young.len() >= CAPACITY {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, now);
    }
}

impl fmt::Debug for LastSeen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LastSeen(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SessionToken;

    const QUARTER: Duration = Duration::from_secs(900);

    fn key(number: usize) -> SessionKey {
        SessionKey::of_token(&SessionToken::new(number.to_string()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_session_is_due_once_in_the_interval() {
        let seen = LastSeen::new();
        for (moment, due) in [
            (0, true),
            (1, false),
            (899, false),
            (900, true),
            (1_799, false),
        ] {
            assert_eq!(seen.is_due(&key(1), at(moment), QUARTER), due, "{moment}");
        }
        assert!(seen.is_due(&key(2), at(1_799), QUARTER));
        assert!(
            seen.is_due(&key(1), at(0), QUARTER),
            "the clock was set back"
        );
    }

    #[test]
    fn while_the_store_is_away_nothing_is_due() {
        let seen = LastSeen::new();
        seen.pause(at(0));
        assert!(!seen.is_due(&key(1), at(29), QUARTER));
        assert!(seen.is_due(&key(1), at(30), QUARTER));
    }

    #[test]
    fn an_interval_of_zero_is_always_due() {
        let seen = LastSeen::new();
        for _ in 0..2 {
            assert!(seen.is_due(&key(1), at(0), Duration::ZERO));
        }
    }

    #[test]
    fn what_is_known_is_bounded() {
        let seen = LastSeen::new();
        let many = SHARDS * CAPACITY * 3;
        for number in 0..many {
            seen.is_due(&key(number), at(0), QUARTER);
        }
        let shards = seen.shards.iter().map(|shard| shard.lock().unwrap());
        let kept: usize = shards
            .map(|shard| shard.young.len() + shard.old.len())
            .sum();
        assert!(kept <= 2 * SHARDS * CAPACITY, "{kept}");
        assert!(
            !seen.is_due(&key(many - 1), at(0), QUARTER),
            "the latest are known"
        );
    }

    #[test]
    fn of_many_at_once_one_is_told() {
        let seen = LastSeen::new();
        let told = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| seen.is_due(&key(1), at(0), QUARTER)))
                .collect();
            let told = threads.into_iter().filter_map(|thread| thread.join().ok());
            told.filter(|told| *told).count()
        });
        assert_eq!(told, 1);
    }
}
