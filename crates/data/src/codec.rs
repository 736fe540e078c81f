//! What a field's values are, in each direction: what a caller may give, and what a column may hold.
//!
//! Source: contract zenstack §3.6 and §5.1 (value encoding).

use std::borrow::Cow;
use std::sync::Arc;

use hallpass_sql::{Capability, Dialect, JsonForm, Keeping, NativeColumn, Value, calendar};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Enum, Field, FieldKind, Model, Scalar};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::client::Engine;
use crate::decimal;
use crate::fit::Facts;
use crate::keep;
use crate::moments::{DIGITS, Form, Moments, Part, Unit, time_of_day};
use crate::services::Sealer;
use crate::zulu;

#[cfg(feature = "http")]
mod wire;

#[cfg(feature = "http")]
pub(crate) use wire::Wire;

/// How the values of one field are written and read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Codec {
    kind: Kind,
    /// Whether the column holds several values.
    list: bool,
    /// Seals the texts of the column.
    sealer: Option<Arc<Sealer>>,
    /// Whether null is a value.
    pub(crate) optional: bool,
    /// Whether the column is of a type of texts that are equal although they differ, where others are not.
    pub(crate) folds: bool,
    /// What the column makes of a value.
    keeping: Keeping,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Scalar(Scalar),
    /// Text in a column that takes UUIDs only.
    Uuid,
    /// An integer in a column of a type of its own, whose bounds the database knows.
    NativeInt,
    Moment(Moments),
    /// An exact number in a column that keeps the first digits of it only.
    Rounded,
    Enum(Arc<Enum>),
}

/// Why a value does not go into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// It is of another type.
    Type,
    /// It is no member of the enum.
    Member,
    /// It is of a type that is taken, but no row can hold it: `"abc"` for an integer id.
    NoRow,
}

impl Codec {
    /// The codec of a field; `None` for a relation.
    pub(crate) fn of(engine: &Engine, model: &Model, field: &Field) -> Option<Self> {
        Self::lent(engine, model, field).map(Cow::into_owned)
    }

    /// The same, for who only looks at a value with it.
    pub(crate) fn lent<'e>(
        engine: &'e Engine,
        model: &Model,
        field: &Field,
    ) -> Option<Cow<'e, Self>> {
        match engine.codecs().get(field) {
            Some(codec) => codec.as_ref().map(Cow::Borrowed),
            None => Self::made(engine, model, field).map(Cow::Owned),
        }
    }

    pub(crate) fn made(engine: &Engine, model: &Model, field: &Field) -> Option<Self> {
        let found = engine.facts(model, field);
        let codec = Self::with(&engine.schema, engine.dialect, found, field)?;
        Some(Self {
            sealer: engine.services.sealer.clone().filter(|_| field.encrypted),
            ..codec
        })
    }

    /// The codec of a field whose column is as we make it.
    pub(crate) fn of_new(schema: &Schema, dialect: Dialect, field: &Field) -> Option<Self> {
        Self::with(schema, dialect, None, field)
    }

    fn with(
        schema: &Schema,
        dialect: Dialect,
        found: Option<&Facts>,
        field: &Field,
    ) -> Option<Self> {
        let native = native(field, dialect);
        let capability = dialect.capability();
        let kind = match &field.kind {
            FieldKind::Relation(_) | FieldKind::Unsupported(_) => return None,
            FieldKind::Typed(_) => Kind::Scalar(Scalar::Json),
            FieldKind::Enum(name) => Kind::Enum(Arc::new(schema.enumeration(name)?.clone())),
            FieldKind::Scalar(Scalar::String) => {
                let is_uuid = found.map_or_else(
                    || native.as_ref().is_some_and(NativeColumn::is_uuid),
                    |facts| facts.is_uuid(),
                );
                if capability.uuid_type && is_uuid {
                    Kind::Uuid
                } else {
                    Kind::Scalar(Scalar::String)
                }
            }
            FieldKind::Scalar(Scalar::Int)
                if field.native_type.is_some() || found.is_some_and(|facts| facts.is_wide()) =>
            {
                Kind::NativeInt
            }
            FieldKind::Scalar(Scalar::DateTime) => {
                let known = found.and_then(|facts| facts.moments);
                Kind::Moment(known.unwrap_or_else(|| moments(capability, native.as_ref())))
            }
            FieldKind::Scalar(Scalar::Decimal) if !capability.exact_numbers => Kind::Rounded,
            FieldKind::Scalar(scalar) => Kind::Scalar(*scalar),
        };
        let folds = found.map_or_else(
            || {
                native
                    .as_ref()
                    .is_some_and(|column| !column.compares_exactly())
            },
            |facts| facts.folds(),
        );
        let keeping =
            keep::content(field).map_or(Keeping::Same, |content| match (found, &native) {
                (Some(facts), _) => facts.keeping(dialect, content),
                (None, Some(native)) => Keeping::of_native(dialect, content, native),
                (None, None) => Keeping::of_new(dialect, content),
            });
        Some(Self {
            list: field.arity == Arity::List && !matches!(field.kind, FieldKind::Typed(_)),
            kind,
            sealer: None,
            folds: capability.exact_text_equality && folds,
            optional: field.arity == Arity::Optional,
            keeping,
        })
    }

    /// The codec of one element of a list.
    pub(crate) fn element(&self) -> Self {
        Self {
            list: false,
            optional: false,
            ..self.clone()
        }
    }

    /// How moments stand in the column, where it holds moments.
    pub(crate) fn moments(&self) -> Option<Moments> {
        match &self.kind {
            Kind::Moment(moments) => Some(*moments),
            _ => None,
        }
    }

    /// The same column, its moments in this form only.
    pub(crate) fn in_form(&self, form: Form) -> Self {
        let kind = match &self.kind {
            Kind::Moment(moments) => Kind::Moment(moments.as_form(form)),
            other => other.clone(),
        };
        Self {
            kind,
            ..self.clone()
        }
    }

    /// What the field takes, for messages.
    pub(crate) fn expected(&self) -> &'static str {
        if self.list {
            return "a list of values of its type";
        }
        match &self.kind {
            Kind::Scalar(Scalar::String) => "text without NUL characters",
            Kind::Scalar(Scalar::Boolean) => "true or false",
            Kind::Scalar(Scalar::Int) => "a whole number of 32 bits",
            Kind::Scalar(Scalar::BigInt) | Kind::NativeInt => "a whole number of 64 bits",
            Kind::Scalar(Scalar::Float) => "a finite number",
            Kind::Scalar(Scalar::Decimal) => "a decimal number",
            Kind::Scalar(Scalar::DateTime) | Kind::Moment(_) => "a date and time in ISO 8601",
            Kind::Scalar(Scalar::Json) => "a JSON document",
            Kind::Scalar(Scalar::Bytes) => "bytes",
            Kind::Rounded => "a decimal number of 15 digits or so, which is what columns keep here",
            Kind::Uuid => "a UUID",
            Kind::Enum(_) => "a member of its enum",
        }
    }

    /// Whether the column holds a list of values.
    pub(crate) fn is_list(&self) -> bool {
        self.list
    }

    /// The enum, where the field is one.
    pub(crate) fn enumeration(&self) -> Option<&Enum> {
        match &self.kind {
            Kind::Enum(item) => Some(item),
            Kind::Scalar(_) | Kind::Uuid | Kind::NativeInt | Kind::Rounded | Kind::Moment(_) => {
                None
            }
        }
    }

    /// The scalar type, where the field has one.
    pub(crate) fn scalar(&self) -> Option<Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(*scalar),
            Kind::Uuid => Some(Scalar::String),
            Kind::NativeInt => Some(Scalar::Int),
            Kind::Rounded => Some(Scalar::Decimal),
            Kind::Moment(_) => Some(Scalar::DateTime),
            Kind::Enum(_) => None,
        }
    }

    /// Whether the column holds UUIDs and nothing else.
    pub(crate) fn is_uuid(&self) -> bool {
        self.kind == Kind::Uuid
    }

    /// Whether the column compares as text under a collation.
    pub(crate) fn is_text(&self) -> bool {
        self.kind == Kind::Scalar(Scalar::String)
    }

    /// Whether a text goes into the column as it is.
    pub(crate) fn takes(&self, text: &str) -> bool {
        self.is_text() && !self.list && !text.contains('\0')
    }

    /// Whether a value, or an element of a list, goes into the column; null goes through.
    pub(crate) fn check_one(&self, value: &Value) -> Result<(), Mismatch> {
        match (value, &self.kind) {
            (Value::Null, _) => Ok(()),
            (Value::Text(text), Kind::Scalar(Scalar::String)) if !text.contains('\0') => Ok(()),
            _ => self.encode_one(value).map(drop),
        }
    }

    /// Whether a value is stored as it is, as far as that can be seen without making anything of it.
    pub(crate) fn stores_as_is(&self, value: &Value) -> bool {
        let is_plain = !self.is_sealed() && self.keeping == Keeping::Same;
        is_plain && matches!(value, Value::Text(text) if self.takes(text))
    }

    /// What goes into the column for a caller's value; null goes through, but not inside of a list.
    pub(crate) fn encode(&self, value: &Value) -> Result<Value, Mismatch> {
        match value {
            Value::Null => Ok(Value::Null),
            Value::List(values) if self.list => {
                let encoded = values.iter().map(|value| match value {
                    Value::Null => Err(Mismatch::Type),
                    value => self.encode_one(value),
                });
                encoded.collect::<Result<_, _>>().map(Value::List)
            }
            _ if self.list => Err(Mismatch::Type),
            value => self.encode_one(value),
        }
    }

    /// What is written into the column for a caller's value: what the column will keep, sealed where the field is encrypted.
    /// What rows are found by is neither.
    pub(crate) fn store(&self, value: &Value) -> Result<Value, Mismatch> {
        match (self.keep(value)?, &self.sealer) {
            (Value::Text(text), Some(sealer)) => {
                sealer.seal(&text).map(Value::Text).ok_or(Mismatch::NoRow)
            }
            (kept, _) => Ok(kept),
        }
    }

    /// What the column will keep of a caller's value; unsealed.
    pub(crate) fn keep(&self, value: &Value) -> Result<Value, Mismatch> {
        let encoded = self.encode(value)?;
        Ok(if self.is_sealed() {
            encoded
        } else {
            keep::kept(self.keeping, encoded)
        })
    }

    /// What the column makes of a value.
    pub(crate) fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// What a text of the column means: without the blanks at its end, where these have no meaning.
    pub(crate) fn meant<'t>(&self, text: &'t str) -> &'t str {
        match self.keeping {
            Keeping::Blanks(_) => keep::meant(text),
            _ => text,
        }
    }

    /// The same column, where a value may be missing.
    pub(crate) fn or_null(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// Whether the texts of the column are of a type of their own, which not every database can order.
    pub(crate) fn is_named_text(&self) -> bool {
        matches!(self.kind, Kind::Enum(_) | Kind::Uuid)
    }

    /// Whether the column holds sealed texts.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealer.is_some()
    }

    fn encode_one(&self, value: &Value) -> Result<Value, Mismatch> {
        match &self.kind {
            Kind::Scalar(scalar) => encode_scalar(*scalar, value),
            Kind::Uuid => encode_uuid(value),
            Kind::NativeInt => encode_integer(value).map(Value::Int),
            Kind::Rounded => match encode_decimal(value)? {
                Value::Decimal(digits) if !decimal::is_kept(&digits) => Err(Mismatch::NoRow),
                number => Ok(number),
            },
            Kind::Moment(moments) => encode_moment(*moments, value),
            Kind::Enum(item) => encode_member(item, value),
        }
    }

    /// What a caller sees for a column's value; `None` when it is no value of the field.
    #[inline]
    pub(crate) fn decode(&self, value: Value) -> Option<Value> {
        if self.is_seen(&value) {
            Some(value)
        } else {
            self.decode_other(value)
        }
    }

    /// Whether callers see the value as it stands in the column, which most do.
    #[inline]
    pub(crate) fn is_seen(&self, value: &Value) -> bool {
        let is_plain = !self.list && self.sealer.is_none();
        is_plain
            && matches!(
                (value, &self.kind),
                (Value::Null, _)
                    | (Value::Text(_), Kind::Scalar(Scalar::String) | Kind::Uuid)
                    | (Value::Bool(_), Kind::Scalar(Scalar::Boolean))
                    | (
                        Value::Int(_),
                        Kind::Scalar(Scalar::Int | Scalar::BigInt) | Kind::NativeInt
                    )
            )
    }

    fn decode_other(&self, value: Value) -> Option<Value> {
        if !self.list && self.sealer.is_none() {
            return self.decode_one(value);
        }
        match value {
            // Prisma leaves a list that nothing was said of null, and reads it as empty.
            Value::Null if self.list => Some(Value::List(Vec::new())),
            Value::Null => Some(Value::Null),
            Value::Text(text) if self.sealer.is_some() => {
                let sealer = self.sealer.as_ref();
                sealer.map(|sealer| Value::Text(sealer.open(text)))
            }
            Value::List(values) if self.list => {
                let decoded = values.into_iter().map(|value| match value {
                    Value::Null => Some(Value::Null),
                    value => self.decode_one(value),
                });
                decoded.collect::<Option<_>>().map(Value::List)
            }
            _ if self.list => None,
            value => self.decode_one(value),
        }
    }

    /// How the column is said inside of a JSON document.
    pub(crate) fn json_form(&self) -> JsonForm {
        let form = match self.scalar() {
            Some(Scalar::Decimal | Scalar::Json) => JsonForm::Text,
            Some(Scalar::Float) => JsonForm::Float,
            Some(Scalar::Bytes) => JsonForm::Hex,
            Some(
                Scalar::String | Scalar::Boolean | Scalar::Int | Scalar::BigInt | Scalar::DateTime,
            )
            | None => JsonForm::Plain,
        };
        if self.list && form != JsonForm::Plain {
            return JsonForm::Texts;
        }
        form
    }

    /// What a caller sees for a value in that form; `None` when it is no value of the field.
    pub(crate) fn decode_json(&self, json: Json) -> Option<Value> {
        let value = match json {
            Json::Array(items) => {
                let values = items.into_iter().map(|item| self.of_json(item));
                Value::List(values.collect::<Option<_>>()?)
            }
            json => self.of_json(json)?,
        };
        self.decode(value)
    }

    /// The value as a plain read of the column would give it.
    fn of_json(&self, json: Json) -> Option<Value> {
        Some(match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => number
                .as_i64()
                .map(Value::Int)
                .or_else(|| number.as_f64().map(Value::Float))?,
            Json::String(text) => match self.scalar() {
                Some(Scalar::Bytes) => Value::Bytes(bytes_of_hex(&text)?),
                Some(Scalar::Float) => {
                    Value::Float(text.strip_suffix('r').unwrap_or(&text).parse().ok()?)
                }
                Some(Scalar::Decimal | Scalar::Json) => match text.strip_suffix('r') {
                    Some(number) => Value::Float(number.parse().ok()?),
                    None => Value::Text(text),
                },
                _ => Value::Text(text),
            },
            Json::Array(_) | Json::Object(_) => return None,
        })
    }

    fn decode_one(&self, value: Value) -> Option<Value> {
        match &self.kind {
            Kind::Scalar(scalar) => decode_scalar(*scalar, value),
            Kind::Uuid => decode_scalar(Scalar::String, value),
            Kind::NativeInt => decode_scalar(Scalar::Int, value),
            Kind::Rounded => decode_scalar(Scalar::Decimal, value),
            Kind::Moment(moments) => match value {
                Value::Text(text) if moments.part == Part::Time => {
                    time_of_day(&text).map(Value::Timestamp)
                }
                Value::Int(number) => moments.unit.read(number).map(Value::Timestamp),
                value => decode_moment(&value).map(Value::Timestamp),
            },
            Kind::Enum(item) => {
                let Value::Text(label) = value else {
                    return None;
                };
                let member = item.members.iter().find(|one| one.mapped_name == label)?;
                Some(Value::Text(member.name.clone()))
            }
        }
    }
}

/// How moments stand in a column that nobody has looked at.
fn moments(capability: &Capability, native: Option<&NativeColumn>) -> Moments {
    match native {
        Some(native) if native.is_epoch_millis() => Moments::counted(Unit::Millis),
        Some(native) => Moments {
            digits: native
                .arguments()
                .first()
                .map_or(capability.timestamp_digits, |digits| {
                    u8::try_from(*digits).unwrap_or(DIGITS)
                }),
            part: Part::of_type(native.name()),
            ..Moments::made_by_us(capability)
        },
        None => Moments::made_by_us(capability),
    }
}

/// The native type of a field, where it has one in this dialect.
fn native(field: &Field, dialect: Dialect) -> Option<NativeColumn> {
    let native = field.native_type.as_ref()?;
    NativeColumn::find(dialect, &native.name, &native.arguments).ok()
}

fn encode_scalar(scalar: Scalar, value: &Value) -> Result<Value, Mismatch> {
    match (scalar, value) {
        (Scalar::String, Value::Text(text)) if text.contains('\0') => Err(Mismatch::NoRow),
        (Scalar::String, Value::Text(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::Json, Value::Json(_))
        | (Scalar::Bytes, Value::Bytes(_)) => Ok(value.clone()),
        (Scalar::Int, _) => encode_integer(value).and_then(|number| {
            i32::try_from(number)
                .map(|number| Value::Int(number.into()))
                .map_err(|_| Mismatch::NoRow)
        }),
        (Scalar::BigInt, _) => encode_integer(value).map(Value::Int),
        (Scalar::Float, Value::Float(number)) if number.is_finite() => Ok(Value::Float(*number)),
        // Exact to 2^53, as in every language that sends JSON numbers.
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "a float is asked for"
        )]
        (Scalar::Float, Value::Int(number)) => Ok(Value::Float(*number as f64)),
        (Scalar::Decimal, _) => encode_decimal(value),
        (Scalar::DateTime, Value::Timestamp(moment)) => Ok(Value::Timestamp(to_millis(*moment))),
        (Scalar::DateTime, Value::Text(text)) => read_moment(text)
            .map(|moment| Value::Timestamp(to_millis(moment)))
            .ok_or(Mismatch::Type),
        _ => Err(Mismatch::Type),
    }
}

fn encode_moment(moments: Moments, value: &Value) -> Result<Value, Mismatch> {
    let Value::Timestamp(moment) = encode_scalar(Scalar::DateTime, value)? else {
        return Err(Mismatch::Type);
    };
    moments.write(moment).ok_or(Mismatch::Type)
}

fn encode_integer(value: &Value) -> Result<i64, Mismatch> {
    match value {
        Value::Int(number) => Ok(*number),
        // Ids travel as text in sessions and addresses, whatever the column is.
        // SECURITY: only as we write them: `07` must not be somebody who is also `7`.
        Value::Text(text) => match text.parse::<i64>() {
            Ok(number) if number.to_string() == *text => Ok(number),
            _ => Err(Mismatch::NoRow),
        },
        _ => Err(Mismatch::Type),
    }
}

fn encode_decimal(value: &Value) -> Result<Value, Mismatch> {
    let text = match value {
        Value::Decimal(text) | Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        _ => return Err(Mismatch::Type),
    };
    decimal::normalise(&text)
        .map(Value::Decimal)
        .ok_or(Mismatch::Type)
}

fn encode_uuid(value: &Value) -> Result<Value, Mismatch> {
    let Value::Text(text) = value else {
        return Err(Mismatch::Type);
    };
    let is_dash = |position: usize| matches!(position, 8 | 13 | 18 | 23);
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(position, byte)| {
            if is_dash(position) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    if is_uuid {
        Ok(value.clone())
    } else {
        Err(Mismatch::NoRow)
    }
}

fn encode_member(item: &Enum, value: &Value) -> Result<Value, Mismatch> {
    let Value::Text(name) = value else {
        return Err(Mismatch::Type);
    };
    item.members
        .iter()
        .find(|member| member.name == *name)
        .map(|member| Value::Text(member.mapped_name.clone()))
        .ok_or(Mismatch::Member)
}

fn decode_scalar(scalar: Scalar, value: Value) -> Option<Value> {
    match (scalar, value) {
        (Scalar::String, value @ Value::Text(_))
        | (Scalar::Boolean, value @ Value::Bool(_))
        | (Scalar::Int | Scalar::BigInt, value @ Value::Int(_))
        | (Scalar::Float, value @ Value::Float(_))
        | (Scalar::Json, value @ Value::Json(_))
        | (Scalar::Bytes, value @ Value::Bytes(_)) => Some(value),
        (Scalar::Boolean, Value::Int(number)) => match number {
            0 => Some(Value::Bool(false)),
            1 => Some(Value::Bool(true)),
            _ => None,
        },
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "a float is asked for"
        )]
        (Scalar::Float, Value::Int(number)) => Some(Value::Float(number as f64)),
        (Scalar::Float, Value::Decimal(text)) => text.parse().ok().map(Value::Float),
        (Scalar::Decimal, value) => encode_decimal(&value).ok(),
        (Scalar::DateTime, value) => decode_moment(&value).map(Value::Timestamp),
        (Scalar::Json, value) => decode_json(value).map(Value::from),
        _ => None,
    }
}

fn decode_moment(value: &Value) -> Option<Timestamp> {
    let moment = match value {
        Value::Timestamp(moment) => Some(*moment),
        Value::Text(text) => stored_moment(text),
        Value::Int(millis) => Unit::Millis.read(*millis),
        _ => None,
    };
    moment.map(to_millis)
}

/// SQLite keeps JSON as text, and makes numbers of text that looks like one.
fn decode_json(value: Value) -> Option<serde_json::Value> {
    match value {
        Value::Text(text) => serde_json::from_str(&text).ok(),
        Value::Int(number) => Some(number.into()),
        Value::Float(number) => Some(number.into()),
        _ => None,
    }
}

/// PostgreSQL puts `\x` before the digits of bytes in a list.
fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x").unwrap_or(text);
    let mut digits = digits.chars().map(|digit| digit.to_digit(16));
    let mut bytes = Vec::with_capacity(text.len() / 2);
    while let Some(high) = digits.next() {
        let byte = high? * 16 + digits.next()??;
        bytes.push(u8::try_from(byte).ok()?);
    }
    Some(bytes)
}

/// With an offset, or without one in UTC, or a date alone.
pub(crate) fn read_moment(text: &str) -> Option<Timestamp> {
    if let Some(moment) = zulu::read(text) {
        return Some(moment);
    }
    if let Ok(moment) = text.parse() {
        return Some(calendar::of_timestamp(moment));
    }
    // Without its offset, where it has one: so it must not be late.
    let civil = || {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(calendar::of_timestamp(zoned.timestamp()))
    };
    calendar::read_late(text).or_else(civil)
}

/// What a text in a row says: also what PostgreSQL writes of moments that lie beyond ours, of which it is the nearest.
pub(crate) fn stored_moment(text: &str) -> Option<Timestamp> {
    if let Some(moment) = read_moment(text) {
        return Some(moment);
    }
    if let Some(before) = text.strip_suffix(" BC") {
        let (year, rest) = before.split_once('-')?;
        // The year before the first is 0.
        let year = year.parse::<i32>().ok()?.checked_sub(1)?;
        let sign = if year == 0 { "+" } else { "-" };
        return read_moment(&format!("{sign}{year:06}-{rest}"));
    }
    match text {
        "infinity" => Some(calendar::of_millis(i64::MAX)),
        "-infinity" => Some(calendar::of_millis(i64::MIN)),
        _ => is_far(text).then(|| calendar::of_millis(i64::MAX)),
    }
}

/// Whether it is a date after the year 9999, and not digits that mean something else.
fn is_far(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else {
        return false;
    };
    let is_year = year.len() > 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    // A leap year, for the 29th of February.
    is_year && read_moment(&format!("9996-{rest}")).is_some()
}

/// Columns keep milliseconds; cutting here keeps what is given back equal to what was given.
pub(crate) fn to_millis(moment: Timestamp) -> Timestamp {
    // Most are.
    if moment.subsec_nanosecond() % 1_000_000 == 0 {
        return moment;
    }
    calendar::of_millis(calendar::millis(moment))
}

#[cfg(test)]
mod tests {
    use hallpass_sql::Value;
    use hallpass_zmodel::schema::Scalar;
    use proptest::prelude::*;

    use super::{decode_scalar, encode_scalar, stored_moment};

    #[test]
    fn digits_alone_are_no_moment() {
        for text in ["1600000000", "123456", "20260101-foo", "12026-02-30", ""] {
            assert_eq!(stored_moment(text), None, "{text}");
        }
        assert!(stored_moment("12028-02-29").is_some());
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Float),
            any::<String>().prop_map(Value::Text),
            "[-+0-9.:TZ ]{0,30}".prop_map(Value::Text),
            "[-+0-9.]{0,30}".prop_map(Value::Decimal),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_and_nothing_panics(value in value()) {
            for scalar in Scalar::ALL {
                let _ = decode_scalar(scalar, value.clone());
                if let Ok(stored) = encode_scalar(scalar, &value) {
                    prop_assert_eq!(decode_scalar(scalar, stored.clone()), Some(stored));
                }
            }
        }
    }
}
