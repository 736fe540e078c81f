//! The routes as OpenAPI describes them: a part of a document, made of the table that `dispatch` goes by.
//!
//! Source: OpenAPI 3.1.1.

use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::dispatch::is_offered;
use crate::path::Action;
use crate::request::Verb;
use crate::routes::{Field, Follows, Gives, ROUTES, Row};

/// The group of the routes.
const TAG: &str = "Sign-in";
const ABOUT: &str = "Signing in and out, and what belongs to an account. A browser sends the token of `csrf` back as `csrfToken` with \
                     each form, and the cookie that came with it. Whoever sends the header `X-Auth-Return-Redirect` gets redirects as \
                     JSON: `{\"url\"}`.";

/// The paths of what is configured, and how a request says who sends it.
pub(crate) fn part(ctx: &Context) -> Value {
    let mut paths = Map::new();
    for row in ROUTES.iter().filter(|row| is_offered(ctx, row.action)) {
        let Some((path, operation)) = operation(ctx, row) else {
            continue;
        };
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(methods) = item.as_object_mut() {
            methods.insert(method(row.verb).to_owned(), operation);
        }
    }
    json!({
        "tags": [{ "name": TAG, "description": ABOUT }],
        "paths": paths,
        "components": {
            "schemas": {
                "auth.Error": {
                    "type": "object",
                    "properties": {
                        "error": { "type": "string", "description": "For programs." },
                        "message": { "type": "string", "description": "For people." },
                    },
                },
            },
            "responses": refusals(&paths),
            "securitySchemes": schemes(ctx),
        },
        "security": cookies(ctx),
    })
}

/// The scheme of keys that only servers have.
const SERVER: &str = "server";

/// A scheme for each name that the cookie may have: browsers send it over TLS under another one. And one for other servers,
/// where they are answered.
fn schemes(ctx: &Context) -> Value {
    let names = ctx.cookies.session_names();
    let schemes = names.iter().enumerate().map(|(number, name)| {
        let about = json!({
            "type": "apiKey",
            "in": "cookie",
            "name": name,
            "description": "The token of a session, as signing in sets it.",
        });
        (scheme(number), about)
    });
    let mut schemes: Map<_, _> = schemes.collect();
    if is_offered(ctx, Action::AccessToken) {
        let about =
            json!({ "type": "http", "scheme": "bearer", "description": "A key for servers." });
        schemes.insert(SERVER.to_owned(), about);
    }
    Value::Object(schemes)
}

/// The name of the scheme of a cookie.
fn scheme(number: usize) -> String {
    match number {
        0 => "session".to_owned(),
        number => format!("session{}", number + 1),
    }
}

/// Each cookie as one way to say who asks.
fn cookies(ctx: &Context) -> Vec<Value> {
    let count = ctx.cookies.session_names().len();
    (0..count)
        .map(|number| json!({ scheme(number): [] }))
        .collect()
}

/// Who may ask: routes of sign-in go by cookies, also where the data has other ways.
fn security(ctx: &Context, action: Action) -> Vec<Value> {
    let mut ways = cookies(ctx);
    match action {
        // Both are needed: see `flows::access_token`.
        Action::AccessToken => {
            for way in ways.iter_mut().filter_map(Value::as_object_mut) {
                way.insert(SERVER.to_owned(), json!([]));
            }
            ways
        }
        // The token in the body says who asks.
        Action::BackchannelLogout => vec![json!({})],
        _ => {
            ways.insert(0, json!({}));
            ways
        }
    }
}

fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
    }
}

/// The path of a row and what it takes; none where no provider could follow that is configured.
fn operation(ctx: &Context, row: &Row) -> Option<(String, Value)> {
    let mut path = format!("{}/{}", ctx.settings.base_path, row.action.path());
    let mut parameters = Vec::new();
    if let Follows::Provider(is_of_kind) = row.provider {
        let ids = ctx.providers.iter().filter(|provider| is_of_kind(provider));
        let ids: Vec<_> = ids.map(|provider| provider.id()).collect();
        if ids.is_empty() {
            return None;
        }
        path.push_str("/{provider}");
        parameters.push(json!({
            "name": "provider",
            "in": "path",
            "required": true,
            "schema": { "type": "string", "enum": ids },
        }));
    }
    if row.verb == Verb::Get {
        parameters.extend(row.fields.iter().map(parameter));
    }
    let mut operation = json!({
        "tags": [TAG],
        "operationId": format!("auth_{}_{}", method(row.verb), row.action.path().replace(['/', '-'], "_")),
        "summary": row.summary,
        "parameters": parameters,
        "security": security(ctx, row.action),
        "responses": responses(row),
    });
    if let (Verb::Post, Some(members)) = (row.verb, operation.as_object_mut()) {
        members.insert("requestBody".to_owned(), body(row));
    }
    Some((path, operation))
}

fn parameter(field: &Field) -> Value {
    json!({
        "name": field.name,
        "in": "query",
        "required": field.is_required,
        "schema": { "type": "string" },
        "description": field.text,
    })
}

/// A form, or the same as JSON.
fn body(row: &Row) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    // Other servers have no cookie that a form of another site could use.
    let csrf = (!row.action.is_for_servers()).then_some(Field {
        name: "csrfToken",
        is_required: true,
        text: "The token of `csrf`.",
    });
    for field in csrf.iter().chain(row.fields) {
        let schema = json!({ "type": "string", "description": field.text });
        properties.insert(field.name.to_owned(), schema);
        if field.is_required {
            required.push(field.name);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if let (false, Some(members)) = (required.is_empty(), schema.as_object_mut()) {
        members.insert("required".to_owned(), json!(required));
    }
    json!({
        "content": {
            "application/x-www-form-urlencoded": { "schema": schema },
            "application/json": { "schema": schema },
        },
    })
}

/// What comes back: also the page that a redirect leads to, for whoever follows it.
fn responses(row: &Row) -> Value {
    let data = json!({ "application/json": { "schema": {} } });
    let page = json!({ "text/html": { "schema": { "type": "string" } } });
    let both = json!({
        "text/html": { "schema": { "type": "string" } },
        "application/json": { "schema": {} },
    });
    let (text, content) = match row.gives {
        Gives::Data => ("The data.", data),
        Gives::Page => ("The page.", page),
        Gives::PageOrData => ("The page, or for programs the data.", both),
        Gives::Redirect => (
            "The target of a redirect as JSON, or a page that asks further.",
            both,
        ),
    };
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({ "description": text, "content": content }),
    );
    for (status, _) in REFUSALS.iter().filter(|(status, _)| may_give(row, *status)) {
        let to = format!("#/components/responses/auth.{status}");
        responses.insert(status.to_string(), json!({ "$ref": to }));
    }
    Value::Object(responses)
}

/// Whether a route may give this answer.
fn may_give(row: &Row, status: u16) -> bool {
    match status {
        // Servers follow no redirects.
        302 => !row.action.is_for_servers(),
        400 | 500 | 503 => true,
        413 => row.verb == Verb::Post,
        status => row.refusals().contains(&status),
    }
}

/// What answers without data mean.
const REFUSALS: [(u16, &str); 12] = [
    (302, "It goes on elsewhere, or what is wrong is told there."),
    (
        400,
        "The request is none that there is, or something in it is wrong.",
    ),
    (
        401,
        "Nobody is signed in, or no key of a server came along.",
    ),
    (403, "It is not allowed."),
    (404, "There is no such thing."),
    (409, "It cannot be so with what there is already."),
    (413, "The body is larger than 1 MiB."),
    (422, "What was sent breaks a rule; the message says which."),
    (
        429,
        "This was tried too often. `Retry-After` says when to try again.",
    ),
    (
        500,
        "A setting is wrong, or something failed here; the log says what.",
    ),
    (502, "The other service does not answer as it should."),
    (
        503,
        "The database is not there. The same request may work soon.",
    ),
];

/// Those that some route may give.
fn refusals(paths: &Map<String, Value>) -> Value {
    let operations = || paths.values().filter_map(Value::as_object);
    let is_given = |status: u16| {
        let mut all = operations().flat_map(Map::values);
        all.any(|one| {
            one.get("responses")
                .and_then(|all| all.get(status.to_string()))
                .is_some()
        })
    };
    let given = REFUSALS.iter().filter(|(status, _)| is_given(*status));
    let answers = given.map(|(status, text)| {
        let mut answer = json!({ "description": text });
        if let (false, Some(members)) = (*status == 302, answer.as_object_mut()) {
            let error = json!({ "anyOf": [{ "$ref": "#/components/schemas/auth.Error" }, { "type": ["string", "null"] }] });
            let content = json!({
                "application/json": { "schema": error },
                "text/html": { "schema": { "type": "string" } },
            });
            members.insert("content".to_owned(), content);
        }
        (format!("auth.{status}"), answer)
    });
    Value::Object(answers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_a_route_has_its_words() {
        for row in ROUTES {
            for status in row.refusals() {
                let is_told = REFUSALS.iter().any(|(told, _)| told == status);
                assert!(is_told, "{:?} {:?} {status}", row.verb, row.action);
                assert!(may_give(row, *status));
            }
        }
    }
}
