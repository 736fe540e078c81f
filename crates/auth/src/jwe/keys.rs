//! Keys derived from the secrets, with their ids.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use super::DecodeError;
use crate::secret::Secret;
use crate::secrets::Secrets;

/// Key of `A256CBC-HS512`: two halves.
#[derive(Clone)]
pub(super) struct CbcKey {
    /// First half.
    pub(super) mac: [u8; 32],
    /// Second half.
    pub(super) cipher: [u8; 32],
}

/// Key of `A256GCM`.
pub(super) type GcmKey = [u8; 32];

/// The keys of all secrets for one salt. Deriving costs some microseconds: make it once and keep it.
// INVARIANT: `first` belongs to the first secret, `rest` to the others in order.
#[derive(Clone)]
pub struct Keys {
    first: KeyPair,
    rest: Vec<KeyPair>,
    /// Protected header of the tokens that we issue, encoded.
    header: String,
}

/// What one secret gives.
#[derive(Clone)]
struct KeyPair {
    cbc: CbcKey,
    gcm: GcmKey,
    cbc_id: String,
    gcm_id: String,
}

impl Drop for KeyPair {
    fn drop(&mut self) {
        self.cbc.mac.zeroize();
        self.cbc.cipher.zeroize();
        self.gcm.zeroize();
    }
}

impl Keys {
    /// Derives the keys for a salt, which is the full name of the cookie that the tokens stand in.
    pub fn derive(secrets: &Secrets, salt: &str) -> Self {
        let mut pairs = secrets.iter().map(|secret| KeyPair::derive(secret, salt));
        let first = pairs
            .next()
            .unwrap_or_else(|| KeyPair::derive(secrets.joined(), salt));
        let header = BASE64.encode(format!(
            r#"{{"alg":"dir","enc":"A256CBC-HS512","kid":"{}"}}"#,
            first.cbc_id,
        ));
        Self {
            rest: pairs.collect(),
            first,
            header,
        }
    }

    /// Protected header of the tokens that we issue, encoded.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// The key that seals.
    pub(super) fn issuing(&self) -> &CbcKey {
        &self.first.cbc
    }

    /// The key of this id; without id the first secret's, and no other is tried.
    pub(super) fn cbc(&self, id: Option<&str>) -> Result<&CbcKey, DecodeError> {
        self.find(id, |pair| &pair.cbc_id).map(|pair| &pair.cbc)
    }

    /// As [`cbc`](Self::cbc).
    pub(super) fn gcm(&self, id: Option<&str>) -> Result<&GcmKey, DecodeError> {
        self.find(id, |pair| &pair.gcm_id).map(|pair| &pair.gcm)
    }

    fn find(
        &self,
        id: Option<&str>,
        id_of: impl Fn(&KeyPair) -> &String,
    ) -> Result<&KeyPair, DecodeError> {
        match id {
            None => Ok(&self.first),
            Some(id) => std::iter::once(&self.first)
                .chain(&self.rest)
                .find(|pair| id_of(pair) == id)
                .ok_or(DecodeError::UnknownKey),
        }
    }
}

impl KeyPair {
    fn derive(secret: &Secret, salt: &str) -> Self {
        let info = format!("Auth.js Generated Encryption Key ({salt})");
        let hkdf = Hkdf::<Sha256>::new(Some(salt.as_bytes()), secret.expose().as_bytes());
        let mut long = Zeroizing::new([[0; 32]; 2]);
        #[expect(
            clippy::expect_used,
            reason = "HKDF-SHA-256 gives up to 8160 bytes, and a key of zeros must never be used instead"
        )]
        hkdf.expand(info.as_bytes(), long.as_flattened_mut())
            .expect("64 bytes are less than HKDF gives");
        let [mac, cipher] = *long;
        Self {
            cbc_id: BASE64.encode(Sha512::digest(thumbprint_input(long.as_flattened()))),
            gcm_id: BASE64.encode(Sha256::digest(thumbprint_input(&mac))),
            cbc: CbcKey { mac, cipher },
            // HKDF's output of 32 bytes is the beginning of its output of 64.
            gcm: mac,
        }
    }
}

/// Source: RFC 7638 section 3.
fn thumbprint_input(key: &[u8]) -> Zeroizing<String> {
    format!(r#"{{"k":"{}","kty":"oct"}}"#, BASE64.encode(key)).into()
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::hex;

    #[test]
    fn keys_and_ids_are_those_of_auth_js_for_every_salt() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/authjs.json")).unwrap();
        let vectors = vectors["derived_keys"].as_array().unwrap();
        assert_eq!(vectors.len(), 12);
        for vector in vectors {
            let secret = Secret::new(vector["secret"].as_str().unwrap());
            let pair = KeyPair::derive(&secret, vector["salt"].as_str().unwrap());
            let long = [pair.cbc.mac, pair.cbc.cipher].concat();
            assert_eq!(vector["key64_hex"], hex(&long));
            assert_eq!(vector["key32_hex"], hex(&pair.gcm));
            assert_eq!(vector["kid64"], pair.cbc_id);
            assert_eq!(vector["kid32"], pair.gcm_id);
        }
    }

    #[test]
    fn without_an_id_only_the_first_secret_counts() {
        let secrets = Secrets::new(["new", "old"].map(Secret::new)).unwrap();
        let keys = Keys::derive(&secrets, "salt");
        let old = KeyPair::derive(&Secret::new("old"), "salt");
        assert_eq!(keys.cbc(None).unwrap().mac, keys.first.cbc.mac);
        assert_eq!(keys.cbc(Some(&old.cbc_id)).unwrap().mac, old.cbc.mac);
        assert_eq!(*keys.gcm(Some(&old.gcm_id)).unwrap(), old.gcm);
        // The id of one form does not find a key of the other.
        for unknown in [&old.gcm_id, "", "nope"] {
            assert!(keys.cbc(Some(unknown)).is_err());
        }
    }

    #[test]
    fn nothing_of_the_keys_prints() {
        let keys = Keys::derive(&Secrets::new([Secret::new("s")]).unwrap(), "salt");
        assert_eq!(format!("{keys:?}"), "Keys(..)");
    }
}
