//! The picture that browsers show beside the title. They ask for it unasked.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

/// `/favicon.ico`; by its type, not its name, browsers see that it is SVG.
pub(crate) fn routes() -> Router {
    const HEADERS: [(HeaderName, &str); 2] = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    Router::new().route(
        "/favicon.ico",
        get(async || (HEADERS, include_str!("../../templates/icon.svg"))),
    )
}
