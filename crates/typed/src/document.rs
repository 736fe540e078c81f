//! Documents whose shape a `type` of the schema says.

use std::fmt;

use hallpass_data::{ArgValue, Value};
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value as Json};

use crate::value::{FieldValue, Shown};

/// The document that a value of a field holds; for generated code.
pub fn document_of<T: FieldValue>(value: Value) -> Option<T> {
    match value {
        Value::Json(json) => T::from_json(*json),
        _ => None,
    }
}

/// A document that is taken apart; for generated code.
pub struct DocumentParts(Map<String, Json>);

/// Hides the values, which may be secrets.
impl fmt::Debug for DocumentParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DocumentParts(..)")
    }
}

impl DocumentParts {
    /// Of a document that is an object.
    pub fn of(json: Json) -> Option<Self> {
        match json {
            Json::Object(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// A member, of the type that the schema gives it.
    pub fn take<T: FieldValue>(&mut self, name: &str) -> Option<T> {
        match self.0.get_mut(name).map(Json::take) {
            Some(member) => T::from_json(member),
            None => T::of_missing(),
        }
    }
}

/// A document in the making; for generated code.
#[derive(Debug, Default)]
pub struct Document(Vec<(String, ArgValue)>);

impl Document {
    /// One without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// A further member; what is none is left out.
    #[must_use]
    pub fn with<T: FieldValue>(mut self, name: &str, value: T) -> Self {
        if !value.is_none() {
            self.0.push((name.to_owned(), value.into_arg()));
        }
        self
    }

    /// As arguments say it.
    pub fn into_arg(self) -> ArgValue {
        ArgValue::Object(self.0)
    }
}

/// The members of a document while it is written; for generated code.
pub struct DocumentMembers<'m, M>(&'m mut M);

impl<M> fmt::Debug for DocumentMembers<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DocumentMembers(..)")
    }
}

impl<M: SerializeMap> DocumentMembers<'_, M> {
    /// A member; what is none is left out.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn member<T: FieldValue>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        if value.is_none() {
            return Ok(());
        }
        self.0.serialize_entry(name, &Shown(value))
    }
}

/// Writes a document; for generated code.
///
/// # Errors
/// Those of the serializer.
pub fn show_document<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut DocumentMembers<'_, S::SerializeMap>) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    write(&mut DocumentMembers(&mut map))?;
    map.end()
}
