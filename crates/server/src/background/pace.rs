//! How often something is tried.

use std::time::Duration;

use hallpass::auth::environment::Random;

/// The shortest and the longest time between two tries of what fails.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// How a piece of work is paced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two looks, where nothing was to be done.
    pub(super) rest: Duration,
    /// How long one turn may take.
    pub(super) turn: Duration,
}

impl Pace {
    /// Of a reader that is to be close behind.
    pub(super) fn following(interval: Duration) -> Self {
        Self {
            rest: interval,
            turn: Duration::from_secs(120),
        }
    }

    /// Of what has time.
    pub(super) fn keeping() -> Self {
        Self {
            rest: Duration::from_secs(600),
            turn: Duration::from_secs(1800),
        }
    }
}

/// How long to wait after so many failures in a row: twice as long each time up to a minute, and up to half of it longer, so
/// that what failed together is not tried together.
pub(super) fn after(failures: u32, random: &dyn Random) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    spread(doubled.min(LONGEST), random)
}

/// A time between this one and half as much more.
fn spread(time: Duration, random: &dyn Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    time + time / 512 * u32::from(byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn times_double_up_to_a_minute_and_are_spread_by_half() {
        let seconds = |failures| after(failures, &Always(0)).as_secs();
        let times: Vec<_> = [1, 2, 3, 4, 5, 6, 7, 8, u32::MAX].map(seconds).into();
        assert_eq!(times, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let longest = after(9, &Always(255));
        assert!(longest > Duration::from_secs(89) && longest < Duration::from_secs(90));
    }
}
