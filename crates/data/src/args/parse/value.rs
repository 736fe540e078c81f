//! Values of fields: what a client may send for each type.
//!
//! Source: contract zenstack §3.6 (`DateTime` input), §4.3 (values without annotation) and §5.1.

use hallpass_sql::{Value, calendar};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};
use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::{Number, Value as Json};

use super::At;
use super::typed::typed;
use crate::args::{ArgValue, nearest};
use crate::codec::{Codec, Mismatch};
use crate::decimal;
use crate::error::InvalidInput;

/// The value of one element of a field that holds values; null is none.
pub(crate) fn value(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Value, InvalidInput> {
    let codec = Codec::lent(at.engine(), model, field);
    let codec = codec.ok_or_else(|| InvalidInput::NotColumn {
        model: model.name.clone(),
        field: field.name.clone(),
    })?;
    if codec.scalar() == Some(Scalar::Json) {
        at.require_light_document()?;
    }
    let value = match (&field.kind, codec.scalar()) {
        (FieldKind::Typed(name), _) => Value::from(typed(at, field, name)?),
        (_, Some(scalar)) => of_scalar(at, scalar)?,
        (_, None) => Value::Text(at.text()?.to_owned()),
    };
    match codec.check_one(&value) {
        Ok(()) => Ok(value),
        Err(mismatch) => Err(at.fail(misfit(&codec.element(), mismatch))),
    }
}

/// The same, or null where the field may be it.
pub(crate) fn nullable(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
) -> Result<Value, InvalidInput> {
    let is_null = matches!(at.value(), ArgValue::Null | ArgValue::DbNull);
    if is_null && field.arity == Arity::Optional {
        return Ok(Value::Null);
    }
    value(at, model, field)
}

/// A number without a fraction, within 64 bits.
pub(crate) fn whole(number: &Number) -> Option<i64> {
    /// Every whole number up to this size is a double exactly, and no larger one can be told from its neighbours.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i64() {
        return Some(number);
    }
    let number = number
        .as_f64()
        .filter(|number| !number.is_nan() && number.fract() == 0.0 && number.abs() <= EXACT)?;
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "it is whole and within the range"
    )]
    Some(number as i64)
}

pub(super) fn of_scalar(at: &At<'_, '_>, scalar: Scalar) -> Result<Value, InvalidInput> {
    let found = match scalar {
        Scalar::String => text(at.value()),
        Scalar::Boolean => match at.value() {
            ArgValue::Boolean(value) => Some(Value::Bool(*value)),
            _ => None,
        },
        Scalar::Int => match at.value() {
            ArgValue::Number(_) | ArgValue::Literal(_) => Some(Value::Int(at.integer()?)),
            _ => None,
        },
        Scalar::BigInt => return big_int(at),
        Scalar::Float => match at.value() {
            ArgValue::Number(number) => number.as_f64().map(Value::Float),
            ArgValue::Literal(literal) => literal.parse().ok().map(Value::Float),
            _ => None,
        },
        Scalar::Decimal => return exact_number(at),
        Scalar::DateTime => return moment(at),
        Scalar::Json => return document(at).map(Value::from),
        Scalar::Bytes => match at.value() {
            ArgValue::Bytes(bytes) => Some(Value::Bytes(bytes.clone())),
            _ => None,
        },
    };
    found.ok_or_else(|| at.expected(expected(scalar)))
}

fn expected(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Boolean => "boolean",
        Scalar::Int | Scalar::Float => "number",
        Scalar::BigInt => "bigint",
        Scalar::Decimal => "decimal",
        Scalar::DateTime => "date",
        Scalar::Json => "JSON",
        Scalar::Bytes => "bytes",
    }
}

fn misfit(codec: &Codec, mismatch: Mismatch) -> String {
    match (mismatch, codec.enumeration()) {
        (Mismatch::Member, Some(item)) => {
            let names = item
                .members
                .iter()
                .map(|member| format!("`{}`", member.name));
            let names: Vec<_> = names.collect();
            format!("expected one of {}", names.join(", "))
        }
        _ => format!("expected {}", codec.expected()),
    }
}

fn text(value: &ArgValue) -> Option<Value> {
    match value {
        ArgValue::Text(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

fn big_int(at: &At<'_, '_>) -> Result<Value, InvalidInput> {
    let number = match at.value() {
        ArgValue::BigInt(number) => Some(*number),
        ArgValue::Number(_) | ArgValue::Literal(_) => return at.integer().map(Value::Int),
        ArgValue::Text(text) => text.parse().ok(),
        _ => return Err(at.expected("bigint")),
    };
    let number = number.map(Value::Int);
    number.ok_or_else(|| at.fail("expected a whole number of 64 bits"))
}

/// Digits before the point of a decimal number: SQLite makes infinity of a larger one.
const MAX_WHOLE_DIGITS: usize = 300;

fn exact_number(at: &At<'_, '_>) -> Result<Value, InvalidInput> {
    let number = match at.value() {
        ArgValue::Decimal(text) | ArgValue::Text(text) | ArgValue::Literal(text) => {
            decimal::read(text)
        }
        ArgValue::Number(number) => decimal::read(&number.to_string()),
        _ => return Err(at.expected("decimal")),
    };
    let number = number.ok_or_else(|| at.fail("expected a decimal number"))?;
    let whole = number.split('.').next().unwrap_or_default();
    if whole.trim_start_matches('-').len() > MAX_WHOLE_DIGITS {
        return Err(at.fail(format!(
            "expected a decimal number of {MAX_WHOLE_DIGITS} digits before the point at most"
        )));
    }
    Ok(Value::Decimal(number))
}

/// A date and time with or without offset, a date, or a time, which is one of 1970-01-01.
fn moment(at: &At<'_, '_>) -> Result<Value, InvalidInput> {
    let moment = match at.value() {
        ArgValue::DateTime(moment) => Some(*moment),
        ArgValue::Text(text) => crate::codec::read_moment(text).or_else(|| time_of_day(text)),
        _ => return Err(at.expected("date")),
    };
    let moment = moment.map(Value::Timestamp);
    moment.ok_or_else(|| at.fail("expected a date and time in ISO 8601"))
}

/// `15:30`. A date before it would be read over, also one that no moment can have.
fn time_of_day(text: &str) -> Option<Timestamp> {
    if text.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    let civil = text.strip_suffix('Z').unwrap_or(text);
    let time: Time = civil.parse().ok()?;
    let since_midnight = time.since(Time::midnight()).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since_midnight).ok()
}

/// A document. What JSON has no form for stands in it as its text, as clients write it.
pub(crate) fn document(at: &At<'_, '_>) -> Result<Json, InvalidInput> {
    Ok(match at.value() {
        ArgValue::Null | ArgValue::JsonNull => Json::Null,
        ArgValue::Boolean(value) => Json::Bool(*value),
        ArgValue::Number(number) => Json::Number(number.clone()),
        ArgValue::Literal(literal) => nearest(literal).map_or(Json::Null, Json::Number),
        ArgValue::Text(text) => {
            without_nul(at, text)?;
            Json::String(text.clone())
        }
        ArgValue::DateTime(moment) => Json::String(calendar::Written(*moment).to_string()),
        ArgValue::Decimal(text) => Json::String(text.clone()),
        ArgValue::List(_) => {
            let items = at.items()?;
            Json::Array(items.iter().map(document).collect::<Result<_, _>>()?)
        }
        ArgValue::Object(_) => {
            let members = at.members()?;
            let members = members.iter().map(|member| {
                without_nul(member, member.name())?;
                Ok((member.name().to_owned(), document(member)?))
            });
            Json::Object(members.collect::<Result<_, _>>()?)
        }
        ArgValue::BigInt(_) | ArgValue::Bytes(_) | ArgValue::DbNull | ArgValue::AnyNull => {
            return Err(at.expected("JSON"));
        }
    })
}

/// PostgreSQL keeps no NUL character, whatever it stands in.
fn without_nul(at: &At<'_, '_>, text: &str) -> Result<(), InvalidInput> {
    if text.contains('\0') {
        return Err(at.fail("expected text without NUL characters"));
    }
    Ok(())
}
