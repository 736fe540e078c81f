//! The RPC style: a path for each operation of each model.
//!
//! Source: contract zenstack §4.1.

use hallpass_zmodel::schema::{Model, ModelKind, Procedure, ValueKind};
use http::Method;
use serde_json::{Map, Value as Json, json};

use super::answers::{self, Style, responses};
use super::components::{Components, Part};
use super::json_schema::{Object, any_of, list, one_of_texts, one_or_many, or_null, with};
use super::order::{listing, take};
use super::{aggregate, live, rules, selection, values};
use crate::args::parse::{Purpose, can_be_known};
use crate::http::rest::uncapitalized;
use crate::http::rpc::route::Route;
use crate::operation::Operation;

/// The paths, and the tags that they are grouped by.
pub(super) fn add<'s>(
    components: &mut Components<'s>,
    prefix: &str,
    paths: &mut Map<String, Json>,
    tags: &mut Vec<Json>,
) {
    answers::add(components, Style::Rpc);
    for model in components.scope.models() {
        tags.push(json!({ "name": tag(model), "description": rules::of_model(model) }));
        for operation in Operation::ALL {
            if let Some((path, item)) = path(components, prefix, model, operation) {
                paths.insert(path, item);
            }
        }
        paths.extend(live::path(components, prefix, model));
    }
    let several = "Several operations";
    tags.push(json!({ "name": several, "description": "All of them happen, or none." }));
    paths.insert(
        format!("{prefix}/$transaction/sequential"),
        json!({ "post": sequential(components, several) }),
    );
    let procedures: Vec<_> = components.scope.procedures().collect();
    if !procedures.is_empty() {
        tags.push(json!({ "name": "Procedures" }));
    }
    for procedure in procedures {
        let item = of_procedure(components, procedure, Style::Rpc);
        paths.insert(format!("{prefix}/$procs/{}", procedure.name), item);
    }
}

pub(super) fn tag(model: &Model) -> &str {
    &model.name
}

/// The path of an operation, and what it takes; none where the model has no such operation.
fn path<'s>(
    components: &mut Components<'s>,
    prefix: &str,
    model: &'s Model,
    operation: Operation,
) -> Option<(String, Json)> {
    let route = Route::of(operation.name()).ok()?;
    if !has_operation(components, model, operation) {
        return None;
    }
    let name = format!("{}.{}", model.name, operation.name());
    let schema = arguments(components, model, operation);
    let is_required = schema.get("required").is_some();
    let arguments = components.add(&name, schema);
    let data = answer(components, model, operation);
    let success = (
        route.success.as_u16(),
        gives(operation),
        answers::enveloped(data),
    );
    let answers = match route.is_read() {
        true => answers::of_read(Style::Rpc, success),
        false => responses(Style::Rpc, success, route.has_body()),
    };
    let id = format!("{}_{}", uncapitalized(&model.name), operation.name());
    let mut described = json!({
        "tags": [tag(model)],
        "operationId": id,
        "summary": summary(operation),
        "responses": answers,
    });
    if route.has_body() {
        described = with(described, "requestBody", body(&arguments));
    } else {
        described = with(described, "parameters", parameters(&arguments, is_required));
    }
    let path = format!(
        "{prefix}/{}/{}",
        uncapitalized(&model.name),
        operation.name()
    );
    let mut item = json!({ route.method().as_str().to_ascii_lowercase(): described });
    if route.takes(&Method::PATCH).is_ok() {
        let again = with(described, "operationId", format!("{id}_patch"));
        item = with(
            item,
            "patch",
            with(again, "description", "The same as `PUT`."),
        );
    }
    Some((path, item))
}

/// Arguments as the body, with their meta among them.
fn body(arguments: &Json) -> Json {
    json!({
        "required": true,
        "content": { "application/json": { "schema": arguments } },
    })
}

/// Arguments as a parameter of the query.
fn parameters(arguments: &Json, is_required: bool) -> Json {
    json!([
        {
            "name": "q",
            "in": "query",
            "required": is_required,
            "description": "The arguments, as JSON.",
            "content": { "application/json": { "schema": arguments } },
        },
        shared_meta(),
    ])
}

/// The parameter `meta`.
pub(super) fn shared_meta() -> Json {
    json!({ "$ref": format!("#/components/parameters/{META}") })
}

/// The name of the parameter `meta`.
const META: &str = "rpc.meta";

/// The parameters that operations have in common, by their names.
pub(super) fn shared_parameters() -> Json {
    json!({ META: {
        "name": "meta",
        "in": "query",
        "description": "What JSON has no form for in the arguments, as JSON.",
        "content": { "application/json": { "schema": answers::meta() } },
    } })
}

/// Whether the model has the operation: rows of views are made by somebody else, and those of a delegate only with rows of
/// a model that extends it.
pub(super) fn has_operation(
    components: &Components<'_>,
    model: &Model,
    operation: Operation,
) -> bool {
    let engine = components.scope.engine();
    let adds = matches!(
        operation,
        Operation::Create
            | Operation::CreateMany
            | Operation::CreateManyAndReturn
            | Operation::Upsert
    );
    let gives_new_rows = matches!(operation, Operation::CreateManyAndReturn);
    let is_read = Route::of(operation.name()).is_ok_and(|route| route.is_read());
    let by_key = matches!(
        operation,
        Operation::FindUnique | Operation::Update | Operation::Upsert | Operation::Delete
    );
    engine.interface.slicing.has_operation(model, operation)
        && operation.is_of(engine.dialect_version)
        && (is_read || model.kind == ModelKind::Table)
        && !(adds && model.discriminator.is_some())
        && (!gives_new_rows || engine.capability().insert_returning)
        && (!by_key || components.scope.is_identified(model))
}

/// What an operation takes.
fn arguments<'s>(components: &mut Components<'s>, model: &'s Model, operation: Operation) -> Json {
    let limits = *components.scope.limits();
    let found = components.refer(Part::Where(model));
    let mut object = Object::default();
    match operation {
        Operation::FindMany => object = listing(components, model, limits.rows),
        Operation::FindFirst | Operation::FindFirstOrThrow => {
            object = listing(components, model, 1).may("take", json!({ "const": 1 }));
        }
        Operation::FindUnique | Operation::FindUniqueOrThrow | Operation::Delete => {
            object = object.must("where", components.refer(Part::WhereUnique(model)));
        }
        Operation::Exists => object.add("where", found),
        Operation::Check => {
            let operations = ["create", "read", "update", "delete"];
            object = object
                .must("operation", one_of_texts(operations))
                .may("where", known(components, model));
        }
        Operation::Count => {
            object = rows(components, model)
                .may("take", take(u64::MAX))
                .may("select", aggregate::counted(components, model));
        }
        Operation::Aggregate => {
            object = rows(components, model).may("take", take(u64::MAX));
            aggregate::add_sections(components, &mut object, model);
        }
        Operation::GroupBy => object = groups(components, model),
        Operation::Create => {
            object = object.must(
                "data",
                components.refer(Part::Create(model, Purpose::OUTERMOST)),
            );
        }
        Operation::CreateMany | Operation::CreateManyAndReturn => {
            let one = components.refer(Part::Create(model, Purpose::FLAT));
            object = object.must(
                "data",
                any_of([one.clone(), list(one, limits.written_rows)]),
            );
            if !model.is_polymorphic() {
                object.add("skipDuplicates", json!({ "type": "boolean" }));
            }
        }
        Operation::Update => {
            object = object
                .must("where", components.refer(Part::WhereUnique(model)))
                .must(
                    "data",
                    components.refer(Part::Update(model, Purpose::OUTERMOST)),
                );
        }
        Operation::UpdateMany | Operation::UpdateManyAndReturn => {
            object = object
                .may("where", found)
                .must("data", components.refer(Part::Update(model, Purpose::FLAT)));
            // Rows in several tables are changed one table after the other.
            if !model.is_polymorphic() {
                object.add("limit", limit());
            }
        }
        Operation::Upsert => {
            object = object
                .must("where", components.refer(Part::WhereUnique(model)))
                .must(
                    "create",
                    components.refer(Part::Create(model, Purpose::OUTERMOST)),
                )
                .must(
                    "update",
                    components.refer(Part::Update(model, Purpose::OUTERMOST)),
                );
        }
        Operation::DeleteMany => {
            object = object.may("where", found);
            if !model.is_polymorphic() {
                object.add("limit", limit());
            }
        }
    }
    let has_body = Route::of(operation.name()).is_ok_and(Route::has_body);
    if has_body {
        object.add("meta", answers::meta());
    }
    let selects = gives_rows(operation);
    match selects {
        Selects::Nothing => object.schema(),
        Selects::Related => {
            selection::add(components, &mut object, model);
            selection::exclusive(object)
        }
        Selects::Fields => {
            object.add("select", or_null(components.refer(Part::Select(model))));
            object.add("omit", or_null(components.refer(Part::Omit(model))));
            selection::exclusive(object)
        }
    }
}

/// What of rows can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selects {
    /// There are no rows in the answer.
    Nothing,
    /// Fields.
    Fields,
    /// Fields and related rows.
    Related,
}

fn gives_rows(operation: Operation) -> Selects {
    match operation {
        Operation::FindMany
        | Operation::FindFirst
        | Operation::FindFirstOrThrow
        | Operation::FindUnique
        | Operation::FindUniqueOrThrow
        | Operation::Create
        | Operation::Update
        | Operation::Upsert
        | Operation::Delete => Selects::Related,
        Operation::CreateManyAndReturn | Operation::UpdateManyAndReturn => Selects::Fields,
        Operation::Exists
        | Operation::Check
        | Operation::Count
        | Operation::Aggregate
        | Operation::GroupBy
        | Operation::CreateMany
        | Operation::UpdateMany
        | Operation::DeleteMany => Selects::Nothing,
    }
}

/// Values of a row that is not there.
fn known<'s>(components: &mut Components<'s>, model: &'s Model) -> Json {
    let fields: Vec<_> = components.scope.columns(model).collect();
    let mut object = Object::default();
    for field in fields.into_iter().filter(|field| can_be_known(field)) {
        object.add(&field.name, values::one_or_null(components, model, field));
    }
    object.schema()
}

/// Which rows are counted.
fn rows<'s>(components: &mut Components<'s>, model: &'s Model) -> Object {
    let keys = components.scope.limits().order_keys;
    let key = components.refer(Part::OrderBy(model));
    Object::default()
        .may("where", components.refer(Part::Where(model)))
        .may("orderBy", one_or_many(key, keys))
        .may(
            "skip",
            json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX }),
        )
}

fn groups<'s>(components: &mut Components<'s>, model: &'s Model) -> Object {
    let limits = *components.scope.limits();
    let names = components
        .scope
        .sought(model)
        .map(|field| field.name.as_str());
    let name = one_of_texts(names);
    let several = with(list(name.clone(), limits.list), "minItems", 1);
    let key = components.refer(Part::GroupOrder(model));
    let mut object = rows(components, model)
        .may("orderBy", one_or_many(key, limits.order_keys))
        .may("take", take(limits.rows))
        .may("having", components.refer(Part::Having(model)))
        .must("by", any_of([name, several]));
    aggregate::add_sections(components, &mut object, model);
    object
}

fn limit() -> Json {
    json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX })
}

/// What an operation gives.
fn answer<'s>(components: &mut Components<'s>, model: &'s Model, operation: Operation) -> Json {
    let row = components.refer(Part::Row(model));
    match operation {
        Operation::FindMany | Operation::CreateManyAndReturn | Operation::UpdateManyAndReturn => {
            with(json!({ "type": "array" }), "items", row)
        }
        Operation::FindFirst
        | Operation::FindFirstOrThrow
        | Operation::FindUnique
        | Operation::FindUniqueOrThrow => or_null(row),
        Operation::Create | Operation::Update | Operation::Upsert | Operation::Delete => row,
        Operation::Exists | Operation::Check => json!({ "type": "boolean" }),
        Operation::Count => {
            let by_field = aggregate::count();
            any_of([
                aggregate::count(),
                json!({ "type": "object", "additionalProperties": by_field }),
            ])
        }
        Operation::Aggregate => aggregate::results(components, model).schema(),
        Operation::GroupBy => aggregate::groups(components, model),
        Operation::CreateMany | Operation::UpdateMany | Operation::DeleteMany => {
            Object::default().must("count", aggregate::count()).schema()
        }
    }
}

fn summary(operation: Operation) -> &'static str {
    match operation {
        Operation::FindMany => "Find rows",
        Operation::FindFirst | Operation::FindFirstOrThrow => "Find the first of several rows",
        Operation::FindUnique | Operation::FindUniqueOrThrow => "Find a row by a unique key",
        Operation::Exists => "Ask whether there is such a row",
        Operation::Check => "Ask whether the access rules could admit something",
        Operation::Count => "Count rows",
        Operation::Aggregate => "Sum up rows",
        Operation::GroupBy => "Sum up groups of rows",
        Operation::Create => "Add a row, and rows that belong to it",
        Operation::CreateMany => "Add rows",
        Operation::CreateManyAndReturn => "Add rows, and get them",
        Operation::Update => "Change a row, and rows that belong to it",
        Operation::UpdateMany => "Change rows",
        Operation::UpdateManyAndReturn => "Change rows, and get them",
        Operation::Upsert => "Change a row, or add it",
        Operation::Delete => "Remove a row",
        Operation::DeleteMany => "Remove rows",
    }
}

fn gives(operation: Operation) -> &'static str {
    match operation {
        Operation::FindMany => "The rows that the person who asks may see.",
        Operation::FindFirst
        | Operation::FindFirstOrThrow
        | Operation::FindUnique
        | Operation::FindUniqueOrThrow => "The row, or null.",
        Operation::Exists => "Whether there is one.",
        Operation::Check => "False where they cannot, whatever else the row holds.",
        Operation::Count => "How many there are.",
        Operation::Aggregate => "The values.",
        Operation::GroupBy => "The groups.",
        Operation::Create | Operation::Update | Operation::Upsert => "The row as it is now.",
        Operation::Delete => "The row as it was.",
        Operation::CreateManyAndReturn | Operation::UpdateManyAndReturn => {
            "Those of the rows that the person who asks may see."
        }
        Operation::CreateMany | Operation::UpdateMany | Operation::DeleteMany => "How many rows.",
    }
}

/// `$transaction/sequential`
fn sequential(components: &mut Components<'_>, tag: &str) -> Json {
    let models: Vec<_> = components
        .scope
        .models()
        .map(|model| model.name.as_str())
        .collect();
    let operations = Operation::ALL
        .into_iter()
        .filter(|operation| {
            let version = components.scope.engine().dialect_version;
            Route::of(operation.name()).is_ok() && operation.is_of(version)
        })
        .map(Operation::name);
    let step = Object::default()
        .must("model", one_of_texts(models))
        .must("op", one_of_texts(operations))
        .may(
            "args",
            json!({ "type": ["object", "null"], "description": "The arguments of the operation." }),
        );
    let steps = json!({
        "type": "array",
        "items": step.open(),
        "minItems": 1,
        "maxItems": components.scope.limits().calls,
    });
    let steps = components.add("rpc.Transaction", steps);
    let data = answers::enveloped(json!({ "type": "array" }));
    let success = (200, "What each of them gave.", data);
    json!({
        "tags": [tag],
        "operationId": "transaction_sequential",
        "summary": "Do several operations as one",
        "requestBody": { "required": true, "content": { "application/json": { "schema": steps } } },
        "responses": responses(Style::Rpc, success, true),
    })
}

/// `$procs/{name}`
pub(super) fn of_procedure<'s>(
    components: &mut Components<'s>,
    procedure: &'s Procedure,
    style: Style,
) -> Json {
    let mut args = Object::default();
    for parameter in &procedure.parameters {
        let schema = values::taken(components, &parameter.takes);
        if parameter.optional {
            args.add(&parameter.name, or_null(schema));
        } else {
            args = args.must(&parameter.name, schema);
        }
    }
    let needs = procedure.parameters.iter().any(|one| !one.optional);
    let sent = match needs {
        true => Object::default().must("args", args.schema()),
        false => Object::default().may("args", args.schema()),
    };
    // Whatever a row of a model may be: the program says which of its fields it gives.
    let data = match &procedure.returns.kind {
        ValueKind::Nothing => json!({ "type": "null" }),
        _ => json!({}),
    };
    let success = (200, "What it gave.", answers::enveloped(data));
    let mut described = json!({
        "tags": ["Procedures"],
        "operationId": format!("{}_{}", style.of_procedures(), procedure.name),
        "summary": format!("Call `{}`", procedure.name),
        "responses": match procedure.mutation {
            true => responses(style, success, true),
            false => answers::of_read(style, success),
        },
    });
    if let Some(doc) = &procedure.doc {
        described = with(described, "description", doc.trim());
    }
    if procedure.mutation {
        let sent = sent.may("meta", answers::meta()).schema();
        let body =
            json!({ "required": needs, "content": { "application/json": { "schema": sent } } });
        return json!({ "post": with(described, "requestBody", body) });
    }
    json!({ "get": with(described, "parameters", parameters(&sent.schema(), needs)) })
}
