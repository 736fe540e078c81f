//! Answers of whoever stands before the data: to requests that it is never asked for.
//!
//! Source: contract zenstack §4.2 and §4.4, for the forms; RFC 6750 section 3 for tokens.

use bytes::Bytes;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::errors::respond;

/// How data is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `{model}/{operation}`, see [`DataService::rpc`](super::DataService::rpc).
    Rpc,
    /// Resources of JSON:API, see [`DataService::rest`](super::DataService::rest).
    Rest,
}

/// Why a request is not handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    /// It shows a token that is of no session, or of one that has ended.
    Token,
    /// Another site made the browser send it.
    OtherSite,
    /// Its body is no JSON.
    MediaType,
    /// Its body did not come whole.
    Broken,
    /// Who asks cannot be told now; the same request may work soon.
    Unavailable,
    /// Something that nobody who asks can mend.
    Internal,
}

impl Decline {
    /// Status, the code of the REST style, and what is said to people.
    fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "the bearer token is of no session that goes on",
            ),
            Self::OtherSite => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "the request comes from another site",
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "the body must be of the type application/json or application/vnd.api+json",
            ),
            Self::Broken => (
                StatusCode::BAD_REQUEST,
                "invalid-payload",
                "the request body broke off",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "it cannot be told now who asks, try again in a moment",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "unknown-error",
                "internal server error",
            ),
        }
    }
}

/// The answer, in the form that clients of the style read.
pub fn decline(style: Style, why: Decline) -> Response<Bytes> {
    let (status, code, message) = why.row();
    let body = match style {
        Style::Rpc => json!({"error": {"message": message}}),
        Style::Rest => json!({
            "errors": [{"status": status.as_u16(), "code": code, "title": message}]
        }),
    };
    let mut response = respond(status, body.to_string().into());
    let header = match why {
        Decline::Token => (WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""),
        Decline::Unavailable => (RETRY_AFTER, "5"),
        _ => return response,
    };
    let (name, value) = header;
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_has_its_form() {
        let rpc = decline(Style::Rpc, Decline::OtherSite);
        assert_eq!(rpc.status(), 403);
        let expected = r#"{"error":{"message":"the request comes from another site"}}"#;
        assert_eq!(rpc.body(), expected);
        let rest = decline(Style::Rest, Decline::Token);
        assert_eq!(
            rest.headers()[WWW_AUTHENTICATE],
            "Bearer error=\"invalid_token\""
        );
        let body: serde_json::Value = serde_json::from_slice(rest.body()).unwrap();
        assert_eq!(body["errors"][0]["status"], 401);
        assert_eq!(body["errors"][0]["code"], "unauthorized");
        assert_eq!(
            decline(Style::Rpc, Decline::Unavailable).headers()[RETRY_AFTER],
            "5"
        );
    }
}
