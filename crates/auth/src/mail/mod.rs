//! Mail: the message, its template, and the transports that carry it.
//!
//! Invariants: neither a recipient nor a link ever stands in a [`SendError`] or in `Debug` output;
//! no transport sends a message whose address or subject could add a header ([`Message::checked`]).
//!
//! To add a transport: one file here with a type that implements [`Transport`], checks the message
//! first, and uses [`Retry`] for its tries; one over HTTP says in its file what `api.rs` does not know.

#[cfg(feature = "http")]
mod api;
#[cfg(feature = "http")]
pub mod forwardemail;
#[cfg(feature = "http")]
pub mod loops;
pub mod mailbox;
#[cfg(feature = "http")]
pub mod mailgun;
#[cfg(feature = "http")]
pub mod mandrill;
#[cfg(feature = "http")]
pub mod postmark;
#[cfg(feature = "http")]
pub mod resend;
#[cfg(any(feature = "smtp", feature = "http"))]
mod retry;
#[cfg(feature = "http")]
pub mod sendgrid;
#[cfg(feature = "smtp")]
pub mod smtp;
pub mod templates;

use std::fmt;

use async_trait::async_trait;

#[cfg(feature = "http")]
pub use api::{ApiSettings, SettingsError as ApiSettingsError};
#[cfg(any(feature = "smtp", feature = "http"))]
pub use retry::Retry;

/// A mail, ready to go.
#[derive(Clone)]
pub struct Message {
    /// `Name <address>` or an address.
    pub from: String,
    /// One address.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Message {
    /// The message, when every header is one line and the recipient is one address.
    ///
    /// # Errors
    /// [`SendError::Invalid`] when sender, recipient or subject holds a control character, with which
    /// an address could add headers; or when the recipient holds a sign that some mail software
    /// reads as a list, a comment or a quotation, with which the link could go to somebody else.
    pub fn checked(&self) -> Result<&Self, SendError> {
        let headers = [
            ("sender", &self.from),
            ("recipient", &self.to),
            ("subject", &self.subject),
        ];
        if let Some((part, _)) = headers
            .iter()
            .find(|(_, text)| text.chars().any(char::is_control))
        {
            return Err(SendError::Invalid {
                part,
                problem: "holds a control character",
            });
        }
        if !is_one_address(&self.to) {
            return Err(SendError::Invalid {
                part: "recipient",
                problem: "is not one plain mail address",
            });
        }
        Ok(self)
    }

    /// Tells this message from every other: the same for each try to send it.
    #[cfg(any(feature = "smtp", feature = "http"))]
    pub(crate) fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};

        let mut hash = Sha256::new();
        for part in [&self.from, &self.to, &self.subject, &self.text, &self.html] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn is_one_address(text: &str) -> bool {
    let plain = |sign: char| !sign.is_whitespace() && !r#"()<>[]:;,"\"#.contains(sign);
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.chars().all(plain)
    })
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Message(..)")
    }
}

/// Why a mail did not leave. Neither the recipient nor the link ever stands in one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The transport could not be reached or asked to try again later, until all tries were used up.
    #[error("the mail service could not be reached: {reason}")]
    Unreachable {
        /// What the last try met, without address or link.
        reason: String,
    },
    /// The transport refused the message for good.
    #[error("the mail service refused the message: {reason}")]
    Refused {
        /// What it answered, without address or link.
        reason: String,
    },
    /// The message cannot be sent by anyone.
    #[error("the mail's {part} {problem}")]
    Invalid {
        /// `sender`, `recipient` or `subject`.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Carries mail.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one message, within the transport's own timeout and number of tries.
    async fn send(&self, message: &Message) -> Result<(), SendError>;
}
