//! What names one row in addresses of pages: the fields of its id, as texts.
//!
//! SECURITY: rows are named by their ids alone. By other unique keys one could find out, guess by guess, what a hidden row or
//! a hidden field holds.

use hallpass::data::zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};
use hallpass::data::{Record, Value, calendar};
use serde_json::{Map, Value as Json};

/// Whether rows of the model have names: an id of columns whose values are short texts.
pub(super) fn is_named(model: &Model) -> bool {
    !model.id.is_empty() && model.id.iter().all(|name| is_simple(model.field(name)))
}

fn is_simple(field: Option<&Field>) -> bool {
    let is_one = |field: &&Field| field.arity == Arity::Required;
    field.filter(is_one).is_some_and(|field| match &field.kind {
        FieldKind::Scalar(scalar) => !matches!(scalar, Scalar::Json | Scalar::Bytes),
        FieldKind::Enum(_) => true,
        FieldKind::Relation(_) | FieldKind::Typed(_) | FieldKind::Unsupported(_) => false,
    })
}

/// The name of a row; `None` where a part of it is hidden from whoever read it.
pub(super) fn of(model: &Model, record: &Record) -> Option<Vec<String>> {
    let values = model.id.iter().map(|name| record.value(name));
    values.map(|value| value.and_then(text)).collect()
}

/// A value as texts name it.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Decimal(text) | Value::Text(text) => Some(text.clone()),
        Value::Timestamp(moment) => Some(calendar::Written(*moment).to_string()),
        Value::Null | Value::Bytes(_) | Value::Json(_) | Value::List(_) => None,
    }
}

/// The key as `findUnique` takes it: `{"id": 7}`, or `{"a_b": {"a": 1, "b": 2}}`.
pub(super) fn json(model: &Model, key: &[String]) -> Json {
    let named = model.id.iter().zip(key);
    let fields: Map<_, _> = named
        .map(|(name, text)| (name.clone(), part(model.field(name), text)))
        .collect();
    if model.id.len() == 1 {
        return Json::Object(fields);
    }
    let name = model.id_name.clone();
    let name = name.unwrap_or_else(|| model.id.join("_"));
    Json::Object(Map::from_iter([(name, Json::Object(fields))]))
}

/// The same of one field that tells rows apart: `{"id": 7}`.
pub(super) fn single(model: &Model, name: &str, text: &str) -> Json {
    Json::Object(Map::from_iter([(
        name.to_owned(),
        part(model.field(name), text),
    )]))
}

/// A part of the key as its type is written in arguments. What does not fit stays a text, and is refused where it is read.
fn part(field: Option<&Field>, text: &str) -> Json {
    let read = match field.map(|field| &field.kind) {
        Some(FieldKind::Scalar(Scalar::Int | Scalar::Float | Scalar::Boolean)) => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    match read {
        Some(plain @ (Json::Number(_) | Json::Bool(_))) => plain,
        _ => Json::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use hallpass::data::Source;
    use hallpass::data::zmodel::{Schema, load};
    use serde_json::json;

    use super::*;

    fn schema(model: &str) -> Schema {
        let name = "test.zmodel";
        load(&[Source { name, text: model }]).unwrap()
    }

    #[test]
    fn keys_are_objects_whatever_somebody_types() {
        for (model, key, expected) in [
            ("model A { id Int @id }", &["7"][..], json!({"id": 7})),
            ("model A { id Int @id }", &["x"], json!({"id": "x"})),
            (
                "model A { id Int @id }",
                &["{\"a\": 1}"],
                json!({"id": "{\"a\": 1}"}),
            ),
            (
                "model A { id String @id }",
                &["{\"email\": \"a\"}"],
                json!({"id": "{\"email\": \"a\"}"}),
            ),
            ("model A { id String @id }", &["7"], json!({"id": "7"})),
            ("model A { id BigInt @id }", &["7"], json!({"id": "7"})),
            ("model A { id Boolean @id }", &["true"], json!({"id": true})),
            (
                "model A { a Int b String @@id([a, b]) }",
                &["1", "2"],
                json!({"a_b": {"a": 1, "b": "2"}}),
            ),
            (
                "model A { a Int b String @@id([a, b], name: 'both') }",
                &["1", "2"],
                json!({"both": {"a": 1, "b": "2"}}),
            ),
        ] {
            let schema = schema(model);
            let key: Vec<_> = key.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(json(schema.model("A").unwrap(), &key), expected, "{model}");
        }
    }

    #[test]
    fn only_short_values_name_rows() {
        for (model, expected) in [
            ("model A { id Int @id }", true),
            ("model A { a Int b DateTime @@id([a, b]) }", true),
            ("model A { id Bytes @id }", false),
        ] {
            let schema = schema(model);
            assert_eq!(is_named(schema.model("A").unwrap()), expected, "{model}");
        }
    }
}
