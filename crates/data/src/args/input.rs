use hallpass_sql::Value;
use jiff::Timestamp;

use super::Filter;

/// What a field is compared with or set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A value.
    Value(Value),
    /// The n-th argument of a prepared run.
    Parameter(Parameter),
}

/// The place of an argument in a prepared operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter(pub(crate) usize);

/// The n-th argument of a prepared run, counted from 0.
pub fn parameter(number: usize) -> Parameter {
    Parameter(number)
}

impl From<Parameter> for Input {
    fn from(parameter: Parameter) -> Self {
        Self::Parameter(parameter)
    }
}

impl<T: Into<Value>> From<Option<T>> for Input {
    fn from(value: Option<T>) -> Self {
        Self::Value(value.into())
    }
}

/// What a field of a row becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum NewValue {
    /// This.
    Set(Input),
    /// What it was.
    Kept,
    /// What it was, and so much more; or less.
    Plus(i64),
    /// What the new row of an upsert has.
    Given,
    /// One or the other, by how the row was before.
    When(Filter, Box<Self>, Box<Self>),
}

/// What the field was.
pub fn kept() -> NewValue {
    NewValue::Kept
}

/// What the field was, and so much more; or less.
pub fn plus(amount: i64) -> NewValue {
    NewValue::Plus(amount)
}

/// Of an upsert: what the new row has in the field.
pub fn given() -> NewValue {
    NewValue::Given
}

/// The first where the filter holds for the row as it was, else the second.
pub fn when(filter: Filter, one: impl Into<NewValue>, other: impl Into<NewValue>) -> NewValue {
    NewValue::When(filter, Box::new(one.into()), Box::new(other.into()))
}

impl<T: Into<Input>> From<T> for NewValue {
    fn from(value: T) -> Self {
        Self::Set(value.into())
    }
}

macro_rules! from {
    ($($source:ty),* $(,)?) => {
        $(impl From<$source> for Input {
            fn from(value: $source) -> Self {
                Self::Value(value.into())
            }
        })*
    };
}

from!(
    bool,
    i32,
    i64,
    u32,
    f64,
    &str,
    &String,
    String,
    Vec<u8>,
    &[u8],
    Timestamp,
    serde_json::Value,
    Value,
);
