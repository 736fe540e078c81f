//! One log line a request.
//!
//! What changes how somebody signs in, what is refused, and what fails is told at `info` and above. Reads, most of them polls for
//! the session, and the rows that an application writes are told at `debug`: written out for each, they cost as much as the
//! answer. Who changed which row is the change log's to tell.
//!
//! SECURITY: the query may hold a link's token, headers hold cookies, and paths of the REST style ids of rows; none is logged.

use std::time::Instant;

use axum::http::Method;
use axum::response::Response;
use tracing::Level;

/// The line of one request: method, path, status and duration.
pub(super) struct Line {
    method: Method,
    path: String,
    /// Whether it is for rows of the application.
    is_for_data: bool,
    start: Instant,
}

impl Line {
    /// Of a request whose path is told as `path`, be it for rows of the application or for something else.
    pub(super) fn begin(method: &Method, path: &str, is_for_data: bool) -> Self {
        Self {
            is_for_data,
            method: method.clone(),
            path: path.to_owned(),
            start: Instant::now(),
        }
    }

    pub(super) fn end(self, response: &Response) {
        let status = response.status().as_u16();
        let level = self.level(status);
        let Self {
            method,
            path,
            start,
            ..
        } = self;
        let duration_ms = start.elapsed().as_secs_f64() * 1000.0;
        let duration_ms = format_args!("{duration_ms:.1}");
        match level {
            Level::WARN => tracing::warn!(%method, path, status, %duration_ms, "request failed"),
            Level::INFO => tracing::info!(%method, path, status, %duration_ms, "request"),
            _ => tracing::debug!(%method, path, status, %duration_ms, "request"),
        }
    }

    fn level(&self, status: u16) -> Level {
        let is_safe = self.method.is_safe();
        match status {
            500.. => Level::WARN,
            400.. if !is_safe => Level::INFO,
            _ if is_safe || self.is_for_data => Level::DEBUG,
            _ => Level::INFO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_all_the_time_is_told_at_debug_alone() {
        for (method, is_for_data, status, level) in [
            (Method::GET, false, 200, Level::DEBUG),
            (Method::GET, true, 404, Level::DEBUG),
            (Method::POST, true, 201, Level::DEBUG),
            (Method::PUT, true, 200, Level::DEBUG),
            (Method::PUT, true, 403, Level::INFO),
            (Method::POST, false, 302, Level::INFO),
            (Method::POST, false, 429, Level::INFO),
            (Method::GET, true, 503, Level::WARN),
            (Method::POST, false, 500, Level::WARN),
        ] {
            let line = Line::begin(&method, "/", is_for_data);
            assert_eq!(line.level(status), level, "{method} {is_for_data} {status}");
        }
    }
}
