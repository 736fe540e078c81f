//! Moments from the year 1 to the last millisecond of the year 9999, which is how programs say "for ever".
//!
//! [`jiff::Timestamp`] ends 26 hours before the year does, so that every moment has a local time everywhere. Those 26 hours are said by the
//! last tenth of its last second, `9999-12-30T22:00:00.9…Z`, in which each nanosecond stands for a millisecond: they keep their order and
//! their milliseconds, and no other moment is written otherwise than it was. What lies still further off, such as `infinity` of PostgreSQL, is
//! the last of them, and what lies too far back the first moment of all.
//!
//! Invariant: whatever leaves the data layer, as text or for a database, goes through [`millis`], [`micros`], [`civil`] or [`Written`].
//! Elsewhere such a moment is at most those 26 hours early.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The last second of [`Timestamp`].
const LAST_SECOND: i64 = 253_402_207_200;
/// Where its last tenth begins.
const TENTH: i32 = 900_000_000;
/// The same moment, in milliseconds.
const LATE: i64 = LAST_SECOND * 1000 + 900;
/// `9999-12-31T23:59:59.999Z`
const LAST: i64 = 253_402_300_799_999;

/// The moment so many milliseconds after 1970, or the nearest.
pub fn of_millis(millis: i64) -> Timestamp {
    if millis < LAST_SECOND * 1000 {
        return Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN);
    }
    // Of the last second `jiff` takes nanoseconds alone.
    if millis < LATE {
        let nanos = i32::try_from((millis - LAST_SECOND * 1000) * 1_000_000);
        return Timestamp::new(LAST_SECOND, nanos.unwrap_or_default()).unwrap_or(Timestamp::MAX);
    }
    let after = i32::try_from(millis.min(LAST) - LATE).unwrap_or_default();
    Timestamp::new(LAST_SECOND, TENTH + after).unwrap_or(Timestamp::MAX)
}

/// The moment so many milliseconds after 1970; `None` beyond the first and the last.
pub fn at_millis(millis: i64) -> Option<Timestamp> {
    (Timestamp::MIN.as_millisecond()..=LAST)
        .contains(&millis)
        .then(|| of_millis(millis))
}

/// The moment so many microseconds after 1970, or the nearest.
pub fn of_micros(micros: i64) -> Timestamp {
    match Timestamp::from_microsecond(micros) {
        Ok(moment) => of_timestamp(moment),
        Err(_) => of_millis(micros.div_euclid(1000)),
    }
}

/// The moment that a parser which knows no more than [`Timestamp`] has read.
pub fn of_timestamp(moment: Timestamp) -> Timestamp {
    if is_late(moment) {
        of_millis(moment.as_millisecond())
    } else {
        moment
    }
}

/// The moment of this date and time in UTC.
pub fn of_civil(civil: DateTime) -> Timestamp {
    match civil.to_zoned(TimeZone::UTC) {
        Ok(zoned) => of_timestamp(zoned.timestamp()),
        Err(_) => of_millis(civil_millis(civil)),
    }
}

/// Milliseconds since 1970.
pub fn millis(moment: Timestamp) -> i64 {
    if is_late(moment) {
        let after = moment.subsec_nanosecond() - TENTH;
        return (LATE + i64::from(after)).min(LAST);
    }
    moment.as_millisecond()
}

/// Microseconds since 1970, less what is smaller.
pub fn micros(moment: Timestamp) -> i64 {
    if is_late(moment) {
        return millis(moment) * 1000;
    }
    let micros = moment.as_nanosecond().div_euclid(1000);
    i64::try_from(micros).unwrap_or_default()
}

/// Date and time in UTC.
pub fn civil(moment: Timestamp) -> DateTime {
    if !is_late(moment) {
        return moment.to_zoned(TimeZone::UTC).datetime();
    }
    let after = jiff::SignedDuration::from_millis(millis(moment) - civil_millis(BEFORE));
    BEFORE.checked_add(after).unwrap_or(DateTime::MAX)
}

/// The moment that a text of a date, with or without a time and an offset, says in the last hours of all; `None` for other texts.
pub fn read_late(text: &str) -> Option<Timestamp> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let offset = pieces.to_numeric_offset();
    let offset = offset.map_or(0, |offset| i64::from(offset.seconds()));
    let millis = civil_millis(civil) - offset * 1000;
    (LATE..=LAST).contains(&millis).then(|| of_millis(millis))
}

/// A moment as text, cut to milliseconds: `2026-01-31T23:59:59.123Z`.
#[derive(Debug, Clone, Copy)]
pub struct Written(pub Timestamp);

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(moment) = self;
        if is_late(*moment) {
            return write!(formatter, "{:.3}Z", civil(*moment));
        }
        write!(formatter, "{moment:.3}")
    }
}

/// Before the last hours.
const BEFORE: DateTime = DateTime::constant(9999, 12, 30, 0, 0, 0, 0);

fn is_late(moment: Timestamp) -> bool {
    moment.as_second() == LAST_SECOND && moment.subsec_nanosecond() >= TENTH
}

fn civil_millis(civil: DateTime) -> i64 {
    let since = civil.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    i64::try_from(since.as_millis()).unwrap_or(LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hours_of_the_calendar_are_moments() {
        for (text, expected) in [
            ("9999-12-30T22:00:00.900Z", LATE),
            ("9999-12-30T22:00:01Z", LATE + 100),
            ("9999-12-31", 253_402_214_400_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("9999-12-31T23:59:59.999Z", LAST),
            ("9999-12-31T23:59:59.999+02:00", LAST - 7_200_000),
        ] {
            let moment = read_late(text).unwrap();
            assert_eq!(millis(moment), expected, "{text}");
            assert_eq!(of_millis(expected), moment, "{text}");
            assert_eq!(of_micros(expected * 1000), moment, "{text}");
            assert_eq!(micros(moment), expected * 1000, "{text}");
            assert_eq!(of_civil(civil(moment)), moment, "{text}");
            let written = Written(moment).to_string();
            assert_eq!(read_late(&written), Some(moment), "{text}: {written}");
        }
        assert_eq!(
            Written(of_millis(LAST)).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
        for text in [
            "2026-01-31",
            "9999-12-31T23:59:59-01:00",
            "9999-12-30T22:00:00.899Z",
            "soon",
        ] {
            assert_eq!(read_late(text), None, "{text}");
        }
    }

    #[test]
    fn moments_keep_their_order_and_what_lies_beyond_is_the_nearest() {
        let mut before = of_millis(LATE - 1);
        assert_eq!(Written(before).to_string(), "9999-12-30T22:00:00.899Z");
        for at in (LATE..=LAST).step_by(7919) {
            let moment = of_millis(at);
            assert!(before < moment);
            assert_eq!(millis(moment), at);
            before = moment;
        }
        for far in [i64::MAX, LAST + 1] {
            assert_eq!(of_millis(far), of_millis(LAST));
            assert_eq!(at_millis(far), None);
        }
        assert_eq!(at_millis(i64::MIN), None);
        assert_eq!(at_millis(LAST), Some(of_millis(LAST)));
        assert_eq!(of_micros(i64::MAX), of_millis(LAST));
        assert_eq!(of_micros(i64::MIN), Timestamp::MIN);
        // What a program takes for the end of time.
        assert_eq!(millis(Timestamp::MAX), LAST);
    }
}
