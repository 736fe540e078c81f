//! Values of fields: what clients may send, and what they get.
//!
//! Source: contract zenstack §3.6, §4.3.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{
    Arity, Check, Enum, Field, FieldKind, FieldRule, Model, Scalar, Transform, TypeDef, ValueKind,
    ValueType,
};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, any_of, described, list, one_of_texts, or_null, with};
use super::scope::Scope;
use crate::codec::Codec;

/// A value that is no `Int` of 32 bits.
const WIDE: i64 = 1 << 40;

/// What clients may send for one value of the field.
pub(super) fn one<'s>(components: &mut Components<'s>, model: &'s Model, field: &'s Field) -> Json {
    match &field.kind {
        FieldKind::Scalar(scalar) => of_column(components.scope, *scalar, model, field),
        kind => of_kind(components, kind),
    }
}

/// The same, or null where the field may be it.
pub(super) fn one_or_null<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
) -> Json {
    let one = one(components, model, field);
    match field.arity {
        Arity::Optional => or_null(one),
        Arity::Required | Arity::List => one,
    }
}

/// All values of a field that holds several.
pub(super) fn several<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
) -> Json {
    let most = components.scope.limits().list;
    list(one(components, model, field), most)
}

/// A value as the column takes it.
fn of_column(scope: &Scope<'_>, scalar: Scalar, model: &Model, field: &Field) -> Json {
    let codec = Codec::of(scope.engine(), model, field).map(|codec| codec.element());
    let takes = |value: Value| codec.as_ref().is_some_and(|one| one.encode(&value).is_ok());
    match scalar {
        Scalar::Int if takes(Value::Int(WIDE)) => whole(i64::MIN, i64::MAX, "int64"),
        Scalar::String if codec.as_ref().is_some_and(Codec::is_uuid) => {
            json!({ "type": "string", "format": "uuid" })
        }
        scalar => of_scalar(scalar),
    }
}

/// What clients may send where nothing is known but the type.
pub(super) fn of_scalar(scalar: Scalar) -> Json {
    match scalar {
        Scalar::String => json!({ "type": "string" }),
        Scalar::Boolean => json!({ "type": "boolean" }),
        Scalar::Int => whole(i32::MIN.into(), i32::MAX.into(), "int32"),
        Scalar::BigInt => any_of([
            whole(i64::MIN, i64::MAX, "int64"),
            json!({ "type": "string", "pattern": "^-?[0-9]{1,18}$" }),
        ]),
        Scalar::Float => json!({ "type": "number", "format": "double" }),
        Scalar::Decimal => any_of([
            // Of at most 300 digits, as SQLite makes infinity of a larger one.
            json!({ "type": "number", "minimum": -9e299, "maximum": 9e299 }),
            json!({ "type": "string", "pattern": "^-?[0-9]{1,100}(\\.[0-9]{1,100})?$" }),
        ]),
        Scalar::DateTime => json!({ "type": "string", "format": "date-time" }),
        Scalar::Json => document(),
        // JSON has no form for bytes: an annotation in `meta` says that these are some.
        Scalar::Bytes => described(
            any_of([
                json!({ "type": "string", "contentEncoding": "base64" }),
                bytes(),
            ]),
            Some(
                "Bytes: `meta.serialization` says of this place `[[\"custom\",\"Bytes\"]]`, or `[[\"typed-array\",\"Uint8Array\"]]`.",
            ),
        ),
    }
}

fn whole(least: i64, most: i64, format: &str) -> Json {
    json!({ "type": "integer", "format": format, "minimum": least, "maximum": most })
}

fn bytes() -> Json {
    json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } })
}

/// Any document but null, which is the absence of one.
fn document() -> Json {
    json!({ "type": ["object", "array", "string", "number", "boolean"] })
}

pub(super) fn of_kind<'s>(components: &mut Components<'s>, kind: &'s FieldKind) -> Json {
    let schema = components.scope.schema();
    match kind {
        FieldKind::Scalar(scalar) => of_scalar(*scalar),
        FieldKind::Enum(name) => match schema.enumeration(name) {
            Some(item) => components.refer(Part::Enum(item)),
            None => json!({ "type": "string" }),
        },
        FieldKind::Typed(name) => match schema.type_def(name) {
            Some(item) => components.refer(Part::Type(item)),
            None => document(),
        },
        FieldKind::Relation(_) | FieldKind::Unsupported(_) => json!({}),
    }
}

/// The members of an enum.
pub(super) fn enumeration(item: &Enum) -> Json {
    let schema = one_of_texts(item.members.iter().map(|member| member.name.as_str()));
    let told = item.members.iter().filter_map(|member| {
        let doc = member.doc.as_deref()?.trim();
        Some(format!("- `{}`: {doc}", member.name))
    });
    let told: Vec<_> = item
        .doc
        .as_deref()
        .map(|doc| format!("{}\n", doc.trim()))
        .into_iter()
        .chain(told)
        .collect();
    described(schema, Some(&told.join("\n")))
}

/// A document of a type. Members that the type does not name are kept as they are.
pub(super) fn typed<'s>(components: &mut Components<'s>, item: &'s TypeDef) -> Json {
    let mut object = Object::default();
    for field in members(item) {
        let one = checked(of_kind(components, &field.kind), field);
        let schema = match field.arity {
            Arity::Required => one,
            Arity::Optional => or_null(one),
            Arity::List => with(json!({ "type": "array" }), "items", one),
        };
        object.add(&field.name, described(schema, field.doc.as_deref()));
        if field.arity != Arity::Optional && field.default.is_none() {
            object.require(&field.name);
        }
    }
    described(object.open(), item.doc.as_deref())
}

/// The fields of a type that documents have.
pub(super) fn members(item: &TypeDef) -> impl Iterator<Item = &Field> {
    let fields = item.fields.iter();
    fields.filter(|field| {
        !matches!(
            field.kind,
            FieldKind::Relation(_) | FieldKind::Unsupported(_)
        )
    })
}

/// With what the rules of a field ask of values that are written.
pub(super) fn checked(mut schema: Json, field: &Field) -> Json {
    let is_trimmed = is_trimmed(field);
    for rule in &field.rules {
        let FieldRule::Check { check, .. } = rule else {
            continue;
        };
        schema = match check {
            // What is cut off does not count.
            Check::Length { .. } | Check::Regex(_) if is_trimmed => schema,
            Check::Length { min, max } => {
                let (least, most) = match field.arity {
                    Arity::List => ("minItems", "maxItems"),
                    Arity::Required | Arity::Optional => ("minLength", "maxLength"),
                };
                let schema = min.map_or(schema.clone(), |min| with(schema, least, min));
                max.map_or(schema.clone(), |max| with(schema, most, max))
            }
            Check::Regex(pattern) => with(schema, "pattern", pattern.as_str()),
            Check::Email => with(schema, "format", "email"),
            Check::Url => with(schema, "format", "uri"),
            Check::DateTime => with(schema, "format", "date-time"),
            Check::Date => with(schema, "format", "date"),
            Check::Time(_) => with(schema, "format", "time"),
            Check::Greater(bound) => bounded(schema, "exclusiveMinimum", bound),
            Check::GreaterOrEqual(bound) => bounded(schema, "minimum", bound),
            Check::Less(bound) => bounded(schema, "exclusiveMaximum", bound),
            Check::LessOrEqual(bound) => bounded(schema, "maximum", bound),
            Check::StartsWith(_) | Check::EndsWith(_) | Check::Contains(_) | Check::Phone => schema,
        };
    }
    schema
}

fn is_trimmed(field: &Field) -> bool {
    let trims = |rule: &FieldRule| matches!(rule, FieldRule::Transform(Transform::Trim));
    field.rules.iter().any(trims)
}

fn bounded(schema: Json, keyword: &str, bound: &str) -> Json {
    let number: Option<serde_json::Number> = bound.parse().ok();
    match number {
        Some(number) => with(schema, keyword, number),
        None => schema,
    }
}

/// The rules that JSON Schema has no word for, for people.
pub(super) fn further_rules(field: &Field) -> Option<String> {
    let rules = field.rules.iter().filter_map(|rule| match rule {
        FieldRule::Transform(Transform::Trim) => Some("space around it is cut off".to_owned()),
        FieldRule::Transform(Transform::Lower) => Some("it becomes lower case".to_owned()),
        FieldRule::Transform(Transform::Upper) => Some("it becomes upper case".to_owned()),
        FieldRule::Check { check, .. } => match check {
            Check::StartsWith(text) => Some(format!("it begins with `{text}`")),
            Check::EndsWith(text) => Some(format!("it ends with `{text}`")),
            Check::Contains(text) => Some(format!("it contains `{text}`")),
            Check::Phone => Some("it is a telephone number (E.164)".to_owned()),
            // Else the schema says it.
            Check::Length { min, max } if is_trimmed(field) => Some(match (min, max) {
                (Some(min), Some(max)) => format!("its length is from {min} to {max}"),
                (Some(min), None) => format!("its length is {min} at least"),
                (None, Some(max)) => format!("its length is {max} at most"),
                (None, None) => return None,
            }),
            _ => None,
        },
    });
    let rules: Vec<_> = rules.collect();
    (!rules.is_empty()).then(|| format!("When it is written: {}.", rules.join("; ")))
}

/// One value of a field as clients get it.
pub(super) fn given<'s>(components: &mut Components<'s>, field: &'s Field) -> Json {
    match &field.kind {
        FieldKind::Scalar(scalar) => given_scalar(*scalar),
        // Documents are given as they stand in the row, whoever wrote them.
        FieldKind::Typed(_) => described(json!({}), Some("A document.")),
        kind => of_kind(components, kind),
    }
}

fn given_scalar(scalar: Scalar) -> Json {
    match scalar {
        Scalar::String => json!({ "type": "string" }),
        Scalar::Boolean => json!({ "type": "boolean" }),
        Scalar::Int => json!({ "type": "integer" }),
        Scalar::BigInt => json!({ "type": "string", "pattern": "^-?[0-9]+$" }),
        // What is no number is its name: `NaN`.
        Scalar::Float => json!({ "type": ["number", "string"] }),
        Scalar::Decimal => json!({ "type": "string" }),
        Scalar::DateTime => json!({ "type": "string", "format": "date-time" }),
        Scalar::Json => json!({}),
        Scalar::Bytes => any_of([
            bytes(),
            json!({ "type": "string", "contentEncoding": "base64" }),
        ]),
    }
}

/// What a procedure takes.
pub(super) fn taken<'s>(components: &mut Components<'s>, value: &'s ValueType) -> Json {
    let schema = components.scope.schema();
    let one = match &value.kind {
        ValueKind::Scalar(scalar) => of_scalar(*scalar),
        ValueKind::Enum(name) => match schema.enumeration(name) {
            Some(item) => components.refer(Part::Enum(item)),
            None => json!({ "type": "string" }),
        },
        ValueKind::Typed(name) => match schema.type_def(name) {
            Some(item) => components.refer(Part::Type(item)),
            None => json!({ "type": "object" }),
        },
        ValueKind::Model(_) => json!({ "type": "object" }),
        ValueKind::Any | ValueKind::Nothing => json!({}),
    };
    match value.list {
        true => with(json!({ "type": "array" }), "items", one),
        false => one,
    }
}
