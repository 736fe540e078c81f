//! Answers of the service, good and bad.

use std::fmt::Write as _;
use std::future::pending;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream;
use serde_json::Value;

/// What a service answers in place of what it should.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// This status and body.
    Says(u16, &'static str),
    /// A page in place of JSON.
    Page,
    /// More than anybody reads.
    Huge,
    /// Somewhere else, where the right answer is.
    Elsewhere(&'static str),
    /// Nothing, for ever.
    Silent,
    /// The beginning, and then the connection breaks.
    Cut,
}

impl How {
    pub(super) async fn answer(self, base: &str) -> Response {
        match self {
            Self::Says(status, body) => text(StatusCode::from_u16(status).expect("a status"), body),
            Self::Page => {
                let mut page = text(StatusCode::OK, "<html><title>Welcome</title></html>");
                let kind = HeaderValue::from_static("text/html");
                page.headers_mut().insert(CONTENT_TYPE, kind);
                page
            }
            Self::Huge => text(
                StatusCode::OK,
                format!("{{\"x\":\"{}\"}}", "x".repeat(300_000)),
            ),
            Self::Elsewhere(place) => found(&format!("{base}{place}")),
            Self::Silent => pending().await,
            Self::Cut => {
                let begun = Ok(Bytes::from_static(b"{\"issuer\":"));
                let broken = Err(io::Error::other("cut off"));
                let mut answer = Response::new(Body::from_stream(stream::iter([begun, broken])));
                let kind = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(CONTENT_TYPE, kind);
                answer
            }
        }
    }
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    text(status, body.to_string())
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

pub(super) fn empty(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

pub(super) fn found(place: &str) -> Response {
    let mut answer = empty(StatusCode::FOUND);
    let place = HeaderValue::from_str(place).expect("an address");
    answer.headers_mut().insert(LOCATION, place);
    answer
}

/// A form that the browser posts.
pub(super) fn page(action: &str, members: &[(&str, String)]) -> Response {
    let mut form = format!("<form method=\"post\" action=\"{action}\">");
    for (name, value) in members {
        write!(
            form,
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
        )
        .expect("a text takes everything");
    }
    let mut answer = text(StatusCode::OK, form);
    let kind = HeaderValue::from_static("text/html");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
