//! Spans of time as people write them: `30m`, `1h`, `2d`.

use std::time::Duration;

use hallpass::auth::time::span_seconds;

use super::problem::Problem;

/// A span, at least a second and at most ten years.
fn span(text: &str) -> Option<Duration> {
    let seconds = span_seconds(text)?;
    let ten_years = 10 * 366 * 86_400;
    (1..=ten_years)
        .contains(&seconds)
        .then(|| Duration::from_secs(seconds))
}

/// How often something is done; `None` for `off`.
///
/// # Errors
/// [`Problem::NotASpan`] when it is neither.
pub(super) fn interval(text: &str) -> Result<Option<Duration>, Problem> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    match span(text) {
        Some(span) => Ok(Some(span)),
        None => Err(Problem::NotASpan(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        for (text, seconds) in [
            ("1s", Some(1)),
            ("30m", Some(1_800)),
            ("1h", Some(3_600)),
            ("2d", Some(172_800)),
            ("0h", None),
            ("h", None),
            ("", None),
            ("1", None),
            ("-1h", None),
            ("+1h", None),
            ("1.5h", None),
            ("1 h", None),
            ("1w", None),
            ("1é", None),
            ("99999999999999999999d", None),
            ("4000d", None),
        ] {
            assert_eq!(span(text), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(interval("off"), Ok(None));
        assert!(interval("never").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = interval(&text);
        }
    }
}
