//! Reading the vectors, and the few things that all tests hand in.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hallpass_auth::cookies::{CookieOverrides, CookieSecurity, Cookies, Jar};
use hallpass_auth::environment::Random;
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("authjs.json")).unwrap());

/// A section of the file.
pub(crate) fn section(name: &str) -> &'static Value {
    &VECTORS[name]
}

/// The entries of a list, never an empty one.
pub(crate) fn list(value: &'static Value) -> &'static [Value] {
    let entries = value.as_array().expect("a list");
    assert!(!entries.is_empty());
    entries
}

pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("`{value}` is no text"))
}

/// The moment at which the vectors were made.
pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The secret of all vectors.
pub(crate) const SECRET: &str = "vector-secret-0123456789abcdef-01";

/// A text or a list of texts.
pub(crate) fn secrets(value: &Value) -> Secrets {
    let one = std::slice::from_ref(value);
    let texts = value.as_array().map_or(one, Vec::as_slice);
    Secrets::new(texts.iter().map(|each| Secret::new(text(each)))).unwrap()
}

pub(crate) fn secret() -> Secrets {
    Secrets::new([Secret::new(SECRET)]).unwrap()
}

pub(crate) fn plain_cookies() -> Cookies {
    Cookies::new(CookieSecurity::Plain, &CookieOverrides::default()).unwrap()
}

pub(crate) fn secure_cookies() -> Cookies {
    Cookies::new(CookieSecurity::Secure, &CookieOverrides::default()).unwrap()
}

/// A jar of one `Cookie` header.
pub(crate) fn jar(header: &str) -> Jar {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(header).unwrap());
    Jar::parse(&headers)
}

/// A map of header names to values.
pub(crate) fn headers(value: &Value) -> HeaderMap {
    let members = value.as_object().unwrap().iter();
    members
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(text(value)).unwrap())
        })
        .collect()
}

/// Gives exactly the bytes that the real library drew for a token: those of its `jti`, then its initialisation
/// vector.
pub(crate) struct Replay(Mutex<VecDeque<u8>>);

impl Replay {
    pub(crate) fn of(token: &str, payload: &Value) -> Self {
        let jti = text(&payload["jti"]).replace('-', "");
        let jti = u128::from_str_radix(&jti, 16).unwrap().to_be_bytes();
        let iv = BASE64.decode(token.split('.').nth(2).unwrap()).unwrap();
        Self(Mutex::new(jti.into_iter().chain(iv).collect()))
    }
}

impl Random for Replay {
    fn fill(&self, bytes: &mut [u8]) {
        let mut drawn = self.0.lock().unwrap();
        for byte in bytes {
            *byte = drawn.pop_front().expect("no more was drawn");
        }
    }
}
