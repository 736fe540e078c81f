use hallpass_sql::Value;
use jiff::Timestamp;

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
