//! Mail through Resend's HTTP API.
//!
//! Every try of a message carries the same idempotency key, made from the message itself, so that
//! a retry after a lost answer does not send it twice. The key, the addresses and the link never
//! leave this module in an error: of an answer only the status and the error's name are read.

use async_trait::async_trait;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

pub use super::api::SettingsError;
use super::api::{self, Api, Call, Dialect, Meaning};
use super::{Message, Retry, SendError, Transport};
use crate::secret::Secret;

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

/// Sends mail through Resend.
#[derive(Debug)]
pub struct Resend {
    api: Api,
}

impl Resend {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            api: Api::new(
                &settings.base,
                api::bearer(&settings.key)?,
                settings.retry,
                DIALECT,
            )?,
        })
    }
}

#[async_trait]
impl Transport for Resend {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let mut call = Call::json(
            "/emails",
            &json!({
                "from": message.from,
                // A list, so that no service can split one address into two at a comma.
                "to": [message.to],
                "subject": message.subject,
                "text": message.text,
                "html": message.html,
            }),
        );
        let key = format!("hallpass-{}", message.fingerprint());
        if let Ok(key) = HeaderValue::from_str(&key) {
            call.headers.insert("idempotency-key", key);
        }
        self.api.send(&call).await
    }
}

const DIALECT: Dialect = Dialect {
    took: |_, body| body.get("id").is_some_and(Value::is_string),
    explain: |status, body| {
        let name = body.get("name").and_then(Value::as_str);
        explain(status, name.unwrap_or_default())
    },
};

/// What an error answer means.
///
/// Source: <https://resend.com/docs/api-reference/errors>
fn explain(status: StatusCode, name: &str) -> Option<Meaning> {
    Some(match (status.as_u16(), name) {
        (401, "restricted_api_key") => {
            ("the key may not send — make one with sending access", false)
        }
        (403, "invalid_api_key") => ("the key is not valid — make a new one", false),
        (403, _) => (
            "sending from this address is not allowed — verify the domain of the from address",
            false,
        ),
        (409, "concurrent_idempotent_requests") => ("the same message is being sent already", true),
        (409, _) => ("another message was sent under the same key", false),
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => (
            "the quota of the account is used up — raise it or wait",
            false,
        ),
        (451, _) => (
            "sending is suspended for legal or security reasons — contact the service",
            false,
        ),
        _ => return None,
    })
}
