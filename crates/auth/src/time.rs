//! Moments in the two forms that the wire uses, and arithmetic that cannot overflow.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

/// The moment as JavaScript's `toISOString` writes it: `2026-01-31T00:00:00.000Z`.
pub fn iso_millis(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// The moment as HTTP headers write it: `Sat, 31 Jan 2026 00:00:00 GMT`.
///
/// Source: RFC 9110 section 5.6.7 (IMF-fixdate).
pub fn http_date(moment: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&moment)
        // A year before 0 has no such form; a date long past means the same to a cookie.
        .unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

/// The moment so much later, or the last one there is.
pub fn after(moment: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span)
        .ok()
        .and_then(|span| moment.checked_add(span).ok())
        .map_or(LAST, |later| later.min(LAST))
}

/// The moment so much earlier, or the first one there is.
pub fn before(moment: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span)
        .ok()
        .and_then(|span| moment.checked_sub(span).ok())
        .unwrap_or(Timestamp::MIN)
}

/// The units of spans as people write them, the largest first, in seconds.
pub(crate) const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The seconds of a span as people write it: digits and a unit, such as `90s`, `30m`, `1h` or `2d`.
pub fn span_seconds(text: &str) -> Option<u64> {
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(letter, unit)| Some((text.strip_suffix(*letter)?, unit)))?;
    whole(digits)?.checked_mul(*unit)
}

/// Digits alone: `parse` would take a sign as well.
pub(crate) fn whole(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The last second that our calendar library knows, in the year 9999.
const LAST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// For `#[serde(with = "crate::time::optional_iso_millis", default)]`: a moment as JavaScript writes it, or null.
pub mod optional_iso_millis {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes the moment, or null.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        moment: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.serialize_str(&super::iso_millis(*moment)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a moment in any RFC 3339 form, or null.
    ///
    /// # Errors
    ///
    /// When the text is not a moment.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::<Timestamp>::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn iso_form_has_always_three_digits_of_milliseconds() {
        for (given, written) in [
            ("2026-01-31T00:00:00Z", "2026-01-31T00:00:00.000Z"),
            ("2026-01-31T00:00:00.5Z", "2026-01-31T00:00:00.500Z"),
            ("2026-01-31T00:00:00.123999Z", "2026-01-31T00:00:00.123Z"),
            ("0999-01-31T00:00:00Z", "0999-01-31T00:00:00.000Z"),
        ] {
            assert_eq!(iso_millis(moment(given)), written);
        }
    }

    #[test]
    fn http_form_is_imf_fixdate() {
        assert_eq!(
            http_date(moment("2026-01-01T00:15:00.7Z")),
            "Thu, 01 Jan 2026 00:15:00 GMT"
        );
        assert!(http_date(Timestamp::MIN).ends_with("GMT"));
    }

    #[test]
    fn adding_stops_at_the_last_moment() {
        let now = moment("2026-01-01T00:00:00Z");
        assert_eq!(
            after(now, Duration::from_secs(900)),
            moment("2026-01-01T00:15:00Z")
        );
        assert_eq!(after(now, Duration::MAX), LAST);
        assert_eq!(after(Timestamp::MAX, Duration::ZERO), LAST);
        assert_eq!(iso_millis(LAST), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn optional_moments_pass_through_json() {
        #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
        struct Row {
            #[serde(with = "optional_iso_millis", default)]
            at: Option<Timestamp>,
        }
        for (json, at) in [
            (
                r#"{"at":"2026-01-01T00:00:00.000Z"}"#,
                Some(moment("2026-01-01T00:00:00Z")),
            ),
            (r#"{"at":null}"#, None),
        ] {
            let row: Row = serde_json::from_str(json).unwrap();
            assert_eq!(row, Row { at });
            assert_eq!(serde_json::to_string(&row).unwrap(), json);
        }
        assert!(serde_json::from_str::<Row>(r#"{"at":"yesterday"}"#).is_err());
        assert_eq!(serde_json::from_str::<Row>("{}").unwrap(), Row { at: None });
    }
}
