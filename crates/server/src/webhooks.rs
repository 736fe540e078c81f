//! Sends one message to one endpoint.
//!
//! SECURITY: by auth's client for outgoing HTTP, which follows no redirect, reads and waits no longer than it is told, and
//! connects to no private address of a name unless the settings allow it. What an endpoint answers is kept as its status alone.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Request};
use hallpass::auth::outgoing::{Bounds, HttpClient, HttpError};
use hallpass::changes::webhooks::{Answer, headers};
use jiff::Timestamp;

use crate::config::Webhook;

/// How long an endpoint may take, from the first byte sent to the last one read.
///
/// Source: Standard Webhooks, 15 to 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The longest answer that is read; nothing of it is used.
const ANSWER_BYTES: usize = 64 * 1024;

/// Sends a message, signed at this moment.
pub(crate) async fn post(
    http: &dyn HttpClient,
    endpoint: &Webhook,
    id: &str,
    body: &str,
    now: Timestamp,
) -> Answer {
    let Some(request) = request(endpoint, id, body, now) else {
        return Answer::Refused("address".to_owned());
    };
    let bounds = Bounds {
        timeout: TIMEOUT,
        answer_bytes: ANSWER_BYTES,
        reach: endpoint.network.reach(),
    };
    match http.send(request, bounds).await {
        Ok(answer) if answer.status().is_success() => {
            Answer::Taken(answer.status().as_str().to_owned())
        }
        Ok(answer) => Answer::Refused(answer.status().as_str().to_owned()),
        Err(error) => Answer::Refused(word(error).to_owned()),
    }
}

fn request(endpoint: &Webhook, id: &str, body: &str, now: Timestamp) -> Option<Request<Bytes>> {
    let mut request = Request::post(endpoint.url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .ok()?;
    for (name, value) in headers(id, now, body, &endpoint.secrets) {
        let value = HeaderValue::from_str(&value).ok()?;
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    Some(request)
}

fn word(error: HttpError) -> &'static str {
    match error {
        HttpError::Timeout => "timeout",
        HttpError::Unreachable => "unreachable",
        HttpError::Lost => "lost",
        HttpError::TooLarge(_) => "too large",
        HttpError::Forbidden => "not public",
        _ => "address",
    }
}
