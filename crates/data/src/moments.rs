//! How the moments of one column are written: as a type of the database, as milliseconds or seconds since 1970, or as text.
//!
//! SQLite has no type for moments. Prisma's classic engine and Drizzle's `timestamp_ms` keep whole milliseconds there, Drizzle's
//! `timestamp` whole seconds, Prisma's driver adapters text such as `2026-01-31T23:59:59.123+00:00`, we and others text that ends
//! with `Z`; one column may hold several of these. All are read; a column is written as its rows are found, and compared so that
//! none is overlooked.

use hallpass_sql::{Capability, Value, calendar};
use jiff::Timestamp;

use crate::zulu;

/// What a column of moments takes, and what we write there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moments {
    pub(crate) form: Form,
    /// Digits of a second that the column keeps; databases round what is more, which moves moments into the future.
    pub(crate) digits: u8,
    /// What of a moment the column keeps.
    pub(crate) part: Part,
    /// Whether other rows of the column may be in another form.
    pub(crate) mixed: bool,
    /// What its numbers count.
    pub(crate) unit: Unit,
}

/// What of a moment a column keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// Its day, which is its beginning in UTC.
    Day,
    /// The time of day in UTC, which is one of 1970-01-01. Databases say it as text.
    Time,
}

impl Part {
    /// What a type keeps, by the first word of its name.
    pub(crate) fn of_type(database_type: &str) -> Self {
        let end = database_type.find(['(', ' ']);
        let name = end.map_or(database_type, |end| {
            database_type.get(..end).unwrap_or_default()
        });
        if name.eq_ignore_ascii_case("date") {
            Self::Day
        } else if ["time", "timetz"]
            .iter()
            .any(|one| name.eq_ignore_ascii_case(one))
        {
            Self::Time
        } else {
            Self::Whole
        }
    }
}

/// What numbers of a column count since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Seconds,
}

/// From here on a number can be no seconds that anybody means: the year 5138. As milliseconds it is 1973.
const NO_SECONDS: u64 = 100_000_000_000;

/// Below it a number tells nothing: it may be a zero, or milliseconds of 1970.
const TELLS: u64 = 100_000_000;

impl Unit {
    /// What such a number counts, where it tells.
    pub(crate) fn of(number: i64) -> Option<Self> {
        match number.unsigned_abs() {
            NO_SECONDS.. => Some(Self::Millis),
            TELLS.. => Some(Self::Seconds),
            _ => None,
        }
    }

    /// The moment that a number means in a column that counts so. Where seconds are counted, a program that did not know may
    /// have written milliseconds, which are too large to be any.
    ///
    /// SECURITY: one that lies beyond the calendar counts something else, such as microseconds, and is no moment: taken for the
    /// nearest one, what was over long ago would last for ever.
    pub(crate) fn read(self, number: i64) -> Option<Timestamp> {
        match self {
            Self::Seconds if number.unsigned_abs() < NO_SECONDS => {
                calendar::at_millis(number * 1000)
            }
            Self::Seconds | Self::Millis => calendar::at_millis(number),
        }
    }

    fn write(self, moment: Timestamp) -> i64 {
        let millis = calendar::millis(moment);
        match self {
            Self::Millis => millis,
            Self::Seconds => millis.div_euclid(1000),
        }
    }
}

/// One way of writing a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The database's own type.
    Native,
    /// Whole milliseconds or seconds since 1970.
    Number,
    /// Text that ends with `Z`.
    Zulu,
    /// Text that ends with `+00:00`.
    Offset,
    /// Text without an end: before every text of the same moment, after every text of an earlier one.
    Prefix,
}

/// Digits of a second that we keep everywhere.
pub(crate) const DIGITS: u8 = 3;

const DAY_MILLIS: i64 = 86_400_000;

/// The beginning of the year 1.
const FIRST_YEAR: Timestamp = Timestamp::constant(-62_135_596_800, 0);

impl Moments {
    /// What tables have that we made.
    pub(crate) fn made_by_us(capability: &Capability) -> Self {
        Self {
            form: if capability.timestamp_type {
                Form::Native
            } else {
                Form::Zulu
            },
            digits: DIGITS,
            part: Part::Whole,
            mixed: !capability.timestamp_type,
            unit: Unit::Millis,
        }
    }

    pub(crate) fn only(form: Form) -> Self {
        Self {
            form,
            digits: DIGITS,
            part: Part::Whole,
            mixed: false,
            unit: Unit::Millis,
        }
    }

    /// Numbers that count this.
    pub(crate) fn counted(unit: Unit) -> Self {
        Self {
            digits: match unit {
                Unit::Millis => DIGITS,
                Unit::Seconds => 0,
            },
            unit,
            ..Self::only(Form::Number)
        }
    }

    /// This form alone, to compare with rows that are in it.
    pub(crate) fn as_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// What goes into the column; `None` for years that have no text.
    pub(crate) fn write(self, moment: Timestamp) -> Option<Value> {
        let moment = self.cut(moment);
        // Before it, no two databases and no two programs agree on what a year is.
        if moment < FIRST_YEAR {
            return None;
        }
        if self.part == Part::Time {
            let written = zulu::write(moment)?;
            return written.as_str().get(11..).map(Value::from);
        }
        let text = |end: &str| {
            let written = zulu::write(moment)?;
            Some(Value::Text([written.as_str(), end].concat()))
        };
        match self.form {
            Form::Native => Some(Value::Timestamp(moment)),
            Form::Number => Some(Value::Int(self.unit.write(moment))),
            Form::Zulu => text("Z"),
            Form::Offset => text("+00:00"),
            Form::Prefix => text(""),
        }
    }

    /// The moment as the column keeps it. Cutting here keeps what is given back equal to what was given.
    pub(crate) fn cut(self, moment: Timestamp) -> Timestamp {
        let keep = self.digits.min(DIGITS);
        let unit = match self.part {
            Part::Day => DAY_MILLIS,
            Part::Whole | Part::Time => 10_i64.pow(u32::from(DIGITS - keep)),
        };
        let millis = calendar::millis(moment);
        let millis = millis - millis.rem_euclid(unit);
        calendar::of_millis(match self.part {
            Part::Time => millis.rem_euclid(DAY_MILLIS),
            Part::Whole | Part::Day => millis,
        })
    }
}

/// The moment of 1970-01-01 that a time of day says, with or without an offset: `23:59:59.987`, `15:30:00+02`.
pub(crate) fn time_of_day(text: &str) -> Option<Timestamp> {
    let end = text.find(['+', '-']).unwrap_or(text.len());
    let (time, offset) = text.split_at_checked(end)?;
    let time: jiff::civil::Time = time.parse().ok()?;
    let since = time.duration_since(jiff::civil::Time::midnight());
    let mut millis = i64::try_from(since.as_millis()).ok()?;
    if let Some(sign) = offset.bytes().next() {
        let mut seconds = 0;
        for (part, unit) in offset.get(1..)?.split(':').zip([3600, 60, 1]) {
            seconds += i64::from(part.parse::<u8>().ok()?) * unit;
        }
        millis += if sign == b'+' { -seconds } else { seconds } * 1000;
    }
    Some(calendar::of_millis(millis.rem_euclid(DAY_MILLIS)))
}

/// Digits of a second in a type's name: `timestamp(3) without time zone`, `datetime(6)`; `unsaid` without a number.
pub(crate) fn digits_of(database_type: &str, unsaid: u8) -> u8 {
    let inside = database_type.split_once('(').map(|(_, rest)| rest);
    let number = inside.and_then(|rest| rest.split_once(')'));
    number
        .and_then(|(number, _)| number.trim().parse().ok())
        .unwrap_or(unsaid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> Timestamp {
        "2026-01-31T23:59:59.987654Z".parse().unwrap()
    }

    #[test]
    fn a_moment_is_written_in_each_form() {
        for (form, expected) in [
            (Form::Number, Value::Int(1_769_903_999_987)),
            (Form::Zulu, Value::from("2026-01-31T23:59:59.987Z")),
            (Form::Offset, Value::from("2026-01-31T23:59:59.987+00:00")),
            (Form::Prefix, Value::from("2026-01-31T23:59:59.987")),
        ] {
            let written = Moments::only(form).write(moment());
            assert_eq!(written, Some(expected), "{form:?}");
        }
    }

    #[test]
    fn digits_that_a_column_does_not_keep_are_cut_not_rounded() {
        for (digits, expected) in [
            (0, "2026-01-31T23:59:59Z"),
            (1, "2026-01-31T23:59:59.9Z"),
            (3, "2026-01-31T23:59:59.987Z"),
            (6, "2026-01-31T23:59:59.987Z"),
        ] {
            let column = Moments {
                digits,
                ..Moments::only(Form::Native)
            };
            let expected = Value::Timestamp(expected.parse().unwrap());
            assert_eq!(column.write(moment()), Some(expected), "{digits}");
        }
        let seconds = Moments {
            digits: 0,
            ..Moments::only(Form::Number)
        };
        let before_1970 = Timestamp::from_millisecond(-1).unwrap();
        assert_eq!(seconds.write(before_1970), Some(Value::Int(-1000)));
        let days = Moments {
            part: Part::Day,
            ..Moments::only(Form::Native)
        };
        let day = |text: &str| Some(Value::Timestamp(text.parse().unwrap()));
        assert_eq!(days.write(moment()), day("2026-01-31T00:00:00Z"));
        assert_eq!(days.write(before_1970), day("1969-12-31T00:00:00Z"));
    }

    #[test]
    fn times_of_day_are_of_1970() {
        let times = Moments {
            part: Part::Time,
            digits: 2,
            ..Moments::only(Form::Native)
        };
        assert_eq!(times.write(moment()), Some(Value::from("23:59:59.980")));
        assert_eq!(times.cut(moment()).to_string(), "1970-01-01T23:59:59.98Z");
        for (text, expected) in [
            ("23:59:59.987", "1970-01-01T23:59:59.987Z"),
            ("15:30:00", "1970-01-01T15:30:00Z"),
            ("01:30:00+02", "1970-01-01T23:30:00Z"),
            ("23:30:00.5-05:30", "1970-01-01T05:00:00.5Z"),
        ] {
            let read = time_of_day(text).map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "soon",
            "25:00:00",
            "-10:00:00",
            "838:59:59",
            "10:00:00+x",
            "2026-01-31",
        ] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn types_say_what_they_keep_of_a_moment() {
        for (database_type, part) in [
            ("date", Part::Day),
            ("DATE", Part::Day),
            ("time", Part::Time),
            ("time(3) without time zone", Part::Time),
            ("time with time zone", Part::Time),
            ("TIMETZ", Part::Time),
            ("timestamp(3) without time zone", Part::Whole),
            ("datetime(3)", Part::Whole),
        ] {
            assert_eq!(Part::of_type(database_type), part, "{database_type}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let second: Timestamp = "2026-01-31T23:59:59Z".parse().unwrap();
        let column = Moments::counted(Unit::Seconds);
        assert_eq!(column.write(moment()), Some(Value::Int(1_769_903_999)));
        assert_eq!(Unit::Seconds.read(1_769_903_999), Some(second));
        // Written by somebody who did not know.
        assert_eq!(Unit::Seconds.read(1_769_903_999_000), Some(second));
        assert_eq!(Unit::Millis.read(1_769_903_999_000), Some(second));
        // Microseconds.
        for unit in [Unit::Seconds, Unit::Millis] {
            assert_eq!(unit.read(1_600_000_000_000_000), None);
            assert_eq!(unit.read(i64::MIN), None);
        }
        for (number, unit) in [
            (1_769_903_999, Some(Unit::Seconds)),
            (1_769_903_999_000, Some(Unit::Millis)),
            (-1_769_903_999_000, Some(Unit::Millis)),
            (i64::MIN, Some(Unit::Millis)),
            (0, None),
            (99_999_999, None),
        ] {
            assert_eq!(Unit::of(number), unit, "{number}");
        }
    }

    #[test]
    fn years_before_the_first_are_not_written() {
        let first: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(first, FIRST_YEAR);
        let before = Timestamp::from_millisecond(first.as_millisecond() - 1).unwrap();
        for form in [Form::Native, Form::Number, Form::Zulu, Form::Prefix] {
            assert!(Moments::only(form).write(first).is_some(), "{form:?}");
            assert_eq!(Moments::only(form).write(before), None, "{form:?}");
        }
    }

    #[test]
    fn types_say_how_many_digits_they_keep() {
        for (written, digits) in [
            ("timestamp(3) without time zone", 3),
            ("timestamp with time zone", 6),
            ("datetime(0)", 0),
            ("timestamp", 6),
            ("timestamp(x)", 6),
            ("timestamp(3", 6),
        ] {
            assert_eq!(digits_of(written, 6), digits, "{written}");
        }
    }
}
