//! Reading the session token of a request outside the sign-in routes (`getToken` in Auth.js).
//!
//! Source: contract authjs §3.5.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::cookies::session::SessionCookie;
use crate::cookies::{CookieSpec, Jar, decode_component};
use crate::jwe::Keys;

/// The claims of the token in the session cookie, or else of `Authorization: Bearer`.
///
/// `None` whenever something is wrong with it: a caller cannot mistake a broken token for a session
/// (GHSA-xmf8-cvqr-rfgj).
pub fn claims(
    headers: &HeaderMap,
    spec: &CookieSpec,
    keys: &Keys,
    now: Timestamp,
) -> Option<Map<String, Value>> {
    let jar = Jar::parse(headers);
    let cookie = SessionCookie::read(&jar, spec);
    let token = match cookie.value() {
        Some(token) => token.to_owned(),
        None => bearer(headers)?,
    };
    keys.decode(&token, now).ok()
}

/// The percent-decoded token. The scheme is case-sensitive, as in Auth.js.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    decode_component(header.strip_prefix("Bearer ")?)
}
