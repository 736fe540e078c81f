//! The keys by which entries are sealed. The database knows none of them.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::entry::{EntryHash, Seal};
use super::hex;

/// What keys are derived for: one secret has several uses, and no use learns the key of another.
const SEALS: &[u8] = b"hallpass audit seals 1";
const NAMES: &[u8] = b"hallpass audit key name 1";
const ADDRESSES: &[u8] = b"hallpass audit addresses 1";

/// Digits of a key's name, and of what stands for an address.
const SHORT: usize = 16;

/// The keys, the newest first: that one seals. Clones are cheap.
#[derive(Clone)]
pub struct AuditKeys(Arc<[Key]>);

struct Key {
    name: String,
    seals: [u8; 32],
    addresses: [u8; 32],
}

/// There is no secret to derive a key from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an audit trail needs a secret")]
pub struct NoKey;

impl AuditKeys {
    /// Derived from the secrets of the application, the newest first. Older ones only check: what was sealed before the newest
    /// was made.
    ///
    /// # Errors
    /// [`NoKey`] without a secret.
    pub fn derive<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, NoKey> {
        let keys: Arc<[Key]> = secrets
            .into_iter()
            .map(|secret| Key::derive(secret.as_ref()))
            .collect();
        if keys.is_empty() {
            return Err(NoKey);
        }
        Ok(Self(keys))
    }

    /// What stands for a mail address in entries: the same address, the same text, as long as the secret is the same, and
    /// nobody without the secret learns which. Upper and lower case are alike.
    pub fn address(&self, address: &str) -> String {
        self.addresses(address).next().unwrap_or_default()
    }

    /// What has stood for it by every key, the newest first.
    pub fn addresses(&self, address: &str) -> impl Iterator<Item = String> {
        let address = address.trim().to_lowercase();
        self.0.iter().map(move |key| {
            let mut text = hex::text(&mac(&key.addresses, &[address.as_bytes()]));
            text.truncate(SHORT);
            text
        })
    }

    /// The name of the key that seals.
    pub fn name(&self) -> &str {
        self.0.first().map_or("", |key| key.name.as_str())
    }

    pub(super) fn seal(&self, hash: &EntryHash) -> Seal {
        // INVARIANT: there is a first key.
        Seal(self.0.first().map_or([0; 32], |key| key.seal(hash)))
    }

    /// Whether the seal is by the key of this name; `None` where nobody here has that key.
    pub(super) fn judge(&self, name: &str, hash: &EntryHash, seal: &Seal) -> Option<bool> {
        let key = self.0.iter().find(|key| key.name == name)?;
        let mac = Hmac::<Sha256>::new_from_slice(&key.seals).ok()?;
        // In constant time.
        Some(mac.chain_update(hash.0).verify_slice(&seal.0).is_ok())
    }
}

impl Key {
    fn derive(secret: &[u8]) -> Self {
        let mut name = hex::text(&mac(secret, &[NAMES]));
        name.truncate(SHORT);
        Self {
            name,
            seals: mac(secret, &[SEALS]),
            addresses: mac(secret, &[ADDRESSES]),
        }
    }

    fn seal(&self, hash: &EntryHash) -> [u8; 32] {
        mac(&self.seals, &[&hash.0])
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // invariant: this MAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

// SECURITY: names of keys tell nothing of them.
impl fmt::Debug for AuditKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|key| &key.name);
        formatter.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_keys_check_and_never_seal() {
        let old = AuditKeys::derive(["the old secret"]).unwrap();
        let both = AuditKeys::derive(["the new secret", "the old secret"]).unwrap();
        let hash = EntryHash([7; 32]);
        let seal = old.seal(&hash);
        assert_eq!(both.judge(old.name(), &hash, &seal), Some(true));
        assert_ne!(both.seal(&hash), seal);
        assert_eq!(both.judge(both.name(), &hash, &seal), Some(false));
        assert_eq!(old.judge(both.name(), &hash, &both.seal(&hash)), None);
        assert_eq!(AuditKeys::derive(Vec::<Vec<u8>>::new()).unwrap_err(), NoKey);
    }

    #[test]
    fn addresses_are_alike_and_not_said() {
        let keys = AuditKeys::derive(["planted secret", "another"]).unwrap();
        let one = keys.address(" Ada@Example.com");
        assert_eq!(one, keys.address("ada@example.com"));
        assert_ne!(one, keys.address("bob@example.com"));
        assert_eq!(keys.addresses("ada@example.com").count(), 2);
        assert!(!format!("{keys:?} {one}").contains("planted"));
        assert_eq!(one.len(), SHORT);
    }
}
