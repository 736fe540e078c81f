use std::sync::Arc;

use jiff::Timestamp;

/// How deep arguments may nest.
const MAX_DEPTH: usize = 64;
/// How many values arguments may hold, over all levels.
const MAX_VALUES: usize = 100_000;

/// A value in the arguments of an operation, as a client sends it: JSON, and what JSON has no form for.
///
/// Source: contract zenstack §4.3. Members that a client left undefined are not there at all.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgValue {
    /// `null`
    Null,
    /// A truth value.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// A number as a client wrote it, of more digits than a [`serde_json::Number`] keeps. Fields with exact numbers take it as
    /// it is, others as the number that is next to it.
    Literal(String),
    /// Text; also moments, exact numbers and large whole numbers where the field is one.
    Text(String),
    /// Several values.
    List(Vec<Self>),
    /// Named values. No name stands twice.
    Object(Vec<(String, Self)>),
    /// A moment.
    DateTime(Timestamp),
    /// A whole number of 64 bits.
    BigInt(i64),
    /// An exact number, as written.
    Decimal(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// `JsonNull`: the document `null`.
    JsonNull,
    /// `DbNull`: no document.
    DbNull,
    /// `AnyNull`: either, in filters.
    AnyNull,
}

/// Why a JSON text is no arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArgValueError {
    /// They nest too deep.
    #[error("the arguments nest deeper than {MAX_DEPTH} levels")]
    Deep,
    /// They hold too much.
    #[error("the arguments hold more than {MAX_VALUES} values")]
    Large,
}

impl ArgValue {
    /// The arguments of a JSON document, whose depth and size are bounded.
    ///
    /// # Errors
    /// [`ArgValueError`] when it is too deep or too large.
    pub fn from_json(json: serde_json::Value) -> Result<Self, ArgValueError> {
        Room::default().value(json)
    }

    /// The member of this name, where this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let found = members.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value)
    }

    /// What it is, for messages: `found number`.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) | Self::Literal(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
            Self::DateTime(_) => "date",
            Self::BigInt(_) => "bigint",
            Self::Decimal(_) => "decimal",
            Self::Bytes(_) => "bytes",
            Self::JsonNull | Self::DbNull | Self::AnyNull => "a null of JSON fields",
        }
    }
}

/// The number next to a number as it is written.
pub(crate) fn nearest(literal: &str) -> Option<serde_json::Number> {
    let number = literal.parse().ok()?;
    serde_json::Number::from_f64(number)
}

/// Numbers of a document as they are written, and the texts that stand for them there.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Literals {
    /// With which such a text begins; the place in the list follows.
    sign: char,
    all: Arc<[String]>,
}

impl Literals {
    /// No other text of the document begins with this sign.
    #[cfg(feature = "http")]
    pub(crate) fn new(sign: char, all: Vec<String>) -> Self {
        let all = all.into();
        Self { sign, all }
    }

    /// The number that a text stands for.
    pub(crate) fn of(&self, text: &str) -> Option<&str> {
        if self.all.is_empty() {
            return None;
        }
        let place: usize = text.strip_prefix(self.sign)?.parse().ok()?;
        self.all.get(place).map(String::as_str)
    }
}

/// What is left of the bounds of arguments while they are read.
pub(crate) struct Room {
    levels: usize,
    values: usize,
    literals: Literals,
}

impl Default for Room {
    fn default() -> Self {
        Self::with(Literals::default())
    }
}

impl Room {
    /// For a document with these numbers in it.
    pub(crate) fn with(literals: Literals) -> Self {
        Self {
            levels: MAX_DEPTH,
            values: MAX_VALUES,
            literals,
        }
    }

    /// The number that a text of the document stands for.
    #[cfg(feature = "http")]
    pub(crate) fn literal(&self, text: &str) -> Option<&str> {
        self.literals.of(text)
    }

    /// Reads a value and all that is in it.
    pub(crate) fn value(&mut self, json: serde_json::Value) -> Result<ArgValue, ArgValueError> {
        use serde_json::Value as Json;
        self.enter()?;
        let value = match json {
            Json::Null => ArgValue::Null,
            Json::Bool(value) => ArgValue::Boolean(value),
            Json::Number(number) => ArgValue::Number(number),
            Json::String(text) => match self.literals.of(&text) {
                Some(literal) => ArgValue::Literal(literal.to_owned()),
                None => ArgValue::Text(text),
            },
            Json::Array(items) => {
                let items = items.into_iter().map(|item| self.value(item));
                ArgValue::List(items.collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let members = members
                    .into_iter()
                    .map(|(name, value)| Ok((name, self.value(value)?)));
                ArgValue::Object(members.collect::<Result<_, _>>()?)
            }
        };
        self.leave();
        Ok(value)
    }

    /// Takes the place of one value, and goes into it.
    pub(crate) fn enter(&mut self) -> Result<(), ArgValueError> {
        self.levels = self.levels.checked_sub(1).ok_or(ArgValueError::Deep)?;
        self.values = self.values.checked_sub(1).ok_or(ArgValueError::Large)?;
        Ok(())
    }

    /// Comes out of the value again.
    pub(crate) fn leave(&mut self) {
        self.levels += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_bounded() {
        let deep = |levels: usize| (1..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(ArgValue::from_json(deep(MAX_DEPTH)).is_ok());
        assert_eq!(
            ArgValue::from_json(deep(MAX_DEPTH + 1)),
            Err(ArgValueError::Deep)
        );
        let wide = |values: usize| json!(vec![1; values - 1]);
        assert!(ArgValue::from_json(wide(MAX_VALUES)).is_ok());
        assert_eq!(
            ArgValue::from_json(wide(MAX_VALUES + 1)),
            Err(ArgValueError::Large)
        );
    }

    #[test]
    fn members_are_found_by_name() {
        let args = ArgValue::from_json(json!({"where": {"id": 1}, "take": null})).unwrap();
        assert_eq!(args.member("take"), Some(&ArgValue::Null));
        assert_eq!(args.member("skip"), None);
        assert_eq!(args.member("where").map(ArgValue::describe), Some("object"));
    }
}
