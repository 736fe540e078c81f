//! Values in PostgreSQL's binary formats, by the type that the server gives a placeholder or a column.
//!
//! Only exact conversions: a value that does not fit is `InvalidValue`, never cut or guessed. To add a
//! type: its row in `of`, and its arms in `encode` and `decode`.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use hallpass_sql::{Value, calendar};
use jiff::Timestamp;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type};

use super::{array, numeric, texts};
use crate::error::{Error, ErrorKind};

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds of the Unix epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// The first byte of the only binary format of `jsonb`.
const JSONB_VERSION: u8 = 1;

/// The binary formats that we write and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Uuid,
    Bytea,
    Json,
    Jsonb,
    /// With and without time zone: both are microseconds, the latter of UTC.
    Timestamp,
    Date,
    /// A time of day; the second one with an offset, as which we say UTC. Both are texts.
    Time,
    Timetz,
    /// A row of `0` and `1`, which is a text.
    Bits,
    /// An address of the internet with the length of its network, which is a text.
    Address,
    Void,
}

impl Codec {
    fn of(of: &Type) -> Option<Self> {
        Some(match *of {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::XML => {
                Self::Text
            }
            Type::UUID => Self::Uuid,
            Type::BYTEA => Self::Bytea,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::TIMESTAMP | Type::TIMESTAMPTZ => Self::Timestamp,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMETZ => Self::Timetz,
            Type::BIT | Type::VARBIT => Self::Bits,
            Type::INET | Type::CIDR => Self::Address,
            Type::VOID => Self::Void,
            _ => return Self::of_named(of),
        })
    }

    /// Types that get their number when they are created.
    fn of_named(of: &Type) -> Option<Self> {
        match of.kind() {
            Kind::Enum(_) => Some(Self::Text),
            Kind::Domain(base) => Self::of(base),
            _ => (of.name() == "citext").then_some(Self::Text),
        }
    }

    /// The bytes of a value that is not null, or None where it does not fit.
    pub(super) fn encode(self, value: &Value) -> Option<Cow<'_, [u8]>> {
        let bytes = match (self, value) {
            (Self::Text, Value::Text(text)) | (Self::Json, Value::Text(text)) => {
                return Some(Cow::Borrowed(text.as_bytes()));
            }
            (Self::Bytea, Value::Bytes(bytes)) => return Some(Cow::Borrowed(bytes)),
            (Self::Bool, Value::Bool(truth)) => vec![u8::from(*truth)],
            (Self::Int2, Value::Int(number)) => i16::try_from(*number).ok()?.to_be_bytes().to_vec(),
            (Self::Int4, Value::Int(number)) => i32::try_from(*number).ok()?.to_be_bytes().to_vec(),
            (Self::Int8, Value::Int(number)) => number.to_be_bytes().to_vec(),
            (Self::Oid, Value::Int(number)) => u32::try_from(*number).ok()?.to_be_bytes().to_vec(),
            (Self::Float4, _) => single(double(value)?)?.to_be_bytes().to_vec(),
            (Self::Float8, _) => double(value)?.to_be_bytes().to_vec(),
            (Self::Numeric, Value::Int(number)) => numeric::encode(&number.to_string())?,
            (Self::Numeric, Value::Decimal(text)) => numeric::encode(text)?,
            (Self::Uuid, Value::Text(text)) => parse_uuid(text)?.to_vec(),
            (Self::Json, Value::Json(document)) => document.to_string().into_bytes(),
            (Self::Jsonb, Value::Json(document)) => jsonb(&document.to_string()),
            (Self::Jsonb, Value::Text(text)) => jsonb(text),
            (Self::Timestamp, Value::Timestamp(moment)) => micros(*moment)?.to_be_bytes().to_vec(),
            (Self::Date, Value::Timestamp(moment)) => date(*moment)?.to_be_bytes().to_vec(),
            (Self::Time, Value::Text(text)) => texts::time(text)?,
            (Self::Timetz, Value::Text(text)) => texts::time_in_utc(text)?,
            (Self::Bits, Value::Text(text)) => texts::bits(text)?,
            (Self::Address, Value::Text(text)) => texts::address(text)?,
            _ => return None,
        };
        Some(Cow::Owned(bytes))
    }

    /// The value of these bytes; `None` where they are none of the format.
    pub(super) fn value(self, raw: &[u8]) -> Option<Value> {
        Some(match self {
            Self::Bool => Value::Bool(raw != [0]),
            Self::Int2 => Value::Int(i16::from_be_bytes(raw.try_into().ok()?).into()),
            Self::Int4 => Value::Int(i32::from_be_bytes(raw.try_into().ok()?).into()),
            Self::Int8 => Value::Int(i64::from_be_bytes(raw.try_into().ok()?)),
            Self::Oid => Value::Int(u32::from_be_bytes(raw.try_into().ok()?).into()),
            Self::Float4 => Value::Float(f32::from_be_bytes(raw.try_into().ok()?).into()),
            Self::Float8 => Value::Float(f64::from_be_bytes(raw.try_into().ok()?)),
            Self::Numeric => Value::Decimal(numeric::decode(raw)?),
            Self::Text => Value::Text(std::str::from_utf8(raw).ok()?.to_owned()),
            Self::Uuid => Value::Text(format_uuid(raw.try_into().ok()?)),
            Self::Bytea => Value::Bytes(raw.to_vec()),
            Self::Json => Value::Json(serde_json::from_slice(raw).ok()?),
            Self::Jsonb => {
                Value::Json(serde_json::from_slice(raw.strip_prefix(&[JSONB_VERSION])?).ok()?)
            }
            Self::Timestamp => Value::Timestamp(moment(i64::from_be_bytes(raw.try_into().ok()?))),
            Self::Date => {
                let days = i64::from(i32::from_be_bytes(raw.try_into().ok()?));
                Value::Timestamp(moment(days.saturating_mul(DAY_MICROS)))
            }
            Self::Time | Self::Timetz => Value::Text(texts::read_time(raw)?),
            Self::Bits => Value::Text(texts::read_bits(raw)?),
            Self::Address => Value::Text(texts::read_address(raw)?),
            Self::Void => Value::Null,
        })
    }
}

/// How to read a column: values of one format, or lists of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    One(Codec),
    List(Codec),
}

impl Reader {
    /// How to read a column.
    pub(super) fn of_column(name: &str, of: &Type) -> Result<Self, Error> {
        Self::of(of).ok_or_else(|| {
            let detail = format!(
                "column `{name}` has type `{}`, which we cannot read",
                of.name()
            );
            Error::new(ErrorKind::Other, detail)
        })
    }

    fn of(of: &Type) -> Option<Self> {
        match of.kind() {
            Kind::Array(element) => Codec::of(element).map(Self::List),
            _ => Codec::of(of).map(Self::One),
        }
    }

    /// The value of a column.
    pub(super) fn decode(self, raw: Decoded<'_>) -> Result<Value, Error> {
        let Some(raw) = raw.0 else {
            return Ok(Value::Null);
        };
        let value = match self {
            Self::One(codec) => codec.value(raw),
            Self::List(codec) => array::decode(codec, raw).map(Value::List),
        };
        value.ok_or_else(|| {
            Error::new(
                ErrorKind::Other,
                format!("a stored value of type {self:?} cannot be represented"),
            )
        })
    }
}

/// A value in the bytes of its placeholder's type.
#[derive(Debug)]
pub(super) struct Bound<'a>(Option<Cow<'a, [u8]>>);

impl<'a> Bound<'a> {
    pub(super) fn new(parameter: &Type, value: &'a Value) -> Result<Self, Error> {
        if *value == Value::Null {
            return Ok(Self(None));
        }
        let bytes = match (parameter.kind(), value) {
            (Kind::Array(element), Value::List(values)) => Codec::of(element)
                .and_then(|codec| array::encode(codec, element.oid(), values))
                .map(Cow::Owned),
            _ => Codec::of(parameter).and_then(|codec| codec.encode(value)),
        };
        bytes.map(|bytes| Self(Some(bytes))).ok_or_else(|| {
            let detail = format!(
                "a value of kind {} does not fit the type `{}`",
                kind(value),
                parameter.name()
            );
            Error::new(ErrorKind::InvalidValue, detail)
        })
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        Ok(match &self.0 {
            Some(bytes) => {
                out.put_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(of, out)
    }
}

/// The bytes of a column as they came.
#[derive(Clone, Copy)]
pub(super) struct Decoded<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Decoded<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Bool",
        Value::Int(_) => "Int",
        Value::Float(_) => "Float",
        Value::Decimal(_) => "Decimal",
        Value::Text(_) => "Text",
        Value::Bytes(_) => "Bytes",
        Value::Timestamp(_) => "Timestamp",
        Value::Json(_) => "Json",
        Value::List(_) => "List",
    }
}

fn double(value: &Value) -> Option<f64> {
    /// Every integer up to this size is a double exactly.
    const EXACT: i64 = 1 << 53;
    match value {
        Value::Float(number) => Some(*number),
        #[expect(
            clippy::cast_precision_loss,
            reason = "within the range where it loses nothing"
        )]
        Value::Int(number) if (-EXACT..=EXACT).contains(number) => Some(*number as f64),
        _ => None,
    }
}

/// Rounded as the column rounds; a number too large for it does not become infinite.
fn single(number: f64) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "overflow is refused below")]
    let single = number as f32;
    (single.is_finite() || !number.is_finite()).then_some(single)
}

fn jsonb(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.push(JSONB_VERSION);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn micros(moment: Timestamp) -> Option<i64> {
    calendar::micros(moment).checked_sub(EPOCH_MICROS)
}

/// Only midnight: a date keeps nothing of the time.
fn date(moment: Timestamp) -> Option<i32> {
    let micros = micros(moment)?;
    (micros % DAY_MICROS == 0).then(|| i32::try_from(micros / DAY_MICROS).ok())?
}

/// For `infinity`, and for what lies outside of the years that we know, the nearest.
fn moment(micros: i64) -> Timestamp {
    calendar::of_micros(micros.saturating_add(EPOCH_MICROS))
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let plain = text.len() == 32;
    let hyphenated = text.len() == 36
        && [8, 13, 18, 23]
            .iter()
            .all(|position| text.as_bytes().get(*position) == Some(&b'-'));
    if !plain && !hyphenated {
        return None;
    }
    let mut digits = text
        .bytes()
        .filter(|byte| *byte != b'-')
        .map(|byte| char::from(byte).to_digit(16));
    let mut uuid = [0; 16];
    for byte in &mut uuid {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    digits.next().is_none().then_some(uuid)
}

fn format_uuid(uuid: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (position, byte) in uuid.iter().enumerate() {
        if [4, 6, 8, 10].contains(&position) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(to: &Type, value: &Value) -> Result<Vec<u8>, ErrorKind> {
        let bound = Bound::new(to, value).map_err(|error| error.kind())?;
        Ok(bound.0.unwrap().into_owned())
    }

    #[test]
    fn values_that_do_not_fit_are_refused_and_not_repeated() {
        let text = |text: &str| Value::Text(text.to_owned());
        let cases = [
            (Type::INT4, text("hunter2")),
            (Type::INT2, Value::Int(40_000)),
            (Type::INT4, Value::Int(i64::MAX)),
            (Type::TEXT, Value::Int(1)),
            (Type::BOOL, Value::Int(1)),
            (Type::UUID, text("not-a-uuid")),
            (Type::UUID, text("0000000-00000-0000-0000-000000000000")),
            (Type::FLOAT8, Value::Int(i64::MAX)),
            (Type::FLOAT4, Value::Float(1e300)),
            (Type::TIMESTAMP, text("2026-01-01")),
            (
                Type::DATE,
                Value::Timestamp(Timestamp::from_second(1).unwrap()),
            ),
            (Type::NUMERIC, Value::Decimal("hunter2".to_owned())),
            (Type::INT4_ARRAY, Value::Int(1)),
        ];
        for (to, value) in cases {
            let error = Bound::new(&to, &value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{to} {value:?}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn columns_of_unknown_types_are_refused_by_name() {
        let error = Reader::of_column("tags", &Type::POINT_ARRAY).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("column `tags` has type `_point`"),
            "{error}"
        );
    }

    #[test]
    fn endless_moments_are_the_nearest_that_there_are() {
        for (codec, raw, expected) in [
            (Codec::Timestamp, i64::MAX.to_be_bytes().to_vec(), i64::MAX),
            (Codec::Timestamp, i64::MIN.to_be_bytes().to_vec(), i64::MIN),
            (Codec::Date, i32::MAX.to_be_bytes().to_vec(), i64::MAX),
            (Codec::Date, i32::MIN.to_be_bytes().to_vec(), i64::MIN),
        ] {
            let nearest = Value::Timestamp(calendar::of_millis(expected));
            assert_eq!(codec.value(&raw), Some(nearest));
        }
    }

    proptest! {
        #[test]
        fn uuids_survive(uuid: [u8; 16]) {
            let text = format_uuid(uuid);
            prop_assert_eq!(parse_uuid(&text), Some(uuid));
            prop_assert_eq!(parse_uuid(&text.replace('-', "").to_uppercase()), Some(uuid));
        }

        #[test]
        fn moments_survive_to_the_microsecond(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let value = Value::Timestamp(Timestamp::from_microsecond(micros).unwrap());
            let bytes = encoded(&Type::TIMESTAMPTZ, &value).unwrap();
            prop_assert_eq!(Codec::Timestamp.value(&bytes), Some(value));
        }

        #[test]
        fn no_bytes_of_a_server_make_us_panic(raw: Vec<u8>, parse in any::<prop::sample::Index>()) {
            const ALL: &[Codec] = &[
                Codec::Bool, Codec::Int2, Codec::Int4, Codec::Int8, Codec::Oid, Codec::Float4, Codec::Float8,
                Codec::Numeric, Codec::Text, Codec::Uuid, Codec::Bytea, Codec::Json, Codec::Jsonb,
                Codec::Timestamp, Codec::Date, Codec::Void,
            ];
            let codec = ALL[parse.index(ALL.len())];
            let _: Option<Value> = codec.value(&raw);
        }

        #[test]
        fn no_text_makes_a_uuid_panic(text: String) {
            let _: Option<[u8; 16]> = parse_uuid(&text);
        }
    }
}
