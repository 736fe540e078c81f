//! Cookies whose content we must believe when it comes back: encrypted, with an end, bound to a provider.
//!
//! SECURITY: the salt is the cookie's full name, so no cookie's content opens as another's or as a session
//! (CVE-2023-48309); the provider stands inside, so none is taken at another provider's callback
//! (GHSA-x445-f3h2-j279).
//!
//! Source: contract authjs §2.3.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::jar::Jar;
use super::names::CookieSpec;
use super::set_cookie::Cookie;
use crate::environment::Random;
use crate::jwe::{Keys, Lifetime};
use crate::secrets::Secrets;
use crate::time::after;

/// How long a check cookie is good for.
pub const CHECK_LIFETIME: Duration = Duration::from_secs(900);

/// A cookie with the keys that seal it. Made once.
#[derive(Debug, Clone)]
pub struct SealedCookie {
    spec: CookieSpec,
    keys: Keys,
}

/// The cookie is missing, too old, not ours, or another provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the check cookie is missing or invalid")]
pub struct InvalidCheck;

/// What a cookie is sealed for, and opened at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedFor<'a> {
    /// The provider's id.
    pub provider: &'a str,
    /// The id of the user who was signed in then. Auth.js does not write it, and does not mind it.
    pub user: Option<&'a str>,
}

/// What stood in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// The value; never empty.
    pub value: String,
    /// The id of the user who was signed in when it was sealed.
    pub user: Option<String>,
}

/// Without the value.
impl fmt::Debug for Unsealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Unsealed")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl SealedCookie {
    /// Derives the keys.
    pub fn new(spec: &CookieSpec, secrets: &Secrets) -> Self {
        Self {
            keys: Keys::derive(secrets, spec.name()),
            spec: spec.clone(),
        }
    }

    /// A cookie that holds the value for one provider, as long as [`CHECK_LIFETIME`] or another time.
    pub fn seal(
        &self,
        value: &str,
        provider: &str,
        lifetime: Lifetime,
        random: &dyn Random,
    ) -> Cookie {
        let user = None;
        self.seal_for(value, SealedFor { provider, user }, lifetime, random)
    }

    /// The same, and it says who was signed in.
    pub fn seal_for(
        &self,
        value: &str,
        sealed_for: SealedFor<'_>,
        lifetime: Lifetime,
        random: &dyn Random,
    ) -> Cookie {
        let mut claims = Map::new();
        claims.insert("value".to_owned(), value.into());
        claims.insert("provider".to_owned(), sealed_for.provider.into());
        if let Some(user) = sealed_for.user {
            claims.insert("user".to_owned(), user.into());
        }
        let token = self.keys.encode(claims, lifetime, random);
        Cookie::new(&self.spec, token).expires(after(lifetime.now, lifetime.max_age))
    }

    /// The value that was sealed for this provider.
    ///
    /// # Errors
    ///
    /// [`InvalidCheck`], whatever is wrong.
    pub fn unseal(
        &self,
        jar: &Jar,
        provider: &str,
        now: Timestamp,
    ) -> Result<String, InvalidCheck> {
        self.open(jar, provider, now).map(|unsealed| unsealed.value)
    }

    /// All that was sealed for this provider.
    ///
    /// # Errors
    ///
    /// [`InvalidCheck`], whatever is wrong.
    pub fn open(
        &self,
        jar: &Jar,
        provider: &str,
        now: Timestamp,
    ) -> Result<Unsealed, InvalidCheck> {
        let token = jar.get(self.spec.name()).ok_or(InvalidCheck)?;
        let claims = self.keys.decode(token, now).map_err(|_| InvalidCheck)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("provider") != Some(provider) {
            return Err(InvalidCheck);
        }
        let value = text("value").filter(|value| !value.is_empty());
        Ok(Unsealed {
            value: value.ok_or(InvalidCheck)?.to_owned(),
            user: text("user").map(str::to_owned),
        })
    }

    /// Makes the browser forget it.
    pub fn delete(&self) -> Cookie {
        Cookie::delete(&self.spec)
    }
}
