use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{OneTimeToken, Purpose};
use crate::environment::hex;
use crate::secret::TokenHash;
use crate::secrets::Secrets;

/// What tokens are hashed with: of each secret, a key for each purpose (CVE-2026-121802: no key does two things).
///
/// The newest secret makes hashes, all find them: links under way survive a change of the secret.
// INVARIANT: newest first, never empty.
#[derive(Clone)]
pub struct OneTimeKeys(Vec<Hkdf<Sha256>>);

impl OneTimeKeys {
    /// Derives the keys of all secrets.
    pub fn derive(secrets: &Secrets) -> Self {
        let of = |secret: &crate::secret::Secret| Hkdf::new(None, secret.expose().as_bytes());
        Self(secrets.iter().map(of).collect())
    }

    /// The hashes under which the store may have the token, the one for a new token first.
    pub fn hashes(&self, token: &OneTimeToken) -> impl Iterator<Item = TokenHash> {
        self.0.iter().map(|secret| hash(secret, token))
    }

    /// The hash that the store keeps of a new token.
    pub fn hash(&self, token: &OneTimeToken) -> TokenHash {
        #[expect(
            clippy::expect_used,
            reason = "there is always a secret, and no hash may do without"
        )]
        self.hashes(token).next().expect("`Secrets` is never empty")
    }
}

#[expect(
    clippy::expect_used,
    reason = "both take these lengths always, and a key of zeros must never be used instead"
)]
fn hash(secret: &Hkdf<Sha256>, token: &OneTimeToken) -> TokenHash {
    let mut key = Zeroizing::new([0; 32]);
    secret
        .expand(label(token.purpose()).as_bytes(), &mut *key)
        .expect("HKDF gives 32 bytes");
    let mut mac = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes keys of any length");
    mac.update(token.to_text().expose().as_bytes());
    TokenHash::new(hex(&mac.finalize().into_bytes()))
}

fn label(purpose: Purpose) -> String {
    format!("Hallpass one-time token ({})", purpose.name())
}

impl fmt::Debug for OneTimeKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OneTimeKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::testing::random::SeededRandom;

    fn keys(secrets: &[&str]) -> OneTimeKeys {
        let secrets = secrets.iter().map(|text| Secret::new(*text));
        OneTimeKeys::derive(&Secrets::new(secrets).unwrap())
    }

    /// CVE-2026-110862: the same secret part has another hash for every purpose.
    #[test]
    fn cve_2026_110862_hashes_of_different_purposes_differ() {
        let keys = keys(&["planted-secret"]);
        let hashes: Vec<TokenHash> = Purpose::ALL
            .iter()
            .map(|purpose| {
                let text = format!("{}.{}", purpose.name(), "ab".repeat(32));
                keys.hash(&OneTimeToken::parse(*purpose, &text).unwrap())
            })
            .collect();
        for (place, hash) in hashes.iter().enumerate() {
            assert_eq!(hash.expose().len(), 64);
            assert!(!hashes.iter().skip(place + 1).any(|other| other == hash));
        }
    }

    #[test]
    fn links_survive_a_new_secret_and_not_the_loss_of_theirs() {
        let token = OneTimeToken::generate(Purpose::VerifyEmail, &SeededRandom::new(1));
        let kept = keys(&["old"]).hash(&token);
        assert!(
            keys(&["new", "old"])
                .hashes(&token)
                .any(|hash| hash == kept)
        );
        assert_ne!(keys(&["new", "old"]).hash(&token), kept);
        assert!(!keys(&["new"]).hashes(&token).any(|hash| hash == kept));
    }

    #[test]
    fn keys_do_not_print() {
        assert_eq!(format!("{:?}", keys(&["planted"])), "OneTimeKeys(..)");
    }
}
