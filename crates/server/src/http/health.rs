//! `/health`: the process runs. `/ready`: the database answers too.

use std::future::Future;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

/// How long the database may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The two routes. `is_ready` asks the database.
pub(crate) fn routes<F, A>(is_ready: F) -> Router
where
    F: Fn() -> A + Clone + Send + Sync + 'static,
    A: Future<Output = bool> + Send,
{
    let ready = move || {
        let answer = is_ready();
        async move {
            match tokio::time::timeout(PATIENCE, answer).await {
                Ok(true) => state(StatusCode::OK, "ok"),
                _ => state(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            }
        }
    };
    Router::new()
        .route("/health", get(async || state(StatusCode::OK, "ok")))
        .route("/ready", get(ready))
}

fn state(status: StatusCode, text: &'static str) -> Response {
    let headers = [(CACHE_CONTROL, "no-store")];
    (status, headers, Json(json!({ "status": text }))).into_response()
}
