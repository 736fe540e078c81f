//! The proof that somebody is signed in.

use std::fmt;

use http::HeaderValue;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::adapter::{AdapterError, User, UserId};
use crate::callbacks::{CallbackFailure, Claims};
use crate::directory::{Kept, SessionKey, family};
use crate::session::Strategy;

/// Somebody is signed in. Only reading a valid session makes one, so holding it is the proof.
// INVARIANT: made by `flows::session` alone, of a session that was valid then; the user's id is never empty.
#[derive(Clone, PartialEq)]
pub struct Session {
    user: SessionUser,
    expires: Timestamp,
    extra: Map<String, Value>,
    kept: Option<Kept>,
    strategy: Strategy,
}

/// Who is signed in.
#[derive(Clone, PartialEq)]
pub struct SessionUser {
    /// Identifies the user.
    pub id: UserId,
    /// Shown name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
}

impl Session {
    /// Of a user in the store.
    pub(crate) fn of_user(user: User, expires: Timestamp, key: Option<SessionKey>) -> Option<Self> {
        let proven = SessionUser {
            id: user.id,
            name: user.name,
            email: user.email,
            image: user.image,
        };
        let kept = key.map(Kept::of_key);
        Self::proven(Strategy::Database, proven, (expires, kept), user.extra)
    }

    /// Of the claims of a token. `None` when they do not say whose it is.
    pub(crate) fn of_claims(
        mut claims: Claims,
        expires: Timestamp,
        kept: Option<Kept>,
    ) -> Option<Self> {
        let id = match claims.remove("sub")? {
            Value::String(id) => id,
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        let mut text = |name: &str| match claims.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let user = SessionUser {
            id: UserId(id),
            name: text("name"),
            email: text("email"),
            image: text("picture"),
        };
        for technical in ["iat", "exp", "jti", "nbf", family::CLAIM] {
            claims.remove(technical);
        }
        Self::proven(Strategy::Jwt, user, (expires, kept), claims)
    }

    fn proven(
        strategy: Strategy,
        user: SessionUser,
        (expires, kept): (Timestamp, Option<Kept>),
        extra: Map<String, Value>,
    ) -> Option<Self> {
        (!user.id.as_str().is_empty()).then_some(Self {
            user,
            expires,
            extra,
            kept,
            strategy,
        })
    }

    /// Who is signed in.
    pub fn user(&self) -> &SessionUser {
        &self.user
    }

    /// Identifies who is signed in.
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// The name, or else the mail address, or else the id.
    pub fn display_name(&self) -> &str {
        let SessionUser {
            id, name, email, ..
        } = &self.user;
        name.as_deref()
            .filter(|name| !name.is_empty())
            .or(email.as_deref())
            .unwrap_or(id.as_str())
    }

    /// Where it lives, and so how old it is what it says of its user: of a session in the store it was read just now, of one in
    /// a token it is what was true when that was made.
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// When the session ends unless it is used.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// What tells this session from the user's others in [`Auth::sessions_of`](crate::Auth::sessions_of). `None` without
    /// a session directory, or when the token does not say.
    pub fn key(&self) -> Option<&SessionKey> {
        self.kept.as_ref().map(|kept| &kept.key)
    }

    /// As the one that goes on where others end.
    pub(crate) fn kept(&self) -> Option<Kept> {
        self.kept
    }

    /// What else the token or the user's row holds.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("user", &self.user)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SessionUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionUser")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What reading a session gave.
#[derive(Debug, Clone, Default)]
pub struct SessionRead {
    /// The session; `None` whenever there is no valid one, whatever the reason.
    pub session: Option<Session>,
    /// Values of `Set-Cookie` headers that the answer should carry: they prolong the session, or remove what is
    /// no session. Leaving them out does no harm but that the session is not prolonged.
    pub set_cookies: Vec<HeaderValue>,
}

/// Whether somebody is signed in cannot be told now. Never treat it as signed in.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The store cannot be reached: answer 503. The same request may work soon.
    #[error("the session cannot be read now")]
    Unavailable(#[source] Unavailable),
}

/// What could not be reached.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(UnavailableCause);

#[derive(Debug, thiserror::Error)]
enum UnavailableCause {
    #[error(transparent)]
    Store(AdapterError),
    #[error(transparent)]
    Callback(CallbackFailure),
}

impl Unavailable {
    pub(crate) fn store(error: AdapterError) -> Self {
        Self(UnavailableCause::Store(error))
    }

    pub(crate) fn callback(failure: CallbackFailure) -> Self {
        Self(UnavailableCause::Callback(failure))
    }
}
