//! Moments in the text in which databases and we say them, `2026-01-31T23:59:59.123Z`: read and written by their digits, because
//! every row that is read or written has some. Every other text is for a parser that knows more.
//!
//! Source: the calendar arithmetic is that of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

use hallpass_sql::calendar;
use jiff::Timestamp;

const DAY_SECONDS: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats itself.
const ERA_DAYS: i64 = 146_097;
/// Days from the first of March of the year 0, where years of this arithmetic begin, to 1970.
const BEFORE_1970: i64 = 719_468;

/// A moment without its zone, `2026-01-31T23:59:59.123`.
pub(crate) struct Written([u8; 23]);

impl Written {
    pub(crate) fn as_str(&self) -> &str {
        // Digits and what stands between them.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The moment that such a text says, with up to nine digits behind the second, in UTC by `Z`, by `+00:00` or by saying nothing; `None`
/// for any other text, whatever it says.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let (civil, rest) = text.as_bytes().split_first_chunk::<19>()?;
    #[rustfmt::skip]
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = *civil
    else {
        return None;
    };
    let (year, month, day) = (
        number([y1, y2, y3, y4])?,
        number([m1, m2])?,
        number([d1, d2])?,
    );
    let (hour, minute, second) = (number([h1, h2])?, number([n1, n2])?, number([s1, s2])?);
    let is_day = (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
    if !is_day || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, zone) = fraction(rest)?;
    let is_utc = matches!(zone, b"" | b"Z" | b"+00:00");
    let seconds = days(year, month, day) * DAY_SECONDS + (hour * 60 + minute) * 60 + second;
    let moment = match Timestamp::new(seconds, nanos) {
        Ok(moment) => calendar::of_timestamp(moment),
        Err(_) => calendar::of_millis(seconds * 1000 + i64::from(nanos / 1_000_000)),
    };
    is_utc.then_some(moment)
}

/// The nanoseconds behind a second, and what is behind them.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((0, text));
    };
    // As SQLite's texts, and ours, have it.
    if let [d1, d2, d3, zone @ ..] = text
        && !zone.first().is_some_and(u8::is_ascii_digit)
        && let Some(millis) = number([*d1, *d2, *d3])
    {
        return Some((i32::try_from(millis).ok()? * 1_000_000, zone));
    }
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = text.split_at_checked(count)?;
    let mut nanos = [b'0'; 9];
    let places = nanos.get_mut(..count).filter(|places| !places.is_empty())?;
    places.copy_from_slice(digits);
    Some((i32::try_from(number(nanos)?).ok()?, zone))
}

/// The text of a moment, cut to milliseconds; `None` where its year has not four digits.
pub(crate) fn write(moment: Timestamp) -> Option<Written> {
    let millis = calendar::millis(moment);
    let second = millis.div_euclid(1000);
    let (year, month, day) = civil(second.div_euclid(DAY_SECONDS));
    if !(0..=9999).contains(&year) {
        return None;
    }
    let millis = millis.rem_euclid(1000);
    let second = second.rem_euclid(DAY_SECONDS);
    let mut text = *b"0000-00-00T00:00:00.000";
    for (end, width, number) in [
        (4, 4, year),
        (7, 2, month),
        (10, 2, day),
        (13, 2, second / 3600),
        (16, 2, second / 60 % 60),
        (19, 2, second % 60),
        (23, 3, millis),
    ] {
        let places = text.get_mut(end - width..end).unwrap_or_default();
        put(places, number);
    }
    Some(Written(text))
}

/// Puts the last digits of a number into these places.
fn put(places: &mut [u8], mut number: i64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

fn number<const N: usize>(digits: [u8; N]) -> Option<i64> {
    let mut number = 0;
    for digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        number = number * 10 + i64::from(value);
    }
    Some(number)
}

fn length(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    year.div_euclid(400) * ERA_DAYS + day_of_era - BEFORE_1970
}

/// Year, month and day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + BEFORE_1970;
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (of_era * 365 + of_era / 4 - of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = days.div_euclid(ERA_DAYS) * 400 + of_era;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn slowly(moment: Timestamp) -> Option<String> {
        let civil = calendar::civil(moment);
        let written = (civil.year() >= 0).then(|| civil.strftime("%Y-%m-%dT%H:%M:%S%.3f"));
        written.map(|written| written.to_string())
    }

    fn quickly(moment: Timestamp) -> Option<String> {
        write(moment).map(|written| written.as_str().to_owned())
    }

    /// As a parser reads it, in UTC where nothing else is said.
    fn parsed(text: &str) -> Option<Timestamp> {
        let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        let zoned = text.parse().ok();
        let moment = zoned.or_else(|| civil().map(|zoned| zoned.timestamp()));
        moment
            .map(calendar::of_timestamp)
            .or_else(|| calendar::read_late(text))
    }

    #[test]
    fn days_that_are_none_are_left_to_others() {
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T23:59:59.123z",
            "2026-01-31T23:59:59.Z",
            "2026-01-31T23:59:59.1234567890Z",
            "2026-01-31T23:59:59+01:00",
            "2026-01-31T23:59:59Zx",
            "2026-01-31 23:59:59.123Z",
            "2026-02-29T00:00:00.000Z",
            "1900-02-29T00:00:00.000Z",
            "2026-04-31T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-01-31T24:00:00.000Z",
            "2026-01-31T23:60:00.000Z",
            "2026-01-31T23:59:60.000Z",
            "2026-01-31T23:59:5x.000Z",
            "+026-01-31T23:59:59.000Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in [
            "2024-02-29T00:00:00.000Z",
            "2000-02-29T23:59:59.999Z",
            "2026-01-31T23:59:59.5Z",
            "2026-01-31T23:59:59Z",
            "2026-01-31T23:59:59.123456789+00:00",
            "2026-01-31T23:59:59.1239",
            "1969-12-31T23:59:59.9999Z",
        ] {
            assert_eq!(read(text), parsed(text), "{text}");
            assert!(read(text).is_some(), "{text}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_is_the_same_here() {
        // 28 days and a little, so that months and hours are met in many ways.
        let step = 28 * DAY_SECONDS * 1000 + 3_661_007;
        let (first, last) = (
            Timestamp::MIN.as_millisecond(),
            Timestamp::MAX.as_millisecond(),
        );
        let mut millis = first;
        while millis <= last {
            let moment = calendar::of_millis(millis);
            let text = quickly(moment);
            assert_eq!(text, slowly(moment));
            if let Some(text) = text {
                assert_eq!(read(&format!("{text}Z")), Some(moment), "{text}");
            }
            millis += step;
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_a_parser_reads(
            text in "(19|20|00|99)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|\\+00:00|-00:00|\\+01:00|)"
        ) {
            if let Some(moment) = read(&text) {
                prop_assert_eq!(Some(moment), parsed(&text));
            }
        }

        #[test]
        fn what_is_written_is_what_others_write(nanos in -377_705_023_201_000_000_000_i128..253_402_207_200_999_999_999) {
            let moment = Timestamp::from_nanosecond(nanos).unwrap();
            let millis = calendar::of_millis(moment.as_millisecond());
            prop_assert_eq!(quickly(millis), slowly(millis));
        }
    }
}
