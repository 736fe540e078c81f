//! The token with which a service signs somebody out.
//!
//! Source: OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::signed::Issuers;
use super::{OAuth, OAuthError, claims};
use crate::providers::oauth::OAuthProvider;

/// Whom a service signs out. At least one of `subject` and `session` is there.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// `sub`: the person.
    pub subject: Option<String>,
    /// `sid`: one session of a person at the service, as the `id_token` named it. `None`: all of them.
    pub session: Option<String>,
    /// `jti`: names the token, so that it works once.
    pub id: String,
    /// When it is believed no longer; until then its id must be remembered.
    pub expires_at: Timestamp,
}

/// Nothing of the person.
impl fmt::Debug for LogoutToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LogoutToken")
            .finish_non_exhaustive()
    }
}

impl OAuth {
    /// Verifies a logout token of the back channel. Anybody can send one, so that at most the keys of the service are
    /// fetched for it, and those not often.
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when it must not be believed. Whether its id was seen before is for the caller to check.
    pub async fn logout_token(
        &self,
        provider: &OAuthProvider,
        token: &str,
    ) -> Result<LogoutToken, OAuthError> {
        let token = self.believed(provider, token, Issuers::Known).await?;
        // SPEC: §2.4: `logout+jwt` is recommended, so that most services still write `JWT` or nothing.
        if !matches!(token.kind.as_deref(), None | Some("jwt" | "logout+jwt")) {
            return Err(OAuthError::Token("it is made for another purpose"));
        }
        claims::check_times(&token.claims, self.clock.now())?;
        read(&token.claims)
    }
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn read(claims: &Map<String, Value>) -> Result<LogoutToken, OAuthError> {
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(OAuthError::Token("it is no logout token"));
    }
    // SECURITY: so that no id_token can be one.
    if claims.contains_key("nonce") {
        return Err(OAuthError::Token("a logout token has no `nonce`"));
    }
    let name = |name: &str, reason| match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if claims::is_subject(text) => Ok(Some(text.clone())),
        Some(_) => Err(OAuthError::Token(reason)),
    };
    let subject = name("sub", "its `sub` says nobody")?;
    let session = name("sid", "its `sid` says nothing")?;
    let id = name("jti", NO_ID)?.ok_or(OAuthError::Token(NO_ID))?;
    if subject.is_none() && session.is_none() {
        return Err(OAuthError::Token("it says neither `sub` nor `sid`"));
    }
    Ok(LogoutToken {
        subject,
        session,
        id,
        expires_at: end(claims)?,
    })
}

const NO_ID: &str = "its `jti` names nothing";

/// With the time by which its end is tolerated.
fn end(claims: &Map<String, Value>) -> Result<Timestamp, OAuthError> {
    let seconds = claims::required(claims, "exp", "its `exp` is no number")?;
    let seconds = seconds.max(0.0) + claims::CLOCK_TOLERANCE;
    let span = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(crate::time::after(Timestamp::UNIX_EPOCH, span))
}
