//! The compact form of a signed token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::oauth::{OAuthError, json};
use crate::providers::oauth::SigningAlgorithm;
use crate::secret::Secret;

/// A signed token, taken apart. Nothing in it is verified yet.
pub(in crate::oauth) struct Jws<'a> {
    pub(in crate::oauth) algorithm: SigningAlgorithm,
    /// `kid`: which key signed it.
    pub(super) key_id: Option<String>,
    /// `typ` in lower case, without `application/`.
    pub(in crate::oauth) kind: Option<String>,
    pub(in crate::oauth) claims: Map<String, Value>,
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart that is signed with one of these algorithms.
    pub(in crate::oauth) fn read(
        token: &'a str,
        allowed: &[SigningAlgorithm],
    ) -> Result<Self, OAuthError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, claims) = signed.split_once('.').ok_or(MALFORMED)?;
        let header = members(header).ok_or(MALFORMED)?;
        // SPEC: RFC 7515 §4.1.11: whoever does not understand every critical extension must refuse. We know none.
        if header.contains_key("crit") {
            return Err(OAuthError::Token("it has critical headers"));
        }
        let algorithm = algorithm(&header).filter(|algorithm| allowed.contains(algorithm));
        let algorithm = algorithm.ok_or(OAuthError::Token("its algorithm is not allowed"))?;
        Ok(Self {
            algorithm,
            key_id: text(&header, "kid")?,
            kind: text(&header, "typ")?.map(|kind| short_kind(&kind)),
            claims: members(claims).ok_or(MALFORMED)?,
            signed,
            signature: decode(signature).ok_or(MALFORMED)?,
        })
    }
}

const MALFORMED: OAuthError = OAuthError::Token("it is no signed token");

fn algorithm(header: &Map<String, Value>) -> Option<SigningAlgorithm> {
    SigningAlgorithm::of_name(header.get("alg")?.as_str()?)
}

fn text(header: &Map<String, Value>, name: &str) -> Result<Option<String>, OAuthError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(MALFORMED),
    }
}

/// SPEC: RFC 7515 §4.1.9: `application/` may be left out.
fn short_kind(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    let short = kind.strip_prefix("application/").map(str::to_owned);
    short.unwrap_or(kind)
}

fn members(part: &str) -> Option<Map<String, Value>> {
    json::object(&decode(part)?)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// Whether the secret made this HMAC (HS256), in constant time.
pub(in crate::oauth) fn mac_fits(secret: &Secret, token: &Jws<'_>) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        return false;
    };
    mac.update(token.signed.as_bytes());
    token.algorithm == SigningAlgorithm::Hs256 && mac.verify_slice(&token.signature).is_ok()
}
