//! HTTP around the application: connections and their bounds, headers, logs, host names, health.
//!
//! Nothing here knows what the application does.

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
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use hosts::Hosts;

/// The largest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long a request may take, its body included. Longer than the database's own limits, so that what runs into
/// this one is a client that sends too slowly.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// Puts the bounds that every request has around a router. `health` is asked by machines that call us by any name.
pub(crate) fn guarded(router: Router, hosts: Hosts, health: Router) -> Router {
    health
        .merge(icon::routes())
        .fallback_service(router.layer(from_fn_with_state(hosts, hosts::check)))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIMEOUT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(security::headers))
        .layer(from_fn(log::requests))
}

#[cfg(test)]
mod tests;
