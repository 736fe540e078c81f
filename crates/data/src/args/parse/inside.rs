//! Conditions on documents whose shape a `type` says, by its members.
//!
//! Source: contract zenstack §3.2, typed Json.

use hallpass_sql::{Comparison, JsonStep, Value, calendar};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar, TypeDef};
use serde_json::Value as Json;

use super::filter::{is_insensitive, known};
use super::typed::{member, one};
use super::value::of_scalar;
use super::{At, Counting};
use crate::args::{Inside, JsonTest};
use crate::error::InvalidInput;

const LIST: [&str; 5] = ["equals", "has", "hasEvery", "hasSome", "isEmpty"];
const ELEMENTS: [&str; 3] = ["some", "every", "none"];

/// A condition on a document of a type, or on the list of them.
pub(super) fn typed(
    at: &At<'_, '_>,
    field: &Field,
    name: &str,
    steps: &[JsonStep],
) -> Result<Inside, InvalidInput> {
    let item = at.engine().schema.type_def(name);
    // invariant: the names of types in a schema resolve.
    let item = item.ok_or_else(|| at.expected("JSON"))?;
    if field.arity == Arity::List {
        return elements(at, item, steps);
    }
    if at.is_null() {
        require_optional(at, field)?;
        return Ok(absent(steps));
    }
    let members = at.members()?;
    let is_wrapped =
        |one: &At<'_, '_>| matches!(one.name(), "is" | "isNot") && item.field(one.name()).is_none();
    if !members.iter().any(is_wrapped) {
        return of_type(at, item, steps);
    }
    at.only(&["is", "isNot"])?;
    let parts = members.iter().map(|one| {
        let inner = typed(one, field, name, steps)?;
        Ok(match one.name() {
            "is" => inner,
            _ => not(inner),
        })
    });
    parts.collect::<Result<_, _>>().map(Inside::All)
}

/// `{some, every, none}`
fn elements(at: &At<'_, '_>, item: &TypeDef, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    at.only(&ELEMENTS)?;
    let members = at.members()?;
    let parts = members.iter().map(|one| {
        let inner = of_type(one, item, &[])?;
        let some = |inner| Inside::Some(steps.to_vec(), Box::new(inner));
        Ok(match one.name() {
            "some" => some(inner),
            "every" => not(some(not(inner))),
            _ => not(some(inner)),
        })
    });
    parts.collect::<Result<_, _>>().map(Inside::All)
}

fn of_type(at: &At<'_, '_>, item: &TypeDef, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    let members = at.members()?;
    at.count(Counting::Conditions, members.len())?;
    let parts = members.iter().map(|one| {
        let Some(field) = item.field(one.name()) else {
            return Err(one.unknown(item.fields.iter().map(|field| field.name.as_str())));
        };
        let mut steps = steps.to_vec();
        steps.push(JsonStep::Key(field.name.clone()));
        of_member(one, field, &steps)
    });
    parts.collect::<Result<_, _>>().map(Inside::All)
}

fn of_member(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    match &field.kind {
        FieldKind::Typed(name) => typed(at, field, name, steps),
        FieldKind::Scalar(_) | FieldKind::Enum(_) if field.arity == Arity::List => {
            list(at, field, steps)
        }
        FieldKind::Scalar(Scalar::Json) => Ok(is(steps, JsonTest::Equals(one(at, field)?))),
        FieldKind::Scalar(_) | FieldKind::Enum(_) => {
            if at.is_object() {
                operators(at, field, steps)
            } else {
                equals(at, field, steps)
            }
        }
        FieldKind::Relation(_) | FieldKind::Unsupported(_) => Err(at.fail("has no value")),
    }
}

/// `{has: 1, isEmpty: false}`
fn list(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    let sought = |at: &At<'_, '_>| {
        let items = at.items()?;
        at.require_short(items.len())?;
        at.count(Counting::Conditions, items.len())?;
        items
            .iter()
            .map(|at| one(at, field))
            .collect::<Result<Vec<_>, _>>()
    };
    let members = at.members()?;
    let parts = members.iter().map(|member| {
        let has = |one| is(steps, JsonTest::Has(vec![one]));
        Ok(match member.name() {
            "equals" => is(steps, JsonTest::Equals(Json::Array(sought(member)?))),
            "has" => has(one(member, field)?),
            "hasEvery" => is(steps, JsonTest::Has(sought(member)?)),
            "hasSome" => Inside::Any(sought(member)?.into_iter().map(has).collect()),
            "isEmpty" => {
                let empty = is(steps, JsonTest::Equals(Json::Array(Vec::new())));
                if member.boolean()? { empty } else { not(empty) }
            }
            _ => return Err(member.unknown(LIST)),
        })
    });
    parts.collect::<Result<_, _>>().map(Inside::All)
}

/// `{gte: 1, lt: 9}`
fn operators(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    let members = at.members()?;
    let known = known(at.engine(), field);
    let mut any_case = false;
    let mut parts = Vec::with_capacity(members.len());
    for member in &members {
        if !known.contains(&member.name()) {
            return Err(member.unknown(known.iter().copied()));
        }
        if member.name() == "mode" {
            any_case = is_insensitive(member)?;
            continue;
        }
        parts.push(operator(member, field, steps)?);
    }
    let all = Inside::All(parts);
    Ok(if any_case {
        Inside::AnyCase(Box::new(all))
    } else {
        all
    })
}

fn operator(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    let each = |at: &At<'_, '_>| {
        let items = at.items()?;
        at.require_short(items.len())?;
        at.count(Counting::Conditions, items.len())?;
        let items = items.iter().map(|item| equal_to(item, field, steps));
        items.collect::<Result<Vec<_>, _>>()
    };
    let compare = |comparison, at: &At<'_, '_>| compared(at, field, steps, comparison);
    let text = |at: &At<'_, '_>| {
        at.count_pattern()?;
        at.text().map(str::to_owned)
    };
    Ok(match at.name() {
        "equals" => equals(at, field, steps)?,
        "not" if at.is_object() => not(operators(at, field, steps)?),
        "not" => not(equals(at, field, steps)?),
        "in" => Inside::Any(each(at)?),
        "notIn" => not(Inside::Any(each(at)?)),
        "lt" => compare(Comparison::Less, at)?,
        "lte" => compare(Comparison::LessOrEqual, at)?,
        "gt" => compare(Comparison::Greater, at)?,
        "gte" => compare(Comparison::GreaterOrEqual, at)?,
        "contains" => is(steps, JsonTest::Contains(text(at)?)),
        "startsWith" => is(steps, JsonTest::StartsWith(text(at)?)),
        "endsWith" => is(steps, JsonTest::EndsWith(text(at)?)),
        _ => {
            let [from, to] = &at.items()?[..] else {
                return Err(at.fail("expected two values"));
            };
            Inside::All(vec![
                compare(Comparison::GreaterOrEqual, from)?,
                compare(Comparison::LessOrEqual, to)?,
            ])
        }
    })
}

fn equals(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    if at.is_null() {
        require_optional(at, field)?;
        return Ok(absent(steps));
    }
    equal_to(at, field, steps)
}

fn equal_to(at: &At<'_, '_>, field: &Field, steps: &[JsonStep]) -> Result<Inside, InvalidInput> {
    let FieldKind::Scalar(scalar) = &field.kind else {
        return compared(at, field, steps, Comparison::Equal);
    };
    Ok(match scalar {
        // Digits that a floating number does not have would be lost.
        Scalar::BigInt | Scalar::Boolean | Scalar::Bytes => {
            is(steps, JsonTest::Equals(one(at, field)?))
        }
        // Documents hold exact numbers as text, and those that were sent as numbers as such.
        Scalar::Decimal => {
            let Value::Decimal(digits) = of_scalar(at, *scalar)? else {
                return Err(at.expected("decimal"));
            };
            Inside::Any(vec![
                is(steps, JsonTest::Text(Comparison::Equal, digits)),
                compared(at, field, steps, Comparison::Equal)?,
            ])
        }
        _ => compared(at, field, steps, Comparison::Equal)?,
    })
}

fn compared(
    at: &At<'_, '_>,
    field: &Field,
    steps: &[JsonStep],
    comparison: Comparison,
) -> Result<Inside, InvalidInput> {
    let test = match &field.kind {
        FieldKind::Scalar(scalar) => match of_scalar(at, *scalar)? {
            Value::Text(text) => JsonTest::Text(comparison, text),
            Value::Timestamp(moment) => {
                JsonTest::Text(comparison, calendar::Written(moment).to_string())
            }
            Value::Decimal(digits) => JsonTest::Exact(comparison, digits),
            Value::Int(number) if *scalar == Scalar::BigInt => {
                JsonTest::Exact(comparison, number.to_string())
            }
            number => JsonTest::Number(comparison, floating(at, &number)?),
        },
        FieldKind::Enum(name) => {
            member(at, name)?;
            JsonTest::Text(comparison, at.text()?.to_owned())
        }
        _ => return Err(at.fail("has no value")),
    };
    Ok(is(steps, test))
}

fn floating(at: &At<'_, '_>, number: &Value) -> Result<f64, InvalidInput> {
    let number = match number {
        Value::Float(number) => Some(*number),
        Value::Int(number) => number.to_string().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| at.fail("expected a finite number"))
}

fn require_optional(at: &At<'_, '_>, field: &Field) -> Result<(), InvalidInput> {
    if field.arity == Arity::Optional {
        return Ok(());
    }
    Err(at.expected("a value"))
}

/// Nothing stands there, or `null`.
fn absent(steps: &[JsonStep]) -> Inside {
    Inside::Any(vec![
        is(steps, JsonTest::Missing),
        is(steps, JsonTest::Equals(Json::Null)),
    ])
}

fn is(steps: &[JsonStep], test: JsonTest) -> Inside {
    Inside::At(steps.to_vec(), test)
}

fn not(inside: Inside) -> Inside {
    Inside::Not(Box::new(inside))
}
