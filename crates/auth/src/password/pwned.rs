//! The range API of Pwned Passwords over HTTP (feature `http`).

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use reqwest::redirect::Policy;
use url::Url;

use super::breach::{BreachError, BreachService};

/// An answer is some 80 KB with its padding.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Where the service is and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PwnedSettings {
    /// Its base address; `/range/…` is put behind it.
    pub base: String,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for PwnedSettings {
    /// Pwned Passwords itself, with two seconds.
    fn default() -> Self {
        Self {
            base: "https://api.pwnedpasswords.com".to_owned(),
            timeout: Duration::from_secs(2),
        }
    }
}

/// Why the settings were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PwnedSettingsError {
    /// No `http` or `https` address.
    #[error("the base address of the breach service must be an `https://` address")]
    Base,
    /// The HTTP client could not be set up.
    #[error("the client for the breach service could not be set up")]
    Client(#[source] reqwest::Error),
}

/// Asks a service that speaks the range API.
#[derive(Clone)]
pub struct PwnedPasswords {
    client: Client,
    base: String,
}

impl PwnedPasswords {
    /// With these settings.
    ///
    /// # Errors
    /// [`PwnedSettingsError`] when one of them cannot be used.
    pub fn new(settings: &PwnedSettings) -> Result<Self, PwnedSettingsError> {
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        Url::parse(&settings.base)
            .ok()
            .filter(is_web)
            .ok_or(PwnedSettingsError::Base)?;
        let client = Client::builder()
            .timeout(settings.timeout)
            .redirect(Policy::none())
            .user_agent(concat!("hallpass/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(PwnedSettingsError::Client)?;
        Ok(Self {
            client,
            base: settings.base.trim_end_matches('/').to_owned(),
        })
    }
}

#[async_trait]
impl BreachService for PwnedPasswords {
    async fn range(&self, prefix: &str) -> Result<String, BreachError> {
        let request = self.client.get(format!("{}/range/{prefix}", self.base));
        // Else the length of the answer would tell the group.
        let answer = request.header("Add-Padding", "true").send().await;
        let mut answer = answer.map_err(|error| lost(&error))?;
        if !answer.status().is_success() {
            let status = answer.status().as_u16();
            return Err(BreachError::new(format!("it answered {status}")));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| lost(&error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(BreachError::new("it answered with more than a range"));
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| BreachError::new("it answered with no text"))
    }
}

/// The error's own text holds the address, and with it the digits.
fn lost(error: &reqwest::Error) -> BreachError {
    BreachError::new(if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the connection was lost"
    })
}

impl fmt::Debug for PwnedPasswords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PwnedPasswords")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
