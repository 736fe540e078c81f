//! How long ago something was, in words.

use jiff::Timestamp;

/// `just now`, `3 minutes ago`, and so on.
pub(super) fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let Some((length, unit)) = units.into_iter().find(|(length, _)| seconds >= *length) else {
        return "just now".to_owned();
    };
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let then = Timestamp::from_second(1_000_000).unwrap();
        let rows = [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (7_200, "2 hours ago"),
            (200_000, "2 days ago"),
        ];
        for (seconds, words) in rows {
            let now = Timestamp::from_second(1_000_000 + seconds).unwrap();
            assert_eq!(ago(then, now), words);
        }
    }
}
