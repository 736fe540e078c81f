//! Mail through Mailchimp Transactional, which was called Mandrill.
//!
//! Source: <https://mailchimp.com/developer/transactional/api/messages/send-new-message/>

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::api::{self, Api, ApiSettings, Call, Dialect, Meaning, SettingsError};
use super::{Message, SendError, Transport};
use crate::secret::Secret;

/// The service's own base address.
const BASE: &str = "https://mandrillapp.com";

/// Sends mail through Mailchimp Transactional.
#[derive(Debug)]
pub struct Mandrill {
    api: Api,
    key: Secret,
}

impl Mandrill {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(base, HeaderMap::new(), settings.retry, DIALECT)?,
            key: settings.key.clone(),
        })
    }
}

#[async_trait]
impl Transport for Mandrill {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let (name, email) = api::sender(&message.from);
        let call = Call::json(
            "/api/1.0/messages/send",
            &json!({
                "key": self.key.expose(),
                "message": {
                    "from_email": email,
                    "from_name": name,
                    "to": [{ "email": message.to, "type": "to" }],
                    "subject": message.subject,
                    "text": message.text,
                    "html": message.html,
                    // SECURITY: a tracked link passes through the service's own address, and what opens it signs in.
                    "track_clicks": false,
                    "track_opens": false,
                    // A kept copy would show the link to everybody in the account.
                    "view_content_link": false,
                },
            }),
        );
        self.api.send(&call).await
    }
}

const DIALECT: Dialect = Dialect {
    took: |_, body| matches!(fate(body), Some("sent" | "queued" | "scheduled")),
    explain: |_, body| match fate(body) {
        Some("rejected") => Some((
            "the recipient or the sender was rejected — check the lists and domains of the account",
            false,
        )),
        Some("invalid") => Some(("the message is not valid — check the from address", false)),
        _ => error(body),
    },
};

/// What became of the message to its one recipient.
fn fate(body: &Value) -> Option<&str> {
    body.get(0)?.get("status")?.as_str()
}

/// Every error is a 500 with a name.
fn error(body: &Value) -> Option<Meaning> {
    match body.get("name")?.as_str()? {
        "Invalid_Key" => Some(("the key is missing or wrong — check it", false)),
        "PaymentRequired" => Some(("the account cannot send — check its plan", false)),
        "ValidationError" => Some(("the message is not valid — check the from address", false)),
        _ => None,
    }
}
