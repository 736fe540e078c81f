//! One exchange with a service, within bounds.

use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Map, Value};

use super::{Address, OAuthError, json};
use crate::outgoing::{Bounds, HttpClient};

/// Which part of a service is asked, as errors name it, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: &'static str,
    timeout: Duration,
}

impl Part {
    pub(super) const DISCOVERY: Self = Self::new("discovery document", 5);
    pub(super) const KEYS: Self = Self::new("key set", 5);
    pub(super) const TOKEN: Self = Self::new("token endpoint", 10);
    pub(super) const USERINFO: Self = Self::new("userinfo endpoint", 10);
    pub(super) const REVOCATION: Self = Self::new("revocation endpoint", 5);
    pub(super) const API: Self = Self::new("API", 10);

    const fn new(name: &'static str, seconds: u64) -> Self {
        Self {
            name,
            timeout: Duration::from_secs(seconds),
        }
    }

    /// The answer is not what the standards describe.
    pub(super) fn strange(self, reason: &'static str) -> OAuthError {
        OAuthError::Answer {
            endpoint: self.name,
            reason,
        }
    }
}

/// No document, token or profile comes near this.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// A request without body that asks for JSON.
pub(super) fn get(address: &Address) -> Request<Bytes> {
    request(Method::GET, address, Bytes::new())
}

/// A request that asks for JSON.
pub(super) fn request(method: Method, address: &Address, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // An address that `url` writes and `http` cannot read is left as `/`, which no client can send.
    *request.uri_mut() = address.url.as_str().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}

/// Sends it and reads the answer, whatever its status.
pub(super) async fn send(
    http: &dyn HttpClient,
    part: Part,
    address: &Address,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, OAuthError> {
    send_within(http, part, address, request, MAX_ANSWER_BYTES).await
}

/// The same with another bound.
pub(super) async fn send_within(
    http: &dyn HttpClient,
    part: Part,
    address: &Address,
    request: Request<Bytes>,
    answer_bytes: usize,
) -> Result<Response<Bytes>, OAuthError> {
    let bounds = Bounds {
        timeout: part.timeout,
        answer_bytes,
        reach: address.reach,
    };
    let sent = http.send(request, bounds).await;
    sent.map_err(|cause| OAuthError::Http {
        endpoint: part.name,
        cause,
    })
}

/// The JSON object at this address.
pub(super) async fn get_object(
    http: &dyn HttpClient,
    part: Part,
    address: &Address,
) -> Result<Map<String, Value>, OAuthError> {
    let answer = send(http, part, address, get(address)).await?;
    if answer.status() != StatusCode::OK {
        return Err(part.strange(NOT_OK));
    }
    json::object(answer.body()).ok_or_else(|| part.strange(NO_OBJECT))
}

pub(super) const NOT_OK: &str = "its status is not 200";
pub(super) const NO_OBJECT: &str = "it is no JSON object";
