//! The document as a page: plain HTML that works without JavaScript and loads nothing from anywhere.

mod example;
mod kind;
mod text;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use kind::Piece;
use text::{Block, Inline};

const STYLE: &str = include_str!("../../../../templates/api.css");
const METHODS: [(&str, &str); 5] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
];

/// A page, and the policy under which browsers show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// HTML.
    pub html: String,
    /// The value of `Content-Security-Policy`: it shows its own style, and nothing else.
    pub policy: String,
}

/// The page of an OpenAPI document, as [`document`](super::document) makes them. `source` is where the document itself is.
pub fn page(document: &Json, source: &str) -> Page {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let template = ApiTemplate {
        style: STYLE,
        source,
        title: string(document.pointer("/info/title")),
        version: string(document.pointer("/info/version")),
        description: described(document.get("info")),
        groups: groups(document),
        schemas: schemas(document),
    };
    Page {
        // Writing to text cannot fail, and a test renders the page.
        html: template.render().unwrap_or_default(),
        policy: format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
}

#[derive(Template)]
#[template(path = "api.html")]
struct ApiTemplate<'d> {
    style: &'static str,
    source: &'d str,
    title: &'d str,
    version: &'d str,
    description: Vec<Block>,
    groups: Vec<Group<'d>>,
    schemas: Vec<Schema<'d>>,
}

/// The operations of a tag.
struct Group<'d> {
    name: &'d str,
    description: Vec<Block>,
    operations: Vec<Operation<'d>>,
}

/// An operation.
struct Operation<'d> {
    method: &'static str,
    path: &'d str,
    summary: &'d str,
    description: Vec<Block>,
    parameters: Vec<&'d Json>,
    /// What stands in the query and the path.
    members: Vec<Member<'d>>,
    /// The type of the body, and its schema.
    body: Option<(&'d str, &'d Json)>,
    /// What the body is, where there is one.
    sent: Vec<Piece>,
    answers: Vec<Answer<'d>>,
    /// Ways to say who asks, as the document has them.
    security: Option<&'d Json>,
    command: String,
}

/// What is sent.
struct Member<'d> {
    name: &'d str,
    place: &'d str,
    is_required: bool,
    kind: Vec<Piece>,
    description: Vec<Block>,
}

/// What comes back.
struct Answer<'d> {
    status: &'d str,
    description: &'d str,
    kind: Vec<Piece>,
}

/// A schema with a name.
struct Schema<'d> {
    name: &'d str,
    description: Vec<Block>,
    /// Where it is no object: what it is.
    kind: Vec<Piece>,
    /// The ways that it may look, each with its members.
    ways: Vec<Vec<Member<'d>>>,
}

fn groups(document: &Json) -> Vec<Group<'_>> {
    let tags = document.get("tags").and_then(Json::as_array);
    let tags = tags.into_iter().flatten();
    let groups = tags.map(|tag| {
        let name = string(tag.get("name"));
        Group {
            name,
            description: described(Some(tag)),
            operations: operations(document, name),
        }
    });
    groups
        .filter(|group| !group.operations.is_empty())
        .collect()
}

fn operations<'d>(document: &'d Json, tag: &str) -> Vec<Operation<'d>> {
    let paths = document.get("paths").and_then(Json::as_object);
    let mut found = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for (key, method) in METHODS {
            let Some(operation) = item.get(key) else {
                continue;
            };
            if operation.pointer("/tags/0").and_then(Json::as_str) == Some(tag) {
                found.push(read(document, path, item, method, operation));
            }
        }
    }
    found
}

fn read<'d>(
    document: &'d Json,
    path: &'d str,
    item: &'d Json,
    method: &'static str,
    operation: &'d Json,
) -> Operation<'d> {
    let of = |value: &'d Json| value.get("parameters").and_then(Json::as_array);
    let all = of(item).into_iter().chain(of(operation)).flatten();
    let parameters: Vec<_> = all.map(|one| resolved(document, one)).collect();
    let body = operation
        .pointer("/requestBody/content")
        .and_then(Json::as_object);
    let body = body.and_then(|kinds| kinds.iter().next());
    let body = body.and_then(|(kind, content)| Some((kind.as_str(), content.get("schema")?)));
    let responses = operation.get("responses").and_then(Json::as_object);
    let answers = responses.into_iter().flatten().map(|(status, response)| {
        let response = resolved(document, response);
        let content = response.get("content").and_then(Json::as_object);
        let schema = content.and_then(|kinds| kinds.values().find_map(|one| one.get("schema")));
        Answer {
            status,
            description: string(response.get("description")),
            kind: schema.map(kind::of).unwrap_or_default(),
        }
    });
    let mut read = Operation {
        method,
        path,
        summary: string(operation.get("summary")),
        description: described(Some(operation)),
        members: parameters.iter().map(|one| member(one)).collect(),
        parameters,
        body,
        sent: body.map(|(_, schema)| kind::of(schema)).unwrap_or_default(),
        answers: answers.collect(),
        security: operation
            .get("security")
            .or_else(|| document.get("security")),
        command: String::new(),
    };
    read.command = example::command(document, &read);
    read
}

fn member(parameter: &Json) -> Member<'_> {
    Member {
        name: string(parameter.get("name")),
        place: string(parameter.get("in")),
        is_required: parameter.get("required") == Some(&Json::Bool(true)),
        kind: kind::of(schema_of(parameter)),
        description: described(Some(parameter)),
    }
}

/// The schema of a parameter, which may be a document of its own.
fn schema_of(parameter: &Json) -> &Json {
    let own = parameter.get("schema");
    let inner = || parameter.pointer("/content/application~1json/schema");
    own.or_else(inner).unwrap_or(&Json::Null)
}

fn schemas(document: &Json) -> Vec<Schema<'_>> {
    let all = document
        .pointer("/components/schemas")
        .and_then(Json::as_object);
    let all = all.into_iter().flatten();
    let all = all.map(|(name, schema)| {
        let choices = schema.get("anyOf").and_then(Json::as_array);
        let choices = choices.filter(|_| schema.get("properties").is_none());
        let objects = choices.into_iter().flatten().chain([schema]);
        let ways: Vec<_> = objects.filter_map(members).collect();
        Schema {
            name,
            description: described(Some(schema)),
            kind: match ways.is_empty() || choices.is_some_and(|all| all.len() != ways.len()) {
                true => kind::of(schema),
                false => Vec::new(),
            },
            ways,
        }
    });
    all.collect()
}

/// The members of an object.
fn members(schema: &Json) -> Option<Vec<Member<'_>>> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(Json::as_array);
    let members = properties.iter().map(|(name, schema)| Member {
        name,
        place: "",
        is_required: required.is_some_and(|names| names.iter().any(|one| one == name)),
        kind: kind::of(schema),
        description: described(Some(schema)),
    });
    Some(members.collect())
}

/// What a reference of a document leads to, or the value itself.
fn resolved<'d>(document: &'d Json, value: &'d Json) -> &'d Json {
    let to = value.get("$ref").and_then(Json::as_str);
    let to = to.and_then(|to| to.strip_prefix('#'));
    to.and_then(|to| document.pointer(to)).unwrap_or(value)
}

/// The name of the schema that a schema refers to.
fn reference(schema: &Json) -> Option<&str> {
    let to = schema.get("$ref")?.as_str()?;
    to.strip_prefix("#/components/schemas/")
}

fn described(value: Option<&Json>) -> Vec<Block> {
    text::blocks(string(value.and_then(|value| value.get("description"))))
}

fn string(value: Option<&Json>) -> &str {
    value.and_then(Json::as_str).unwrap_or_default()
}
