//! Mail: the message, and the transports that carry it.
//!
//! To add a transport: one file here with a type that implements [`Transport`].

use async_trait::async_trait;

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
}

/// Carries mail.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends one message, within the transport's own timeout and number of tries.
    async fn send(&self, message: &Message) -> Result<(), SendError>;
}
