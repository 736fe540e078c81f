//! Spans of time as people write them: `30m`, `1h`, `2d`.

use std::time::Duration;

use super::problem::Problem;

/// The units, each with its seconds.
const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// A span, at least a second and at most ten years.
fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = number.parse::<u64>().ok()?.checked_mul(*seconds)?;
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
