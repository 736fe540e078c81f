//! Sends one message to one endpoint.
//!
//! SECURITY: by auth's client for outgoing HTTP, which follows no redirect, reads and waits no longer than it is told, and
//! connects to no private address of a name unless the settings allow it. What an endpoint answers is kept as its status alone.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use hallpass::auth::outgoing::{Bounds, HttpClient, HttpError};
use hallpass::changes::webhooks::{Answer, headers};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

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
        Ok(answer) => judged(answer.status(), answer.headers(), now),
        Err(error) => Answer::Refused(word(error).to_owned()),
    }
}

/// What an endpoint says by its status.
///
/// Source: Standard Webhooks, status codes and `410 Gone`; RFC 9110 section 10.2.3 for `Retry-After`.
fn judged(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Answer {
    let text = status.as_str().to_owned();
    if status.is_success() {
        return Answer::Taken(text);
    }
    if status == StatusCode::GONE {
        return Answer::Gone(text);
    }
    match headers.get(RETRY_AFTER).and_then(|value| asked(value, now)) {
        Some(pause) => Answer::Later(text, pause),
        None => Answer::Refused(text),
    }
}

/// A number of seconds, or a moment; what lies behind us asks for nothing.
fn asked(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = rfc2822::parse(text).ok()?.timestamp();
    moment.duration_since(now).try_into().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_their_status_and_what_they_ask_for() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let refused = |status: u16| Answer::Refused(status.to_string());
        let later =
            |status: u16, seconds| Answer::Later(status.to_string(), Duration::from_secs(seconds));
        let rows = [
            (200, None, Answer::Taken("200".to_owned())),
            (204, Some("60"), Answer::Taken("204".to_owned())),
            (302, None, refused(302)),
            (410, Some("60"), Answer::Gone("410".to_owned())),
            (429, None, refused(429)),
            (429, Some("60"), later(429, 60)),
            (503, Some(" 0 "), later(503, 0)),
            (503, Some("Sun, 06 Nov 1994 08:49:37 GMT"), later(503, 37)),
            (503, Some("Sun, 06 Nov 1994 08:48:37 GMT"), refused(503)),
            (503, Some("-1"), refused(503)),
            (503, Some("soon"), refused(503)),
            (503, Some("99999999999999999999999"), refused(503)),
            (500, Some("18446744073709551615"), later(500, u64::MAX)),
        ];
        for (status, header, expected) in rows {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(header));
            }
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                judged(status, &headers, now),
                expected,
                "{status} {header:?}"
            );
        }
    }
}
