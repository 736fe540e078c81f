//! Mail through Mailgun's HTTP API.
//!
//! Source: <https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages>

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::api::{self, Api, ApiSettings, Call, Dialect, SettingsError};
use super::{Message, SendError, Transport};
use crate::secret::Secret;

/// The service's own base address.
const BASE: &str = "https://api.mailgun.net";

/// The base address for domains in Europe.
pub const EUROPE: &str = "https://api.eu.mailgun.net";

/// Sends mail through Mailgun's HTTP API.
#[derive(Debug)]
pub struct Mailgun {
    api: Api,
}

impl Mailgun {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`SettingsError`] when one of them cannot be used.
    pub fn new(settings: &ApiSettings) -> Result<Self, SettingsError> {
        let base = settings.base.as_deref().unwrap_or(BASE);
        Ok(Self {
            api: Api::new(
                base,
                api::basic(&Secret::new(format!("api:{}", settings.key.expose())))?,
                settings.retry,
                DIALECT,
            )?,
        })
    }
}

#[async_trait]
impl Transport for Mailgun {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let message = message.checked()?;
        self.api.send(&call(message)?).await
    }
}

/// The domain of the sender names the account's part that sends.
fn call(message: &Message) -> Result<Call, SendError> {
    let (_, address) = api::sender(&message.from);
    let domain = address.rsplit_once('@').map(|(_, domain)| domain);
    let plain = |domain: &&str| {
        let plain = |sign: u8| sign.is_ascii_alphanumeric() || b"-.".contains(&sign);
        !domain.is_empty() && !domain.starts_with('.') && domain.bytes().all(plain)
    };
    let domain = domain.filter(plain).ok_or(SendError::Invalid {
        part: "sender",
        problem: "has no domain that Mailgun could send from",
    })?;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("from", &message.from)
        .append_pair("to", &message.to)
        .append_pair("subject", &message.subject)
        .append_pair("text", &message.text)
        .append_pair("html", &message.html)
        // SECURITY: a tracked link passes through the service's own address, and what opens it signs in.
        .append_pair("o:tracking", "no")
        .finish();
    Ok(Call {
        path: format!("/v3/{domain}/messages"),
        headers: HeaderMap::new(),
        content_type: "application/x-www-form-urlencoded",
        body,
    })
}

const DIALECT: Dialect = Dialect {
    took: |_, body| body.get("id").is_some_and(Value::is_string),
    explain: |status, _| match status.as_u16() {
        401 => Some((
            "the key is wrong, or of another region — check it, and `api.eu.mailgun.net` for domains in Europe",
            false,
        )),
        404 => Some((
            "the domain of the from address is none of the account — add it, or set the region",
            false,
        )),
        402 => Some(("the account cannot send — check its plan", false)),
        _ => None,
    },
};
