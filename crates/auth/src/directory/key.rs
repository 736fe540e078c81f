//! The two names of a session: one for us, one for its owner. Neither leads back to the session's secret.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::environment::{Random, array, hex};
use crate::secret::SessionToken;

/// Hash of a session's secret: of the token of a session in the store, of the id inside a token that is a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Of a session in the store. What the database keeps of a hashed token is this, so nothing is mixed in.
    pub fn of_token(token: &SessionToken) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).into())
    }

    /// Of a session in the cookie. Another hash than a store's, so that none passes for the other.
    pub(crate) fn of_family(id: &str) -> Self {
        Self::labelled("hallpass: session in a cookie", id.as_bytes())
    }

    /// Of a session at another service, by what the service calls it. The length keeps one provider's from being read as
    /// another's (CVE-2026-110863).
    pub(crate) fn of_service(provider: &str, sid: &str) -> Self {
        let name = format!("{}:{provider}{sid}", provider.len());
        Self::labelled("hallpass: session at a service", name.as_bytes())
    }

    fn labelled(label: &str, bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(label);
        hash.update([0]);
        hash.update(bytes);
        Self(hash.finalize().into())
    }

    /// 64 lower-case hex digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads what [`to_hex`](Self::to_hex) wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionKey(..)")
    }
}

/// What the owner of a session sees and names it by. Worthless to anybody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// Takes a text: one that was sent, or one that a store kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new one.
    pub fn generate(random: &dyn Random) -> Self {
        Self(hex(&array::<16, _>(random)))
    }

    /// That of a session that has no entry, and so no random id: always the same for one session.
    pub(crate) fn of_unknown(key: &SessionKey) -> Self {
        let hash = SessionKey::labelled("hallpass: public id", &key.0).to_hex();
        Self(format!("x{}", hash.get(..31).unwrap_or_default()))
    }

    /// Whether it was made for a session without an entry.
    pub(crate) fn is_of_unknown(&self) -> bool {
        self.0.starts_with('x')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::random::SeededRandom;

    #[test]
    fn keys_are_the_plain_hash_of_a_stored_token() {
        let key = SessionKey::of_token(&SessionToken::new("abc"));
        // Source: FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(key.to_hex(), expected);
        assert_eq!(SessionKey::from_hex(expected), Some(key));
    }

    #[test]
    fn a_key_of_one_kind_is_none_of_the_other() {
        let token = SessionKey::of_token(&SessionToken::new("abc"));
        assert_ne!(SessionKey::of_family("abc"), token);
    }

    #[test]
    fn ids_are_random_or_stable_and_tell_which() {
        let random = SeededRandom::new(1);
        let [one, two] = [(); 2].map(|()| SessionId::generate(&random));
        assert_ne!(one, two);
        assert!(!one.is_of_unknown());
        let key = SessionKey::of_token(&SessionToken::new("abc"));
        let id = SessionId::of_unknown(&key);
        assert!(id.is_of_unknown());
        assert_eq!(id, SessionId::of_unknown(&key));
        assert_eq!(id.as_str().len(), one.as_str().len());
        assert!(!key.to_hex().contains(id.as_str().trim_start_matches('x')));
    }

    #[test]
    fn keys_do_not_print() {
        let key = SessionKey::of_token(&SessionToken::new("abc"));
        assert_eq!(format!("{key:?}"), "SessionKey(..)");
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_a_key_panic(text: String) {
            if let Some(key) = SessionKey::from_hex(&text) {
                prop_assert_eq!(key.to_hex(), text);
            }
        }
    }
}
