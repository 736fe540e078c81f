use std::sync::Arc;

use hallpass_sql::{Value, calendar};
use hallpass_zmodel::schema::Scalar;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::row_key::RowKey;
use crate::shape::{Content, Shape};

/// A row as a caller sees it: fields in the order of the schema, then included relations.
///
/// Serializes as the data API does: moments as ISO 8601 with milliseconds and `Z`, `BigInt` and `Decimal` as text,
/// bytes as an array of numbers.
#[derive(Clone, PartialEq)]
pub struct Record {
    pub(crate) shape: Arc<Shape>,
    /// INVARIANT: one a field of the shape.
    pub(crate) cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Value(Value),
    Related(Option<Box<Record>>),
    Many(Vec<Record>),
    Group(Box<Record>),
}

/// Why a record does not give what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The field is not among those that were read.
    #[error("the record of `{model}` has no field `{field}`")]
    Missing {
        /// The model.
        model: String,
        /// What was asked for.
        field: String,
    },
    /// The field is null, and what was asked for cannot be.
    #[error("`{model}.{field}` is null")]
    Null {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The field is of another type.
    #[error("`{model}.{field}` is no {expected}")]
    Type {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// What was asked for.
        expected: &'static str,
    },
}

impl Record {
    /// A field: `record.get::<&str>("name")?`, `record.get::<Option<Timestamp>>("emailVerified")?`.
    ///
    /// # Errors
    /// [`RecordError`] when the field was not read, is null, or is of another type.
    pub fn get<'r, T: FromValue<'r>>(&'r self, field: &str) -> Result<T, RecordError> {
        let value = self.value(field).ok_or_else(|| RecordError::Missing {
            model: self.shape.model.clone(),
            field: field.to_owned(),
        })?;
        T::from_value(value).ok_or_else(|| self.unfit(field, value, T::EXPECTED))
    }

    /// The value of a field, if it was read.
    pub fn value(&self, field: &str) -> Option<&Value> {
        match self.cell(field)? {
            Cell::Value(value) => Some(value),
            Cell::Related(_) | Cell::Many(_) | Cell::Group(_) => None,
        }
    }

    /// The row of an included relation; `None` when there is none.
    ///
    /// # Errors
    /// [`RecordError::Missing`] when the relation was not included.
    pub fn related(&self, field: &str) -> Result<Option<&Self>, RecordError> {
        match self.cell(field) {
            Some(Cell::Related(record)) => Ok(record.as_deref()),
            _ => Err(RecordError::Missing {
                model: self.shape.model.clone(),
                field: field.to_owned(),
            }),
        }
    }

    /// Its key, for a log; `None` where not all of it was read.
    pub fn key(&self) -> Option<RowKey> {
        self.shape.key_of_record(&self.cells)
    }

    /// The model it is a row of.
    pub fn model(&self) -> &str {
        &self.shape.model
    }

    /// Fields and their values, without relations.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        let named = self.shape.fields.iter().zip(&self.cells);
        named.filter_map(|(field, cell)| match cell {
            Cell::Value(value) => Some((field.name.as_str(), value)),
            Cell::Related(_) | Cell::Many(_) | Cell::Group(_) => None,
        })
    }

    /// The rows of an included relation to many.
    ///
    /// # Errors
    /// [`RecordError::Missing`] when the relation was not included.
    pub fn related_many(&self, field: &str) -> Result<&[Self], RecordError> {
        match self.cell(field) {
            Some(Cell::Many(records)) => Ok(records),
            _ => Err(RecordError::Missing {
                model: self.shape.model.clone(),
                field: field.to_owned(),
            }),
        }
    }

    /// An object of numbers about rows: `_count`, `_sum`.
    ///
    /// # Errors
    /// [`RecordError::Missing`] when it was not asked for.
    pub fn group(&self, name: &str) -> Result<&Self, RecordError> {
        match self.cell(name) {
            Some(Cell::Group(record)) => Ok(record),
            _ => Err(RecordError::Missing {
                model: self.shape.model.clone(),
                field: name.to_owned(),
            }),
        }
    }

    /// How many rows there are in it: itself, and those of relations.
    pub(crate) fn rows(&self) -> u64 {
        let inside = self.cells.iter().map(|cell| match cell {
            Cell::Related(record) => record.iter().map(|record| record.rows()).sum(),
            Cell::Many(records) => records.iter().map(Self::rows).sum(),
            Cell::Value(_) | Cell::Group(_) => 0,
        });
        1 + inside.sum::<u64>()
    }

    /// About how many bytes its values are, those of relations as well.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = self.cells.iter().map(|cell| match cell {
            Cell::Related(record) => record.iter().map(|record| record.bytes()).sum(),
            Cell::Many(records) => records.iter().map(Self::bytes).sum(),
            Cell::Value(value) => weight(value),
            Cell::Group(record) => record.bytes(),
        });
        bytes.sum()
    }

    fn cell(&self, field: &str) -> Option<&Cell> {
        // A record has a handful of fields: a scan beats a table.
        let position = self.shape.fields.iter().position(|one| one.name == field)?;
        self.cells.get(position)
    }

    fn unfit(&self, field: &str, value: &Value, expected: &'static str) -> RecordError {
        let (model, field) = (self.shape.model.clone(), field.to_owned());
        if *value == Value::Null {
            RecordError::Null { model, field }
        } else {
            RecordError::Type {
                model,
                field,
                expected,
            }
        }
    }
}

/// Names the fields and hides their values, which may be secrets.
impl std::fmt::Debug for Record {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.shape.fields.iter().map(|field| field.name.as_str());
        write!(formatter, "{} ", self.shape.model)?;
        formatter.debug_set().entries(names).finish()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (field, cell) in self.shape.fields.iter().zip(&self.cells) {
            map.serialize_key(&field.name)?;
            match (cell, &field.content) {
                (Cell::Related(record), _) => map.serialize_value(record)?,
                (Cell::Many(records), _) => map.serialize_value(records)?,
                (Cell::Group(record), _) => map.serialize_value(record)?,
                (Cell::Value(Value::Int(number)), Content::Column { codec, .. })
                    if codec.scalar() == Some(Scalar::BigInt) =>
                {
                    map.serialize_value(&number.to_string())?;
                }
                (Cell::Value(Value::List(numbers)), Content::Column { codec, .. })
                    if codec.scalar() == Some(Scalar::BigInt) =>
                {
                    let texts: Vec<_> = numbers.iter().map(as_text).collect();
                    map.serialize_value(&texts)?;
                }
                (Cell::Value(value), _) => map.serialize_value(&Plain(value))?,
            }
        }
        map.end()
    }
}

fn weight(value: &Value) -> u64 {
    /// Everything that is neither text nor bytes takes as much, or less.
    const NUMBER: u64 = 8;
    let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    match value {
        Value::Text(text) | Value::Decimal(text) => length(text.len()),
        Value::Bytes(bytes) => length(bytes.len()),
        Value::Json(json) => document_weight(json),
        Value::List(values) => values.iter().map(weight).sum(),
        _ => NUMBER,
    }
}

fn document_weight(json: &serde_json::Value) -> u64 {
    use serde_json::Value as Json;
    let length = |text: &String| u64::try_from(text.len()).unwrap_or(u64::MAX);
    1 + match json {
        Json::String(text) => length(text),
        Json::Array(items) => items.iter().map(document_weight).sum(),
        Json::Object(members) => {
            let members = members.iter();
            members
                .map(|(name, member)| length(name) + document_weight(member))
                .sum()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => 4,
    }
}

fn as_text(number: &Value) -> String {
    match number {
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

struct Plain<'a>(&'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Decimal(text) | Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.collect_seq(bytes),
            Value::Timestamp(moment) => serializer.collect_str(&calendar::Written(*moment)),
            Value::Json(json) => json.serialize(serializer),
            Value::List(values) => serializer.collect_seq(values.iter().map(Plain)),
        }
    }
}

/// A Rust type that a field can be read as.
pub trait FromValue<'r>: Sized {
    /// What it is, for messages.
    const EXPECTED: &'static str;

    /// The value as this type, where it is one.
    fn from_value(value: &'r Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($target:ty, $expected:literal: $($pattern:pat => $made:expr),+;)*) => { $(
        impl<'r> FromValue<'r> for $target {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: &'r Value) -> Option<Self> {
                match value {
                    $($pattern => $made,)+
                    _ => None,
                }
            }
        }
    )* };
}

from_value! {
    &'r str, "text": Value::Text(text) | Value::Decimal(text) => Some(text);
    String, "text": Value::Text(text) | Value::Decimal(text) => Some(text.clone());
    bool, "truth value": Value::Bool(value) => Some(*value);
    i64, "whole number": Value::Int(number) => Some(*number);
    i32, "whole number of 32 bits": Value::Int(number) => (*number).try_into().ok();
    f64, "number": Value::Float(number) => Some(*number);
    Timestamp, "moment": Value::Timestamp(moment) => Some(*moment);
    &'r [u8], "bytes": Value::Bytes(bytes) => Some(bytes);
    &'r serde_json::Value, "JSON document": Value::Json(json) => Some(json);
    &'r [Value], "list": Value::List(values) => Some(values);
}

impl<'r> FromValue<'r> for &'r Value {
    const EXPECTED: &'static str = "value";

    fn from_value(value: &'r Value) -> Option<Self> {
        Some(value)
    }
}

impl<'r, T: FromValue<'r>> FromValue<'r> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: &'r Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
