//! Mail through Forward Email's HTTP API.
//!
//! Source: <https://forwardemail.net/email-api>

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};

/// The service's own base address.
const BASE: &str = "https://api.forwardemail.net";

/// Sends mail through Forward Email's HTTP API.
pub struct ForwardEmail {
    api: Api,
    headers: HeaderMap,
}

impl fmt::Debug for ForwardEmail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ForwardEmail")
            .field("host", &self.api.host())
            .finish_non_exhaustive()
    }
}

impl ForwardEmail {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        let key = format!(
            "Basic {}",
            STANDARD.encode(format!("{}:", settings.key.expose()))
        );
        Ok(Self {
            api: Api::new(base, settings.retry, DIALECT)?,
            headers: HeaderMap::from_iter([api::secret_header(AUTHORIZATION, &key)?]),
        })
    }
}

#[async_trait]
impl Transport for ForwardEmail {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let call = call(message);
        let headers = self.headers.clone();
        self.api.send(&Call { headers, ..call }).await
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
