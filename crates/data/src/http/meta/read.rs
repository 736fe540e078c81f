use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_sql::calendar;
use serde_json::{Map, Number, Value as Json};

use super::annotations::{Annotation, Annotations, SerializationError};
use crate::args::parse::cut;
use crate::args::{ArgValue, Literals, Room};
use crate::http::json::Document;

/// The arguments that JSON and its `serialization` say together. What the client left undefined is not there.
///
/// Annotations of places that are not there are passed over.
///
/// ```
/// use hallpass_data::{ArgValue, http::arguments};
/// use serde_json::json;
///
/// let meta = json!({"values": {"where.id": ["bigint"]}});
/// let args = arguments(json!({"where": {"id": "7"}}), Some(&meta))?;
/// let id = args.member("where").and_then(|filter| filter.member("id"));
/// assert_eq!(id, Some(&ArgValue::BigInt(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SerializationError`] when the two do not go together, or are too deep or too large.
///
/// Source: contract zenstack §4.3.
pub fn arguments(json: Json, serialization: Option<&Json>) -> Result<ArgValue, SerializationError> {
    let literals = Literals::default();
    of_document(Document { json, literals }, serialization)
}

/// The same of what came as text.
pub(crate) fn of_document(
    document: Document,
    serialization: Option<&Json>,
) -> Result<ArgValue, SerializationError> {
    let Document { json, literals } = document;
    let mut room = Room::with(literals);
    let Some(serialization) = serialization else {
        return Ok(room.value(json)?);
    };
    let annotations = Annotations::read(serialization)?;
    let read = value(json, Some(&annotations), &mut room);
    match read.map_err(Misfit::into_error)? {
        Some(arguments) => Ok(arguments),
        None => Ok(ArgValue::Object(Vec::new())),
    }
}

/// A mistake, and the way to it, innermost step first.
struct Misfit {
    steps: Vec<String>,
    error: SerializationError,
}

impl Misfit {
    fn below(mut self, step: &str) -> Self {
        self.steps.push(cut(step));
        self
    }

    fn into_error(mut self) -> SerializationError {
        self.steps.reverse();
        match self.error {
            SerializationError::Value { expected, .. } => SerializationError::Value {
                path: self.steps.join("."),
                expected,
            },
            other => other,
        }
    }
}

impl<E: Into<SerializationError>> From<E> for Misfit {
    fn from(error: E) -> Self {
        Self {
            steps: Vec::new(),
            error: error.into(),
        }
    }
}

/// A value; none where it is undefined.
fn value(
    json: Json,
    annotations: Option<&Annotations>,
    room: &mut Room,
) -> Result<Option<ArgValue>, Misfit> {
    let Some(annotations) = annotations else {
        return Ok(Some(room.value(json)?));
    };
    if let Some(annotation) = annotations.here {
        room.enter()?;
        room.leave();
        if let (Annotation::Decimal, Json::String(text)) = (annotation, &json)
            && let Some(literal) = room.literal(text)
        {
            return Ok(Some(ArgValue::Decimal(literal.to_owned())));
        }
        return Ok(annotated(json, annotation)?);
    }
    Ok(Some(match json {
        Json::Array(items) => {
            room.enter()?;
            let items = list(items, annotations, room)?;
            room.leave();
            ArgValue::List(items)
        }
        Json::Object(members) => {
            room.enter()?;
            let members = object(members, annotations, room)?;
            room.leave();
            ArgValue::Object(members)
        }
        plain => room.value(plain)?,
    }))
}

fn list(
    items: Vec<Json>,
    annotations: &Annotations,
    room: &mut Room,
) -> Result<Vec<ArgValue>, Misfit> {
    let items = items.into_iter().enumerate().map(|(number, item)| {
        let step = number.to_string();
        let read = value(item, annotations.below.get(&step), room);
        let read = read.map_err(|misfit| misfit.below(&step))?;
        Ok(read.unwrap_or(ArgValue::Null))
    });
    items.collect()
}

fn object(
    members: Map<String, Json>,
    annotations: &Annotations,
    room: &mut Room,
) -> Result<Vec<(String, ArgValue)>, Misfit> {
    let mut read = Vec::with_capacity(members.len());
    for (name, member) in members {
        let member = value(member, annotations.below.get(&name), room);
        if let Some(member) = member.map_err(|misfit| misfit.below(&name))? {
            read.push((name, member));
        }
    }
    Ok(read)
}

fn annotated(json: Json, annotation: Annotation) -> Result<Option<ArgValue>, SerializationError> {
    let (found, expected) = match annotation {
        Annotation::Undefined => return Ok(None),
        Annotation::JsonNull => (Some(ArgValue::JsonNull), ""),
        Annotation::DbNull => (Some(ArgValue::DbNull), ""),
        Annotation::AnyNull => (Some(ArgValue::AnyNull), ""),
        Annotation::Date => (text(&json).and_then(date), "date in ISO 8601"),
        Annotation::BigInt => (text(&json).and_then(big_int), "whole number of 64 bits"),
        Annotation::Decimal => (decimal(json), "decimal number"),
        Annotation::Base64 => (text(&json).and_then(base64), "text in base64"),
        Annotation::ByteArray => (byte_array(&json), "list of bytes"),
        Annotation::Number => (text(&json).and_then(number), "number that a field can hold"),
    };
    let path = String::new();
    found
        .map(Some)
        .ok_or(SerializationError::Value { path, expected })
}

fn text(json: &Json) -> Option<&str> {
    json.as_str()
}

fn date(text: &str) -> Option<ArgValue> {
    let moment = text.parse().ok().map(calendar::of_timestamp);
    let moment = moment.or_else(|| calendar::read_late(text));
    moment.map(ArgValue::DateTime)
}

fn big_int(text: &str) -> Option<ArgValue> {
    text.parse().ok().map(ArgValue::BigInt)
}

/// Whether it is a number is for the field to say, which knows how exact it is.
fn decimal(json: Json) -> Option<ArgValue> {
    match json {
        Json::String(text) => Some(ArgValue::Decimal(text)),
        Json::Number(number) => Some(ArgValue::Decimal(number.to_string())),
        _ => None,
    }
}

fn base64(text: &str) -> Option<ArgValue> {
    STANDARD.decode(text).ok().map(ArgValue::Bytes)
}

fn byte_array(json: &Json) -> Option<ArgValue> {
    let bytes = json.as_array()?.iter().map(|byte| {
        let byte = byte.as_u64()?;
        u8::try_from(byte).ok()
    });
    bytes.collect::<Option<_>>().map(ArgValue::Bytes)
}

/// Of the numbers that JSON lacks, fields hold the negative zero only.
fn number(text: &str) -> Option<ArgValue> {
    let zero = Number::from_f64(-0.0);
    zero.filter(|_| text == "-0").map(ArgValue::Number)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(json: Json, values: &Json) -> Result<ArgValue, SerializationError> {
        arguments(json, Some(&json!({ "values": values })))
    }

    fn one(json: &Json, annotation: &Json) -> Result<Option<ArgValue>, SerializationError> {
        let read = read(json!({ "a": json }), &json!({ "a": annotation }))?;
        Ok(read.member("a").cloned())
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let date: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        for (json, annotation, expected) in [
            (
                json!("2026-01-02T03:04:05.678Z"),
                json!(["Date"]),
                Some(ArgValue::DateTime(date)),
            ),
            (
                json!("9007199254740993"),
                json!(["bigint"]),
                Some(ArgValue::BigInt(9_007_199_254_740_993)),
            ),
            (
                json!("0.10"),
                json!([["custom", "Decimal"]]),
                Some(ArgValue::Decimal("0.10".to_owned())),
            ),
            (
                json!("AQID"),
                json!([["custom", "Bytes"]]),
                Some(ArgValue::Bytes(vec![1, 2, 3])),
            ),
            (
                json!([1, 2, 255]),
                json!([["typed-array", "Uint8Array"]]),
                Some(ArgValue::Bytes(vec![1, 2, 255])),
            ),
            (json!(null), json!(["undefined"]), None),
            (
                json!("JsonNull"),
                json!([["custom", "JsonNull"]]),
                Some(ArgValue::JsonNull),
            ),
            (
                json!("DbNull"),
                json!([["custom", "DbNull"]]),
                Some(ArgValue::DbNull),
            ),
            (
                json!("AnyNull"),
                json!([["custom", "AnyNull"]]),
                Some(ArgValue::AnyNull),
            ),
            (
                json!("-0"),
                json!(["number"]),
                Some(ArgValue::Number(Number::from_f64(-0.0).unwrap())),
            ),
        ] {
            assert_eq!(one(&json, &annotation), Ok(expected), "{annotation}");
        }
    }

    #[test]
    fn what_is_not_what_it_should_be_is_told_with_its_place() {
        let date = json!(["Date"]);
        for (json, annotation, expected) in [
            (json!(1), date.clone(), "date in ISO 8601"),
            (json!("yesterday"), date.clone(), "date in ISO 8601"),
            (
                json!("+275761-01-01T00:00:00.000Z"),
                date,
                "date in ISO 8601",
            ),
            (
                json!("9223372036854775808"),
                json!(["bigint"]),
                "whole number of 64 bits",
            ),
            (json!(1), json!(["bigint"]), "whole number of 64 bits"),
            (json!([]), json!([["custom", "Decimal"]]), "decimal number"),
            (json!("%"), json!([["custom", "Bytes"]]), "text in base64"),
            (
                json!([256]),
                json!([["typed-array", "Uint8Array"]]),
                "list of bytes",
            ),
            (
                json!("NaN"),
                json!(["number"]),
                "number that a field can hold",
            ),
        ] {
            let error = one(&json, &annotation).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the value at \"a\" is no {expected}")
            );
        }
        let nested = read(
            json!({"where": {"OR": [{"at": 1}]}}),
            &json!({"where.OR.0.at": ["Date"]}),
        );
        assert_eq!(
            nested.unwrap_err().to_string(),
            "the value at \"where.OR.0.at\" is no date in ISO 8601"
        );
    }

    #[test]
    fn undefined_members_are_not_there() {
        let read = read(
            json!({"where": {"id": null, "name": "x"}, "take": null, "in": [1, null]}),
            &json!({"where.id": ["undefined"], "take": ["undefined"], "in.1": ["undefined"]}),
        );
        let expected = json!({"where": {"name": "x"}, "in": [1, null]});
        assert_eq!(read, Ok(ArgValue::from_json(expected).unwrap()));
        let nothing = arguments(json!(null), Some(&json!({"values": ["undefined"]})));
        assert_eq!(nothing, Ok(ArgValue::Object(Vec::new())));
    }

    #[test]
    fn annotations_of_what_is_not_there_are_passed_over() {
        let read = read(
            json!({"a": 1, "b": [1]}),
            &json!({"c.d": ["Date"], "a.b": ["Date"], "b.7": ["Date"], "b.x": ["Date"]}),
        );
        let expected = ArgValue::from_json(json!({"a": 1, "b": [1]})).unwrap();
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn annotated_arguments_are_as_bounded_as_others() {
        let deep = (0..69).fold(json!(1), |inner, _| json!({ "a": inner }));
        let path = ["a"; 69].join(".");
        let annotated = read(deep, &json!({ path: ["undefined"] }));
        assert!(matches!(annotated, Err(SerializationError::Arguments(_))));
        let wide = json!({"a": vec![1; 100_001]});
        let annotated = read(wide, &json!({"a.0": ["undefined"]}));
        assert!(matches!(annotated, Err(SerializationError::Arguments(_))));
    }

    fn documents() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<i64>().prop_map(Json::from),
            "[a-z0-9:TZ.+-]{0,12}".prop_map(Json::from),
            Just(json!(["Date"])),
            Just(json!(["bigint"])),
            Just(json!([["custom", "Bytes"]])),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::hash_map(r"[ab.\\01]{0,4}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_panics(json in documents(), values in documents(), v in 0..2) {
            let _ = arguments(json, Some(&json!({ "values": values, "v": v })));
        }
    }
}
