//! Values that are known before a row is read, and how two of them compare.

use std::cmp::Ordering;

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Scalar, TypeBase};
use jiff::Timestamp;

use crate::args::ArgValue;
use crate::codec::read_moment;
use crate::decimal;

/// A known value of one type. Never null.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::policy) enum Plain {
    Truth(bool),
    /// In the one form of `decimal`.
    Number(String),
    /// Also the name of an enum's member.
    Text(String),
    Moment(Timestamp),
    Bytes(Vec<u8>),
}

impl Plain {
    /// What a client or the schema gives for a type; what is not of it is the name of the type.
    ///
    /// SECURITY: contract zenstack §8.30: nothing is cast. A number may stand as text, as ids do in sessions, but only
    /// in the one form that we write.
    pub(in crate::policy) fn read(value: &ArgValue, base: &TypeBase) -> Result<Self, &'static str> {
        let TypeBase::Scalar(scalar) = base else {
            return match value {
                ArgValue::Text(text) => Ok(Self::Text(text.clone())),
                _ => Err("text"),
            };
        };
        match scalar {
            Scalar::String => match value {
                ArgValue::Text(text) => Some(Self::Text(text.clone())),
                _ => None,
            }
            .ok_or("text"),
            Scalar::Boolean => match value {
                ArgValue::Boolean(truth) => Some(Self::Truth(*truth)),
                _ => None,
            }
            .ok_or("true or false"),
            Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal => {
                number(value).map(Self::Number).ok_or("a number")
            }
            Scalar::DateTime => match value {
                ArgValue::DateTime(moment) => Some(*moment),
                ArgValue::Text(text) => read_moment(text),
                _ => None,
            }
            .map(|moment| Self::Moment(crate::codec::to_millis(moment)))
            .ok_or("a date and time in ISO 8601"),
            Scalar::Bytes => match value {
                ArgValue::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
                _ => None,
            }
            .ok_or("bytes"),
            Scalar::Json => Err("something that can be compared"),
        }
    }

    /// A value of a row at hand, as callers see it; `None` for what cannot be compared.
    pub(super) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(truth) => Self::Truth(*truth),
            Value::Int(number) => Self::Number(number.to_string()),
            Value::Float(number) => Self::Number(decimal::read(&number.to_string())?),
            Value::Decimal(text) => Self::Number(decimal::normalise(text)?),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Timestamp(moment) => Self::Moment(*moment),
            Value::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Value::Null | Value::Json(_) | Value::List(_) => return None,
        })
    }

    /// The same as it is compared with a value of a column: a floating one has floating numbers beside it.
    pub(super) fn beside(self, stored: &Value) -> Self {
        match (self, stored) {
            (Self::Number(text), Value::Float(_)) => {
                let floating = text.parse::<f64>().ok().filter(|number| number.is_finite());
                let written = floating.and_then(|number| decimal::read(&number.to_string()));
                Self::Number(written.unwrap_or(text))
            }
            (other, _) => other,
        }
    }

    /// How the two compare; `None` where they have no order.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => decimal::compare(one, other),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Moment(one), Self::Moment(other)) => Some(one.cmp(other)),
            (Self::Truth(one), Self::Truth(other)) => Some(one.cmp(other)),
            (Self::Bytes(one), Self::Bytes(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }

    /// As the codec of a column takes it, whose scalar type this is.
    pub(in crate::policy) fn value(&self, scalar: Option<Scalar>) -> Option<Value> {
        Some(match self {
            Self::Truth(truth) => Value::Bool(*truth),
            Self::Number(text) => match scalar {
                Some(Scalar::Int | Scalar::BigInt) => Value::Int(text.parse().ok()?),
                Some(Scalar::Float) => Value::Float(text.parse().ok()?),
                Some(Scalar::Decimal) => Value::Decimal(text.clone()),
                _ => return None,
            },
            Self::Text(text) => Value::Text(text.clone()),
            Self::Moment(moment) => Value::Timestamp(*moment),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
        })
    }
}

fn number(value: &ArgValue) -> Option<String> {
    match value {
        ArgValue::Number(number) => decimal::read(&number.to_string()),
        ArgValue::BigInt(number) => Some(number.to_string()),
        ArgValue::Decimal(text) | ArgValue::Literal(text) => decimal::read(text),
        ArgValue::Text(text) => decimal::normalise(text).filter(|written| written == text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cast_from_one_type_to_another() {
        let scalar = TypeBase::Scalar;
        let text = |text: &str| ArgValue::Text(text.to_owned());
        let number = |number: i64| ArgValue::Number(number.into());
        for (value, base, expected) in [
            (
                text("7"),
                scalar(Scalar::Int),
                Ok(Plain::Number("7".to_owned())),
            ),
            (text("07"), scalar(Scalar::Int), Err("a number")),
            (text("seven"), scalar(Scalar::Int), Err("a number")),
            (number(7), scalar(Scalar::String), Err("text")),
            (number(1), scalar(Scalar::Boolean), Err("true or false")),
            (text("true"), scalar(Scalar::Boolean), Err("true or false")),
            (
                ArgValue::List(Vec::new()),
                scalar(Scalar::String),
                Err("text"),
            ),
            (number(1), TypeBase::Enum("Role".to_owned()), Err("text")),
            (text("x"), scalar(Scalar::Bytes), Err("bytes")),
        ] {
            assert_eq!(Plain::read(&value, &base), expected, "{value:?}");
        }
    }

    #[test]
    fn numbers_compare_by_what_they_are() {
        let number = |text: &str| Plain::Number(text.to_owned());
        assert_eq!(
            number("10").compare(&number("9.5")),
            Some(Ordering::Greater)
        );
        assert_eq!(number("1").compare(&Plain::Text("1".to_owned())), None);
    }
}
