//! A clock that stands still until it is set.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::environment::Clock;

/// A clock that stands still until it is set. Whole milliseconds.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at this moment.
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_millisecond()))
    }

    /// Stands at this moment, written as `2026-01-01T00:00:00Z`.
    ///
    /// # Panics
    ///
    /// When the text is no moment; this is for tests.
    #[expect(
        clippy::panic,
        reason = "for tests, where a wrong constant should stop at once"
    )]
    pub fn at(moment: &str) -> Self {
        match moment.parse() {
            Ok(at) => Self::new(at),
            Err(error) => panic!("`{moment}` is no moment: {error}"),
        }
    }

    /// Moves to this moment.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance(&self, span: Duration) {
        let millis = SignedDuration::try_from(span).map_or(i128::MAX, |span| span.as_millis());
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}
