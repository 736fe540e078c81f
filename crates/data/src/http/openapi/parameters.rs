//! Parameters of the REST style: the id in the path; filters, order, pages, and what is read, in the query.
//!
//! Source: contract zenstack §4.4.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};
use serde_json::{Value as Json, json};

use super::components::{Components, Part};
use super::json_schema::{Object, list, one_of_texts};
use super::resource::Described;
use super::scope::is_document;
use super::values;
use crate::args::parse::tables::{has_kind, word_operators};
use crate::http::rest::operators;
use crate::slicing::FilterKind;

/// Items of a comma list that are shown.
const MANY: usize = 20;

/// The id in a path.
pub(super) fn id<'s>(
    components: &mut Components<'s>,
    described: &Described<'s>,
    name: &str,
) -> Json {
    let fields = described.resource.key.fields.as_slice();
    let (schema, text) = match fields {
        [only] => (
            text_of(components, described, only),
            format!("The `{}` of the resource.", only.name),
        ),
        _ => {
            let names: Vec<_> = fields
                .iter()
                .map(|field| format!("`{}`", field.name))
                .collect();
            let divider = components.scope.service.rest.divider();
            let text = format!("{}, with `{divider}` between them.", names.join(" and "));
            (of_parts(fields, divider), text)
        }
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": text })
}

/// Values of a key of several fields, as they stand in a path.
fn of_parts(fields: &[Field], divider: &str) -> Json {
    let part = |field: &Field| match &field.kind {
        FieldKind::Scalar(Scalar::String) => Some("[A-Za-z0-9]+"),
        FieldKind::Scalar(Scalar::Int) => Some("(0|-?[1-9][0-9]{0,8})"),
        FieldKind::Scalar(Scalar::BigInt) => Some("(0|-?[1-9][0-9]{0,17})"),
        _ => None,
    };
    let parts: Option<Vec<_>> = fields.iter().map(part).collect();
    let has_words = divider
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || "_-~".contains(one));
    match parts.filter(|_| has_words) {
        Some(parts) => {
            let pattern = format!("^{}$", parts.join(divider));
            json!({ "type": "string", "pattern": pattern })
        }
        None => json!({ "type": "string", "minLength": 1 }),
    }
}

/// A value of a key as it stands in a path.
fn text_of<'s>(components: &mut Components<'s>, described: &Described<'s>, field: &Field) -> Json {
    let found = described.model.field(&field.name);
    match (&field.kind, found) {
        // Other letters are percent-encoded, whatever they are.
        (FieldKind::Scalar(Scalar::String), Some(found)) => {
            let schema = values::one(components, described.model, found);
            match schema.get("format") {
                Some(_) => schema,
                None => of_letters(components),
            }
        }
        (_, Some(found)) => in_text(components, described, found),
        (_, None) => json!({ "type": "string" }),
    }
}

/// A text of letters, digits and signs that stand in paths as they are.
fn of_letters(components: &Components<'_>) -> Json {
    let resources = &components.scope.service.rest;
    let ranges = [('A', 'Z'), ('a', 'z'), ('0', '9'), ('_', '_'), ('~', '~')];
    let mut class = String::new();
    for (first, last) in ranges {
        let admitted: String = (first..=last)
            .filter(|one| resources.admits(*one))
            .collect();
        match first != last && admitted.chars().eq(first..=last) {
            true => class.extend([first, '-', last]),
            false => class.push_str(&admitted),
        }
    }
    // Elsewhere than at the end it would make a range.
    class.extend(Some('-').filter(|one| resources.admits(*one)));
    match class.is_empty() {
        true => json!({ "type": "string", "minLength": 1 }),
        false => json!({ "type": "string", "pattern": format!("^[{class}]+$") }),
    }
}

/// One value of a field as it stands in a query.
fn in_text<'s>(
    components: &mut Components<'s>,
    described: &Described<'s>,
    field: &'s Field,
) -> Json {
    match &field.kind {
        FieldKind::Scalar(Scalar::BigInt) => {
            json!({ "type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX })
        }
        FieldKind::Scalar(Scalar::Decimal) => json!({ "type": "number" }),
        FieldKind::Scalar(Scalar::Bytes) => {
            json!({ "type": "string", "pattern": "^([A-Za-z0-9]{4})*$", "contentEncoding": "base64" })
        }
        FieldKind::Enum(name) => match components.scope.schema().enumeration(name) {
            Some(item) => components.refer(Part::Enum(item)),
            None => json!({ "type": "string" }),
        },
        _ => values::one(components, described.model, field),
    }
}

/// Which resources of a list, in which order, how many, and what of them.
pub(super) fn of_list<'s>(
    components: &mut Components<'s>,
    described: &Described<'s>,
    all: &[Described<'s>],
) -> Vec<Json> {
    let mut parameters = of_links(components, described);
    parameters.extend(of_one(described, all));
    parameters
}

/// Which resources of a list, in which order and how many.
pub(super) fn of_links<'s>(
    components: &mut Components<'s>,
    described: &Described<'s>,
) -> Vec<Json> {
    vec![
        filter(components, described),
        sort(components, described),
        page(),
    ]
}

/// What of a resource is read, and what is read along.
pub(super) fn of_one(described: &Described<'_>, all: &[Described<'_>]) -> Vec<Json> {
    let mut parameters = Vec::new();
    let names = described
        .resource
        .relationships
        .iter()
        .map(|one| one.name.as_str());
    let names: Vec<_> = names.collect();
    if !names.is_empty() {
        parameters.push(json!({
            "name": "include",
            "in": "query",
            "style": "form",
            "explode": false,
            "schema": list(one_of_texts(names), MANY),
            "description": "Relationships whose resources are in `included`; those of these too: `owner.todos`.",
        }));
    }
    parameters.push(fields(all));
    parameters
}

fn fields(all: &[Described<'_>]) -> Json {
    let mut object = Object::default();
    for described in all {
        let columns = described.model.fields.iter().filter(|field| {
            let relationship = described.resource.relationship(&field.name);
            relationship.is_some() || (field.relation().is_none() && !field.ignored && !field.omit)
        });
        let columns = columns.filter(|field| !matches!(field.kind, FieldKind::Unsupported(_)));
        let names: Vec<_> = columns.map(|field| field.name.as_str()).collect();
        let names = names.join("|");
        let schema = json!({ "type": "string", "pattern": format!("^(({names})(,({names}))*)?$") });
        object.add(&described.resource.segment, schema);
    }
    json!({
        "name": "fields",
        "in": "query",
        "style": "deepObject",
        "explode": true,
        "schema": object.schema(),
        "description": "Only these attributes of resources of a type, in a comma list; where relationships are named too, only those relationships: `fields[todo]=title,owner`.",
    })
}

fn page() -> Json {
    let number = json!({ "type": ["integer", "string"] });
    let object = Object::default()
        .may("offset", number.clone())
        .may("limit", number);
    json!({
        "name": "page",
        "in": "query",
        "style": "deepObject",
        "explode": true,
        "schema": object.open(),
        "description": "How many resources, and how many are passed over: `page[limit]=10&page[offset]=20`. What is no number says nothing.",
    })
}

fn sort<'s>(components: &Components<'s>, described: &Described<'s>) -> Json {
    let columns = components.scope.sought(described.model);
    let columns = columns.filter(|field| !is_document(field) && field.arity != Arity::List);
    let keys = columns.flat_map(|field| [field.name.clone(), format!("-{}", field.name)]);
    let keys: Vec<_> = keys.collect();
    let most = components.scope.limits().order_keys;
    json!({
        "name": "sort",
        "in": "query",
        "style": "form",
        "explode": false,
        "schema": list(one_of_texts(keys.iter().map(String::as_str)), most),
        "description": "By which fields, the first counts most; `-` from the largest. Through relations to one too: `owner.name`.",
    })
}

fn filter<'s>(components: &mut Components<'s>, described: &Described<'s>) -> Json {
    let mut object = Object::default();
    let engine = components.scope.engine();
    let columns: Vec<_> = components.scope.sought(described.model).collect();
    for field in columns.into_iter().filter(|field| !is_document(field)) {
        let has = |kind| has_kind(engine, described.model, field, kind);
        let one = in_text(components, described, field);
        let kind = match field.arity {
            Arity::List => FilterKind::List,
            Arity::Required | Arity::Optional => FilterKind::Equality,
        };
        if has(kind) {
            object.add(&field.name, one.clone());
        }
        for name in operators(field) {
            // Only where the engine looks for words.
            let known = || word_operators(engine, described.model, field);
            let is_there =
                name != "search" || known().iter().any(|one| ["search", "fts"].contains(one));
            if !is_there || !has(FilterKind::of(name)) {
                continue;
            }
            let schema = match name {
                "isEmpty" => json!({ "type": "boolean" }),
                "between" => between(field),
                _ => one.clone(),
            };
            object.add(&format!("{}${name}", field.name), schema);
        }
    }
    json!({
        "name": "filter",
        "in": "query",
        "style": "deepObject",
        "explode": true,
        "schema": object.schema(),
        "description": "Which resources; several filters must all hold, of a comma list one value: `filter[title]=milk,bread`. Through relations too: `filter[owner][name]=Ann`, and by the id of the other side: `filter[owner]=ann`.",
    })
}

/// Two values with a comma between them; an empty filter says nothing.
fn between(field: &Field) -> Json {
    let pattern = match &field.kind {
        FieldKind::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal) => {
            "^(-?[0-9]{1,9},-?[0-9]{1,9})?$"
        }
        FieldKind::Scalar(Scalar::DateTime) => {
            "^(20[0-9]{2}-0[1-9]-[0-2][1-8](T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z)?,20[0-9]{2}-0[1-9]-[0-2][1-8](T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z)?)?$"
        }
        _ => "^([^,]+,[^,]+)?$",
    };
    json!({ "type": "string", "pattern": pattern })
}
