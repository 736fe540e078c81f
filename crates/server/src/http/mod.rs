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
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use hosts::Hosts;

/// How long an answer may take once the request is there. Longer than the database's own limits, which say more.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// Puts the bounds that every request has around a router. `health` is asked by machines that call us by any name.
pub(crate) fn guarded(router: Router, hosts: Hosts, health: Router) -> Router {
    health
        .merge(icon::routes())
        .fallback_service(router.layer(from_fn_with_state(hosts, hosts::check)))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_TIMEOUT,
        ))
        .layer(from_fn(body::read))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(security::headers))
        .layer(from_fn(log::requests))
}

#[cfg(test)]
mod tests;
