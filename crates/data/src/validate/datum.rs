//! Values in conditions, which compare as JavaScript compares them, but for numbers, of which no digit is lost.

use std::cmp::Ordering;

use hallpass_sql::calendar;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};
use jiff::Timestamp;

use super::checks::digits;
use crate::args::ArgValue;
use crate::codec::read_moment;
use crate::decimal;

/// A value while a condition is evaluated.
#[derive(Debug, Clone)]
pub(super) enum Datum<'a> {
    /// The field is not in the data. Passes where it is compared by size, and counts as true by itself.
    Absent,
    /// A member of something that is not there. Compares with nothing by size.
    Undefined,
    Null,
    Boolean(bool),
    /// Its digits.
    Number(String),
    Moment(Timestamp),
    Text(&'a str),
    List(Vec<Datum<'a>>),
    /// A value of a `type`, with the fields that the type has.
    Object(&'a [Field], &'a [(String, ArgValue)]),
    /// Something that no condition looks into.
    Opaque,
}

/// The value of a field.
pub(super) fn of_field<'a>(schema: &'a Schema, field: &Field, value: &'a ArgValue) -> Datum<'a> {
    match value {
        ArgValue::Object(members) => match &field.kind {
            FieldKind::Typed(name) if field.arity != Arity::List => typed(schema, name, members),
            _ => match members.as_slice() {
                [(word, value)] if word == "set" => of_field(schema, field, value),
                _ => Datum::Opaque,
            },
        },
        ArgValue::List(items) => {
            let items = items.iter().map(|item| of_item(schema, field, item));
            Datum::List(items.collect())
        }
        value => of_item(schema, field, value),
    }
}

/// One value: of a field, or of a list.
fn of_item<'a>(schema: &'a Schema, field: &Field, value: &'a ArgValue) -> Datum<'a> {
    match value {
        ArgValue::Null | ArgValue::DbNull | ArgValue::JsonNull | ArgValue::AnyNull => Datum::Null,
        ArgValue::Boolean(value) => Datum::Boolean(*value),
        ArgValue::Number(_) | ArgValue::Literal(_) | ArgValue::BigInt(_) | ArgValue::Decimal(_) => {
            digits(value).map_or(Datum::Opaque, Datum::Number)
        }
        ArgValue::DateTime(moment) => Datum::Moment(*moment),
        ArgValue::Text(text) => of_text(field, value, text),
        ArgValue::Object(members) => match &field.kind {
            FieldKind::Typed(name) => typed(schema, name, members),
            _ => Datum::Opaque,
        },
        ArgValue::List(_) | ArgValue::Bytes(_) => Datum::Opaque,
    }
}

fn of_text<'a>(field: &Field, value: &ArgValue, text: &'a str) -> Datum<'a> {
    let meant = match field.kind {
        FieldKind::Scalar(Scalar::DateTime) => read_moment(text).map(Datum::Moment),
        FieldKind::Scalar(Scalar::Decimal | Scalar::BigInt) => digits(value).map(Datum::Number),
        _ => None,
    };
    meant.unwrap_or(Datum::Text(text))
}

fn typed<'a>(schema: &'a Schema, name: &str, members: &'a [(String, ArgValue)]) -> Datum<'a> {
    let item = schema.type_def(name);
    item.map_or(Datum::Opaque, |item| Datum::Object(&item.fields, members))
}

impl Datum<'_> {
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Absent | Self::Undefined | Self::Null)
    }

    /// Whether it counts as true by itself.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(digits) => digits != "0",
            Self::Text(text) => !text.is_empty(),
            Self::Absent | Self::Moment(_) | Self::List(_) | Self::Object(..) | Self::Opaque => {
                true
            }
        }
    }

    /// As a number: null is 0, true is 1, a moment is its milliseconds.
    fn number(&self) -> Option<String> {
        match self {
            Self::Null => Some("0".to_owned()),
            Self::Boolean(value) => Some(i32::from(*value).to_string()),
            Self::Number(digits) => Some(digits.clone()),
            Self::Moment(moment) => Some(calendar::millis(*moment).to_string()),
            Self::Text(text) => decimal::read(text),
            Self::Absent | Self::Undefined | Self::List(_) | Self::Object(..) | Self::Opaque => {
                None
            }
        }
    }

    /// `==`: nothing equals nothing, whichever kind of it.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (one, other) if one.is_nothing() || other.is_nothing() => {
                one.is_nothing() && other.is_nothing()
            }
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Moment(moment), Self::Text(text)) | (Self::Text(text), Self::Moment(moment)) => {
                read_moment(text) == Some(*moment)
            }
            (one, other) => one.by_number(other) == Some(Ordering::Equal),
        }
    }

    /// By size; `None` where the two cannot be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => {
                Some(one.encode_utf16().cmp(other.encode_utf16()))
            }
            (Self::Moment(moment), Self::Text(text)) => Some(moment.cmp(&read_moment(text)?)),
            (Self::Text(text), Self::Moment(moment)) => Some(read_moment(text)?.cmp(moment)),
            (one, other) => one.by_number(other),
        }
    }

    /// Whether it is the same, as an element of a list is.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent | Self::Undefined, _) | (_, Self::Absent | Self::Undefined) => false,
            (one, other) => one.equals(other),
        }
    }

    fn by_number(&self, other: &Self) -> Option<Ordering> {
        decimal::compare(&self.number()?, &other.number()?)
    }
}
