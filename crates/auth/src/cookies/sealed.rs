//! Cookies whose content we must believe when it comes back: encrypted, with an end, bound to a provider.
//!
//! SECURITY: the salt is the cookie's full name, so no cookie's content opens as another's or as a session
//! (CVE-2023-48309); the provider stands inside, so none is taken at another provider's callback
//! (GHSA-x445-f3h2-j279).
//!
//! Source: contract authjs §2.3.

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
        let mut claims = Map::new();
        claims.insert("value".to_owned(), value.into());
        claims.insert("provider".to_owned(), provider.into());
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
        let token = jar.get(self.spec.name()).ok_or(InvalidCheck)?;
        let claims = self.keys.decode(token, now).map_err(|_| InvalidCheck)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("provider") != Some(provider) {
            return Err(InvalidCheck);
        }
        text("value")
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or(InvalidCheck)
    }

    /// Makes the browser forget it.
    pub fn delete(&self) -> Cookie {
        Cookie::delete(&self.spec)
    }
}
