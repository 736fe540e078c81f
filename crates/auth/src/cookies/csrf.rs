//! Proof that a form is ours: the token in the form must be the one in the cookie, and the cookie's hash must be
//! made with our secret (double submit).
//!
//! Source: contract authjs §2.2.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::environment::{Random, hex};
use crate::secret::CsrfToken;
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
    New,
}

impl Csrf {
    /// Takes the pair of the cookie when its hash is right, and makes a new one otherwise.
    pub fn of(cookie: Option<&str>, secrets: &Secrets, random: &dyn Random) -> Self {
        cookie
            .and_then(|value| Self::read(value, secrets))
            .unwrap_or_else(|| {
                let token = CsrfToken::new(random.hex_token());
                let hash = hash(token.expose(), secrets);
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
        let hash = hash(token, secrets);
        bool::from(hash.as_bytes().ct_eq(claimed.as_bytes())).then(|| Self {
            token: CsrfToken::new(token),
            hash,
            origin: Source::Cookie,
        })
    }

    /// What forms must carry.
    pub fn token(&self) -> &CsrfToken {
        &self.token
    }

    /// The value for the cookie, when the request has none or a wrong one.
    pub fn new_cookie_value(&self) -> Option<String> {
        (self.origin == Source::New).then(|| format!("{}|{}", self.token.expose(), self.hash))
    }

    /// Whether the `csrfToken` of a POST body proves the form to be ours. Never, when the request brought no
    /// valid cookie.
    pub fn verifies(&self, submitted: Option<&str>) -> bool {
        let matches = |text: &str| self.token == CsrfToken::new(text);
        self.origin == Source::Cookie && submitted.is_some_and(matches)
    }
}

fn hash(token: &str, secrets: &Secrets) -> String {
    let digest = Sha256::new()
        .chain_update(token)
        .chain_update(secrets.joined().expose())
        .finalize();
    hex(&digest)
}
