//! How many in how long, and the one rule by which every store counts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::time::{UNITS, after, span_seconds, whole};

/// So many in a time that begins with the first.
///
/// Over the end of a window twice as many may pass in a moment: the last of one, the first of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many; none at all where it is 0.
    pub count: u32,
    /// In how long.
    pub window: Duration,
}

/// Whether one was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// There was one, and it is taken.
    Allowed,
    /// None was left.
    Refused {
        /// When there are new ones; never zero.
        retry_after: Duration,
    },
}

/// A running counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many were allowed.
    pub taken: u32,
    /// When it ends: from this moment on it counts for nothing.
    pub ends: Timestamp,
}

impl Quota {
    /// So many in this time.
    pub const fn new(count: u32, window: Duration) -> Self {
        Self { count, window }
    }

    /// So many in so many minutes.
    pub const fn per_minutes(count: u32, minutes: u64) -> Self {
        Self::new(count, Duration::from_secs(minutes * 60))
    }
}

impl Window {
    /// Takes one from a quota: the counter afterwards, and whether one was left. A refusal leaves the counter as it is.
    pub fn take(running: Option<Self>, quota: Quota, now: Timestamp) -> (Option<Self>, Taken) {
        let running = running.filter(|window| window.is_running(now));
        let window = running.unwrap_or(Self {
            taken: 0,
            ends: after(now, quota.window),
        });
        if window.taken >= quota.count {
            let retry_after = window.rest(now);
            return (running, Taken::Refused { retry_after });
        }
        let taken = window.taken + 1;
        (Some(Self { taken, ..window }), Taken::Allowed)
    }

    /// Whether it still counts.
    pub fn is_running(&self, now: Timestamp) -> bool {
        now < self.ends
    }

    /// How long it still runs; never zero.
    pub fn rest(&self, now: Timestamp) -> Duration {
        let rest = Duration::try_from(self.ends.duration_since(now)).unwrap_or_default();
        rest.max(Duration::from_millis(1))
    }
}

/// The text is no quota.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number in a time")]
pub struct InvalidQuota(String);

impl InvalidQuota {
    /// What to write instead.
    pub fn help(&self) -> &'static str {
        "write a number and a time in seconds, minutes, hours or days, such as `5/15m` or `100/30d`"
    }
}

impl FromStr for Quota {
    type Err = InvalidQuota;

    fn from_str(text: &str) -> Result<Self, InvalidQuota> {
        parse(text).ok_or_else(|| InvalidQuota(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Quota> {
    let (count, window) = text.split_once('/')?;
    let seconds = span_seconds(window)?;
    // A window that our calendar cannot hold ends with it, so any number is sound.
    let is_time = seconds > 0 && SignedDuration::try_from(Duration::from_secs(seconds)).is_ok();
    let count = u32::try_from(whole(count)?).ok()?;
    is_time.then(|| Quota::new(count, Duration::from_secs(seconds)))
}

impl fmt::Display for Quota {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.window.as_secs();
        let largest = UNITS
            .into_iter()
            .find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit));
        let (letter, unit) = largest.unwrap_or(('s', 1));
        write!(formatter, "{}/{}{letter}", self.count, seconds / unit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_begins_with_the_first_and_ends_for_all() {
        let quota = Quota::new(2, Duration::from_secs(10));
        let (window, taken) = Window::take(None, quota, at(100));
        assert_eq!(taken, Taken::Allowed);
        let (window, taken) = Window::take(window, quota, at(107));
        assert_eq!(taken, Taken::Allowed);
        let retry_after = Duration::from_secs(1);
        let (after, taken) = Window::take(window, quota, at(109));
        assert_eq!((after, taken), (window, Taken::Refused { retry_after }));
        let (window, taken) = Window::take(window, quota, at(110));
        assert_eq!(taken, Taken::Allowed);
        assert_eq!(
            window,
            Some(Window {
                taken: 1,
                ends: at(120)
            })
        );
    }

    #[test]
    fn a_quota_of_none_refuses_the_first() {
        let quota = Quota::new(0, Duration::from_secs(10));
        let (window, taken) = Window::take(None, quota, at(0));
        let retry_after = quota.window;
        assert_eq!((window, taken), (None, Taken::Refused { retry_after }));
    }

    #[test]
    fn quotas_are_written_as_a_number_in_a_time() {
        for (text, count, seconds) in [
            ("5/15m", 5, 900),
            ("30/1h", 30, 3_600),
            ("100/365d", 100, 31_536_000),
            ("1/90s", 1, 90),
            ("0/1d", 0, 86_400),
        ] {
            let quota: Quota = text.parse().unwrap();
            assert_eq!(quota, Quota::new(count, Duration::from_secs(seconds)));
            assert_eq!(quota.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_no_quotas() {
        for text in [
            "",
            "5",
            "/",
            "5/",
            "/5m",
            "5/m",
            "5/0m",
            "-5/1m",
            "+5/1m",
            "5/1w",
            "5/1é",
            "5/-1m",
            "5/1mm",
            "4294967296/1m",
            "5/999999999999999999d",
            "5 /1m",
            "5/1 m",
            "5/1.5m",
        ] {
            let error = text.parse::<Quota>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{text}` is no number in a time")
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = text.parse::<Quota>();
        }

        #[test]
        fn never_more_than_the_count_within_a_window(
            count in 0..20u32,
            steps in proptest::collection::vec(0..4i64, 1..200),
        ) {
            let quota = Quota::new(count, Duration::from_secs(30));
            let (mut now, mut window, mut allowed) = (0, None, Vec::new());
            for step in steps {
                now += step;
                let (next, taken) = Window::take(window, quota, at(now));
                window = next;
                if taken == Taken::Allowed {
                    allowed.push((now, window.unwrap().ends));
                }
            }
            for (_, ends) in &allowed {
                let same = allowed.iter().filter(|(_, other)| other == ends).count();
                prop_assert!(same <= usize::try_from(count).unwrap());
            }
        }
    }
}
