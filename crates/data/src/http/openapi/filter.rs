//! `where`: conditions on fields and related rows.
//!
//! Source: contract zenstack §3.2.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar, TypeDef};
use serde_json::{Map, Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, any_of, described, list, one_of_texts, one_or_many, or_null};
use super::scope::{Scope, is_document};
use super::values::{self, one, one_or_null};
use crate::args::parse::tables::{compound_keys, has_kind, known, word_operators};
use crate::plan;
use crate::slicing::FilterKind;

const LIST: [&str; 5] = ["equals", "has", "hasEvery", "hasSome", "isEmpty"];

/// A condition on rows of a model.
pub(super) fn of_model<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    conditions(components, model).schema()
}

fn conditions<'s>(components: &mut Components<'s>, model: &'s Model) -> Object {
    let most = components.scope.limits().list;
    let own = components.refer(Part::Where(model));
    let mut object = Object::default();
    for field in components.scope.sought(model) {
        if let Some(schema) = of_field(components, model, field) {
            object.add(&field.name, schema);
        }
    }
    for (field, target) in components.scope.relations(model) {
        if has_kind(
            components.scope.engine(),
            model,
            field,
            FilterKind::Relation,
        ) {
            let other = components.refer(Part::Where(target));
            object.add(&field.name, related(field, &other));
        }
    }
    object
        .may("AND", one_or_many(own.clone(), most))
        .may("OR", list(own.clone(), most))
        .may("NOT", one_or_many(own, most))
}

/// A condition that names one row: all that conditions are, and a value of a unique key.
pub(super) fn unique<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let engine = components.scope.engine();
    let mut object = conditions(components, model);
    let mut ways = Vec::new();
    for key in plan::unique_keys(&engine.schema, model) {
        let [name] = key else { continue };
        let Some(field) = components.scope.sought(model).find(|one| one.name == *name) else {
            continue;
        };
        let mut properties = Map::new();
        properties.insert(name.clone(), one(components, model, field));
        ways.push(json!({ "required": [name], "properties": properties }));
    }
    for (name, fields) in compound_keys(engine, model) {
        let mut key = Object::default();
        for field in fields.iter().filter_map(|name| model.field(name)) {
            key = key.must(&field.name, one(components, model, field));
        }
        object.add(&name, key.schema());
        ways.push(json!({ "required": [name] }));
    }
    let mut schema = object.schema();
    if let Some(members) = schema.as_object_mut() {
        members.insert("anyOf".to_owned(), Json::Array(ways));
    }
    schema
}

/// A condition on related rows.
fn related(field: &Field, target: &Json) -> Json {
    if field.arity == Arity::List {
        return ["some", "every", "none"]
            .into_iter()
            .fold(Object::default(), |object, name| {
                object.may(name, target.clone())
            })
            .schema();
    }
    let target_or_null = match field.arity {
        Arity::Optional => or_null(target.clone()),
        Arity::Required | Arity::List => target.clone(),
    };
    let tests = Object::default()
        .may("is", target_or_null.clone())
        .may("isNot", target_or_null.clone());
    any_of([target_or_null, tests.schema()])
}

/// A condition on the value of a field; none where the client has no filter of it.
pub(super) fn of_field<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
) -> Option<Json> {
    let engine = components.scope.engine();
    match &field.kind {
        kind if is_document(field) => {
            if !has_kind(engine, model, field, FilterKind::Json) {
                return None;
            }
            let any = or_null(components.refer(Part::JsonFilter));
            let item = match kind {
                FieldKind::Typed(name) => engine.schema.type_def(name),
                _ => None,
            };
            Some(match item {
                Some(item) => any_of([any, typed(components, field, item)]),
                None => any,
            })
        }
        _ if operators_of(components.scope, model, field).is_empty() => None,
        _ => Some(components.refer(Part::Filter(model, field))),
    }
}

/// The operators that a client has of a field.
fn operators_of(scope: &Scope<'_>, model: &Model, field: &Field) -> Vec<&'static str> {
    let engine = scope.engine();
    let mut names = match field.arity {
        Arity::List => LIST.to_vec(),
        Arity::Required | Arity::Optional => {
            let mut names = known(engine, field);
            names.extend(word_operators(engine, model, field));
            names
        }
    };
    names.retain(|name| has_kind(engine, model, field, FilterKind::of(name)));
    names
}

/// Whether values of the field are those of its type, and nothing else.
pub(super) fn is_usual(scope: &Scope<'_>, model: &Model, field: &Field) -> bool {
    let is_as_we_make_it = scope.engine().facts(model, field).is_none();
    field.arity != Arity::List && field.native_type.is_none() && is_as_we_make_it
}

/// The name of the filter of a field: fields of a type share theirs, where nothing is special about them.
pub(super) fn name(scope: &Scope<'_>, model: &Model, field: &Field) -> String {
    let is_usual = is_usual(scope, model, field)
        && operators_of(scope, model, field) == known(scope.engine(), field);
    let null = match field.arity {
        Arity::Optional => "OrNull",
        Arity::Required | Arity::List => "",
    };
    match &field.kind {
        FieldKind::Scalar(scalar) if is_usual => format!("filter.{}{null}", scalar.name()),
        FieldKind::Enum(name) if is_usual => format!("{name}.Filter{null}"),
        _ => format!("{}.{}.Filter", model.name, field.name),
    }
}

/// A value, or an object of operators.
pub(super) fn operators<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
) -> Json {
    let names = operators_of(components.scope, model, field);
    let itself = components.refer(Part::Filter(model, field));
    let mut object = Object::default();
    for name in &names {
        let schema = match *name {
            "not" => itself.clone(),
            name => operator(components, model, field, name),
        };
        object.add(name, schema);
    }
    let bare = names.contains(&"equals") && field.arity != Arity::List;
    let bare = bare.then(|| one_or_null(components, model, field));
    any_of(bare.into_iter().chain([object.schema()]))
}

/// What an operator of a field takes.
fn operator<'s>(
    components: &mut Components<'s>,
    model: &'s Model,
    field: &'s Field,
    name: &str,
) -> Json {
    let most = components.scope.limits().list;
    let is_list = field.arity == Arity::List;
    match name {
        "equals" if !is_list => one_or_null(components, model, field),
        "equals" | "hasEvery" | "hasSome" | "in" | "notIn" => {
            list(one(components, model, field), most)
        }
        "isEmpty" => json!({ "type": "boolean" }),
        "between" => json!({
            "type": "array", "items": one(components, model, field), "minItems": 2, "maxItems": 2,
        }),
        "mode" => one_of_texts(["default", "insensitive"]),
        "search" => words(),
        "fts" => Object::default()
            .must("search", words())
            .may("config", words())
            .schema(),
        "fuzzy" => alike()
            .may(
                "threshold",
                json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            )
            .schema(),
        _ => one(components, model, field),
    }
}

/// Words that are looked for.
pub(super) fn words() -> Json {
    json!({ "type": "string", "minLength": 1 })
}

/// What says which texts are alike.
pub(super) fn alike() -> Object {
    Object::default()
        .must("search", words())
        .may("mode", one_of_texts(["simple", "word", "strictWord"]))
        .may("unaccent", json!({ "type": "boolean" }))
}

/// A condition on any document.
pub(super) fn json(components: &mut Components<'_>) -> Json {
    let document = || json!({});
    let text = || json!({ "type": "string" });
    let path = json!({
        "type": "string",
        "pattern": "^\\$(\\.[A-Za-z_][A-Za-z0-9_]*|\\[[0-9]{1,3}\\]){0,8}$",
        "description": "What of the document is meant: `$.a.b[0]`. Names with other letters stand in quotes: `$.\"a b\"`.",
    });
    let schema = Object::default()
        .may("path", path)
        .may("mode", one_of_texts(["default", "insensitive"]))
        .may("equals", document())
        .may("not", document())
        .may("string_contains", text())
        .may("string_starts_with", text())
        .may("string_ends_with", text())
        .may("array_contains", document())
        .may("array_starts_with", document())
        .may("array_ends_with", document())
        .schema();
    let levels = components.scope.limits().filter_depth;
    described(
        schema,
        Some(&format!(
            "A condition on a JSON document. Conditions nest {levels} levels at most."
        )),
    )
}

/// A condition on a document of a type, by its members.
fn typed<'s>(components: &mut Components<'s>, field: &Field, item: &'s TypeDef) -> Json {
    let one = components.refer(Part::TypeFilter(item));
    if field.arity == Arity::List {
        let names = ["some", "every", "none"].into_iter();
        return names
            .fold(Object::default(), |object, name| {
                object.may(name, one.clone())
            })
            .schema();
    }
    let inner = match field.arity {
        Arity::Optional => or_null(one),
        Arity::Required | Arity::List => one,
    };
    if item.field("is").is_some() || item.field("isNot").is_some() {
        return inner;
    }
    let tests = Object::default()
        .may("is", inner.clone())
        .may("isNot", inner.clone());
    any_of([inner, tests.schema()])
}

/// A condition on the members of a type.
pub(super) fn of_type<'s>(components: &mut Components<'s>, item: &'s TypeDef) -> Json {
    let mut object = Object::default();
    for field in values::members(item) {
        let schema = of_member(components, field);
        object.add(&field.name, schema);
    }
    object.schema()
}

fn of_member<'s>(components: &mut Components<'s>, field: &'s Field) -> Json {
    let most = components.scope.limits().list;
    if let FieldKind::Typed(name) = &field.kind
        && let Some(item) = components.scope.schema().type_def(name)
    {
        return typed(components, field, item);
    }
    let one = values::of_kind(components, &field.kind);
    if field.arity == Arity::List {
        return Object::default()
            .may("equals", list(one.clone(), most))
            .may("has", one.clone())
            .may("hasEvery", list(one.clone(), most))
            .may("hasSome", list(one, most))
            .may("isEmpty", json!({ "type": "boolean" }))
            .schema();
    }
    if field.kind == FieldKind::Scalar(Scalar::Json) {
        return one;
    }
    let value = match field.arity {
        Arity::Optional => or_null(one.clone()),
        Arity::Required | Arity::List => one.clone(),
    };
    let mut object = Object::default();
    for name in known(components.scope.engine(), field) {
        let schema = match name {
            "equals" | "not" => value.clone(),
            "in" | "notIn" => list(one.clone(), most),
            "between" => json!({ "type": "array", "items": one, "minItems": 2, "maxItems": 2 }),
            "mode" => one_of_texts(["default", "insensitive"]),
            _ => one.clone(),
        };
        object.add(name, schema);
    }
    any_of([value, object.schema()])
}
