//! Keys as the store keeps them.
//!
//! Source: contract authjs §10.3.

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::adapter::UserId;
use crate::environment::hex;

/// How many bytes the id of a key has at least and at most. Source: WebAuthn Level 3, section 4, "Credential ID".
const ID_BYTES: std::ops::RangeInclusive<usize> = 16..=1023;

/// Names a key. The authenticator chose it.
// INVARIANT: as many bytes as `ID_BYTES` says.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// `None` where it is too short to be one, or too long.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        ID_BYTES.contains(&bytes.len()).then(|| Self(bytes.into()))
    }

    /// As messages of browsers have it: base64url without padding.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::new(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// As messages of browsers have it: base64url without padding.
    pub fn to_wire(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// As the tables of Auth.js have it: standard base64 with padding.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::new(&BASE64_STANDARD.decode(text).ok()?)
    }

    /// As the tables of Auth.js have it: standard base64 with padding.
    pub fn to_stored(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// 64 hex digits that stand for it where an id is too long: as a key of a table, in a form. Nothing secret.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }
}

/// Ids are no secrets, but whoever collects them can follow people.
impl fmt::Debug for CredentialId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CredentialId(..)")
    }
}

/// Whether a key may leave the device that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceType {
    /// It stays there.
    SingleDevice,
    /// It may be copied, such as by the account of a password manager.
    MultiDevice,
}

impl DeviceType {
    /// The word in the tables of Auth.js.
    pub fn name(self) -> &'static str {
        match self {
            Self::SingleDevice => "singleDevice",
            Self::MultiDevice => "multiDevice",
        }
    }

    /// The one of this word; every other word means the careful one.
    pub fn of_name(name: &str) -> Self {
        match name {
            "multiDevice" => Self::MultiDevice,
            _ => Self::SingleDevice,
        }
    }
}

/// A key that somebody signs in with.
#[derive(Clone, PartialEq)]
pub struct Authenticator {
    /// Names the key.
    pub credential_id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// The id of its account.
    pub provider_account_id: String,
    /// The public key, as a COSE key.
    pub public_key: Vec<u8>,
    /// How often the authenticator has signed, as far as it counts; 0 where it does not.
    pub counter: u32,
    /// Whether it may be copied.
    pub device_type: DeviceType,
    /// Whether there was a copy when it was registered.
    pub is_backed_up: bool,
    /// How a browser reaches it (`usb`, `internal` …), where that is known.
    pub transports: Vec<String>,
}

impl Authenticator {
    /// The public key as the tables of Auth.js have it: standard base64 with padding.
    pub fn stored_public_key(&self) -> String {
        BASE64_STANDARD.encode(&self.public_key)
    }

    /// Reads what [`stored_public_key`](Self::stored_public_key) gives.
    pub fn public_key_from_stored(text: &str) -> Option<Vec<u8>> {
        BASE64_STANDARD.decode(text).ok()
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("user_id", &self.user_id)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

/// What we know of a key beyond what Auth.js keeps. Absent for keys that Auth.js registered and nobody used here yet.
#[derive(Clone, Default, PartialEq)]
pub struct PasskeyNotes {
    /// What its owner calls it.
    pub name: Option<String>,
    /// When it was registered.
    pub created: Option<Timestamp>,
    /// When it signed somebody in.
    pub last_used: Option<Timestamp>,
    /// The user's name in the authenticator (`user.id` of the registration).
    pub user_handle: Option<String>,
}

impl fmt::Debug for PasskeyNotes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PasskeyNotes")
            .field("created", &self.created)
            .field("last_used", &self.last_used)
            .finish_non_exhaustive()
    }
}

/// A key with what we know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Passkey {
    /// The key.
    pub authenticator: Authenticator,
    /// What we know of it.
    pub notes: PasskeyNotes,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contract authjs §16, trap 32: two spellings of one id, and neither is taken for the other.
    #[test]
    fn ids_are_base64_in_tables_and_base64url_on_the_wire() {
        let id = CredentialId::new(&[0xfb; 17]).unwrap();
        assert_eq!(id.to_stored(), "+/v7+/v7+/v7+/v7+/v7+/s=");
        assert_eq!(id.to_wire(), "-_v7-_v7-_v7-_v7-_v7-_s");
        assert_eq!(CredentialId::from_stored(&id.to_stored()), Some(id.clone()));
        assert_eq!(CredentialId::from_wire(&id.to_wire()), Some(id.clone()));
        assert_eq!(CredentialId::from_wire(&id.to_stored()), None);
        assert_eq!(CredentialId::from_stored(&id.to_wire()), None);
        // One id has one spelling: bits that no byte needs must be zero.
        assert_eq!(CredentialId::from_wire("-_v7-_v7-_v7-_v7-_v7-_t"), None);
    }

    #[test]
    fn ids_that_are_too_short_or_too_long_are_none() {
        for (length, is_one) in [
            (0, false),
            (15, false),
            (16, true),
            (1023, true),
            (1024, false),
        ] {
            assert_eq!(
                CredentialId::new(&vec![1; length]).is_some(),
                is_one,
                "{length}"
            );
        }
    }

    #[test]
    fn unknown_device_types_are_taken_for_the_careful_one() {
        for one in [DeviceType::SingleDevice, DeviceType::MultiDevice] {
            assert_eq!(DeviceType::of_name(one.name()), one);
        }
        assert_eq!(
            DeviceType::of_name("cross-platform"),
            DeviceType::SingleDevice
        );
    }
}
