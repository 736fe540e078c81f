//! One log line a request.
//!
//! What changes something or fails is told at `info` and above. Reads, most of them polls for the session, are told at
//! `debug`: written out for each, they cost as much as the answer.
//!
//! SECURITY: the query may hold a link's token, headers hold cookies, and paths of the REST style ids of rows; none is logged.

use std::time::Instant;

use axum::http::Method;
use axum::response::Response;

/// The line of one request: method, path, status and duration.
pub(super) struct Line {
    method: Method,
    path: String,
    start: Instant,
}

impl Line {
    /// Of a request whose path is told as `path`.
    pub(super) fn begin(method: &Method, path: &str) -> Self {
        Self {
            method: method.clone(),
            path: path.to_owned(),
            start: Instant::now(),
        }
    }

    pub(super) fn end(self, response: &Response) {
        let Self {
            method,
            path,
            start,
        } = self;
        let status = response.status().as_u16();
        let duration_ms = start.elapsed().as_secs_f64() * 1000.0;
        let duration_ms = format_args!("{duration_ms:.1}");
        if status >= 500 {
            tracing::warn!(%method, path, status, %duration_ms, "request failed");
        } else if method.is_safe() {
            tracing::debug!(%method, path, status, %duration_ms, "request");
        } else {
            tracing::info!(%method, path, status, %duration_ms, "request");
        }
    }
}
