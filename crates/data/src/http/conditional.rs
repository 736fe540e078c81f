//! What may be kept of an answer, and by whom; and no bytes for those who have them already.
//!
//! A validator is a hash of the body, so it holds whatever wrote the rows. It saves bytes only: the rows are read all the
//! same, as the rules may have changed their mind.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderValue, Method, Response, StatusCode};
use sha2::{Digest, Sha256};

/// Bytes of the hash that are told.
const LENGTH: usize = 16;

/// The answer to somebody who may have an earlier one: `if_none_match` is the header of the request, each line of it.
///
/// Answers of reads get an `ETag`, and one that the client has already becomes `304 Not Modified`. Whatever the answer,
/// nobody but the person who asked may keep it.
///
/// Source: RFC 9110 sections 8.8.3 and 13.1.2, RFC 9111 section 5.2.2.
pub fn conditional<'h>(
    method: &Method,
    if_none_match: impl IntoIterator<Item = &'h [u8]>,
    mut response: Response<Bytes>,
) -> Response<Bytes> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    if !is_read || response.status() != StatusCode::OK {
        let never = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, never);
        return response;
    }
    // SECURITY: what the rules show to one person must not be given to another by a cache between them.
    let own = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(CACHE_CONTROL, own);
    let tag = tag(response.body());
    let is_known = if_none_match.into_iter().any(|known| names(known, &tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, value);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}

/// `"…"`
fn tag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let told = hash.get(..LENGTH).unwrap_or_default();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(told))
}

/// Whether a list of validators names this one. Those between us and the client may have called it weak.
fn names(list: &[u8], tag: &str) -> bool {
    let is_tag = |one: &[u8]| {
        let one = one.trim_ascii();
        one == b"*" || one.strip_prefix(b"W/").unwrap_or(one) == tag.as_bytes()
    };
    list.split(|byte| *byte == b',').any(is_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(method: &Method, known: Option<&[u8]>, body: &'static str) -> Response<Bytes> {
        let response =
            super::super::errors::respond(StatusCode::OK, Bytes::from_static(body.as_bytes()));
        conditional(method, known, response)
    }

    fn header<'r>(response: &'r Response<Bytes>, name: &http::HeaderName) -> Option<&'r str> {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let first = answer(&Method::GET, None, "{}");
        let tag = header(&first, &ETAG).unwrap().to_owned();
        assert_eq!(header(&first, &CACHE_CONTROL), Some("private, no-cache"));
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let again = answer(&Method::GET, Some(known.as_bytes()), "{}");
            assert_eq!(again.status(), 304, "{known}");
            assert!(again.body().is_empty());
            assert_eq!(header(&again, &ETAG), Some(tag.as_str()));
            assert_eq!(header(&again, &CACHE_CONTROL), Some("private, no-cache"));
        }
        for other in ["\"other\"", "", "W/", &tag.replace('"', "")] {
            let again = answer(&Method::GET, Some(other.as_bytes()), "{}");
            assert_eq!(again.status(), 200, "{other}");
        }
        let changed = answer(&Method::GET, Some(tag.as_bytes()), "{ }");
        assert_eq!(changed.status(), 200);
    }

    #[test]
    fn writes_and_mistakes_are_kept_by_nobody() {
        let written = answer(&Method::POST, Some(b"*"), "{}");
        assert_eq!(written.status(), 200);
        assert_eq!(header(&written, &CACHE_CONTROL), Some("no-store"));
        assert_eq!(header(&written, &ETAG), None);
        let mistake = super::super::errors::respond(StatusCode::NOT_FOUND, Bytes::new());
        let mistake = conditional(&Method::GET, Some(&b"*"[..]), mistake);
        assert_eq!(mistake.status(), 404);
        assert_eq!(header(&mistake, &CACHE_CONTROL), Some("no-store"));
    }
}
