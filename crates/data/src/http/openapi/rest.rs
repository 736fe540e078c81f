//! The REST style: paths of resources and of what they lead to.
//!
//! Source: contract zenstack §4.4.

use hallpass_zmodel::schema::ModelKind;
use serde_json::{Map, Value as Json, json};

use super::answers::{self, Style, responses};
use super::components::Components;
use super::json_schema::{Object, reference, with};
use super::resource::{Described, body_of_links, name_of};
use super::{parameters, resource, rules};
use crate::http::rest::{Relationship, Resources};

/// What a path is about.
struct Place<'d, 's> {
    described: &'d Described<'s>,
    /// Before what follows the id.
    path: String,
    /// `id`
    parameters: Vec<Json>,
}

/// The paths, and the tags that they are grouped by.
pub(super) fn add<'s>(
    components: &mut Components<'s>,
    prefix: &str,
    paths: &mut Map<String, Json>,
    tags: &mut Vec<Json>,
) {
    answers::add(components, Style::Rest);
    resource::add_shared(components);
    let resources = &components.scope.service.rest;
    let all: Vec<_> = resources
        .all()
        .filter_map(|one| Described::of(components.scope, one))
        .collect();
    for described in &all {
        resource::add(components, described);
        let model = described.model;
        tags.push(json!({ "name": model.name, "description": rules::of_model(model) }));
        let path = format!("{prefix}/{}", described.resource.segment);
        paths.insert(path.clone(), collection(components, described, &all));
        let place = Place {
            described,
            path: format!("{path}/{{id}}"),
            parameters: vec![parameters::id(components, described, "id")],
        };
        paths.insert(place.path.clone(), single(&place, &all));
        for relationship in &described.resource.relationships {
            add_relationship(components, &place, relationship, &all, paths);
        }
    }
    let procedures: Vec<_> = components.scope.procedures().collect();
    for procedure in procedures {
        let item = super::rpc::of_procedure(components, procedure, Style::Rest);
        paths.insert(format!("{prefix}/$procs/{}", procedure.name), item);
    }
}

/// `/todo`
fn collection<'s>(
    components: &mut Components<'s>,
    described: &Described<'s>,
    all: &[Described<'s>],
) -> Json {
    let name = name_of(described);
    let listed = parameters::of_list(components, described, all);
    let list = reference(&format!("{name}.List"));
    let mut item = json!({
        "get": reading(described, "list", "List resources", listed, (200, "A page of resources.", list)),
    });
    if described.can_be_added() {
        let read = parameters::of_one(described, all);
        let text = "Add a resource. A client may choose the id: as `data.id`, or among the attributes. With \
                    `\"meta\": {\"operation\": \"upsert\", \"matchFields\": [\"…\"]}` the resource that matches is changed instead.";
        let document = reference(&format!("{name}.Document"));
        let body = reference(&format!("{name}.New"));
        let add = operation(
            described,
            "add",
            "Add a resource",
            read,
            Some(body),
            (201, "The resource.", document),
        );
        item = with(item, "post", with(add, "description", text));
    }
    item
}

/// `/todo/{id}`
fn single<'s>(place: &Place<'_, 's>, all: &[Described<'s>]) -> Json {
    let described = place.described;
    let name = name_of(described);
    let document = || reference(&format!("{name}.Document"));
    let read = || parameters::of_one(described, all);
    let mut item = json!({
        "parameters": place.parameters,
        "get": reading(described, "get", "Get a resource", read(), (200, "The resource.", document())),
    });
    if described.is_writable() {
        let body = reference(&format!("{name}.Changes"));
        let change = operation(
            described,
            "change",
            "Change a resource",
            read(),
            Some(body),
            (200, "The resource.", document()),
        );
        let text = "What is not named stays as it is. `PUT` does the same.";
        item = with(item, "patch", with(change, "description", text));
        let gone = Object::default()
            .must("meta", json!({ "type": "object" }))
            .schema();
        let remove = operation(
            described,
            "remove",
            "Remove a resource",
            Vec::new(),
            None,
            (200, "It is gone.", gone),
        );
        item = with(item, "delete", remove);
    }
    item
}

/// `/todo/{id}/owner` and `/todo/{id}/relationships/owner`
fn add_relationship<'s>(
    components: &mut Components<'s>,
    place: &Place<'_, 's>,
    relationship: &Relationship,
    all: &[Described<'s>],
    paths: &mut Map<String, Json>,
) {
    let resources = &components.scope.service.rest;
    let target = target(resources, relationship, all);
    let Some(target) = target else { return };
    let name = &relationship.name;
    paths.insert(
        format!("{}/{name}", place.path),
        related(components, place, relationship, target, all),
    );
    paths.insert(
        format!("{}/relationships/{name}", place.path),
        links(components, place, relationship, target),
    );
    if resources.has_nested_routes() && relationship.is_many {
        let child = parameters::id(components, target, "childId");
        paths.insert(
            format!("{}/{name}/{{childId}}", place.path),
            within(place, relationship, target, child, all),
        );
    }
}

fn target<'d, 's>(
    resources: &Resources,
    relationship: &Relationship,
    all: &'d [Described<'s>],
) -> Option<&'d Described<'s>> {
    let target = resources.target(relationship)?;
    all.iter().find(|one| one.resource.model == target.model)
}

/// `/todo/{id}/owner`
fn related<'s>(
    components: &mut Components<'s>,
    place: &Place<'_, 's>,
    relationship: &Relationship,
    target: &Described<'s>,
    all: &[Described<'s>],
) -> Json {
    let name = name_of(target);
    let own = format!("get_{}", relationship.name);
    let summary = format!("Get what `{}` leads to", relationship.name);
    let (parameters, schema, text) = match relationship.is_many {
        true => (
            parameters::of_list(components, target, all),
            reference(&format!("{name}.List")),
            "A page of resources.",
        ),
        false => (
            parameters::of_one(target, all),
            reference(&format!("{name}.Document")),
            "The resource.",
        ),
    };
    let get = reading(
        place.described,
        &own,
        &summary,
        parameters,
        (200, text, schema),
    );
    let item = json!({ "parameters": place.parameters, "get": get });
    if !components.scope.service.rest.has_nested_routes() || !target.is_writable() {
        return item;
    }
    let document = reference(&format!("{name}.Document"));
    let read = parameters::of_one(target, all);
    if relationship.is_many && !target.can_be_added() {
        return item;
    }
    if relationship.is_many {
        let body = reference(&format!("{name}.New"));
        let own = format!("add_to_{}", relationship.name);
        let add = operation(
            place.described,
            &own,
            "Add a resource within",
            read,
            Some(body),
            (201, "The resource.", document),
        );
        return with(item, "post", add);
    }
    let body = reference(&format!("{name}.Changes"));
    let own = format!("change_{}_itself", relationship.name);
    let change = operation(
        place.described,
        &own,
        "Change the resource within",
        read,
        Some(body),
        (200, "The resource.", document),
    );
    with(item, "patch", change)
}

/// `/user/{id}/todos/{childId}`
fn within<'s>(
    place: &Place<'_, 's>,
    relationship: &Relationship,
    target: &Described<'s>,
    child: Json,
    all: &[Described<'s>],
) -> Json {
    let name = name_of(target);
    let relation = &relationship.name;
    let document = || reference(&format!("{name}.Document"));
    let read = || parameters::of_one(target, all);
    let mut parameters = place.parameters.clone();
    parameters.push(child);
    let get = reading(
        place.described,
        &format!("get_one_of_{relation}"),
        "Get a resource within",
        read(),
        (200, "The resource.", document()),
    );
    let mut item = json!({ "parameters": parameters, "get": get });
    if target.is_writable() {
        let body = reference(&format!("{name}.Changes"));
        let change = operation(
            place.described,
            &format!("change_one_of_{relation}"),
            "Change a resource within",
            read(),
            Some(body),
            (200, "The resource.", document()),
        );
        let gone = Object::default()
            .must("meta", json!({ "type": "object" }))
            .schema();
        let remove = operation(
            place.described,
            &format!("remove_one_of_{relation}"),
            "Remove a resource within",
            Vec::new(),
            None,
            (200, "It is gone.", gone),
        );
        item = with(with(item, "patch", change), "delete", remove);
    }
    item
}

/// `/todo/{id}/relationships/owner`
fn links<'s>(
    components: &mut Components<'s>,
    place: &Place<'_, 's>,
    relationship: &Relationship,
    target: &Described<'s>,
) -> Json {
    let relation = &relationship.name;
    let document = resource::links(target, relationship);
    let answer = || {
        (
            200,
            "The identifiers of what it leads to.",
            document.clone(),
        )
    };
    let parameters = match relationship.is_many {
        true => parameters::of_links(components, target),
        false => Vec::new(),
    };
    let get = reading(
        place.described,
        &format!("get_links_of_{relation}"),
        &format!("Get the identifiers of what `{relation}` leads to"),
        parameters,
        answer(),
    );
    let mut item = json!({ "parameters": place.parameters, "get": get });
    if !place.described.is_writable() || target.model.kind == ModelKind::View {
        return item;
    }
    let body = || Some(body_of_links(target, relationship));
    let mut say = |method: &str, verb: &str, summary: &str| {
        let own = format!("{verb}_links_of_{relation}");
        let changed = operation(place.described, &own, summary, Vec::new(), body(), answer());
        item = with(std::mem::take(&mut item), method, changed);
    };
    if relationship.is_many {
        say("post", "add", &format!("Add to `{relation}`"));
        say("delete", "remove", &format!("Take from `{relation}`"));
    }
    say(
        "patch",
        "replace",
        &format!("Replace what `{relation}` leads to"),
    );
    item
}

/// A read.
fn reading(
    described: &Described<'_>,
    own: &str,
    summary: &str,
    parameters: Vec<Json>,
    success: (u16, &str, Json),
) -> Json {
    let answers = answers::of_read(Style::Rest, success.clone());
    let operation = operation(described, own, summary, parameters, None, success);
    with(operation, "responses", answers)
}

fn operation(
    described: &Described<'_>,
    own: &str,
    summary: &str,
    parameters: Vec<Json>,
    body: Option<Json>,
    success: (u16, &str, Json),
) -> Json {
    let mut operation = json!({
        "tags": [described.model.name],
        "operationId": format!("rest_{}_{own}", described.resource.segment),
        "summary": summary,
        "responses": responses(Style::Rest, success, body.is_some()),
    });
    if !parameters.is_empty() {
        operation = with(operation, "parameters", parameters);
    }
    if let Some(schema) = body {
        let content = json!({ "application/json": { "schema": schema } });
        operation = with(
            operation,
            "requestBody",
            json!({ "required": true, "content": content }),
        );
    }
    operation
}
