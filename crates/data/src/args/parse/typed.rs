//! Documents whose shape a `type` says.
//!
//! Every field must be as its type says; members that the type does not name stay as they are, as in ZenStack: a document
//! may know more than the program that reads it.

use hallpass_sql::{Value, calendar};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar, TypeDef};
use serde_json::Value as Json;

use super::At;
use super::value::{document, of_scalar};
use crate::args::ArgValue;
use crate::error::InvalidInput;

/// The document of a field of this type, or the list of them.
pub(super) fn typed(at: &At<'_, '_>, field: &Field, name: &str) -> Result<Json, InvalidInput> {
    let item = at.engine().schema.type_def(name);
    // invariant: the names of types in a schema resolve.
    let item = item.ok_or_else(|| at.fail("expected JSON"))?;
    if field.arity != Arity::List {
        return of_type(at, item);
    }
    let items = at.items()?;
    let documents = items.iter().map(|at| of_type(at, item));
    documents.collect::<Result<_, _>>().map(Json::Array)
}

fn of_type(at: &At<'_, '_>, item: &TypeDef) -> Result<Json, InvalidInput> {
    let members = at.members()?;
    let is_missing = |field: &&Field| {
        let given = members.iter().any(|member| member.name() == field.name);
        !given && field.arity != Arity::Optional && field.default.is_none()
    };
    if let Some(field) = item.fields.iter().find(is_missing) {
        return Err(at.fail(format!("`{}` is missing", field.name)));
    }
    let members = members.iter().map(|member| {
        let value = match item.field(member.name()) {
            Some(field) => of_field(member, field)?,
            None => document(member)?,
        };
        Ok((member.name().to_owned(), value))
    });
    members.collect::<Result<_, _>>().map(Json::Object)
}

fn of_field(at: &At<'_, '_>, field: &Field) -> Result<Json, InvalidInput> {
    match field.arity {
        Arity::Optional if at.is_null() => Ok(Json::Null),
        Arity::Required | Arity::Optional => one(at, field),
        Arity::List => {
            let items = at.items()?;
            let values = items.iter().map(|at| match &field.kind {
                FieldKind::Typed(name) => of_name(at, name),
                _ => one(at, field),
            });
            values.collect::<Result<_, _>>().map(Json::Array)
        }
    }
}

pub(super) fn of_name(at: &At<'_, '_>, name: &str) -> Result<Json, InvalidInput> {
    match at.engine().schema.type_def(name) {
        Some(item) => of_type(at, item),
        None => Err(at.fail("expected JSON")),
    }
}

pub(super) fn one(at: &At<'_, '_>, field: &Field) -> Result<Json, InvalidInput> {
    match &field.kind {
        FieldKind::Scalar(scalar) => of_scalar_kind(at, *scalar),
        FieldKind::Enum(name) => member(at, name),
        FieldKind::Typed(name) => of_name(at, name),
        FieldKind::Relation(_) | FieldKind::Unsupported(_) => Err(at.fail("has no value")),
    }
}

/// The value in JSON: as it was sent, but for what JSON has no form for.
fn of_scalar_kind(at: &At<'_, '_>, scalar: Scalar) -> Result<Json, InvalidInput> {
    Ok(match (of_scalar(at, scalar)?, at.value()) {
        (Value::Timestamp(moment), _) => Json::String(calendar::Written(moment).to_string()),
        (Value::Int(number), _) => Json::Number(number.into()),
        (Value::Bytes(bytes), _) => bytes.into(),
        (Value::Decimal(text), ArgValue::Decimal(_) | ArgValue::Text(_) | ArgValue::Literal(_)) => {
            Json::String(text)
        }
        _ => document(at)?,
    })
}

pub(super) fn member(at: &At<'_, '_>, enumeration: &str) -> Result<Json, InvalidInput> {
    let text = at.text()?;
    let item = at.engine().schema.enumeration(enumeration);
    let members = item.map(|item| item.members.as_slice()).unwrap_or_default();
    if members.iter().any(|member| member.name == text) {
        return Ok(Json::String(text.to_owned()));
    }
    let names = members.iter().map(|member| format!("`{}`", member.name));
    let names: Vec<_> = names.collect();
    Err(at.fail(format!("expected one of {}", names.join(", "))))
}
