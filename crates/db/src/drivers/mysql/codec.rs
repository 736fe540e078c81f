//! Values between us and MySQL's binary protocol.

use hallpass_sql::{Value, calendar};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use mysql_async::consts::ColumnType;
use mysql_async::{Column, Row, Value as Wire};

use crate::error::{Error, ErrorKind};

/// The number of the collation `binary`: what tells bytes from text.
const BINARY: u16 = 63;

pub(super) fn encode(value: &Value) -> Result<Wire, Error> {
    Ok(match value {
        Value::Null => Wire::NULL,
        Value::Bool(truth) => Wire::Int(i64::from(*truth)),
        Value::Int(number) => Wire::Int(*number),
        Value::Float(number) if !number.is_finite() => {
            return Err(Error::new(
                ErrorKind::InvalidValue,
                "MySQL has neither NaN nor infinity",
            ));
        }
        Value::Float(number) => Wire::Double(*number),
        Value::Decimal(text) | Value::Text(text) => Wire::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => Wire::Bytes(bytes.clone()),
        Value::Timestamp(moment) => date(*moment)?,
        Value::Json(document) => Wire::Bytes(document.to_string().into_bytes()),
        Value::List(_) => {
            return Err(Error::new(
                ErrorKind::InvalidValue,
                "MySQL has no lists of values",
            ));
        }
    })
}

fn date(moment: Timestamp) -> Result<Wire, Error> {
    let moment = calendar::civil(moment);
    let outside = |_| Error::new(ErrorKind::InvalidValue, "the year lies before 0");
    Ok(Wire::Date(
        u16::try_from(moment.year()).map_err(outside)?,
        moment.month().cast_unsigned(),
        moment.day().cast_unsigned(),
        moment.hour().cast_unsigned(),
        moment.minute().cast_unsigned(),
        moment.second().cast_unsigned(),
        moment.subsec_nanosecond().cast_unsigned() / 1000,
    ))
}

/// How many bytes a row is.
pub(super) fn size(row: &Row) -> usize {
    /// Everything that is no text and no bytes takes as much, or less.
    const NUMBER: usize = 8;
    let values = (0..row.len()).filter_map(|position| row.as_ref(position));
    let sizes = values.map(|value| match value {
        Wire::Bytes(bytes) => bytes.len(),
        _ => NUMBER,
    });
    sizes.sum()
}

pub(super) fn decode_row(row: Row) -> Result<Vec<Value>, Error> {
    let columns = row.columns();
    let values = row.unwrap();
    columns
        .iter()
        .zip(values)
        .map(|(column, value)| decode(column, value))
        .collect()
}

fn decode(column: &Column, value: Wire) -> Result<Value, Error> {
    let value = match value {
        Wire::NULL => Some(Value::Null),
        Wire::Int(number) => Some(Value::Int(number)),
        Wire::UInt(number) => i64::try_from(number).ok().map(Value::Int),
        Wire::Float(number) => Some(Value::Float(number.into())),
        Wire::Double(number) => Some(Value::Float(number)),
        Wire::Date(year, month, day, hour, minute, second, micros) => {
            moment(year, [month, day, hour, minute, second], micros).map(Value::Timestamp)
        }
        Wire::Time(is_negative, days, hours, minutes, seconds, micros) => {
            // A span of hours, which is a time of day as well.
            let sign = if is_negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            let text = format!("{sign}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}");
            Some(Value::Text(text))
        }
        Wire::Bytes(bytes) => decode_bytes(column, bytes),
    };
    value.ok_or_else(|| {
        let detail = format!(
            "column `{}` of type {:?} holds a value that cannot be represented",
            column.name_str(),
            column.column_type()
        );
        Error::new(ErrorKind::Other, detail)
    })
}

fn decode_bytes(column: &Column, bytes: Vec<u8>) -> Option<Value> {
    Some(match column.column_type() {
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => {
            Value::Decimal(String::from_utf8(bytes).ok()?)
        }
        ColumnType::MYSQL_TYPE_JSON => Value::Json(serde_json::from_slice(&bytes).ok()?),
        ColumnType::MYSQL_TYPE_BIT => Value::Int(bits(&bytes)?),
        ColumnType::MYSQL_TYPE_GEOMETRY => return None,
        _ if column.character_set() == BINARY => Value::Bytes(bytes),
        _ => Value::Text(String::from_utf8(bytes).ok()?),
    })
}

/// The most significant byte comes first.
fn bits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |number, byte| {
        number.checked_mul(256)?.checked_add(i64::from(*byte))
    })
}

/// Of days that are none, which lax servers admitted (`0000-00-00`, `2026-02-31`), the nearest.
fn moment(year: u16, fields: [u8; 5], micros: u32) -> Option<Timestamp> {
    let [month, day, hour, minute, second] =
        fields.map(|field| i8::try_from(field).unwrap_or(i8::MAX));
    let nanoseconds = i32::try_from(micros.checked_mul(1000)?).ok()?;
    let first = Date::new(i16::try_from(year).ok()?, month.max(1), 1).ok()?;
    let moment = DateTime::new(
        first.year(),
        first.month(),
        day.clamp(1, first.days_in_month()),
        hour,
        minute,
        second,
        nanoseconds,
    )
    .ok()?;
    Some(calendar::of_civil(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(of: ColumnType, character_set: u16) -> Column {
        Column::new(of)
            .with_name(b"c")
            .with_character_set(character_set)
    }

    #[test]
    fn columns_are_read_by_type_and_character_set() {
        let bytes = |text: &str| Wire::Bytes(text.as_bytes().to_vec());
        let cases = [
            (
                ColumnType::MYSQL_TYPE_BLOB,
                45,
                bytes("ä"),
                Value::Text("ä".to_owned()),
            ),
            (
                ColumnType::MYSQL_TYPE_BLOB,
                BINARY,
                bytes("ä"),
                Value::Bytes("ä".as_bytes().to_vec()),
            ),
            (
                ColumnType::MYSQL_TYPE_NEWDECIMAL,
                BINARY,
                bytes("1.50"),
                Value::Decimal("1.50".to_owned()),
            ),
            (
                ColumnType::MYSQL_TYPE_JSON,
                BINARY,
                bytes("[1]"),
                Value::from(serde_json::json!([1])),
            ),
            (
                ColumnType::MYSQL_TYPE_BIT,
                BINARY,
                Wire::Bytes(vec![1, 0]),
                Value::Int(256),
            ),
            (
                ColumnType::MYSQL_TYPE_LONGLONG,
                BINARY,
                Wire::UInt(7),
                Value::Int(7),
            ),
        ];
        for (of, character_set, wire, value) in cases {
            assert_eq!(decode(&column(of, character_set), wire).unwrap(), value);
        }
    }

    #[test]
    fn days_that_are_none_are_the_nearest() {
        for (wire, expected) in [
            (Wire::Date(0, 0, 0, 0, 0, 0, 0), "0000-01-01T00:00:00.000Z"),
            (
                Wire::Date(2026, 2, 31, 1, 2, 3, 0),
                "2026-02-28T01:02:03.000Z",
            ),
            (
                Wire::Date(9999, 12, 31, 23, 59, 59, 999_000),
                "9999-12-31T23:59:59.999Z",
            ),
        ] {
            let read = decode(&column(ColumnType::MYSQL_TYPE_DATETIME, 63), wire).unwrap();
            let Value::Timestamp(moment) = read else {
                panic!("{read:?}")
            };
            assert_eq!(calendar::Written(moment).to_string(), expected);
        }
    }

    #[test]
    fn spans_of_hours_are_texts() {
        for (wire, expected) in [
            (Wire::Time(false, 0, 8, 30, 0, 987_000), "08:30:00.987000"),
            (Wire::Time(true, 34, 22, 59, 59, 0), "-838:59:59.000000"),
        ] {
            let read = decode(&column(ColumnType::MYSQL_TYPE_TIME, 63), wire).unwrap();
            assert_eq!(read, Value::from(expected));
        }
    }

    #[test]
    fn what_no_value_holds_is_an_error_that_names_the_column() {
        let cases = [
            (ColumnType::MYSQL_TYPE_LONGLONG, Wire::UInt(u64::MAX)),
            (ColumnType::MYSQL_TYPE_BIT, Wire::Bytes(vec![255; 8])),
        ];
        for (of, wire) in cases {
            let error = decode(&column(of, 45), wire).unwrap_err();
            assert!(error.to_string().contains("column `c`"), "{error}");
        }
    }
}
