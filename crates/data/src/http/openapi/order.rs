//! `orderBy`: the keys of an order.
//!
//! Source: contract zenstack §3.4.

use hallpass_zmodel::schema::{Arity, Model};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::filter::{alike, words};
use super::json_schema::{Object, any_of, list, one_of_texts, with};
use super::scope::is_document;
use crate::args::parse::tables::word_operators;

/// One key.
pub(super) fn of_model<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let mut object = Object::default();
    for field in components.scope.sought(model) {
        if !is_document(field) {
            object.add(&field.name, way(field.arity == Arity::Optional));
        }
    }
    for (field, target) in components.scope.relations(model) {
        let schema = match field.arity {
            Arity::List => Object::default().may("_count", direction()).schema(),
            Arity::Required | Arity::Optional => components.refer(Part::OrderBy(target)),
        };
        object.add(&field.name, schema);
    }
    for (operator, name) in [("fts", "_ftsRelevance"), ("fuzzy", "_fuzzyRelevance")] {
        if let Some(schema) = relevance(components, model, operator) {
            object.add(name, schema);
        }
    }
    with(object.schema(), "maxProperties", 1)
}

/// An order by how well texts fit.
fn relevance(components: &Components<'_>, model: &Model, operator: &str) -> Option<Json> {
    let engine = components.scope.engine();
    let able = model.fields.iter().filter(|field| {
        components.scope.has(field) && word_operators(engine, model, field).contains(&operator)
    });
    let able: Vec<_> = able.map(|field| field.name.as_str()).collect();
    if able.is_empty() {
        return None;
    }
    let fields = with(
        list(one_of_texts(able), components.scope.limits().list),
        "minItems",
        1,
    );
    let object = match operator {
        "fts" => Object::default()
            .must("search", words())
            .may("config", words()),
        _ => alike(),
    };
    Some(
        object
            .must("fields", fields)
            .must("sort", direction())
            .schema(),
    )
}

/// A direction, and where nulls go of what may be null.
pub(super) fn way(may_be_null: bool) -> Json {
    if !may_be_null {
        return direction();
    }
    let nulls = Object::default()
        .must("sort", direction())
        .may("nulls", one_of_texts(["first", "last"]));
    any_of([direction(), nulls.schema()])
}

pub(super) fn direction() -> Json {
    one_of_texts(["asc", "desc"])
}

/// The arguments that say which rows: `where`, `orderBy`, `skip`, `take`, and where there are any, `cursor` and `distinct`.
pub(super) fn listing<'s>(components: &mut Components<'s>, model: &'s Model, most: u64) -> Object {
    let limits = *components.scope.limits();
    let key = components.refer(Part::OrderBy(model));
    let mut object = Object::default()
        .may("where", components.refer(Part::Where(model)))
        .may(
            "orderBy",
            super::json_schema::one_or_many(key, limits.order_keys),
        )
        .may(
            "skip",
            json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX }),
        )
        .may("take", take(most))
        .may("cursor", components.refer(Part::WhereUnique(model)));
    if components.scope.engine().capability().distinct_on {
        let names = components
            .scope
            .sought(model)
            .map(|field| field.name.as_str());
        let names = one_of_texts(names);
        object.add(
            "distinct",
            super::json_schema::one_or_many(names, limits.list),
        );
    }
    object
}

/// How many rows; below zero those at the end.
pub(super) fn take(most: u64) -> Json {
    let most = i64::try_from(most).unwrap_or(i32::MAX.into());
    json!({ "type": "integer", "minimum": -most, "maximum": most })
}
