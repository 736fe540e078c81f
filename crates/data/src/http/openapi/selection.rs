//! `select`, `include`, `omit` and `_count`: what of a row comes back.
//!
//! Source: contract zenstack §3.3.

use hallpass_zmodel::schema::{Arity, Field, Model};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, any_of, or_null, with};
use super::order::listing;

/// Adds `select`, `include` and `omit` to arguments.
pub(super) fn add<'s>(components: &mut Components<'s>, object: &mut Object, model: &'s Model) {
    object.add("select", or_null(components.refer(Part::Select(model))));
    if components.scope.relations(model).next().is_some() {
        object.add("include", or_null(components.refer(Part::Include(model))));
    }
    object.add("omit", or_null(components.refer(Part::Omit(model))));
}

/// Arguments of which `select` excludes the others.
pub(super) fn exclusive(object: Object) -> Json {
    let said =
        |name: &str| json!({ "required": [name], "properties": { name: { "type": "object" } } });
    let both = |other: &str| json!({ "allOf": [said("select"), said(other)] });
    with(
        object.schema(),
        "not",
        json!({ "anyOf": [both("include"), both("omit")] }),
    )
}

/// What comes back, and nothing else; one field at least.
pub(super) fn select<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    for field in components.scope.told(model) {
        object.add(&field.name, json!({ "type": "boolean" }));
    }
    relations(components, model, &mut object);
    let nothing = json!({ "additionalProperties": { "const": false } });
    with(object.schema(), "not", nothing)
}

/// The related rows that come back too.
pub(super) fn include<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    relations(components, model, &mut object);
    object.schema()
}

fn relations<'s>(components: &mut Components<'s>, model: &'s Model, object: &mut Object) {
    for (field, target) in components.scope.relations(model) {
        let arguments = related(components, field, target);
        object.add(
            &field.name,
            any_of([json!({ "type": "boolean" }), arguments]),
        );
    }
    if components.scope.lists(model).next().is_some() {
        let counts = components.refer(Part::Counts(model));
        object.add("_count", any_of([json!({ "type": "boolean" }), counts]));
    }
}

/// What of related rows comes back, and which of them.
fn related<'s>(components: &mut Components<'s>, field: &Field, target: &'s Model) -> Json {
    let most = components.scope.limits().nested_rows;
    let mut object = match field.arity {
        Arity::List => listing(components, target, most),
        Arity::Optional => Object::default().may("where", components.refer(Part::Where(target))),
        Arity::Required => Object::default(),
    };
    add(components, &mut object, target);
    exclusive(object)
}

/// What does not come back.
pub(super) fn omit<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let takes_false = components.scope.engine().services.omitted.takes_false();
    let yes = match takes_false {
        true => json!({ "type": "boolean" }),
        false => json!({ "const": true }),
    };
    let columns = components.scope.told(model);
    let named = columns.fold(Object::default(), |object, field| {
        object.may(&field.name, yes.clone())
    });
    named.schema()
}

/// How many related rows there are.
pub(super) fn counts<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    for (field, target) in components.scope.lists(model) {
        let found = components.refer(Part::Where(target));
        let filtered = Object::default().may("where", found).schema();
        object.add(
            &field.name,
            any_of([json!({ "type": "boolean" }), filtered]),
        );
    }
    Object::default().must("select", object.schema()).schema()
}
