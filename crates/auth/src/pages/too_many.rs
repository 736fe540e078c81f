//! The page of a refused attempt (429), and the wait in words.

use std::time::Duration;

use askama::Template;

use super::Site;

/// Says that something was tried too often.
#[derive(Clone, Copy, Debug)]
pub struct TooManyPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// How long to wait.
    pub retry_after: Duration,
}

impl TooManyPage<'_> {
    fn wait(&self) -> String {
        wait(self.retry_after)
    }
}

#[derive(Template)]
#[template(path = "too_many.html")]
pub(super) struct TooManyTemplate<'a> {
    pub(super) page: &'a TooManyPage<'a>,
    pub(super) site: Site<'a>,
}

/// The units, the largest first: from how many seconds on, and what one is.
const UNITS: [(u64, u64, &str); 4] = [
    (36 * 3_600, 86_400, "day"),
    (90 * 60, 3_600, "hour"),
    (90, 60, "minute"),
    (0, 1, "second"),
];

/// `20 seconds`, `15 minutes`, `2 hours`: rounded up, since too early is too early.
pub(crate) fn wait(span: Duration) -> String {
    let seconds = whole_seconds(span);
    let unit = UNITS.into_iter().find(|(from, ..)| seconds >= *from);
    let (_, size, name) = unit.unwrap_or((0, 1, "second"));
    match seconds.div_ceil(size) {
        1 => format!("1 {name}"),
        number => format!("{number} {name}s"),
    }
}

/// Rounded up, and never none.
pub(crate) fn whole_seconds(span: Duration) -> u64 {
    let begun = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_to_a_unit_that_people_use() {
        for (millis, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (20_000, "20 seconds"),
            (89_001, "2 minutes"),
            (90_000, "2 minutes"),
            (899_000, "15 minutes"),
            (3_600_000, "60 minutes"),
            (5_400_000, "2 hours"),
            (86_400_000, "24 hours"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(wait(Duration::from_millis(millis)), words);
        }
        assert!(!wait(Duration::MAX).is_empty());
    }
}
