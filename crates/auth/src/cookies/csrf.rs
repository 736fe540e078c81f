//! Proof that a form is ours: the token in the form must be the one in the cookie, and the cookie's hash must be
//! made with our secret (double submit).
//!
//! A hash made with another list of secrets that may be in force is right too, and written anew with ours: the token
//! stays, so that forms which are open go on.
//!
//! Source: contract authjs §2.2.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::environment::{Random, hex};
use crate::secret::{CsrfToken, Secret};
use crate::secrets::Secrets;

/// The CSRF pair of a request: the one its cookie holds, or a new one.
#[derive(Debug, Clone)]
pub struct Csrf {
    token: CsrfToken,
    hash: String,
    origin: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Cookie,
    /// The cookie of a process with other secrets.
    OtherSecrets,
    New,
}

impl Csrf {
    /// Takes the pair of the cookie when its hash is right, and makes a new one otherwise.
    pub fn of(cookie: Option<&str>, secrets: &Secrets, random: &dyn Random) -> Self {
        cookie
            .and_then(|value| Self::read(value, secrets))
            .unwrap_or_else(|| {
                let token = CsrfToken::new(random.hex_token());
                let hash = hash(token.expose(), secrets.joined());
                let origin = Source::New;
                Self {
                    token,
                    hash,
                    origin,
                }
            })
    }

    fn read(value: &str, secrets: &Secrets) -> Option<Self> {
        let mut parts = value.split('|');
        let (token, claimed) = (parts.next()?, parts.next()?);
        let made_with = |secret: &&Secret| {
            let hash = hash(token, secret);
            bool::from(hash.as_bytes().ct_eq(claimed.as_bytes()))
        };
        let secret = secrets.hashed_with().find(made_with)?;
        Some(Self {
            token: CsrfToken::new(token),
            hash: hash(token, secrets.joined()),
            origin: if secret == secrets.joined() {
                Source::Cookie
            } else {
                Source::OtherSecrets
            },
        })
    }

    /// What forms must carry.
    pub fn token(&self) -> &CsrfToken {
        &self.token
    }

    /// The value for the cookie, when the request has none, a wrong one, or one made with other secrets.
    pub fn new_cookie_value(&self) -> Option<String> {
        (self.origin != Source::Cookie).then(|| format!("{}|{}", self.token.expose(), self.hash))
    }

    /// Whether the `csrfToken` of a POST body proves the form to be ours. Never, when the request brought no
    /// valid cookie.
    pub fn verifies(&self, submitted: Option<&str>) -> bool {
        let matches = |text: &str| self.token == CsrfToken::new(text);
        self.origin != Source::New && submitted.is_some_and(matches)
    }
}

fn hash(token: &str, secret: &Secret) -> String {
    let digest = Sha256::new()
        .chain_update(token)
        .chain_update(secret.expose())
        .finalize();
    hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random::SeededRandom;

    fn secrets(list: &[&str], accepted: &[&str]) -> Secrets {
        let of =
            |texts: &[&str]| -> Vec<Secret> { texts.iter().copied().map(Secret::new).collect() };
        Secrets::new(of(list)).unwrap().accepting(of(accepted))
    }

    fn made_with(secrets: &Secrets) -> Csrf {
        Csrf::of(None, secrets, &SeededRandom::new(1))
    }

    fn read(made: &Csrf, secrets: &Secrets) -> Csrf {
        let cookie = format!("{}|{}", made.token.expose(), made.hash);
        Csrf::of(Some(&cookie), secrets, &SeededRandom::new(2))
    }

    #[test]
    fn forms_go_on_through_every_step_of_a_change_of_the_secret() {
        let steps = [
            secrets(&["old"], &[]),
            secrets(&["old"], &["new"]),
            secrets(&["new"], &["old"]),
            secrets(&["new"], &[]),
        ];
        for pair in steps.windows(2) {
            for (one, other) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
                let made = made_with(one);
                let there = read(&made, other);
                assert!(there.verifies(Some(made.token.expose())));
                // Written as the process alone would write it, and only where that differs.
                let anew = (one.joined() != other.joined()).then(|| {
                    format!(
                        "{}|{}",
                        made.token.expose(),
                        hash(made.token.expose(), other.joined())
                    )
                });
                assert_eq!(there.new_cookie_value(), anew);
            }
        }
    }

    #[test]
    fn a_secret_that_is_gone_proves_nothing() {
        let made = made_with(&secrets(&["old"], &[]));
        let there = read(&made, &secrets(&["new"], &["next"]));
        assert!(!there.verifies(Some(made.token.expose())));
        assert!(!there.verifies(Some(there.token.expose())));
        assert_ne!(there.token, made.token);
    }
}
