//! Signatures that receivers check with any library for Standard Webhooks.
//!
//! Source: Standard Webhooks, signature scheme: `v1`, HMAC-SHA256 over `id.timestamp.body`, base64; several with blanks between while
//! secrets are rotated.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A secret that an endpoint and we share.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

/// This is no secret for webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not `whsec_` and 24 to 64 bytes in base64")]
pub struct NotASecret;

impl SigningSecret {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// [`NotASecret`], which says nothing of the text.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let text = text.trim().strip_prefix(PREFIX).ok_or(NotASecret)?;
        let bytes = STANDARD.decode(text).map_err(|_| NotASecret)?;
        Self::of(bytes)
    }

    /// Of 24 to 64 bytes.
    ///
    /// # Errors
    /// [`NotASecret`] for any other number.
    pub fn of(bytes: Vec<u8>) -> Result<Self, NotASecret> {
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(NotASecret)
        }
    }

    /// As it is written in settings, to be shown to whoever made it.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn sign(&self, signed: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(signed.as_bytes());
        Some(format!(
            "v1,{}",
            STANDARD.encode(mac.finalize().into_bytes())
        ))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(..)")
    }
}

/// The three headers of a message, signed with every secret.
pub fn headers(
    id: &str,
    now: Timestamp,
    body: &str,
    secrets: &[SigningSecret],
) -> [(&'static str, String); 3] {
    let seconds = now.as_second().to_string();
    let signed = format!("{id}.{seconds}.{body}");
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| secret.sign(&signed))
        .collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signatures.join(" ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the example of the specification of Standard Webhooks, as its libraries test it.
    #[test]
    fn a_message_is_signed_as_the_specification_has_it() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let made = headers(
            id,
            now,
            "{\"test\": 2432232314}",
            std::slice::from_ref(&secret),
        );
        assert_eq!(
            made,
            [
                ("webhook-id", id.to_owned()),
                ("webhook-timestamp", "1614265330".to_owned()),
                (
                    "webhook-signature",
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()
                ),
            ]
        );
        let other = SigningSecret::of(vec![7; 32]).unwrap();
        let [.., (_, both)] = headers(id, now, "{}", &[other, secret]);
        assert_eq!(both.split(' ').count(), 2);
    }

    #[test]
    fn what_is_no_secret_is_refused_and_secrets_do_not_print() {
        for text in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_short",
            "whsec_***",
        ] {
            assert_eq!(SigningSecret::parse(text), Err(NotASecret), "{text}");
        }
        assert!(SigningSecret::of(vec![0; 23]).is_err() && SigningSecret::of(vec![0; 65]).is_err());
        let secret = SigningSecret::of(vec![1; 24]).unwrap();
        assert_eq!(SigningSecret::parse(&secret.reveal()), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "SigningSecret(..)");
    }
}
