//! What all pages have in common.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};

use super::query::Pairs;

/// Browsers show the page and its style, follow its links and send its forms here; nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

// Other sites that open the console get no hold of its window, and links out of it tell nobody whom one looked at.
const PROTECTIONS: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// What stands around a page.
pub(super) struct Frame {
    /// Who looks.
    pub(super) administrator: String,
    /// Where one signs out.
    pub(super) sign_out: String,
    /// The list of models.
    pub(super) home: String,
    /// Where the audit trail is, where one is kept.
    pub(super) audit: Option<String>,
    /// Whose eyes are borrowed; those of a visitor who is not signed in where this is `None`.
    pub(super) person: Option<PersonPart>,
    /// The page itself, for another person.
    pub(super) path: String,
    /// What else the page needs to know.
    pub(super) kept: Pairs,
    /// The page itself, as a visitor sees it.
    pub(super) visitor: String,
    /// Where people are looked for.
    pub(super) people: String,
}

/// A person whose eyes are borrowed.
pub(super) struct PersonPart {
    /// The id.
    pub(super) id: String,
    /// What the person is called.
    pub(super) label: String,
}

/// A page, or a notice that it could not be made.
pub(super) fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Adds what keeps a page from others. What the page of sign-in about an unreachable database says of its own style stands.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in PROTECTIONS {
        headers.entry(name).or_insert(value);
    }
}

/// The style of all pages.
pub(super) async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("../../templates/console/style.css")).into_response()
}
