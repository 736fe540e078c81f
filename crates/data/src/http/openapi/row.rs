//! Rows as they come back.
//!
//! Source: contract zenstack §2.7 and §4.3.

use hallpass_zmodel::schema::{Arity, Field, Model, Operation, Policy};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, described, or_null, with};
use super::{rules, values};

/// A row. Which members it has depends on what was asked for.
pub(super) fn row<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    for field in components.scope.told(model) {
        let schema = column(components, field);
        object.add(&field.name, schema);
    }
    for (field, target) in components.scope.relations(model) {
        let row = components.refer(Part::Row(target));
        let schema = match field.arity {
            Arity::List => with(json!({ "type": "array" }), "items", row),
            // Also of a relation that leads somewhere nobody may see the row.
            Arity::Required | Arity::Optional => or_null(row),
        };
        let doc = field
            .doc
            .as_deref()
            .unwrap_or("Only where it was asked for.");
        object.add(&field.name, described(schema, Some(doc)));
    }
    if components.scope.lists(model).next().is_some() {
        let counts = components.scope.lists(model);
        let counts = counts.fold(Object::default(), |object, (field, _)| {
            object.may(&field.name, json!({ "type": "integer", "minimum": 0 }))
        });
        object.add("_count", counts.open());
    }
    described(object.open(), Some(&rules::of_model(model)))
}

/// All that a column holds, as it comes back.
pub(super) fn column<'s>(components: &mut Components<'s>, field: &'s Field) -> Json {
    let one = values::given(components, field);
    let schema = match field.arity {
        Arity::List => with(json!({ "type": "array" }), "items", one),
        Arity::Required | Arity::Optional => one,
    };
    let may_be_null = field.arity == Arity::Optional || field.computed || is_hidden(field);
    let schema = if may_be_null { or_null(schema) } else { schema };
    described(schema, text(field).as_deref())
}

/// Whether a rule of its own may hide the value.
fn is_hidden(field: &Field) -> bool {
    let of_reads = |policy: &Policy| policy.operations.contains(Operation::Read);
    field.policies.iter().any(of_reads)
}

/// What is said of a field.
pub(super) fn text(field: &Field) -> Option<String> {
    let parts = [
        field.doc.as_deref().map(|doc| doc.trim().to_owned()),
        rules::of_field(field),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
