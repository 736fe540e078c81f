//! Tokens of other services, sealed for the table: encrypted with a key that follows from the secrets and does nothing else.
//!
//! Each is bound to the account it belongs to and to the member it stands in: put into another row or column, it does not
//! open. The newest secret seals, all open.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hkdf::Hkdf;
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::adapter::SEALED_MARK;
use crate::environment::{Random, array};
use crate::secret::Secret;
use crate::secrets::Secrets;

/// The members that are sealed.
pub(crate) const SEALED: [&str; 3] = ["access_token", "refresh_token", "id_token"];

const LABEL: &[u8] = b"Hallpass tokens of other services";

const NONCE_BYTES: usize = 12;

/// The keys of all secrets.
// INVARIANT: newest first, never empty.
#[derive(Clone)]
pub(crate) struct TokenKeys(Vec<Aes256Gcm>);

/// What a sealed token is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) provider: &'a str,
    pub(crate) provider_account_id: &'a str,
    /// Where the service takes tokens: scheme, host and port. SECURITY: CVE-2026-15943: a provider that was pointed at
    /// another service gets nothing that its predecessor gave.
    pub(crate) authority: &'a str,
}

/// A sealed token that does not open: its secret is gone, or it was written into another row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token of the account cannot be opened")]
pub(crate) struct Unreadable;

impl TokenKeys {
    pub(crate) fn derive(secrets: &Secrets) -> Self {
        Self(secrets.iter().map(key).collect())
    }

    /// Seals the tokens among the members, which stand there as a service gave them.
    ///
    /// SECURITY: one that looks sealed was made so by the service, and is sealed as any other.
    pub(crate) fn seal_all(
        &self,
        place: Place<'_>,
        members: &mut Map<String, Value>,
        random: &dyn Random,
    ) {
        for name in SEALED {
            if let Some(Value::String(token)) = members.get_mut(name) {
                *token = self.seal(place, name, token, random);
            }
        }
    }

    fn seal(&self, place: Place<'_>, name: &str, token: &str, random: &dyn Random) -> String {
        let nonce: [u8; NONCE_BYTES] = array(random);
        let bound = place.bound(name);
        let payload = Payload {
            msg: token.as_bytes(),
            aad: &bound,
        };
        #[expect(
            clippy::expect_used,
            reason = "there is always a secret, a token is far shorter than 64 GB, and nothing may stand there in clear instead"
        )]
        let sealed = self
            .0
            .first()
            .and_then(|key| key.encrypt(&Nonce::from(nonce), payload).ok())
            .expect("`Secrets` is never empty, and AES-GCM seals what is short");
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        format!("{SEALED_MARK}{}", BASE64.encode(bytes))
    }

    /// The token that stands in a member, sealed or in clear; `None` where there is none.
    pub(crate) fn open(
        &self,
        place: Place<'_>,
        name: &str,
        members: &Map<String, Value>,
    ) -> Result<Option<Secret>, Unreadable> {
        let Some(Value::String(stored)) = members.get(name) else {
            return Ok(None);
        };
        let Some(sealed) = stored.strip_prefix(SEALED_MARK) else {
            return Ok((!stored.is_empty()).then(|| Secret::new(stored.as_str())));
        };
        let bytes = BASE64.decode(sealed).map_err(|_| Unreadable)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unreadable)?;
        let bound = place.bound(name);
        let open = |key: &Aes256Gcm| {
            let payload = Payload {
                msg: ciphertext,
                aad: &bound,
            };
            key.decrypt(&Nonce::from(*nonce), payload).ok()
        };
        let plain = Zeroizing::new(self.0.iter().find_map(open).ok_or(Unreadable)?);
        let text = std::str::from_utf8(&plain).map_err(|_| Unreadable)?;
        Ok(Some(Secret::new(text)))
    }
}

impl Place<'_> {
    /// The lengths stand before the parts, so that no two places are bound alike.
    fn bound(self, name: &str) -> Vec<u8> {
        let mut bound = Vec::new();
        for part in [
            self.provider,
            self.provider_account_id,
            self.authority,
            name,
        ] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            bound.extend(length.to_be_bytes());
            bound.extend(part.as_bytes());
        }
        bound
    }
}

fn key(secret: &Secret) -> Aes256Gcm {
    let mut key = Zeroizing::new([0; 32]);
    #[expect(
        clippy::expect_used,
        reason = "HKDF gives 32 bytes always, and a key of zeros must never be used instead"
    )]
    Hkdf::<Sha256>::new(None, secret.expose().as_bytes())
        .expand(LABEL, &mut *key)
        .expect("HKDF gives 32 bytes");
    Aes256Gcm::new(&(*key).into())
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::random::SeededRandom;

    const HERE: Place<'_> = Place {
        provider: "github",
        provider_account_id: "1",
        authority: "https://github.test",
    };

    fn keys(secrets: &[&str]) -> TokenKeys {
        let secrets = secrets.iter().map(|text| Secret::new(*text));
        TokenKeys::derive(&Secrets::new(secrets).unwrap())
    }

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn sealed(keys: &TokenKeys) -> Map<String, Value> {
        let mut members = members(&json!({
            "access_token": "planted-access", "refresh_token": "planted-refresh", "id_token": null,
            "scope": "email", "expires_at": 5,
        }));
        keys.seal_all(HERE, &mut members, &SeededRandom::new(7));
        members
    }

    fn open(
        keys: &TokenKeys,
        place: Place<'_>,
        name: &str,
        members: &Map<String, Value>,
    ) -> Result<Option<String>, Unreadable> {
        let opened = keys.open(place, name, members)?;
        Ok(opened.map(|token| token.expose().to_owned()))
    }

    #[test]
    fn tokens_are_sealed_and_nothing_else_is() {
        let keys = keys(&["secret"]);
        let sealed = sealed(&keys);
        let text = serde_json::to_string(&sealed).unwrap();
        assert!(!text.contains("planted"), "{text}");
        assert_eq!(
            (&sealed["scope"], &sealed["expires_at"]),
            (&json!("email"), &json!(5))
        );
        assert_eq!(sealed["id_token"], Value::Null);
        assert_eq!(
            open(&keys, HERE, "access_token", &sealed),
            Ok(Some("planted-access".into()))
        );
        assert_eq!(
            open(&keys, HERE, "refresh_token", &sealed),
            Ok(Some("planted-refresh".into()))
        );
        assert_eq!(open(&keys, HERE, "id_token", &sealed), Ok(None));
    }

    #[test]
    fn a_token_that_looks_sealed_is_sealed_and_comes_back() {
        let keys = keys(&["secret"]);
        let ours = sealed(&keys)["refresh_token"].clone();
        for token in ["sealed:v1:AAAA", ours.as_str().unwrap()] {
            let mut members = members(&json!({ "access_token": token }));
            keys.seal_all(HERE, &mut members, &SeededRandom::new(8));
            assert_ne!(members["access_token"], json!(token));
            let opened = open(&keys, HERE, "access_token", &members);
            assert_eq!(opened, Ok(Some(token.to_owned())));
        }
    }

    #[test]
    fn tokens_in_clear_are_read_beside_sealed_ones() {
        let keys = keys(&["secret"]);
        let clear = members(&json!({ "access_token": "in-clear", "refresh_token": "" }));
        assert_eq!(
            open(&keys, HERE, "access_token", &clear),
            Ok(Some("in-clear".into()))
        );
        assert_eq!(open(&keys, HERE, "refresh_token", &clear), Ok(None));
    }

    /// CVE-2026-15943: what was sealed for one account and service serves no other, not even under the same name.
    #[test]
    fn cve_2026_15943_a_sealed_token_opens_in_its_own_place_only() {
        let keys = keys(&["secret"]);
        let sealed = sealed(&keys);
        let at = |provider, provider_account_id, authority| Place {
            provider,
            provider_account_id,
            authority,
        };
        for elsewhere in [
            at("gitlab", "1", HERE.authority),
            at("github", "2", HERE.authority),
            at("github", "1", "https://other.test"),
            at("github1", "", HERE.authority),
            at("", "github1", HERE.authority),
        ] {
            let opened = open(&keys, elsewhere, "access_token", &sealed);
            assert_eq!(opened, Err(Unreadable), "{elsewhere:?}");
        }
        let swapped = members(&json!({ "access_token": sealed["refresh_token"] }));
        assert_eq!(open(&keys, HERE, "access_token", &swapped), Err(Unreadable));
    }

    #[test]
    fn newest_secret_seals_and_all_open() {
        let (old, both, new) = (keys(&["old"]), keys(&["new", "old"]), keys(&["new"]));
        let of_old = sealed(&old);
        assert!(open(&both, HERE, "access_token", &of_old).is_ok());
        assert_eq!(open(&new, HERE, "access_token", &of_old), Err(Unreadable));
        let of_both = sealed(&both);
        assert!(open(&new, HERE, "access_token", &of_both).is_ok());
        assert_eq!(open(&old, HERE, "access_token", &of_both), Err(Unreadable));
    }

    #[test]
    fn what_was_changed_or_cut_off_does_not_open() {
        let keys = keys(&["secret"]);
        let good = sealed(&keys)["access_token"].as_str().unwrap().to_owned();
        for (length, _) in good.char_indices() {
            let (cut, _) = good.split_at(length);
            let cut = members(&json!({ "access_token": cut }));
            let opened = open(&keys, HERE, "access_token", &cut);
            // Shorter than the mark it is a token in clear, and none of ours.
            assert!(
                length < SEALED_MARK.len() || opened == Err(Unreadable),
                "{length}"
            );
        }
        for rubbish in ["sealed:v1:*", "sealed:v1:AAAA", "sealed:v1:\u{e4}"] {
            let rubbish = members(&json!({ "access_token": rubbish }));
            assert_eq!(open(&keys, HERE, "access_token", &rubbish), Err(Unreadable));
        }
    }

    #[test]
    fn keys_do_not_print() {
        assert_eq!(format!("{:?}", keys(&["planted"])), "TokenKeys(..)");
    }
}
