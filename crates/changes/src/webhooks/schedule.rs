//! When a delivery that failed is tried again.

use std::time::Duration;

/// Times between tries: three days and some hours in all.
///
/// Source: Standard Webhooks, the schedule that it recommends.
const PAUSES: [u64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    14 * 3_600,
    20 * 3_600,
    24 * 3_600,
];

/// The longest that an endpoint can ask to wait until the next try. A slip of its clock shall not hold messages for months.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3_600);

/// How often a delivery is tried before it is dead.
pub const ATTEMPTS: u32 = 10;

/// How long to wait after so many tries that failed; `None` when that was the last. `random` adds up to a tenth, so that what failed
/// together is not tried together.
pub fn pause(attempts: u32, random: u8) -> Option<Duration> {
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let seconds = *PAUSES.get(place)?;
    Some(Duration::from_secs(
        seconds + seconds * u64::from(random) / 2_560,
    ))
}

/// The same, where the endpoint asked to wait for so long: never less than the schedule has.
pub(super) fn asked(attempts: u32, random: u8, asked: Duration) -> Option<Duration> {
    Some(pause(attempts, random)?.max(asked.min(LONGEST_ASKED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_go_on_for_three_days_and_end() {
        let pauses: Vec<_> = (1..=ATTEMPTS).map_while(|tries| pause(tries, 0)).collect();
        assert_eq!(pauses.len(), usize::try_from(ATTEMPTS).unwrap() - 1);
        let days = |days: u64| Duration::from_secs(days * 86_400);
        let whole: Duration = pauses.iter().sum();
        assert!(whole > days(3) && whole < days(4), "{whole:?}");
        assert!(pauses.is_sorted());
        assert_eq!(pause(u32::MAX, 0), None);
        let hour = Duration::from_secs(3_600);
        assert_eq!(asked(1, 0, hour), Some(hour));
        assert_eq!(asked(9, 0, hour), pause(9, 0), "no sooner than without");
        assert_eq!(asked(1, 0, Duration::MAX), Some(LONGEST_ASKED));
        assert_eq!(asked(ATTEMPTS, 0, hour), None, "the last try was the last");
        let (least, most) = (pause(9, 0).unwrap(), pause(9, 255).unwrap());
        assert!(most > least && most < least * 11 / 10);
    }
}
