//! One log line a request.
//!
//! SECURITY: the query may hold a link's token, headers hold cookies; neither is logged.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Logs method, path, status and duration.
pub(super) async fn requests(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let duration_ms = start.elapsed().as_secs_f64() * 1000.0;
    let duration_ms = format_args!("{duration_ms:.1}");
    if status >= 500 {
        tracing::warn!(%method, path, status, %duration_ms, "request failed");
    } else {
        tracing::info!(%method, path, status, %duration_ms, "request");
    }
    response
}
