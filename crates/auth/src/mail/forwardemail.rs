//! Mail through Forward Email's HTTP API.
//!
//! Source: <https://forwardemail.net/email-api>

use async_trait::async_trait;
use serde_json::{Value, json};

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};
use crate::secret::Secret;

/// The service's own base address.
const BASE: &str = "https://api.forwardemail.net";

/// Sends mail through Forward Email's HTTP API.
#[derive(Debug)]
pub struct ForwardEmail {
    api: Api,
}

impl ForwardEmail {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(
                base,
                api::basic(&Secret::new(format!("{}:", settings.key.expose())))?,
                settings.retry,
                DIALECT,
            )?,
        })
    }
}

#[async_trait]
impl Transport for ForwardEmail {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        self.api.send(&call(message)).await
    }
}

fn call(message: &Message) -> Call {
    Call::json(
        "/v1/emails",
        &json!({
            "from": message.from,
            "to": message.to,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
        }),
    )
}

const DIALECT: Dialect = Dialect {
    took: |_, body| body.get("id").is_some_and(Value::is_string),
    explain: |_, _| None,
};
