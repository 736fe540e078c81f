//! `_count`, `_sum`, `_avg`, `_min`, `_max`: values made of many rows.
//!
//! Source: contract zenstack §3.5.

use hallpass_sql::Aggregate;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, any_of, list, one_or_many, or_null, with};
use super::order::{direction, way};
use super::scope::Scope;
use super::{filter, row, values};
use crate::args::parse::tables::{SECTIONS, can_measure};

/// The name of the number of rows beside those of fields.
const ALL: &str = "_all";

/// Adds what values are asked for.
pub(super) fn add_sections<'s>(components: &Components<'s>, object: &mut Object, model: &'s Model) {
    for (name, aggregate) in SECTIONS {
        if let Some(schema) = section(components, model, aggregate) {
            object.add(name, schema);
        }
    }
}

/// What is counted: all rows, or values of fields.
pub(super) fn counted<'s>(components: &Components<'s>, model: &'s Model) -> Json {
    section(components, model, Aggregate::Count).unwrap_or_default()
}

fn section<'s>(
    components: &Components<'s>,
    model: &'s Model,
    aggregate: Aggregate,
) -> Option<Json> {
    let yes = || json!({ "const": true });
    let counts = aggregate == Aggregate::Count;
    let mut object = Object::default();
    for field in measured(components, model, aggregate) {
        object.add(&field.name, yes());
    }
    if counts {
        object.add(ALL, yes());
        return Some(any_of([yes(), object.schema()]));
    }
    (!object.is_empty()).then(|| object.schema())
}

fn measured<'s>(
    components: &Components<'s>,
    model: &'s Model,
    aggregate: Aggregate,
) -> impl Iterator<Item = &'s Field> {
    let fields = components.scope.sought(model);
    fields.filter(move |field| can_measure(field, aggregate))
}

/// The values of all rows, or of a group.
pub(super) fn results<'s>(components: &mut Components<'s>, model: &'s Model) -> Object {
    let mut object = Object::default();
    for (name, aggregate) in SECTIONS {
        let mut members = Object::default();
        let fields: Vec<_> = measured(components, model, aggregate).collect();
        for field in fields {
            let schema = match aggregate {
                Aggregate::Count => count(),
                Aggregate::Minimum | Aggregate::Maximum => {
                    or_null(values::given(components, field))
                }
                // Exact numbers are texts.
                _ => json!({ "type": ["number", "string", "null"] }),
            };
            members.add(&field.name, schema);
        }
        if aggregate == Aggregate::Count {
            members.add(ALL, count());
            object.add(name, any_of([count(), members.schema()]));
        } else if !members.is_empty() {
            object.add(name, members.schema());
        }
    }
    object
}

/// The groups of a `groupBy`.
pub(super) fn groups<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = results(components, model);
    let fields: Vec<_> = components.scope.sought(model).collect();
    for field in fields {
        let schema = row::column(components, field);
        object.add(&field.name, schema);
    }
    with(json!({ "type": "array" }), "items", object.schema())
}

pub(super) fn count() -> Json {
    json!({ "type": "integer", "minimum": 0 })
}

/// One key of an order of groups: a field that they have in common, or a value made of their rows.
pub(super) fn order<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    for field in components.scope.sought(model) {
        object.add(&field.name, way(field.arity == Arity::Optional));
    }
    for (name, aggregate) in SECTIONS {
        let mut members = Object::default();
        for field in measured(components, model, aggregate) {
            members.add(&field.name, direction());
        }
        if aggregate == Aggregate::Count {
            members.add(ALL, direction());
        }
        if !members.is_empty() {
            let only = with(
                with(members.schema(), "minProperties", 1),
                "maxProperties",
                1,
            );
            object.add(name, only);
        }
    }
    with(object.schema(), "maxProperties", 1)
}

/// A condition on groups: on fields that they have in common, and on values made of their rows.
pub(super) fn having<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let most = components.scope.limits().list;
    let own = components.refer(Part::Having(model));
    let mut object = Object::default();
    for field in components.scope.sought(model) {
        let common = filter::of_field(components, model, field);
        let mut measures = Object::default();
        for (name, aggregate) in SECTIONS {
            if can_measure(field, aggregate) {
                let test = components.refer(Part::Measure(model, field, aggregate));
                measures.add(name, test);
            }
        }
        let measures = (!measures.is_empty()).then(|| with(measures.schema(), "minProperties", 1));
        let choices: Vec<_> = common.into_iter().chain(measures).collect();
        if !choices.is_empty() {
            object.add(&field.name, any_of(choices));
        }
    }
    object
        .may("AND", one_or_many(own.clone(), most))
        .may("OR", list(own.clone(), most))
        .may("NOT", one_or_many(own, most))
        .schema()
}

/// The name of the test of a value made of rows: it depends on the type of the value alone, where nothing is special about it.
pub(super) fn name(
    scope: &Scope<'_>,
    model: &Model,
    field: &Field,
    aggregate: Aggregate,
) -> String {
    match (aggregate, &field.kind) {
        (Aggregate::Count, _) => "having.Count".to_owned(),
        (Aggregate::Average, _) => "having.Average".to_owned(),
        (Aggregate::Sum, _) if is_whole(field) => "having.WholeSum".to_owned(),
        (_, FieldKind::Scalar(scalar)) if filter::is_usual(scope, model, field) => {
            format!("having.{}", scalar.name())
        }
        (_, FieldKind::Enum(name)) => format!("{name}.Having"),
        _ => format!("{}.{}.Having", model.name, field.name),
    }
}

/// Whether sums of it have no fraction.
fn is_whole(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Scalar(Scalar::Int | Scalar::BigInt))
}

/// A value, or an object of operators, of a value made of the rows of a group.
pub(super) fn test<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
    aggregate: Aggregate,
) -> Json {
    let most = components.scope.limits().list;
    let one = match aggregate {
        Aggregate::Count => count(),
        Aggregate::Average => json!({ "type": "number" }),
        // A sum may be larger than what the field holds.
        Aggregate::Sum if is_whole(field) => values::of_scalar(Scalar::BigInt),
        _ => values::one(components, model, field),
    };
    let value = match aggregate {
        Aggregate::Count => one.clone(),
        _ => or_null(one.clone()),
    };
    let mut object = Object::default()
        .may("equals", value.clone())
        .may("not", value.clone())
        .may("in", list(one.clone(), most))
        .may("notIn", list(one.clone(), most));
    for name in ["lt", "lte", "gt", "gte"] {
        object.add(name, one.clone());
    }
    let between = json!({ "type": "array", "items": one, "minItems": 2, "maxItems": 2 });
    any_of([value, object.may("between", between).schema()])
}
