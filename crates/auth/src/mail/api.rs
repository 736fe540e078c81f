//! What all HTTP APIs of mail services have in common: one POST, tried again where it may help, and an answer that is
//! bounded, judged, and never repeated in an error.
//!
//! To add a service: one file beside this with its address, its request and what its answers mean.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::retry::{Failure, seconds};
use super::{Retry, SendError};
use crate::secret::Secret;

/// An answer is some hundred bytes; more than this is another server's.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How to reach a mail service.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The API key.
    pub key: Secret,
    /// The API's base address, if not the service's own.
    pub base: Option<String>,
    /// Timeout and retries.
    pub retry: Retry,
}

impl ApiSettings {
    /// The service itself, with this key.
    pub fn new(key: Secret) -> Self {
        Self {
            key,
            base: None,
            retry: Retry::default(),
        }
    }
}

/// Why settings were refused. No value of a setting stands in one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The base address is no `http` or `https` address.
    #[error("the base address of the mail service must be an `https://` address")]
    Base,
    /// The key cannot stand in a header.
    #[error("the key of the mail service holds characters that no key has: copy it again")]
    Key,
    /// The HTTP client could not be set up.
    #[error("the client for the mail service could not be set up")]
    Client(#[source] reqwest::Error),
}

/// What an answer means: what to do about it, and whether it may pass.
pub(super) type Meaning = (&'static str, bool);

/// How a service's answers are read.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// Whether an answer of success is one of this service, for the message.
    pub(super) took: fn(StatusCode, &Value) -> bool,
    /// What other answers mean; `None`: what their status means everywhere.
    pub(super) explain: fn(StatusCode, &Value) -> Option<Meaning>,
}

/// One POST.
pub(super) struct Call {
    /// Below the base address.
    pub(super) path: String,
    /// Besides those of every call.
    pub(super) headers: HeaderMap,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Call {
    /// With JSON.
    pub(super) fn json(path: &str, body: &Value) -> Self {
        Self {
            path: path.to_owned(),
            headers: HeaderMap::new(),
            content_type: "application/json",
            body: body.to_string(),
        }
    }
}

/// A mail service's API.
pub(super) struct Api {
    client: Client,
    base: Url,
    host: String,
    dialect: Dialect,
    retry: Retry,
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Api")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// The API at this base address, with the headers of every call.
    pub(super) fn new(
        base: &str,
        headers: HeaderMap,
        retry: Retry,
        dialect: Dialect,
    ) -> Result<Self, SettingsError> {
        let base = base_address(base)?;
        let client = Client::builder()
            .default_headers(headers)
            .timeout(retry.timeout)
            .redirect(Policy::none())
            .user_agent(concat!("hallpass/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(SettingsError::Client)?;
        Ok(Self {
            client,
            host: shown_host(&base),
            base,
            dialect,
            retry,
        })
    }

    /// Makes the call until it is taken, refused for good, or the tries are used up.
    pub(super) async fn send(&self, call: &Call) -> Result<(), SendError> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}{}",
            url.path().trim_end_matches('/'),
            call.path
        ));
        self.retry.run(|| self.try_once(&url, call)).await
    }

    async fn try_once(&self, url: &Url, call: &Call) -> Result<(), Failure> {
        let request = self
            .client
            .post(url.clone())
            .headers(call.headers.clone())
            .header(CONTENT_TYPE, call.content_type)
            .body(call.body.clone());
        let answer = request.send().await.map_err(|error| self.lost(&error))?;
        self.judge(answer).await
    }

    async fn judge(&self, answer: Response) -> Result<(), Failure> {
        let status = answer.status();
        let pause = retry_after(&answer);
        let body = self.read(answer).await;
        if status.is_success() {
            let body = body?;
            if (self.dialect.took)(status, &body) {
                return Ok(());
            }
            // Some services say in a success that they refuse.
            return match (self.dialect.explain)(status, &body) {
                Some(meaning) => Err(self.failure(status, meaning, pause)),
                None => Err(self.stranger(status)),
            };
        }
        let said = (self.dialect.explain)(status, &body.unwrap_or_default());
        Err(self.failure(status, said.unwrap_or_else(|| explain(status)), pause))
    }

    fn failure(&self, status: StatusCode, meaning: Meaning, pause: Option<Duration>) -> Failure {
        let (remedy, passes) = meaning;
        let reason = format!("{} answered {}: {remedy}", self.host, status.as_u16());
        if passes {
            Failure::Transient { reason, pause }
        } else {
            Failure::Permanent { reason }
        }
    }

    /// The answer's body, as far as it is JSON of a sensible size. An empty one is `null`.
    async fn read(&self, mut answer: Response) -> Result<Value, Failure> {
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.lost(&error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(self.stranger(status));
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| self.stranger(status))
    }

    fn stranger(&self, status: StatusCode) -> Failure {
        Failure::permanent(format!(
            "{} answered {} but not as a mail service does — check the base address",
            self.host,
            status.as_u16()
        ))
    }

    /// No answer. The cause is dropped on purpose: its text holds the address of the request.
    fn lost(&self, error: &reqwest::Error) -> Failure {
        let host = &self.host;
        Failure::transient(if error.is_timeout() {
            format!(
                "{host} did not answer within {}",
                seconds(self.retry.timeout)
            )
        } else if error.is_connect() {
            format!("could not connect to {host} — check network and base address")
        } else {
            format!("the connection to {host} was lost")
        })
    }
}

/// What a status means with every service.
pub(super) fn explain(status: StatusCode) -> Meaning {
    match status.as_u16() {
        401 => ("the key is missing or wrong — check it", false),
        403 => (
            "the key may not send, or not from this address — check key and from address",
            false,
        ),
        404 | 405 => (
            "there is no mail service at this address — check the base address",
            false,
        ),
        429 => ("too many requests — the account's rate limit", true),
        408 | 425 | 500..=599 => (
            "the service has a problem of its own — try again later",
            true,
        ),
        300..=399 => (
            "it redirects, which is not followed — check the base address",
            false,
        ),
        400 | 422 => ("the message is not valid — check the from address", false),
        _ => ("the message was refused", false),
    }
}

/// A header with the key, which is never shown.
pub(super) fn secret_header(name: HeaderName, value: &str) -> Result<HeaderMap, SettingsError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| SettingsError::Key)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(name, value)]))
}

/// The key as a bearer token.
pub(super) fn bearer(key: &Secret) -> Result<HeaderMap, SettingsError> {
    secret_header(AUTHORIZATION, &format!("Bearer {}", key.expose()))
}

/// The key in a pair of user and password: `user:password`.
pub(super) fn basic(pair: &Secret) -> Result<HeaderMap, SettingsError> {
    let pair = STANDARD.encode(pair.expose());
    secret_header(AUTHORIZATION, &format!("Basic {pair}"))
}

/// `Name <address>` in its parts, for services that want them so.
pub(super) fn sender(from: &str) -> (Option<&str>, &str) {
    let from = from.trim();
    match from
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
    {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            (Some(name).filter(|name| !name.is_empty()), address.trim())
        }
        None => (None, from),
    }
}

/// Seconds only: an HTTP date would need the time of day, and no mail service sends one.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

fn base_address(base: &str) -> Result<Url, SettingsError> {
    let url = Url::parse(base.trim()).map_err(|_| SettingsError::Base)?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    if usable {
        Ok(url)
    } else {
        Err(SettingsError::Base)
    }
}

fn shown_host(endpoint: &Url) -> String {
    let host = endpoint.host_str().unwrap_or_default();
    endpoint
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_split_into_name_and_address() {
        for (from, name, address) in [
            ("a@example.com", None, "a@example.com"),
            ("Ada <a@example.com>", Some("Ada"), "a@example.com"),
            (
                "\"Ada L.\" <a@example.com>",
                Some("Ada L."),
                "a@example.com",
            ),
            ("<a@example.com>", None, "a@example.com"),
            (
                " A < b > <a@example.com> ",
                Some("A < b >"),
                "a@example.com",
            ),
        ] {
            assert_eq!(sender(from), (name, address), "{from}");
        }
    }
}
