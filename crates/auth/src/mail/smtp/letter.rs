//! The message as it goes over the wire: a text and an HTML part, headers of one line each.

use lettre::address::{Address, Envelope};
use lettre::message::{Mailbox, MultiPart};

use crate::mail::{Message, SendError};

/// A message in its envelope.
pub(super) struct Letter {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    /// # Errors
    /// [`SendError::Invalid`] when sender or recipient is no address. The cause is dropped on
    /// purpose: it may quote the address.
    pub(super) fn new(message: &Message) -> Result<Self, SendError> {
        let from: Mailbox = message.from.parse().map_err(|_| invalid("sender"))?;
        let to: Address = message.to.parse().map_err(|_| invalid("recipient"))?;
        let message_id = format!("<{}@{}>", message.fingerprint(), from.email.domain());
        let built = lettre::Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(message.subject.as_str())
            .message_id(Some(message_id))
            .multipart(MultiPart::alternative_plain_html(
                message.text.clone(),
                message.html.clone(),
            ))
            .map_err(|_| invalid("envelope"))?;
        Ok(Self {
            envelope: built.envelope().clone(),
            bytes: built.formatted(),
        })
    }
}

fn invalid(part: &'static str) -> SendError {
    SendError::Invalid {
        part,
        problem: "is not a mail address",
    }
}
