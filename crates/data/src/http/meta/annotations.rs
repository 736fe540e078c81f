use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::args::ArgValueError;
use crate::args::parse::cut;

/// How many steps a path may have; arguments are not deeper.
const MAX_STEPS: usize = 70;
/// How many places may be annotated, with the places on the way to them.
const MAX_PLACES: usize = 100_000;

/// What stands at a place, where JSON cannot say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Annotation {
    Undefined,
    Date,
    BigInt,
    Decimal,
    /// `Bytes` in base64.
    Base64,
    /// `Uint8Array`, as numbers.
    ByteArray,
    /// `NaN`, `Infinity`, `-Infinity`, `-0`
    Number,
    JsonNull,
    DbNull,
    AnyNull,
}

/// Why arguments and their meta do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerializationError {
    /// It is not of the form that the library writes.
    #[error("the serialization meta is malformed")]
    Malformed,
    /// A path with a backslash before something that needs none.
    #[error("the serialization meta has an invalid path")]
    Path,
    /// More than anybody needs.
    #[error("the serialization meta annotates too many places, or too deep ones")]
    Large,
    /// A kind of value that arguments do not have.
    #[error("the serialization meta names `{0}`, which no field holds")]
    Unknown(String),
    /// What stands there is not what it should be.
    #[error("the value at \"{path}\" is no {expected}")]
    Value {
        /// Where: `where.createdAt`.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
    /// The arguments are too deep or too large.
    #[error(transparent)]
    Arguments(#[from] ArgValueError),
}

/// Annotations by place: of this place, and of those below it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Annotations {
    pub(crate) here: Option<Annotation>,
    pub(crate) below: HashMap<String, Annotations>,
}

impl Annotations {
    /// Reads `serialization`. Equalities of references are passed over: what is equal stands in the JSON each time.
    pub(crate) fn read(serialization: &Json) -> Result<Self, SerializationError> {
        let members = serialization
            .as_object()
            .ok_or(SerializationError::Malformed)?;
        let mut reading = Reading {
            escapes: escapes(members)?,
            places: 0,
        };
        let mut root = Self::default();
        if let Some(values) = members.get("values") {
            reading.tree(values, &mut root)?;
        }
        Ok(root)
    }
}

/// Whether paths escape backslashes too: since version 1.
fn escapes(members: &Map<String, Json>) -> Result<bool, SerializationError> {
    match members.get("v") {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Number(version)) => Ok(version.as_f64().is_some_and(|version| version >= 1.0)),
        Some(_) => Err(SerializationError::Malformed),
    }
}

struct Reading {
    escapes: bool,
    places: usize,
}

impl Reading {
    /// `{path: tree}`, `[annotation]` or `[annotation, {path: tree}]`. The document is at most so deep as `json` admits.
    fn tree(&mut self, tree: &Json, at: &mut Annotations) -> Result<(), SerializationError> {
        match tree {
            Json::Object(members) => self.members(members, at),
            Json::Array(items) => {
                let annotation = items.first().ok_or(SerializationError::Malformed)?;
                at.here = Some(kind(annotation)?);
                match items.get(1) {
                    None => Ok(()),
                    Some(Json::Object(members)) => self.members(members, at),
                    Some(_) => Err(SerializationError::Malformed),
                }
            }
            _ => Err(SerializationError::Malformed),
        }
    }

    fn members(
        &mut self,
        members: &Map<String, Json>,
        at: &mut Annotations,
    ) -> Result<(), SerializationError> {
        for (path, tree) in members {
            let mut place = &mut *at;
            for step in steps(path, self.escapes)? {
                self.places += 1;
                if self.places > MAX_PLACES {
                    return Err(SerializationError::Large);
                }
                place = place.below.entry(step).or_default();
            }
            self.tree(tree, place)?;
        }
        Ok(())
    }
}

/// `a.b\.c` is `a`, then `b.c`.
fn steps(path: &str, escapes: bool) -> Result<Vec<String>, SerializationError> {
    let mut steps = vec![String::new()];
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let letter = match (letter, next) {
            ('\\', Some(next)) if next == '.' || (escapes && next == '\\') => {
                letters.next();
                next
            }
            ('\\', _) if escapes => return Err(SerializationError::Path),
            ('.', _) => {
                if steps.len() == MAX_STEPS {
                    return Err(SerializationError::Large);
                }
                steps.push(String::new());
                continue;
            }
            (letter, _) => letter,
        };
        if let Some(step) = steps.last_mut() {
            step.push(letter);
        }
    }
    Ok(steps)
}

fn kind(annotation: &Json) -> Result<Annotation, SerializationError> {
    let parts = match annotation {
        Json::String(name) => vec![name.as_str()],
        Json::Array(parts) => parts
            .iter()
            .map(Json::as_str)
            .collect::<Option<_>>()
            .ok_or(SerializationError::Malformed)?,
        _ => return Err(SerializationError::Malformed),
    };
    Ok(match parts[..] {
        ["undefined"] => Annotation::Undefined,
        ["Date"] => Annotation::Date,
        ["bigint"] => Annotation::BigInt,
        ["number"] => Annotation::Number,
        ["custom", "Decimal"] => Annotation::Decimal,
        ["custom", "Bytes"] => Annotation::Base64,
        ["typed-array", "Uint8Array"] => Annotation::ByteArray,
        ["custom", "JsonNull"] => Annotation::JsonNull,
        ["custom", "DbNull"] => Annotation::DbNull,
        ["custom", "AnyNull"] => Annotation::AnyNull,
        _ => return Err(SerializationError::Unknown(cut(&parts.join(" ")))),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_parted_at_dots_that_are_not_escaped() {
        for (path, escapes, expected) in [
            ("a", true, Some(&["a"][..])),
            ("a.0.b", true, Some(&["a", "0", "b"])),
            ("", true, Some(&[""])),
            ("a..b", true, Some(&["a", "", "b"])),
            (r"a\.b.c", true, Some(&["a.b", "c"])),
            (r"a\.b.c", false, Some(&["a.b", "c"])),
            (r"a\\.b", true, Some(&[r"a\", "b"])),
            (r"a\\.b", false, Some(&[r"a\.b"])),
            (r"a\b", false, Some(&[r"a\b"])),
            (r"a\b", true, None),
            (r"a\", true, None),
            (r"a\", false, Some(&[r"a\"])),
        ] {
            let steps = steps(path, escapes).ok();
            let expected = expected.map(|steps| {
                steps
                    .iter()
                    .map(|step| (*step).to_owned())
                    .collect::<Vec<_>>()
            });
            assert_eq!(steps, expected, "{path} {escapes}");
        }
        let long = ["a"; MAX_STEPS].join(".");
        assert!(steps(&long, true).is_ok());
        assert_eq!(
            steps(&format!("{long}.a"), true),
            Err(SerializationError::Large)
        );
    }

    #[test]
    fn trees_are_flat_or_nested() {
        let flat = json!({"values": {"a.b": ["Date"], "a.c": [["custom", "Decimal"]]}});
        let nested = json!({"values": {"a": {"b": ["Date"], "c": [["custom", "Decimal"]]}}});
        let root = json!({"values": ["undefined"]});
        assert_eq!(Annotations::read(&flat), Annotations::read(&nested));
        let read = Annotations::read(&root).unwrap();
        assert_eq!(read.here, Some(Annotation::Undefined));
        let both = json!({"values": {"a": ["Date", {"b": ["bigint"]}]}, "v": 1});
        let read = Annotations::read(&both).unwrap();
        assert_eq!(read.below["a"].here, Some(Annotation::Date));
        assert_eq!(read.below["a"].below["b"].here, Some(Annotation::BigInt));
        let empty = json!({"referentialEqualities": {"a": ["b"]}});
        assert_eq!(Annotations::read(&empty), Ok(Annotations::default()));
    }

    #[test]
    fn what_is_no_meta_is_refused() {
        for (meta, expected) in [
            (json!(null), SerializationError::Malformed),
            (json!([]), SerializationError::Malformed),
            (json!({"values": 1}), SerializationError::Malformed),
            (json!({"values": []}), SerializationError::Malformed),
            (
                json!({"values": {"a": null}}),
                SerializationError::Malformed,
            ),
            (json!({"values": {"a": [1]}}), SerializationError::Malformed),
            (
                json!({"values": {"a": [["custom", 1]]}}),
                SerializationError::Malformed,
            ),
            (
                json!({"values": {"a": ["Date", 1]}}),
                SerializationError::Malformed,
            ),
            (
                json!({"values": {}, "v": "1"}),
                SerializationError::Malformed,
            ),
            (
                json!({"values": {r"a\b": ["Date"]}, "v": 1}),
                SerializationError::Path,
            ),
            (
                json!({"values": {"a": ["set"]}}),
                SerializationError::Unknown("set".to_owned()),
            ),
            (
                json!({"values": {"a": [["class", "__proto__"]]}}),
                SerializationError::Unknown("class __proto__".to_owned()),
            ),
        ] {
            assert_eq!(Annotations::read(&meta), Err(expected), "{meta}");
        }
    }

    #[test]
    fn places_are_bounded() {
        let path = ["a"; MAX_STEPS].join(".");
        let values: Map<_, _> = (0..MAX_PLACES / MAX_STEPS + 1)
            .map(|number| (format!("{number}{path}"), json!(["Date"])))
            .collect();
        let meta = json!({ "values": values });
        assert_eq!(Annotations::read(&meta), Err(SerializationError::Large));
    }
}
