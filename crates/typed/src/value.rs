//! The Rust types of fields.

use hallpass_data::{ArgValue, Decimal, Value, calendar};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value as Json};

/// A Rust type that fields have: how a value is read, given and shown.
pub trait FieldValue: Sized + Send + Sync + 'static {
    /// What it is, for messages.
    const EXPECTED: &'static str;

    /// The value as this type, where it is one.
    fn from_value(value: Value) -> Option<Self>;

    /// The same of a member of a document.
    fn from_json(json: Json) -> Option<Self>;

    /// As arguments say it.
    fn into_arg(self) -> ArgValue;

    /// As arguments say that there is none.
    fn no_arg() -> ArgValue {
        ArgValue::Null
    }

    /// As the data API shows it.
    ///
    /// # Errors
    /// Those of the serializer.
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether it is none, so that a document is without it.
    fn is_none(&self) -> bool {
        false
    }

    /// The member of a document that is not there.
    fn of_missing() -> Option<Self> {
        None
    }
}

/// A value that is there, and one.
#[diagnostic::on_unimplemented(message = "`{Self}` is not the type of one value of a field")]
pub trait Scalar: FieldValue {}

/// A value of which rows can be found by a list: `one_of`.
pub trait Listed: Scalar {}

/// A value that rows can be sorted by.
#[diagnostic::on_unimplemented(message = "rows are not sorted by a field of type `{Self}`")]
pub trait Sorted: Scalar {}

/// A value that is more or less than others.
#[diagnostic::on_unimplemented(message = "a field of type `{Self}` is not compared by size")]
pub trait Ordered: Scalar {}

/// A value that can be calculated with.
#[diagnostic::on_unimplemented(message = "a field of type `{Self}` is not calculated with")]
pub trait Numeric: Scalar {}

/// One value, or none where the field may be null.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a list, of which other things are asked: `has`, `has_every`, `has_some`, `is_empty`"
)]
pub trait Single: FieldValue {
    /// The value that is there.
    type Some: Scalar;
}

impl<T: Scalar> Single for T {
    type Some = T;
}

impl<T: Scalar> Single for Option<T> {
    type Some = T;
}

macro_rules! scalars {
    ($($target:ty $(: $($marker:ident)*)?;)*) => { $(
        impl Scalar for $target {}
        $($(impl $marker for $target {})*)?
    )* };
}

scalars! {
    String: Listed Sorted Ordered;
    bool: Sorted;
    i64: Listed Sorted Ordered Numeric;
    f64: Listed Sorted Ordered Numeric;
    Decimal: Listed Sorted Ordered Numeric;
    Timestamp: Listed Sorted Ordered;
    Vec<u8>: Listed Sorted;
    Json;
}

impl FieldValue for String {
    const EXPECTED: &'static str = "text";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::Text(self)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl FieldValue for bool {
    const EXPECTED: &'static str = "truth value";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        json.as_bool()
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::Boolean(self)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

impl FieldValue for i64 {
    const EXPECTED: &'static str = "whole number";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        json.as_i64()
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::Number(self.into())
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

impl FieldValue for f64 {
    const EXPECTED: &'static str = "number";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Float(number) => Some(number),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        json.as_f64()
    }

    /// What is no number has no form in arguments; as its text it is refused with the place where it stands.
    fn into_arg(self) -> ArgValue {
        Number::from_f64(self).map_or_else(|| ArgValue::Text(self.to_string()), ArgValue::Number)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*self)
    }
}

impl FieldValue for Decimal {
    const EXPECTED: &'static str = "decimal number";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Decimal(text) | Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::String(text) => text.parse().ok(),
            Json::Number(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::Decimal(self.into_string())
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FieldValue for Timestamp {
    const EXPECTED: &'static str = "moment";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Timestamp(moment) => Some(moment),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        let text = json.as_str()?;
        let moment = text.parse().ok().map(calendar::of_timestamp);
        moment.or_else(|| calendar::read_late(text))
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::DateTime(self)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&calendar::Written(*self))
    }
}

impl FieldValue for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        let bytes = json.as_array()?.iter();
        let bytes = bytes.map(|byte| u8::try_from(byte.as_u64()?).ok());
        bytes.collect()
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::Bytes(self)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl FieldValue for Json {
    const EXPECTED: &'static str = "JSON document";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(json) => Some(*json),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        Some(json)
    }

    /// The document `null` is one, and not none.
    fn into_arg(self) -> ArgValue {
        match self {
            Json::Null => ArgValue::JsonNull,
            json => document(json),
        }
    }

    fn no_arg() -> ArgValue {
        ArgValue::DbNull
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

fn document(json: Json) -> ArgValue {
    match json {
        Json::Null => ArgValue::Null,
        Json::Bool(value) => ArgValue::Boolean(value),
        Json::Number(number) => ArgValue::Number(number),
        Json::String(text) => ArgValue::Text(text),
        Json::Array(items) => ArgValue::List(items.into_iter().map(document).collect()),
        Json::Object(members) => {
            let members = members.into_iter();
            ArgValue::Object(members.map(|(name, one)| (name, document(one))).collect())
        }
    }
}

/// None is null.
impl<T: Scalar> FieldValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Null => Some(None),
            json => T::from_json(json).map(Some),
        }
    }

    fn into_arg(self) -> ArgValue {
        self.map_or_else(T::no_arg, T::into_arg)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.show(serializer),
            None => serializer.serialize_none(),
        }
    }

    fn is_none(&self) -> bool {
        Option::is_none(self)
    }

    fn of_missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: Scalar> FieldValue for Vec<T> {
    const EXPECTED: &'static str = "list";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            // A list of a `type` is one document.
            Value::Json(json) => Self::from_json(*json),
            _ => None,
        }
    }

    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Array(items) => items.into_iter().map(T::from_json).collect(),
            _ => None,
        }
    }

    fn into_arg(self) -> ArgValue {
        ArgValue::List(self.into_iter().map(T::into_arg).collect())
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Shown))
    }
}

/// For types that hold values of their own kind.
impl<T: Scalar> Scalar for Box<T> {}

impl<T: Scalar> FieldValue for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: Value) -> Option<Self> {
        T::from_value(value).map(Self::new)
    }

    fn from_json(json: Json) -> Option<Self> {
        T::from_json(json).map(Self::new)
    }

    fn into_arg(self) -> ArgValue {
        T::into_arg(*self)
    }

    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::show(self, serializer)
    }
}

/// A value as the data API shows it.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T);

impl<T: FieldValue> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show(serializer)
    }
}

/// A large whole number as the data API shows it: as text, for JSON readers lose digits of numbers.
pub(crate) struct Large<'a, T>(pub(crate) &'a T);

/// What a field of type `BigInt` may hold.
pub trait BigInts {
    /// As text.
    ///
    /// # Errors
    /// Those of the serializer.
    fn show_large<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl BigInts for i64 {
    fn show_large<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl BigInts for Option<i64> {
    fn show_large<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(number) => number.show_large(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl BigInts for Vec<i64> {
    fn show_large<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(ToString::to_string))
    }
}

impl<T: BigInts> Serialize for Large<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show_large(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_documents_go_to_the_end_of_the_year_9999() {
        for text in [
            "2026-01-31T23:59:59.123Z",
            "9999-12-30T22:00:00.950Z",
            "9999-12-31T23:59:59.999Z",
        ] {
            let moment = Timestamp::from_json(text.into()).unwrap();
            let shown = moment.show(serde_json::value::Serializer).unwrap();
            assert_eq!(shown, text);
        }
        assert_eq!(
            Timestamp::from_json("9999-12-31T23:59:59-01:00".into()),
            None
        );
    }
}
