//! Mail through SendGrid's HTTP API.
//!
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send>

use std::fmt;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};

/// The service's own base address.
const BASE: &str = "https://api.sendgrid.com";

/// Sends mail through SendGrid's HTTP API.
pub struct SendGrid {
    api: Api,
    headers: HeaderMap,
}

impl fmt::Debug for SendGrid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SendGrid")
            .field("host", &self.api.host())
            .finish_non_exhaustive()
    }
}

impl SendGrid {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        let key = format!("Bearer {}", settings.key.expose());
        Ok(Self {
            api: Api::new(base, settings.retry, DIALECT)?,
            headers: HeaderMap::from_iter([api::secret_header(AUTHORIZATION, &key)?]),
        })
    }
}

#[async_trait]
impl Transport for SendGrid {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let call = call(message);
        let headers = self.headers.clone();
        self.api.send(&Call { headers, ..call }).await
    }
}

fn call(message: &Message) -> Call {
    let (name, email) = api::sender(&message.from);
    let from = match name {
        Some(name) => json!({ "email": email, "name": name }),
        None => json!({ "email": email }),
    };
    Call::json(
        "/v3/mail/send",
        &json!({
            "personalizations": [{ "to": [{ "email": message.to }] }],
            "from": from,
            "subject": message.subject,
            "content": [
                { "type": "text/plain", "value": message.text },
                { "type": "text/html", "value": message.html },
            ],
            // SECURITY: a tracked link passes through the service's own address, and what opens it signs in.
            "tracking_settings": {
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
            },
        }),
    )
}

/// It takes a message with 202 and no body.
const DIALECT: Dialect = Dialect {
    took: |status, body| status.as_u16() == 202 && body.is_null(),
    explain: |status, _| match status.as_u16() {
        403 => Some((
            "sending from this address is not allowed — verify it, or its domain, as a sender",
            false,
        )),
        413 => Some(("the message is too long", false)),
        _ => None,
    },
};
