//! Names and attributes of all cookies, and what an operator may change of them.
//!
//! Source: contract authjs §2.1.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::set_cookie::{Priority, SameSite};

/// How long a sealed check cookie lives.
const CHECK_LIFETIME: Duration = Duration::from_secs(900);

/// How long a browser takes from one redirect to the next, at most.
pub(crate) const POSTED_LIFETIME: Duration = Duration::from_secs(60);

/// Whether cookies are for https only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieSecurity {
    /// `Secure`, and the prefixes that browsers enforce.
    Secure,
    /// For plain http.
    Plain,
}

/// Name and attributes of one cookie.
// INVARIANT: name is a token, domain and path hold neither `;` nor anything outside visible ASCII, and a prefixed
// name keeps what its prefix promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieSpec {
    // Shared, because every cookie of every answer holds its spec.
    name: Arc<str>,
    max_age: Option<Duration>,
    domain: Option<Arc<str>>,
    path: Arc<str>,
    http_only: bool,
    secure: bool,
    partitioned: bool,
    priority: Option<Priority>,
    same_site: Option<SameSite>,
}

/// What an operator changes of one cookie; `None` leaves a member as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieOverride {
    /// The full name, prefix included.
    pub name: Option<String>,
    /// `Max-Age`.
    pub max_age: Option<Duration>,
    /// `Domain`.
    pub domain: Option<String>,
    /// `Path`.
    pub path: Option<String>,
    /// `HttpOnly`.
    pub http_only: Option<bool>,
    /// `Secure`.
    pub secure: Option<bool>,
    /// `Partitioned`.
    pub partitioned: Option<bool>,
    /// `Priority`.
    pub priority: Option<Priority>,
    /// `SameSite`.
    pub same_site: Option<SameSite>,
}

/// Why an operator's changes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CookieSettingsError {
    /// The name is empty or holds a character that cookie names cannot.
    #[error("`{0}` cannot be the name of a cookie")]
    Name(String),
    /// Domain or path hold a character that headers cannot.
    #[error("the domain or path of the cookie `{0}` holds a character that is not allowed")]
    Attribute(String),
    /// Browsers would refuse it: `__Secure-` needs `Secure`; `__Host-` also `Path=/` and no `Domain`.
    #[error("the cookie `{0}` does not keep what its prefix promises, browsers would refuse it")]
    Prefix(String),
    /// Browsers would refuse it.
    #[error("the cookie `{0}` is `SameSite=None` without `Secure`, browsers would refuse it")]
    SameSite(String),
    /// Two cookies would be one, and what is sealed in the one would open as the other.
    #[error("two cookies have the name `{0}`")]
    Repeated(String),
}

/// Defines the set of cookies: one row each with its bare name, prefix on https, `Max-Age` and doc.
macro_rules! cookies {
    ($($(#[$doc:meta])* $member:ident: $name:literal, $prefix:literal, $max_age:expr;)*) => {
        /// All cookies of the engine.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Cookies {
            $($(#[$doc])* pub $member: CookieSpec,)*
        }

        /// What an operator changes of the cookies.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct CookieOverrides {
            $($(#[$doc])* pub $member: CookieOverride,)*
        }

        impl Cookies {
            /// The defaults with the operator's changes on them.
            ///
            /// # Errors
            ///
            /// [`CookieSettingsError`] names the first cookie that could not work.
            pub fn new(
                security: CookieSecurity,
                overrides: &CookieOverrides,
            ) -> Result<Self, CookieSettingsError> {
                let cookies = Self {
                    $($member: CookieSpec::default(security, $prefix, $name, $max_age)
                        .with(&overrides.$member)?,)*
                };
                check_distinct(&[$(cookies.$member.name(),)*])?;
                Ok(cookies)
            }
        }
    };
}

cookies! {
    /// The session: a sealed token or the secret of a database session.
    session_token: "authjs.session-token", "__Secure-", None;
    /// Where a sign-in leads to.
    callback_url: "authjs.callback-url", "__Secure-", None;
    /// The pair that proves a form to be ours.
    csrf_token: "authjs.csrf-token", "__Host-", None;
    /// Check of an OAuth sign-in: PKCE verifier.
    pkce_code_verifier: "authjs.pkce.code_verifier", "__Secure-", Some(CHECK_LIFETIME);
    /// Check of an OAuth sign-in: state.
    state: "authjs.state", "__Secure-", Some(CHECK_LIFETIME);
    /// Check of an OpenID Connect sign-in: nonce.
    nonce: "authjs.nonce", "__Secure-", None;
    /// Check of a passkey ceremony.
    webauthn_challenge: "authjs.challenge", "__Secure-", Some(CHECK_LIFETIME);
    /// Marks the browser that asked for a sign-in link. Not one of Auth.js's. SECURITY: `__Host-`, because a link
    /// signs in without a click where this is: a neighbouring subdomain must not be able to plant it (login CSRF).
    link_request: "hallpass.link-request", "__Host-", None;
    /// Names a sign-in that waits for its second factor. Not one of Auth.js's, as all that follow. SECURITY: `__Host-`,
    /// because a neighbouring subdomain must not put somebody else's sign-in in its place.
    second_factor: "hallpass.second-factor", "__Host-", None;
    /// The secret of a second factor that is about to be set up, sealed.
    second_factor_setup: "hallpass.second-factor-setup", "__Host-", None;
    /// Names a browser that is to be remembered.
    remembered_device: "hallpass.device", "__Host-", None;
    /// What a service posted with the browser, until the browser comes by itself. Not one of Auth.js's.
    posted_callback: "hallpass.posted-callback", "__Host-", Some(POSTED_LIFETIME);
}

impl CookieSpec {
    fn default(
        security: CookieSecurity,
        prefix: &str,
        name: &str,
        max_age: Option<Duration>,
    ) -> Self {
        let secure = security == CookieSecurity::Secure;
        Self {
            name: format!("{}{name}", if secure { prefix } else { "" }).into(),
            max_age,
            domain: None,
            path: "/".into(),
            http_only: true,
            secure,
            partitioned: false,
            priority: None,
            same_site: Some(SameSite::Lax),
        }
    }

    /// The same with an operator's changes.
    fn with(self, changes: &CookieOverride) -> Result<Self, CookieSettingsError> {
        let spec = Self {
            name: changes.name.as_deref().map_or(self.name, Into::into),
            max_age: changes.max_age.or(self.max_age),
            domain: changes.domain.as_deref().map(Into::into).or(self.domain),
            path: changes.path.as_deref().map_or(self.path, Into::into),
            http_only: changes.http_only.unwrap_or(self.http_only),
            secure: changes.secure.unwrap_or(self.secure),
            partitioned: changes.partitioned.unwrap_or(self.partitioned),
            priority: changes.priority.or(self.priority),
            same_site: changes.same_site.or(self.same_site),
        };
        spec.check()
    }

    fn check(self) -> Result<Self, CookieSettingsError> {
        let host_prefix = self.name.starts_with("__Host-");
        let prefixed = host_prefix || self.name.starts_with("__Secure-");
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            Err(CookieSettingsError::Name(self.name.to_string()))
        } else if !is_attribute(&self.path) || !self.domain.as_deref().is_none_or(is_attribute) {
            Err(CookieSettingsError::Attribute(self.name.to_string()))
        } else if prefixed && !self.secure
            || host_prefix && (&*self.path != "/" || self.domain.is_some())
        {
            Err(CookieSettingsError::Prefix(self.name.to_string()))
        } else if self.same_site == Some(SameSite::None) && !self.secure {
            Err(CookieSettingsError::SameSite(self.name.to_string()))
        } else {
            Ok(self)
        }
    }

    /// The same, sent with requests that other sites make the browser send. Browsers want `Secure` then.
    #[must_use]
    pub fn cross_site(&self) -> Self {
        Self {
            secure: true,
            same_site: Some(SameSite::None),
            ..self.clone()
        }
    }

    /// The full name, prefix included.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long a browser keeps it; `None` until it closes.
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// `Domain` and `Path`.
    pub(super) fn write_place(&self, out: &mut impl fmt::Write) -> fmt::Result {
        if let Some(domain) = &self.domain {
            write!(out, "; Domain={domain}")?;
        }
        write!(out, "; Path={}", self.path)
    }

    /// What stands after `Expires`.
    pub(super) fn write_flags(&self, out: &mut impl fmt::Write) -> fmt::Result {
        for (set, flag) in [
            (self.http_only, "; HttpOnly"),
            (self.secure, "; Secure"),
            (self.partitioned, "; Partitioned"),
        ] {
            if set {
                out.write_str(flag)?;
            }
        }
        if let Some(priority) = self.priority {
            write!(out, "; Priority={priority:?}")?;
        }
        if let Some(same_site) = self.same_site {
            write!(out, "; SameSite={same_site:?}")?;
        }
        Ok(())
    }
}

/// SECURITY: the name is the salt of what is sealed, so it also tells purposes apart.
fn check_distinct(names: &[&str]) -> Result<(), CookieSettingsError> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(**name)) {
        Some(name) => Err(CookieSettingsError::Repeated((*name).to_owned())),
        None => Ok(()),
    }
}

/// Source: RFC 9110 section 5.6.2, `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_attribute(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookies::Cookie;

    fn with(
        security: CookieSecurity,
        session_token: CookieOverride,
    ) -> Result<CookieSpec, CookieSettingsError> {
        let overrides = CookieOverrides {
            session_token,
            ..CookieOverrides::default()
        };
        Cookies::new(security, &overrides).map(|cookies| cookies.session_token)
    }

    #[test]
    fn overrides_change_what_they_name_and_attributes_keep_their_order() {
        let spec = with(
            CookieSecurity::Secure,
            CookieOverride {
                name: Some("sid".to_owned()),
                max_age: Some(Duration::from_secs(60)),
                domain: Some("example.com".to_owned()),
                path: Some("/app".to_owned()),
                partitioned: Some(true),
                priority: Some(Priority::High),
                same_site: Some(SameSite::None),
                ..CookieOverride::default()
            },
        );
        let cookie = Cookie::new(&spec.unwrap(), "v|:/ é").expires(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(
            cookie.to_header(),
            "sid=v%7C%3A%2F%20%C3%A9; Max-Age=60; Domain=example.com; Path=/app; \
             Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None"
        );
    }

    #[test]
    fn what_browsers_or_headers_refuse_is_refused_at_start() {
        let name = |name: &str| CookieOverride {
            name: Some(name.to_owned()),
            ..CookieOverride::default()
        };
        for bad in ["", "a b", "a;b", "a=b", "é", "a\r\nb"] {
            let error = Err(CookieSettingsError::Name(bad.to_owned()));
            assert_eq!(with(CookieSecurity::Plain, name(bad)), error);
        }
        for bad in ["", "/;x", "/a b", "/\n"] {
            let path = CookieOverride {
                path: Some(bad.to_owned()),
                ..name("n")
            };
            let error = Err(CookieSettingsError::Attribute("n".to_owned()));
            assert_eq!(with(CookieSecurity::Plain, path), error, "{bad:?}");
        }
        for prefixed in ["__Secure-n", "__Host-n"] {
            let error = Err(CookieSettingsError::Prefix(prefixed.to_owned()));
            assert_eq!(with(CookieSecurity::Plain, name(prefixed)), error);
        }
        let host = CookieOverride {
            domain: Some("example.com".to_owned()),
            ..name("__Host-n")
        };
        let error = Err(CookieSettingsError::Prefix("__Host-n".to_owned()));
        assert_eq!(with(CookieSecurity::Secure, host), error);
        let none = CookieOverride {
            same_site: Some(SameSite::None),
            ..name("n")
        };
        let error = Err(CookieSettingsError::SameSite("n".to_owned()));
        assert_eq!(with(CookieSecurity::Plain, none), error);
        let state = "authjs.state";
        let error = Err(CookieSettingsError::Repeated(state.to_owned()));
        assert_eq!(with(CookieSecurity::Plain, name(state)), error);
    }

    #[test]
    fn values_do_not_print() {
        let spec = with(CookieSecurity::Plain, CookieOverride::default()).unwrap();
        let cookie = Cookie::new(&spec, "planted");
        assert!(!format!("{cookie:?}").contains("planted"));
    }
}
