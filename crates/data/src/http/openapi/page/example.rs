//! Examples: the least that a schema takes, and commands that send it.

use serde_json::{Map, Value as Json, json};

use super::{Operation, reference};

/// Levels of an example.
const DEPTH: usize = 6;

/// A value that fits a schema.
pub(super) fn of(document: &Json, schema: &Json) -> Json {
    value(document, schema, DEPTH)
}

fn value(document: &Json, schema: &Json, depth: usize) -> Json {
    if depth == 0 {
        return json!({});
    }
    if let Some(name) = reference(schema) {
        let found = document
            .pointer("/components/schemas")
            .and_then(|all| all.get(name));
        return found.map_or(Json::Null, |schema| value(document, schema, depth - 1));
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
        return first.clone();
    }
    let choice = schema.get("anyOf").and_then(|all| all.get(0));
    if schema.get("properties").is_some() {
        return object(document, schema, choice, depth);
    }
    if let Some(first) = choice {
        return value(document, first, depth);
    }
    match schema
        .get("type")
        .map(|kind| kind.get(0).unwrap_or(kind))
        .and_then(Json::as_str)
    {
        Some("string") => json!(text(schema)),
        Some("integer" | "number") => {
            let least = schema.get("minimum").and_then(Json::as_i64).unwrap_or(1);
            json!(least.max(1))
        }
        Some("boolean") => json!(true),
        Some("array") => match schema.get("items") {
            Some(items) => json!([value(document, items, depth - 1)]),
            None => json!([]),
        },
        Some("null") => Json::Null,
        _ => json!({}),
    }
}

/// The members that must be there; those of the first of several ways too.
fn object(document: &Json, schema: &Json, choice: Option<&Json>, depth: usize) -> Json {
    let properties = schema.get("properties");
    let required = |of: &Json| {
        let names = of.get("required").and_then(Json::as_array);
        let names = names.into_iter().flatten().filter_map(Json::as_str);
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut names = required(schema);
    names.extend(choice.map(required).unwrap_or_default());
    let mut members = Map::new();
    for name in names {
        let inner = choice.and_then(|choice| choice.get("properties")?.get(&name));
        if let Some(schema) = inner.or_else(|| properties?.get(&name)) {
            members.insert(name, value(document, schema, depth - 1));
        }
    }
    Json::Object(members)
}

fn text(schema: &Json) -> &'static str {
    match schema.get("format").and_then(Json::as_str) {
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("time") => "12:00:00Z",
        Some("uuid") => "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        Some("email") => "ann@example.com",
        Some("uri") => "https://example.com",
        _ => "text",
    }
}

/// A command that sends a request.
pub(super) fn command(document: &Json, operation: &Operation<'_>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    for parameter in &operation.parameters {
        let name = parameter
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let place = parameter.get("in").and_then(Json::as_str);
        let schema = super::schema_of(parameter);
        let example = of(document, schema);
        match place {
            Some("path") => {
                let plain = example
                    .as_str()
                    .map_or_else(|| example.to_string(), str::to_owned);
                path = path.replace(&format!("{{{name}}}"), &plain);
            }
            Some("query") if name == "q" => {
                query.push(format!("q={}", arguments(document, schema)))
            }
            Some("query") if name == "page" => query.push("page[limit]=10".to_owned()),
            _ => {}
        }
    }
    let method = operation.method;
    let mut lines = vec![match (method, query.is_empty()) {
        ("GET", true) => format!("curl \"$URL{path}\""),
        ("GET", false) => format!("curl -G \"$URL{path}\""),
        (method, true) => format!("curl -X {method} \"$URL{path}\""),
        (method, false) => format!("curl -G -X {method} \"$URL{path}\""),
    }];
    lines.extend(credentials(document, operation.security));
    lines.extend(
        query
            .iter()
            .map(|pair| format!("--data-urlencode '{}'", quoted(pair))),
    );
    if let Some((kind, schema)) = operation.body {
        lines.push(format!("-H 'Content-Type: {kind}'"));
        lines.push(format!(
            "-d '{}'",
            quoted(&of(document, schema).to_string())
        ));
    }
    lines.join(" \\\n  ")
}

/// What says who asks: the first way that programs have, else the first there is.
///
/// A token in a header beside a cookie is another one, and named as its scheme is.
fn credentials(document: &Json, security: Option<&Json>) -> Vec<String> {
    let ways = security.and_then(Json::as_array).into_iter().flatten();
    let ways = ways
        .filter_map(Json::as_object)
        .filter(|way| !way.is_empty());
    let ways: Vec<Vec<_>> = ways
        .map(|way| {
            way.keys()
                .filter_map(|name| scheme(document, name))
                .collect()
        })
        .collect();
    let is_of_programs = |way: &&Vec<Scheme<'_>>| matches!(way[..], [Scheme::Bearer(_)]);
    let way = ways.iter().find(is_of_programs).or_else(|| ways.first());
    let is_alone = way.is_some_and(|way| way.len() == 1);
    let lines = way.into_iter().flatten().map(|scheme| match scheme {
        Scheme::Bearer(_) if is_alone => "-H \"Authorization: Bearer $TOKEN\"".to_owned(),
        Scheme::Bearer(name) => format!("-H \"Authorization: Bearer ${}\"", name.to_uppercase()),
        Scheme::Cookie(name) => format!("-b \"{name}=$TOKEN\""),
    });
    lines.collect()
}

/// A security scheme that commands can follow.
enum Scheme<'d> {
    /// By its name in the document.
    Bearer(&'d str),
    /// By the name of the cookie.
    Cookie(&'d str),
}

fn scheme<'d>(document: &'d Json, name: &'d str) -> Option<Scheme<'d>> {
    let all = document.pointer("/components/securitySchemes")?;
    let scheme = all.get(name)?;
    let text = |key: &str| scheme.get(key).and_then(Json::as_str);
    match (text("type")?, text("scheme"), text("in")) {
        ("http", Some("bearer"), _) => Some(Scheme::Bearer(name)),
        ("apiKey", _, Some("cookie")) => text("name").map(Scheme::Cookie),
        _ => None,
    }
}

/// Arguments of a read: some rows, where it gives several.
fn arguments(document: &Json, schema: &Json) -> Json {
    let mut example = of(document, schema);
    let named = reference(schema)
        .and_then(|name| document.pointer("/components/schemas")?.get(name))
        .unwrap_or(schema);
    let take = named.pointer("/properties/take/maximum");
    if let (Some(members), Some(_)) = (example.as_object_mut(), take) {
        members.insert("take".to_owned(), json!(10));
    }
    example
}

/// Within quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}
