//! The keys that hash and seal, each for one thing (CVE-2026-121802).

use std::fmt;
use std::time::Duration;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{RecoveryCode, TotpSecret};
use crate::adapter::UserId;
use crate::environment::{Random, hex};
use crate::jwe::{Keys, Lifetime};
use crate::secret::{LinkToken, Secret, TokenHash};
use crate::secrets::Secrets;

/// What is hashed, each with keys of its own.
#[derive(Clone, Copy)]
pub(super) enum Hashed {
    RecoveryCode,
    Device,
    Waiting,
}

impl Hashed {
    fn label(self) -> &'static [u8] {
        match self {
            Self::RecoveryCode => b"Hallpass recovery code",
            Self::Device => b"Hallpass remembered device",
            Self::Waiting => b"Hallpass waiting sign-in",
        }
    }
}

/// Hashes and seals with the newest secret, and finds and opens what was made with any.
// INVARIANT: newest first, never empty.
#[derive(Clone)]
pub(crate) struct SecondFactorKeys {
    hashing: Vec<Hkdf<Sha256>>,
    totp: Keys,
    waiting: Keys,
}

/// Longer than any phone is used: a secret has no end of its own.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl SecondFactorKeys {
    pub(crate) fn derive(secrets: &Secrets) -> Self {
        let of = |secret: &Secret| Hkdf::new(None, secret.expose().as_bytes());
        Self {
            hashing: secrets.iter().map(of).collect(),
            totp: Keys::derive(secrets, "hallpass TOTP secret"),
            waiting: Keys::derive(secrets, "hallpass waiting sign-in"),
        }
    }

    /// The hashes under which the store may have a recovery code of a user, the one for a new code first.
    pub(super) fn recovery_hashes(&self, user: &UserId, code: &RecoveryCode) -> Vec<TokenHash> {
        self.hashes(Hashed::RecoveryCode, &[user.as_str(), code.letters()])
    }

    pub(super) fn device_hashes(&self, user: &UserId, token: &LinkToken) -> Vec<TokenHash> {
        self.hashes(Hashed::Device, &[user.as_str(), token.expose()])
    }

    pub(super) fn waiting_hashes(&self, token: &LinkToken) -> Vec<TokenHash> {
        self.hashes(Hashed::Waiting, &[token.expose()])
    }

    fn hashes(&self, what: Hashed, parts: &[&str]) -> Vec<TokenHash> {
        let keys = self.hashing.iter();
        keys.map(|key| hash(key, what, parts)).collect()
    }

    /// What the store keeps of a secret.
    pub(super) fn seal_totp(
        &self,
        user: &UserId,
        secret: &TotpSecret,
        now: Timestamp,
        random: &dyn Random,
    ) -> String {
        let text = secret.to_base32();
        let max_age = FOR_EVER;
        let claims = bound(user, "secret", text.expose().into());
        self.totp.encode(claims, Lifetime { now, max_age }, random)
    }

    /// The secret of this user; `None` for what is another's, or was sealed with a secret that is gone.
    pub(super) fn open_totp(
        &self,
        user: &UserId,
        sealed: &str,
        now: Timestamp,
    ) -> Option<TotpSecret> {
        let claims = self.totp.decode(sealed, now).ok()?;
        let text = content(claims, user, "secret")?;
        TotpSecret::from_base32(text.as_str()?)
    }

    pub(super) fn seal_waiting(
        &self,
        user: &UserId,
        content: Value,
        lifetime: Lifetime,
        random: &dyn Random,
    ) -> String {
        let claims = bound(user, "waiting", content);
        self.waiting.encode(claims, lifetime, random)
    }

    pub(super) fn open_waiting(
        &self,
        user: &UserId,
        sealed: &str,
        now: Timestamp,
    ) -> Option<Value> {
        let claims = self.waiting.decode(sealed, now).ok()?;
        content(claims, user, "waiting")
    }
}

/// SECURITY: what is sealed names its user, so that no row can be moved to another.
fn bound(user: &UserId, name: &str, content: Value) -> Map<String, Value> {
    let members = [("sub", Value::from(user.as_str())), (name, content)];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    members.into_iter().collect()
}

fn content(mut claims: Map<String, Value>, user: &UserId, name: &str) -> Option<Value> {
    let owner = claims.get("sub").and_then(Value::as_str);
    (owner == Some(user.as_str())).then(|| claims.remove(name))?
}

#[expect(
    clippy::expect_used,
    reason = "both take these lengths always, and a key of zeros must never be used instead"
)]
fn hash(secret: &Hkdf<Sha256>, what: Hashed, parts: &[&str]) -> TokenHash {
    let mut key = Zeroizing::new([0; 32]);
    secret
        .expand(what.label(), &mut *key)
        .expect("HKDF gives 32 bytes");
    let mut mac = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes keys of any length");
    for part in parts {
        // The length first, so that no two lists of parts are one text.
        mac.update(&part.len().to_be_bytes());
        mac.update(part.as_bytes());
    }
    TokenHash::new(hex(&mac.finalize().into_bytes()))
}

impl fmt::Debug for SecondFactorKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecondFactorKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random::SeededRandom;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn keys(secrets: &[&str]) -> SecondFactorKeys {
        let secrets = secrets.iter().map(|text| Secret::new(*text));
        SecondFactorKeys::derive(&Secrets::new(secrets).unwrap())
    }

    fn user(id: &str) -> UserId {
        UserId(id.to_owned())
    }

    #[test]
    fn a_sealed_secret_opens_for_its_user_alone_and_after_a_change_of_the_secret() {
        let random = SeededRandom::new(1);
        let secret = TotpSecret::generate(&random);
        let sealed = keys(&["old"]).seal_totp(&user("1"), &secret, NOW, &random);
        assert!(!sealed.contains(secret.to_base32().expose()));
        let opens = |secrets: &[&str], id: &str| {
            let opened = keys(secrets).open_totp(&user(id), &sealed, NOW);
            opened.map(|opened| opened.to_base32() == secret.to_base32())
        };
        assert_eq!(opens(&["old"], "1"), Some(true));
        assert_eq!(opens(&["new", "old"], "1"), Some(true));
        assert_eq!(opens(&["old"], "2"), None);
        assert_eq!(opens(&["new"], "1"), None);
        let other = keys(&["old"]).open_waiting(&user("1"), &sealed, NOW);
        assert_eq!(other, None, "it is no waiting sign-in");
    }

    #[test]
    fn hashes_belong_to_one_user_and_one_purpose() {
        let keys = keys(&["planted"]);
        let code = RecoveryCode::parse("0123-4567-89ab").unwrap();
        let token = LinkToken::new(code.letters());
        let mut all = keys.recovery_hashes(&user("1"), &code);
        all.extend(keys.recovery_hashes(&user("2"), &code));
        all.extend(keys.device_hashes(&user("1"), &token));
        all.extend(keys.device_hashes(&user(""), &token));
        all.extend(keys.waiting_hashes(&token));
        for (place, one) in all.iter().enumerate() {
            assert!(all.iter().skip(place + 1).all(|other| other != one));
        }
        assert_eq!(format!("{keys:?}"), "SecondFactorKeys(..)");
    }

    #[test]
    fn codes_survive_a_new_secret() {
        let code = RecoveryCode::parse("0123-4567-89ab").unwrap();
        let old = keys(&["old"]).recovery_hashes(&user("1"), &code);
        let both = keys(&["new", "old"]).recovery_hashes(&user("1"), &code);
        assert_eq!(both.get(1), old.first());
        assert_ne!(both.first(), old.first());
    }
}
