//! What follows from the secrets: what seals challenges, names users to authenticators, and pretends keys.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Authenticator, CredentialId, DeviceType};
use crate::adapter::UserId;
use crate::cookies::sealed::CHECK_LIFETIME;
use crate::environment::{Random, array, hex};
use crate::jwe::{Keys, Lifetime};
use crate::secret::TokenHash;
use crate::secrets::Secrets;
use crate::time::after;
use jiff::Timestamp;

/// The salt of the token within the cookie. Source: contract authjs §2.3.
const SALT: &str = "encodedWebauthnChallenge";

/// The salt of what an application keeps of a registration on a page of its own. SECURITY: CVE-2026-110862: it never opens as
/// the content of a cookie, nor the other way round.
const STATE_SALT: &str = "Hallpass passkeys: registrations of applications";

/// Keys for passkeys. Made once.
#[derive(Clone)]
pub(crate) struct PasskeySecrets {
    seal: Keys,
    states: Keys,
    names: [u8; 32],
    pretends: [u8; 32],
}

/// A challenge, until it has served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// 32 random bytes, base64url.
    pub(crate) text: String,
    /// Who registers a key; nobody where somebody signs in.
    pub(crate) registrant: Option<Registrant>,
}

/// Somebody who registers a key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Registrant {
    /// The user, where there is one already.
    pub(crate) id: Option<UserId>,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    /// What the authenticator is told to call them.
    pub(crate) handle: String,
}

/// Without the address.
impl fmt::Debug for Registrant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registrant")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Challenge {
    pub(crate) fn new(registrant: Option<Registrant>, random: &dyn Random) -> Self {
        Self {
            text: BASE64_URL_SAFE_NO_PAD.encode(array::<32, _>(random)),
            registrant,
        }
    }

    /// As Auth.js writes it, with one member more.
    fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("challenge".to_owned(), self.text.as_str().into());
        if let Some(registrant) = &self.registrant {
            let mut data = Map::new();
            if let Some(id) = &registrant.id {
                data.insert("id".to_owned(), id.as_str().into());
            }
            if let Some(name) = &registrant.name {
                data.insert("name".to_owned(), name.as_str().into());
            }
            data.insert("email".to_owned(), registrant.email.as_str().into());
            claims.insert("registerData".to_owned(), Value::Object(data));
            claims.insert("userHandle".to_owned(), registrant.handle.as_str().into());
        }
        claims
    }

    fn of(claims: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let registrant = match claims.get("registerData") {
            None => None,
            Some(data) => {
                let member = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
                Some(Registrant {
                    id: member("id").map(UserId),
                    email: member("email")?,
                    name: member("name"),
                    handle: text("userHandle")?,
                })
            }
        };
        Some(Self {
            text: text("challenge")?,
            registrant,
        })
    }

    /// What the store keeps of one that has served.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::new(hex(&Sha256::digest(self.text.as_bytes())))
    }
}

/// How long a challenge is good for, and how long it is remembered after it has served: tokens are read for a little longer
/// than they say.
pub(crate) fn remembered_until(now: Timestamp) -> Timestamp {
    after(now, CHECK_LIFETIME * 2)
}

/// For as long as a challenge is good.
fn encode(keys: &Keys, challenge: &Challenge, now: Timestamp, random: &dyn Random) -> String {
    let max_age = CHECK_LIFETIME;
    keys.encode(challenge.claims(), Lifetime { now, max_age }, random)
}

impl PasskeySecrets {
    pub(crate) fn derive(secrets: &Secrets) -> Self {
        Self {
            seal: Keys::derive(secrets, SALT),
            states: Keys::derive(secrets, STATE_SALT),
            names: key(secrets, "Hallpass passkeys: names of users"),
            pretends: key(secrets, "Hallpass passkeys: pretended keys"),
        }
    }

    /// What stands in the cookie.
    pub(crate) fn seal(
        &self,
        challenge: &Challenge,
        now: Timestamp,
        random: &dyn Random,
    ) -> String {
        encode(&self.seal, challenge, now, random)
    }

    /// Reads it back. `None` for everything that [`seal`](Self::seal) did not make.
    pub(crate) fn open(&self, sealed: &str, now: Timestamp) -> Option<Challenge> {
        Challenge::of(&self.seal.decode(sealed, now).ok()?)
    }

    /// The same for an application that keeps it.
    pub(crate) fn seal_state(
        &self,
        challenge: &Challenge,
        now: Timestamp,
        random: &dyn Random,
    ) -> String {
        encode(&self.states, challenge, now, random)
    }

    /// Reads back what [`seal_state`](Self::seal_state) made, and nothing else.
    pub(crate) fn open_state(&self, sealed: &str, now: Timestamp) -> Option<Challenge> {
        Challenge::of(&self.states.decode(sealed, now).ok()?)
    }

    /// What authenticators call a user: always the same, so that an authenticator keeps one key of each user, and nothing that
    /// tells who it is. SPEC: contract §16, trap 33: 64 bytes at most.
    pub(crate) fn user_handle(&self, user: &UserId) -> String {
        hex(&mac(&self.names, &[user.as_str().as_bytes()]))
    }

    /// Keys of somebody who has none, always the same for the same address.
    ///
    /// SECURITY: whoever asks for the keys of an address must not learn whether it is registered. What is pretended differs from
    /// what is real in nothing that one answer shows: as many keys, ids as long, reached alike.
    pub(crate) fn pretended(&self, email: &str) -> Vec<Authenticator> {
        let seed = mac(&self.pretends, &[b"how many", email.as_bytes()]);
        let count = if seed.first().is_some_and(|byte| *byte < 64) {
            2
        } else {
            1
        };
        let keys = (0..count).map(|number: u8| {
            let seed = mac(&self.pretends, &[&[number], email.as_bytes()]);
            let more = mac(&self.pretends, &[&[number, 1], email.as_bytes()]);
            self.pretended_key(&seed, &more)
        });
        keys.collect()
    }

    fn pretended_key(&self, seed: &[u8; 32], more: &[u8; 32]) -> Authenticator {
        const LENGTHS: [usize; 4] = [16, 20, 32, 32];
        const REACHED: [&[&str]; 4] = [
            &["internal", "hybrid"],
            &["internal", "hybrid"],
            &["internal"],
            &["usb"],
        ];
        let [one, other, ..] = *more;
        let length = LENGTHS.get(usize::from(one % 4)).copied().unwrap_or(32);
        let transports = REACHED
            .get(usize::from(other % 4))
            .copied()
            .unwrap_or_default();
        // invariant: 16 to 32 bytes are as many as an id may have.
        #[expect(
            clippy::expect_used,
            reason = "16 to 32 bytes are as many as an id may have"
        )]
        let id = CredentialId::new(seed.get(..length).unwrap_or(seed)).expect("it is an id");
        Authenticator {
            provider_account_id: String::new(),
            credential_id: id,
            user_id: UserId(String::new()),
            public_key: Vec::new(),
            counter: 0,
            device_type: DeviceType::MultiDevice,
            is_backed_up: false,
            transports: transports.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// SECURITY: of the oldest secret, so that names and pretended keys stay the same when a new one is added: what changed would
/// be known for pretended.
#[expect(
    clippy::expect_used,
    reason = "HKDF gives 32 bytes always: a key of zeros must never be used instead"
)]
fn key(secrets: &Secrets, purpose: &str) -> [u8; 32] {
    let oldest = secrets.oldest();
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, oldest.expose().as_bytes())
        .expand(purpose.as_bytes(), &mut *key)
        .expect("HKDF gives 32 bytes");
    *key
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        // Lengths keep parts apart.
        mac.update(&part.len().to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for PasskeySecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasskeySecrets(..)")
    }
}

/// A list of keys as browsers take it: `allowCredentials`, `excludeCredentials`.
pub(crate) fn descriptors<'k>(keys: impl Iterator<Item = &'k Authenticator>) -> Value {
    let descriptor = |key: &Authenticator| {
        let mut descriptor = Map::new();
        descriptor.insert("id".to_owned(), key.credential_id.to_wire().into());
        descriptor.insert("type".to_owned(), "public-key".into());
        if !key.transports.is_empty() {
            descriptor.insert("transports".to_owned(), json!(key.transports));
        }
        Value::Object(descriptor)
    };
    keys.map(descriptor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::testing::random::SeededRandom;

    fn derived(secrets: &[&str]) -> PasskeySecrets {
        let secrets = secrets.iter().map(|text| Secret::new(*text));
        PasskeySecrets::derive(&Secrets::new(secrets).unwrap())
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn registrant() -> Registrant {
        Registrant {
            id: Some(UserId("7".to_owned())),
            email: "ann@example.com".to_owned(),
            name: None,
            handle: "ab".repeat(32),
        }
    }

    #[test]
    fn a_challenge_comes_back_until_it_is_too_old() {
        let secrets = derived(&["secret"]);
        let random = SeededRandom::new(1);
        for registrant in [None, Some(registrant())] {
            let challenge = Challenge::new(registrant, &random);
            assert_eq!(challenge.text.len(), 43);
            let sealed = secrets.seal(&challenge, now(), &random);
            assert_eq!(secrets.open(&sealed, now()), Some(challenge));
            let late = after(now(), CHECK_LIFETIME * 2);
            assert_eq!(secrets.open(&sealed, late), None);
            assert_eq!(derived(&["other"]).open(&sealed, now()), None);
            assert_eq!(secrets.open_state(&sealed, now()), None);
        }
    }

    /// CVE-2026-110862: what an application keeps is of another kind than what a cookie keeps.
    #[test]
    fn cve_2026_110862_the_state_of_an_application_opens_as_nothing_else() {
        let secrets = derived(&["secret"]);
        let random = SeededRandom::new(1);
        let challenge = Challenge::new(Some(registrant()), &random);
        let state = secrets.seal_state(&challenge, now(), &random);
        assert_eq!(secrets.open(&state, now()), None);
        assert_eq!(secrets.open_state(&state, now()), Some(challenge));
        let late = after(now(), CHECK_LIFETIME * 2);
        assert_eq!(secrets.open_state(&state, late), None);
    }

    #[test]
    fn names_and_pretended_keys_are_stable_and_differ_for_each() {
        let secrets = derived(&["new", "old"]);
        let (one, other) = (UserId("1".to_owned()), UserId("2".to_owned()));
        assert_eq!(secrets.user_handle(&one).len(), 64);
        assert_ne!(secrets.user_handle(&one), secrets.user_handle(&other));
        assert_eq!(
            derived(&["old"]).user_handle(&one),
            secrets.user_handle(&one)
        );
        let shown = |secrets: &PasskeySecrets, email: &str| {
            descriptors(secrets.pretended(email).iter()).to_string()
        };
        let pretended = shown(&secrets, "a@example.com");
        assert_eq!(pretended, shown(&derived(&["old"]), "a@example.com"));
        assert_ne!(pretended, shown(&secrets, "b@example.com"));
        let counts: std::collections::BTreeSet<usize> = (0..200)
            .map(|number| secrets.pretended(&format!("{number}@example.com")).len())
            .collect();
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn nothing_of_it_prints() {
        let text = format!("{:?} {:?}", derived(&["planted"]), registrant());
        assert!(
            !text.contains("planted") && !text.contains("example.com"),
            "{text}"
        );
    }
}
