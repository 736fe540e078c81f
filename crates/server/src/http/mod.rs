//! HTTP around the application: connections and their bounds, headers, logs, host names, health.
//!
//! Nothing here knows what the application does.

mod body;
pub(crate) mod connections;
pub(crate) mod health;
pub(crate) mod hosts;
mod icon;
mod log;
mod patience;
mod security;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use hosts::Hosts;

/// How long an answer may take once the request is there. Longer than the database's own limits, which say more.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// Puts the bounds that every request has around a router. `health` is asked by machines that call us by any name.
pub(crate) fn guarded(router: Router, hosts: Hosts, health: Router) -> Router {
    router
        // Named, so that merging keeps it and the check of the name around it.
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(from_fn_with_state(hosts, hosts::check))
        .merge(health)
        .merge(icon::routes())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_TIMEOUT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(edge))
}

/// What surrounds every request, in one layer, because each layer costs every request a box.
async fn edge(request: Request, next: Next) -> Response {
    let line = log::Line::begin(&request);
    let mut response = match body::read(request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    security::complete(response.headers_mut());
    line.end(&response);
    response
}

#[cfg(test)]
mod tests;
