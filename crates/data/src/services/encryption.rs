//! `@encrypted`: texts that stand sealed in the database.
//!
//! The stored form is that of ZenStack 2, so that both programs read each other's rows: base64 of
//! `{"v":1,"a":"AES-GCM","k":"digest of the key"}`, a dot, base64 of IV, ciphertext and tag.
//!
//! Source: contract zenstack §2.9.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::environment::Random;

/// What the form is called in what stands before the dot.
const VERSION: u8 = 1;
const ALGORITHM: &str = "AES-GCM";
const NONCE_BYTES: usize = 12;
/// What keys of secrets are for: other keys of the same secrets are for something else.
const DERIVED: &[u8] = b"hallpass encrypted fields";
/// What stands before the dot is about a hundred characters.
const MAX_HEAD: usize = 1000;

/// Keys of `@encrypted` fields: one that seals, and any number that open what was sealed before.
#[derive(Clone)]
pub struct Encryption {
    /// INVARIANT: never empty; the first one seals.
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    cipher: Aes256Gcm,
    /// The first 8 bytes of the key's SHA-256, in hex.
    digest: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    v: u8,
    a: String,
    k: String,
}

impl Encryption {
    /// Seals and opens with this key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            keys: vec![Key::new(key)],
        }
    }

    /// Opens with this key as well.
    #[must_use]
    pub fn opening(mut self, key: &[u8; 32]) -> Self {
        self.keys.push(Key::new(key));
        self
    }

    /// Seals and opens with a key that follows from a secret of any length, by HKDF-SHA256; nothing about the secret
    /// follows from the key. Who loses the secret loses what is sealed.
    pub fn of_secret(secret: &[u8]) -> Self {
        Self {
            keys: vec![Key::of_secret(secret)],
        }
    }

    /// Opens with the key of this secret as well.
    #[must_use]
    pub fn opening_secret(mut self, secret: &[u8]) -> Self {
        self.keys.push(Key::of_secret(secret));
        self
    }

    fn open(&self, stored: &str) -> Option<String> {
        let (head, body) = stored
            .split_once('.')
            .filter(|(head, _)| head.len() <= MAX_HEAD)?;
        let head: Head = serde_json::from_slice(&STANDARD.decode(head).ok()?).ok()?;
        if head.v != VERSION || head.a != ALGORITHM {
            return None;
        }
        let body = STANDARD.decode(body).ok()?;
        let (nonce, sealed) = body.split_first_chunk::<NONCE_BYTES>()?;
        let matching = self.keys.iter().filter(|key| key.digest == head.k);
        let mut opened =
            matching.filter_map(|key| key.cipher.decrypt(&Nonce::from(*nonce), sealed).ok());
        String::from_utf8(opened.next()?).ok()
    }
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        let digest = Sha256::digest(key);
        let digest = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
        Self {
            cipher: Aes256Gcm::new(key.into()),
            digest: digest.collect(),
        }
    }

    fn of_secret(secret: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(None, secret).expand(DERIVED, &mut *key);
        // invariant: HKDF-SHA256 gives up to 8,160 bytes
        debug_assert!(derived.is_ok());
        Self::new(&key)
    }

    fn seal(&self, text: &str, nonce: [u8; NONCE_BYTES]) -> Option<String> {
        let head = Head {
            v: VERSION,
            a: ALGORITHM.to_owned(),
            k: self.digest.clone(),
        };
        let head = serde_json::to_vec(&head).ok()?;
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), text.as_bytes())
            .ok()?;
        let body = [nonce.as_slice(), &sealed].concat();
        Some(format!(
            "{}.{}",
            STANDARD.encode(head),
            STANDARD.encode(body)
        ))
    }
}

/// SECURITY: keys do not belong into logs.
impl fmt::Debug for Encryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Encryption(..)")
    }
}

/// Seals and opens the texts of a client's fields.
pub(crate) struct Sealer {
    encryption: Encryption,
    random: Arc<dyn Random>,
}

impl Sealer {
    pub(super) fn new(encryption: Encryption, random: Arc<dyn Random>) -> Self {
        Self { encryption, random }
    }

    /// The text as it is stored. `None` only for texts longer than the cipher takes, which is 64 GiB.
    pub(crate) fn seal(&self, text: &str) -> Option<String> {
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce);
        self.encryption.keys.first()?.seal(text, nonce)
    }

    /// The text that was stored; one that no key opens as it stands, for it may be from before the field was
    /// encrypted.
    pub(crate) fn open(&self, stored: String) -> String {
        self.encryption.open(&stored).unwrap_or(stored)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer(..)")
    }
}

/// There is one for each client.
impl PartialEq for Sealer {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(encryption: Encryption) -> Sealer {
        Sealer::new(encryption, Arc::new(|bytes: &mut [u8]| bytes.fill(7)))
    }

    #[test]
    fn texts_come_back_and_do_not_stand_in_what_is_stored() {
        let sealer = sealer(Encryption::new(&[1; 32]));
        for text in ["", "a", "secret \u{1f600}", &"x".repeat(100_000)] {
            let stored = sealer.seal(text).unwrap();
            assert!(text.is_empty() || !stored.contains(text));
            assert_eq!(sealer.open(stored), text);
        }
    }

    #[test]
    fn the_stored_form_is_that_of_zenstack() {
        let stored = sealer(Encryption::new(&[0; 32])).seal("hello").unwrap();
        let (head, body) = stored.split_once('.').unwrap();
        let head = String::from_utf8(STANDARD.decode(head).unwrap()).unwrap();
        // SHA-256 of 32 zero bytes begins with 66687aadf862bd77.
        assert_eq!(head, r#"{"v":1,"a":"AES-GCM","k":"66687aadf862bd77"}"#);
        let body = STANDARD.decode(body).unwrap();
        assert_eq!(body.len(), 12 + "hello".len() + 16);
        assert_eq!(body[..12], [7; 12]);
    }

    /// Made with `crypto.subtle`: AES-256-GCM, key 0x01 thirty-two times, IV 0x02 twelve times, text `hello`.
    #[test]
    fn what_another_program_sealed_is_opened() {
        let head = STANDARD.encode(r#"{"v":1,"a":"AES-GCM","k":"72cd6e8422c407fb"}"#);
        let stored = format!("{head}.{WEB_CRYPTO}");
        assert_eq!(sealer(Encryption::new(&[1; 32])).open(stored), "hello");
    }

    const WEB_CRYPTO: &str = "AgICAgICAgICAgICb7OlJSUCYwtZ7fA+dwycA4aL9zrt";

    #[test]
    fn old_keys_open_and_the_new_one_seals() {
        let old = sealer(Encryption::new(&[1; 32]));
        let both = sealer(Encryption::new(&[2; 32]).opening(&[1; 32]));
        let new = sealer(Encryption::new(&[2; 32]));
        assert_eq!(both.open(old.seal("a").unwrap()), "a");
        assert_eq!(new.open(both.seal("b").unwrap()), "b");
        let unreadable = old.seal("a").unwrap();
        assert_eq!(new.open(unreadable.clone()), unreadable);
    }

    #[test]
    fn keys_of_secrets_differ_from_them_and_from_each_other() {
        let secret: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
        let old = sealer(Encryption::of_secret(secret));
        let new = sealer(Encryption::of_secret(b"another").opening_secret(secret));
        let stored = old.seal("a").unwrap();
        assert_eq!(new.open(stored.clone()), "a");
        for other in [
            Encryption::of_secret(b"another"),
            Encryption::of_secret(b""),
            Encryption::new(secret),
        ] {
            assert_eq!(sealer(other).open(stored.clone()), stored);
        }
    }

    #[test]
    fn what_cannot_be_opened_is_given_as_it_stands() {
        let sealer = sealer(Encryption::new(&[1; 32]));
        let stored = sealer.seal("secret").unwrap();
        let (head, body) = stored.split_once('.').unwrap();
        let mut bytes = STANDARD.decode(body).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        let of_head = |json: &str| format!("{}.{body}", STANDARD.encode(json));
        for text in [
            String::new(),
            ".".to_owned(),
            "plain text".to_owned(),
            "plain. text".to_owned(),
            body.to_owned(),
            head.to_owned(),
            format!("{head}."),
            format!("{head}.AAAA"),
            format!("{head}.{}", STANDARD.encode(bytes)),
            of_head(r#"{"v":2,"a":"AES-GCM","k":"72cd6e8422c407fb"}"#),
            of_head(r#"{"v":1,"a":"AES-CBC","k":"72cd6e8422c407fb"}"#),
            of_head("[]"),
            format!("{}.{body}", "A".repeat(1_000_000)),
        ] {
            assert_eq!(sealer.open(text.clone()), text);
        }
    }

    #[test]
    fn keys_are_not_printed() {
        let encryption = Encryption::new(&[65; 32]);
        assert_eq!(format!("{encryption:?}"), "Encryption(..)");
        assert_eq!(format!("{:?}", sealer(encryption)), "Sealer(..)");
    }
}
