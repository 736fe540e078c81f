//! Mail through Loops, which sends a template of the account: `url`, `subject` and `text` are its variables.
//!
//! Source: <https://loops.so/docs/api-reference/send-transactional-email>

use async_trait::async_trait;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};

/// The service's own base address.
const BASE: &str = "https://app.loops.so";

/// Sends mail through Loops.
#[derive(Debug)]
pub struct Loops {
    api: Api,
    template: String,
}

impl Loops {
    /// A transport with these settings, that sends the transactional mail with this id.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(
        settings: &ApiSettings,
        transactional_id: impl Into<String>,
    ) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(base, api::bearer(&settings.key)?, settings.retry, DIALECT)?,
            template: transactional_id.into(),
        })
    }
}

#[async_trait]
impl Transport for Loops {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        let mut call = Call::json(
            "/api/v1/transactional",
            &json!({
                "transactionalId": self.template,
                "email": message.to,
                "dataVariables": {
                    "url": link(&message.text),
                    "subject": message.subject,
                    "text": message.text,
                },
            }),
        );
        if let Ok(key) = HeaderValue::from_str(&message.fingerprint()) {
            call.headers.insert("idempotency-key", key);
        }
        self.api.send(&call).await
    }
}

/// The link of a mail: the one line of its text that is an address.
fn link(text: &str) -> &str {
    let is_link = |line: &&str| line.starts_with("https://") || line.starts_with("http://");
    let mut lines = text.lines().map(str::trim);
    lines.find(is_link).unwrap_or_default()
}

const DIALECT: Dialect = Dialect {
    took: |_, body| body.get("success") == Some(&Value::Bool(true)),
    explain: |status, _| match status.as_u16() {
        404 => Some((
            "there is no published mail with this transactional id — check it",
            false,
        )),
        409 => Some(("the same message was sent already", false)),
        _ => None,
    },
};
