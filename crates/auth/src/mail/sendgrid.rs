//! Mail through SendGrid's HTTP API.
//!
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send>

use async_trait::async_trait;
use serde_json::json;

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};

/// The service's own base address.
const BASE: &str = "https://api.sendgrid.com";

/// Sends mail through SendGrid's HTTP API.
#[derive(Debug)]
pub struct SendGrid {
    api: Api,
}

impl SendGrid {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(base, api::bearer(&settings.key)?, settings.retry, DIALECT)?,
        })
    }
}

#[async_trait]
impl Transport for SendGrid {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        self.api.send(&call(message)).await
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
