//! Sealed tokens: the one form of JWE (compact, `alg` `dir`) that Auth.js writes, and the two that it reads.
//!
//! The primitives are RustCrypto's; here they are put together as RFC 7516 and RFC 7518 section 5.2 say, because
//! no pure-Rust JWE crate is finished. The tag is compared in constant time before anything is decrypted.
//!
//! SECURITY: keys belong to a *salt*, the full name of the cookie. A token of one purpose never opens as one of
//! another (CVE-2023-48309).
//!
//! Source: contract authjs §3.1; RFC 7516, RFC 7518, RFC 7638.

mod cipher;
mod keys;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::environment::Random;
use crate::time::after;

use cipher::{Parts, Sealed};
pub use keys::Keys;

/// The longest token that is looked at. Sixteen full cookies are far more than browsers and servers carry.
pub const MAX_TOKEN_LENGTH: usize = 64 * 1024;

/// How far clocks may differ.
const TOLERANCE_SECONDS: f64 = 15.0;

/// From when and how long a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When it is issued.
    pub now: Timestamp,
    /// Time to its end.
    pub max_age: Duration,
}

/// Why a token does not open. For logs; a visitor only ever learns that there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_TOKEN_LENGTH`].
    #[error("the token is too long")]
    TooLong,
    /// Not five parts of unpadded base64url with a JSON header.
    #[error("the token is malformed")]
    Malformed,
    /// An algorithm or extension that is not accepted.
    #[error("the token uses an algorithm that is not accepted")]
    Algorithm,
    /// Sealed with a key that is not ours: another secret, or another cookie's.
    #[error("the token was sealed with an unknown key")]
    UnknownKey,
    /// Changed on its way, or sealed with another key.
    #[error("the token does not decrypt")]
    Decryption,
    /// The content is no JSON object, or a time in it is no number.
    #[error("the content of the token is malformed")]
    Claims,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    crit: Option<Value>,
    zip: Option<Value>,
}

/// A member that may be absent but not null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

impl Keys {
    /// Seals the claims with the first secret.
    ///
    /// `iat`, `exp` and `jti` are set where they stand, or appended in this order.
    pub fn encode(
        &self,
        mut claims: Map<String, Value>,
        lifetime: Lifetime,
        random: &dyn Random,
    ) -> String {
        let expires = after(lifetime.now, lifetime.max_age);
        claims.insert("iat".to_owned(), lifetime.now.as_second().into());
        claims.insert("exp".to_owned(), expires.as_second().into());
        claims.insert("jti".to_owned(), random.uuid().into());
        let plain = Value::Object(claims).to_string();
        let header = self.header();
        let sealed = cipher::seal_cbc(self.issuing(), header, plain.as_bytes(), random);
        let Sealed {
            iv,
            ciphertext,
            tag,
        } = sealed;
        format!(
            "{header}..{}.{}.{}",
            BASE64.encode(iv),
            BASE64.encode(ciphertext),
            BASE64.encode(tag),
        )
    }

    /// Opens a token and checks its times; gives the claims in their order.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says why it does not open.
    pub fn decode(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, DecodeError> {
        let plain = self.open(token)?;
        let Ok(Value::Object(claims)) = serde_json::from_slice(&plain) else {
            return Err(DecodeError::Claims);
        };
        check_times(&claims, now)?;
        Ok(claims)
    }

    fn open(&self, token: &str) -> Result<Vec<u8>, DecodeError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(DecodeError::TooLong);
        }
        let mut segments = token.split('.');
        let mut next = || segments.next().ok_or(DecodeError::Malformed);
        let (header_text, encrypted_key) = (next()?, next()?);
        let (iv, ciphertext, tag) = (bytes(next()?)?, bytes(next()?)?, bytes(next()?)?);
        if segments.next().is_some() || !encrypted_key.is_empty() {
            return Err(DecodeError::Malformed);
        }
        let header: Header =
            serde_json::from_slice(&bytes(header_text)?).map_err(|_| DecodeError::Malformed)?;
        if header.alg != "dir" || header.crit.is_some() || header.zip.is_some() {
            return Err(DecodeError::Algorithm);
        }
        let parts = Parts {
            aad: header_text.as_bytes(),
            iv: &iv,
            ciphertext: &ciphertext,
            tag: &tag,
        };
        let key_id = header.kid.as_deref();
        match header.enc.as_str() {
            "A256CBC-HS512" => cipher::open_cbc(self.cbc(key_id)?, &parts),
            "A256GCM" => cipher::open_gcm(self.gcm(key_id)?, &parts),
            _ => Err(DecodeError::Algorithm),
        }
    }
}

fn bytes(segment: &str) -> Result<Vec<u8>, DecodeError> {
    BASE64.decode(segment).map_err(|_| DecodeError::Malformed)
}

/// Source: contract authjs §3.1, time checks. `exp` equal to now − 15 is over.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), DecodeError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this millennium are exact in a double, and claims may hold fractions"
    )]
    let now = now.as_second() as f64;
    // SECURITY: strict types; a text that looks like a number is refused, not converted (CVE-2026-54238).
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(DecodeError::Claims),
    };
    seconds("iat")?;
    if seconds("nbf")?.is_some_and(|nbf| nbf > now + TOLERANCE_SECONDS) {
        return Err(DecodeError::NotYetValid);
    }
    if seconds("exp")?.is_some_and(|exp| exp <= now - TOLERANCE_SECONDS) {
        return Err(DecodeError::Expired);
    }
    Ok(())
}
