//! Answers: the envelopes of both styles, and what stands in them where something is wrong.
//!
//! Source: contract zenstack §4.2 and §4.4.

use serde_json::{Map, Value as Json, json};

use super::components::Components;
use super::json_schema::{Object, any_of, described, one_of_texts, reference, with};
use crate::policy::DialectVersion;

/// What a status means where a request is not answered with data, in the order of the statuses.
const REFUSALS: [(u16, &str); 10] = [
    (
        400,
        "The request is none that there is, or the database refuses it: a value that is unique is taken, a row is referred to.",
    ),
    (401, "The token in the header is of no session."),
    (
        403,
        "The access rules refuse it, or another site made the browser send it.",
    ),
    (404, "There is no such row, or nobody who asks may see it."),
    (413, "The body is too large."),
    (414, "The query is too long."),
    (415, "The body is not of the type `application/json`."),
    (
        422,
        "What was sent does not fit the schema, breaks its rules, or asks for too much.",
    ),
    (431, "The head of the request is too large."),
    (
        503,
        "The database is not there, or takes too long. The same request may work soon.",
    ),
];

/// A style of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Rpc,
    Rest,
}

impl Style {
    /// What names of operations begin with that call procedures.
    pub(super) fn of_procedures(self) -> &'static str {
        match self {
            Self::Rpc => "procedure",
            Self::Rest => "rest_procedure",
        }
    }

    fn refusal(self) -> &'static str {
        match self {
            Self::Rpc => "rpc.Error",
            Self::Rest => "rest.Errors",
        }
    }

    /// The name of an answer without data.
    fn answer(self, status: u16) -> String {
        match self {
            Self::Rpc => format!("rpc.{status}"),
            Self::Rest => format!("rest.{status}"),
        }
    }
}

/// The answers to a request: with data, and without.
pub(super) fn responses(style: Style, success: (u16, &str, Json), has_body: bool) -> Json {
    let (status, text, schema) = success;
    let mut responses = Map::new();
    responses.insert(status.to_string(), response(text, &schema));
    for (status, _) in REFUSALS {
        // A request without a body has none that is too large, or of another type.
        if has_body || !matches!(status, 413 | 415) {
            let to = format!("#/components/responses/{}", style.answer(status));
            responses.insert(status.to_string(), json!({ "$ref": to }));
        }
    }
    Json::Object(responses)
}

/// The answers to a read: also to whoever has the same bytes already.
pub(super) fn of_read(style: Style, success: (u16, &str, Json)) -> Json {
    let text = "Nothing is new: `If-None-Match` names the `ETag` of this answer.";
    let answers = responses(style, success, false);
    with(answers, "304", json!({ "description": text }))
}

/// The answers without data, by their names.
pub(super) fn refusals(style: Style) -> impl Iterator<Item = (String, Json)> {
    let schema = reference(style.refusal());
    REFUSALS.into_iter().map(move |(status, text)| {
        let answer = match status {
            // Nobody has read so far as to know the style.
            431 => json!({ "description": text }),
            _ => response(text, &schema),
        };
        (style.answer(status), answer)
    })
}

fn response(text: &str, schema: &Json) -> Json {
    json!({ "description": text, "content": { "application/json": { "schema": schema } } })
}

/// Adds what the answers of a style refer to.
pub(super) fn add(components: &mut Components<'_>, style: Style) {
    let serialization = Object::default()
        .may("values", json!({ "type": ["object", "array"] }))
        .open();
    let text = "What JSON has no form for, as the library superjson writes it: for each place what the value there is.";
    components.add("Serialization", described(serialization, Some(text)));
    match style {
        Style::Rpc => components.add("rpc.Error", rpc(components.scope.engine().dialect_version)),
        Style::Rest => components.add("rest.Errors", rest()),
    };
}

/// `{"error": {"message", "reason", …}}`
fn rpc(version: DialectVersion) -> Json {
    let text = || json!({ "type": "string" });
    let error = Object::default()
        .must("message", described(text(), Some("For people.")))
        .may("reason", described(text(), Some("For programs: `invalid-input`, `not-found`, `rejected-by-policy`, `db-query-error`, …")));
    let error = match version {
        DialectVersion::Three => error
            .may("model", json!({ "type": ["string", "null"] }))
            .may("rejectedByPolicy", json!({ "type": "boolean" }))
            .may(
                "rejectReason",
                one_of_texts(["no-access", "cannot-read-back", "other"]),
            )
            .may("rejectedByValidation", json!({ "type": "boolean" }))
            .may("dbErrorCode", json!({ "type": ["string", "null"] })),
        DialectVersion::Two => error
            .may("prisma", json!({ "type": "boolean" }))
            .may("code", text())
            .may("rejectedByPolicy", json!({ "type": "boolean" }))
            .may("rejectedByValidation", json!({ "type": "boolean" }))
            .may("zodErrors", json!({ "type": "object" })),
    };
    Object::default().must("error", error.schema()).schema()
}

/// `{"errors": [{"status", "code", "title", "detail"}]}`
fn rest() -> Json {
    let text = || json!({ "type": "string" });
    let error = Object::default()
        .must("status", json!({ "type": "integer" }))
        .must("code", text())
        .must("title", text())
        .may("detail", text())
        .may("reason", text())
        .may("dbErrorCode", text())
        .may("prismaCode", text());
    let errors = json!({ "type": "array", "items": error.schema(), "minItems": 1 });
    Object::default().must("errors", errors).schema()
}

/// `{"data": …, "meta": {"serialization": …}}`
pub(super) fn enveloped(data: Json) -> Json {
    Object::default()
        .must("data", data)
        .may("meta", meta())
        .schema()
}

/// What stands beside arguments and answers.
pub(super) fn meta() -> Json {
    let serialization = any_of([reference("Serialization"), json!({ "type": "null" })]);
    // Whatever else it is says nothing.
    json!({ "properties": { "serialization": serialization } })
}
