//! Mail through Postmark's HTTP API.
//!
//! Source: <https://postmarkapp.com/developer/api/email-api>

use async_trait::async_trait;
use reqwest::header::HeaderName;
use serde_json::{Value, json};

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};

/// The service's own base address.
const BASE: &str = "https://api.postmarkapp.com";

/// Where it takes the key.
const TOKEN: HeaderName = HeaderName::from_static("x-postmark-server-token");

/// Sends mail through Postmark's HTTP API.
#[derive(Debug)]
pub struct Postmark {
    api: Api,
}

impl Postmark {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(
                base,
                api::secret_header(TOKEN, settings.key.expose())?,
                settings.retry,
                DIALECT,
            )?,
        })
    }
}

#[async_trait]
impl Transport for Postmark {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        self.api.send(&call(message)).await
    }
}

fn call(message: &Message) -> Call {
    Call::json(
        "/email",
        &json!({
            "From": message.from,
            "To": message.to,
            "Subject": message.subject,
            "TextBody": message.text,
            "HtmlBody": message.html,
            "MessageStream": "outbound",
            // SECURITY: a tracked link passes through the service's own address, and what opens it signs in.
            "TrackLinks": "None",
            "TrackOpens": false,
        }),
    )
}

const DIALECT: Dialect = Dialect {
    took: |_, body| body.get("ErrorCode").and_then(Value::as_i64) == Some(0),
    explain: |_, body| match body.get("ErrorCode").and_then(Value::as_i64)? {
        10 => Some(("the key is missing or wrong — check it", false)),
        300 => Some(("the message is not valid — check the from address", false)),
        400..=402 => Some((
            "sending from this address is not allowed — confirm it as a sender signature",
            false,
        )),
        405 => Some(("the credits of the account are used up", false)),
        406 => Some((
            "the recipient is inactive there, after a bounce or a complaint",
            false,
        )),
        412 | 413 => Some(("the account is not approved for sending yet", false)),
        _ => None,
    },
};
