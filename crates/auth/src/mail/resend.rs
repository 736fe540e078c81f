//! Mail through Resend's HTTP API.
//!
//! Every try of a message carries the same idempotency key, made from the message itself, so that
//! a retry after a lost answer does not send it twice. The key, the addresses and the link never
//! leave this module in an error: of an answer only the status and the error's name are read.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::retry::{Failure, seconds};
use super::{Message, Retry, SendError, Transport};
use crate::secret::Secret;

/// An answer is some hundred bytes; more than this is another server's.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How to reach Resend.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The API key, `re_…`.
    pub key: Secret,
    /// The API's base address.
    pub base: String,
    /// Timeout and retries.
    pub retry: Retry,
}

impl Settings {
    /// Resend itself, with this key.
    pub fn new(key: Secret) -> Self {
        Self {
            key,
            base: "https://api.resend.com".to_owned(),
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

/// Sends mail through Resend.
pub struct Resend {
    client: Client,
    endpoint: Url,
    host: String,
    authorization: HeaderValue,
    retry: Retry,
}

impl fmt::Debug for Resend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Resend")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Resend {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let endpoint = endpoint(&settings.base)?;
        let client = Client::builder()
            .timeout(settings.retry.timeout)
            .redirect(Policy::none())
            .user_agent(concat!("hallpass/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(SettingsError::Client)?;
        Ok(Self {
            client,
            host: shown_host(&endpoint),
            endpoint,
            authorization: authorization(&settings.key)?,
            retry: settings.retry,
        })
    }

    async fn try_once(&self, body: &[u8], idempotency_key: &str) -> Result<(), Failure> {
        let request = self
            .client
            .post(self.endpoint.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", idempotency_key)
            .body(body.to_vec());
        let answer = request.send().await.map_err(|error| self.lost(&error))?;
        self.judge(answer).await
    }

    async fn judge(&self, answer: Response) -> Result<(), Failure> {
        let status = answer.status();
        let pause = retry_after(&answer);
        let body = self.read(answer).await;
        if status.is_success() {
            return match body?.get("id") {
                Some(Value::String(_)) => Ok(()),
                _ => Err(self.stranger(status)),
            };
        }
        let name = body
            .ok()
            .and_then(|body| body.get("name")?.as_str().map(str::to_owned));
        let (remedy, passes) = explain(status, name.as_deref().unwrap_or_default());
        let reason = format!("{} answered {}: {remedy}", self.host, status.as_u16());
        Err(if passes {
            Failure::Transient { reason, pause }
        } else {
            Failure::Permanent { reason }
        })
    }

    /// The answer's body, as far as it is JSON of a sensible size.
    async fn read(&self, mut answer: Response) -> Result<Value, Failure> {
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.lost(&error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(self.stranger(status));
            }
            bytes.extend_from_slice(&chunk);
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

#[async_trait]
impl Transport for Resend {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let key = format!("hallpass-{}", message.fingerprint());
        let body = json!({
            "from": message.from,
            // A list, so that no service can split one address into two at a comma.
            "to": [message.to],
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
        });
        let body = body.to_string();
        self.retry
            .run(|| self.try_once(body.as_bytes(), &key))
            .await
    }
}

/// What an error answer means, and whether it may pass.
///
/// Source: <https://resend.com/docs/api-reference/errors>
fn explain(status: StatusCode, name: &str) -> (&'static str, bool) {
    match (status.as_u16(), name) {
        (401, "restricted_api_key") => {
            ("the key may not send — make one with sending access", false)
        }
        (401, _) => ("the key is missing or wrong — check it", false),
        (403, "invalid_api_key") => ("the key is not valid — make a new one", false),
        (403, _) => (
            "sending from this address is not allowed — verify the domain of the from address",
            false,
        ),
        (404 | 405, _) => (
            "there is no mail service at this address — check the base address",
            false,
        ),
        (409, "concurrent_idempotent_requests") => ("the same message is being sent already", true),
        (409, _) => ("another message was sent under the same key", false),
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => (
            "the quota of the account is used up — raise it or wait",
            false,
        ),
        (429, _) => ("too many requests — the account's rate limit", true),
        (451, _) => (
            "sending is suspended for legal or security reasons — contact the service",
            false,
        ),
        (408 | 425, _) | (500..=599, _) => (
            "the service has a problem of its own — try again later",
            true,
        ),
        (300..=399, _) => (
            "it redirects, which is not followed — check the base address",
            false,
        ),
        (400 | 422, _) => ("the message is not valid — check the from address", false),
        _ => ("the message was refused", false),
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

fn endpoint(base: &str) -> Result<Url, SettingsError> {
    let address = format!("{}/emails", base.trim().trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|_| SettingsError::Base)?;
    let usable = matches!(url.scheme(), "http" | "https")
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

fn authorization(key: &Secret) -> Result<HeaderValue, SettingsError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
        .map_err(|_| SettingsError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}
