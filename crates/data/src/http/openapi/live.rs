//! Live queries: a path for each model, whose answer goes on.

use hallpass_zmodel::schema::Model;
use serde_json::{Value as Json, json};

use super::answers::{Style, responses};
use super::components::Components;
use super::json_schema::{any_of, one_of_texts, reference};
use super::rpc::{has_operation, shared_meta, tag};
use crate::http::rest::uncapitalized;
use crate::http::rpc::route::Route;
use crate::operation::Operation;

/// The path, where the service follows queries and the model has any.
pub(super) fn path(
    components: &Components<'_>,
    prefix: &str,
    model: &Model,
) -> Option<(String, Json)> {
    let is_read = |operation: &Operation| {
        Route::of(operation.name()).is_ok_and(|route| route.is_read())
            && *operation != Operation::Check
            && has_operation(components, model, *operation)
    };
    let reads: Vec<_> = Operation::ALL.into_iter().filter(is_read).collect();
    if reads.is_empty() || !components.scope.is_live {
        return None;
    }
    let name = uncapitalized(&model.name);
    let operation = json!({
        "tags": [tag(model)],
        "operationId": format!("{name}_live"),
        "summary": "Follow a result",
        "description": "The result of a read, and then what changes in it, for as long as somebody listens: server-sent events \
            `result`, `change`, `ready` and `end`. A request with a header `Last-Event-ID` goes on where it was.",
        "parameters": parameters(model, &reads),
        "responses": answers(),
    });
    Some((format!("{prefix}/{name}/live"), json!({ "get": operation })))
}

fn parameters(model: &Model, reads: &[Operation]) -> Json {
    let arguments = reads
        .iter()
        .map(|read| reference(&format!("{}.{}", model.name, read.name())));
    json!([
        {
            "name": "q",
            "in": "query",
            "description": "The arguments of the read, as JSON.",
            "content": { "application/json": { "schema": any_of(arguments) } },
        },
        {
            "name": "operation",
            "in": "query",
            "description": "Which read; `findMany` when left out.",
            "schema": one_of_texts(reads.iter().map(|read| read.name())),
        },
        shared_meta(),
    ])
}

fn answers() -> Json {
    let mut answers = responses(Style::Rpc, (200, "Events", json!({})), false);
    if let Some(success) = answers.get_mut("200") {
        let events = json!({ "text/event-stream": { "schema": { "type": "string" } } });
        *success = json!({ "description": "Events", "content": events });
    }
    answers
}
