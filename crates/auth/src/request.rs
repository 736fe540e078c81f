//! Intake: from an HTTP message to a question the engine knows.
//!
//! What passes here is well-formed; what does not gets its answer at once ([`Refusal`]).
//!
//! Source: contract authjs §1.1.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value};

use crate::cookies::Jar;
use crate::origin::{Origin, OriginError, OriginSettings, Scheme};
use crate::path::{self, Route};

/// The longest request body that is read, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The two methods we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
}

/// Why a message is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400.
    BadRequest,
    /// 413.
    TooLarge,
}

/// A well-formed request.
pub(crate) struct Intake<'a> {
    pub(crate) verb: Verb,
    pub(crate) route: Route,
    /// The path as it came.
    pub(crate) path: &'a str,
    /// The query as it came, without `?`.
    pub(crate) raw_query: Option<&'a str>,
    pub(crate) query: Fields,
    pub(crate) body: Fields,
    pub(crate) jar: Jar,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
}

/// Flat members of a query, form or JSON body; of duplicates the last counts.
#[derive(Clone, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl<'a> Intake<'a> {
    pub(crate) fn read(parts: &'a Parts, body: &Bytes, base: &str) -> Result<Self, Refusal> {
        let verb = match parts.method {
            Method::GET => Verb::Get,
            Method::POST => Verb::Post,
            _ => return Err(Refusal::BadRequest),
        };
        let path = parts.uri.path();
        let route = path::parse(path, base).map_err(|_| Refusal::BadRequest)?;
        let raw_query = parts.uri.query();
        Ok(Self {
            verb,
            route,
            path,
            raw_query,
            query: Fields::form(raw_query.unwrap_or_default().as_bytes()),
            body: match verb {
                Verb::Get => Fields::default(),
                Verb::Post => read_body(&parts.headers, body)?,
            },
            jar: Jar::parse(&parts.headers),
            headers: &parts.headers,
            extensions: &parts.extensions,
        })
    }

    /// Whether the client wants a redirect as JSON.
    pub(crate) fn returns_redirect(&self) -> bool {
        self.headers.contains_key("x-auth-return-redirect")
    }

    /// Whether a browser fetches this ahead, before anybody asked to see it.
    pub(crate) fn is_prefetch(&self) -> bool {
        let purposes = ["sec-purpose", "purpose"].map(|name| self.headers.get_all(name));
        let is_ahead = |word: &[u8]| word.eq_ignore_ascii_case(b"prefetch");
        purposes
            .into_iter()
            .flatten()
            .any(|purpose| purpose.as_bytes().get(..8).is_some_and(is_ahead))
    }

    /// Whether the client would rather have JSON than a page.
    pub(crate) fn accepts_only_json(&self) -> bool {
        let accepts = |kind: &str| {
            self.headers
                .get_all(http::header::ACCEPT)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .any(|value| value.contains(kind))
        };
        accepts("json") && !accepts("html")
    }

    /// Whether the answer of a route of ours is for a program: one that asks for JSON, or sends it.
    pub(crate) fn wants_json(&self) -> bool {
        self.returns_redirect() || self.accepts_only_json() || sends_json(self.headers)
    }
}

const JSON: &str = "application/json";

fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().to_ascii_lowercase()
}

/// As [`read_body`] takes it.
fn sends_json(headers: &HeaderMap) -> bool {
    content_type(headers).contains(JSON)
}

fn read_body(headers: &HeaderMap, body: &Bytes) -> Result<Fields, Refusal> {
    if body.len() > BODY_LIMIT {
        return Err(Refusal::TooLarge);
    }
    let kind = content_type(headers);
    if kind.contains(JSON) {
        let value = serde_json::from_slice(body).map_err(|_| Refusal::BadRequest)?;
        // JSON that is no object has no members, like an empty one.
        Ok(match value {
            Value::Object(members) => Fields(members),
            _ => Fields::default(),
        })
    } else if kind.contains("application/x-www-form-urlencoded") {
        Ok(Fields::form(body))
    } else {
        Ok(Fields::default())
    }
}

impl Fields {
    pub(crate) fn form(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect(),
        )
    }

    /// A member, when it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Every member.
    pub(crate) fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A member of any kind.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.keys()).finish()
    }
}

/// The public origin of a request.
pub(crate) fn origin(parts: &Parts, settings: &OriginSettings) -> Result<Origin, OriginError> {
    let scheme = match parts.uri.scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    settings.resolve(&with_authority(parts), scheme)
}

/// The headers with the host that a URI names, as HTTP/2 and requests to proxies do (RFC 9112 section 3.2.2: the
/// `Host` header counts for nothing then).
fn with_authority(parts: &Parts) -> Cow<'_, HeaderMap> {
    let host = parts
        .uri
        .authority()
        .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    match host {
        None => Cow::Borrowed(&parts.headers),
        Some(host) => {
            let mut headers = parts.headers.clone();
            headers.insert(HOST, host);
            Cow::Owned(headers)
        }
    }
}

/// Whether a request may change something: only when no other site made the browser send it.
///
/// `Sec-Fetch-Site` decides where the browser sends it, else `Origin`. A request with neither comes from no
/// browser that could be tricked. Reading (GET, HEAD, OPTIONS) is always allowed.
pub(crate) fn is_same_origin(parts: &Parts, settings: &OriginSettings) -> bool {
    parts.method.is_safe() || is_ours(parts, settings)
}

/// Whether no other site made the browser send a request, be it to read.
pub(crate) fn is_ours(parts: &Parts, settings: &OriginSettings) -> bool {
    let header = |name: &str| parts.headers.get(name).map(HeaderValue::as_bytes);
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == b"same-origin" || site == b"none",
        (None, None) => true,
        (None, Some(claimed)) => {
            origin(parts, settings).is_ok_and(|ours| ours.as_str().as_bytes() == claimed)
        }
    }
}
