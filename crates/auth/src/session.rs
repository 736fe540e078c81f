//! Sessions: what is decided about them, and the bodies they show by default.
//!
//! Source: contract authjs §3.2, §3.3, §4.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::adapter::{SessionRecord, User};
use crate::environment::Random;
use crate::secret::SessionToken;
use crate::time::{after, iso_millis};

/// Where a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// In the cookie, encrypted. Costs no query; cannot be ended from the server.
    Jwt,
    /// In the store.
    Database,
}

/// How long sessions live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSettings {
    /// Where they live.
    pub strategy: Strategy,
    /// Time from the last use (as far as `update_age` lets it be seen) to the end.
    pub max_age: Duration,
    /// A row is moved at most once in this time.
    pub update_age: Duration,
}

impl SessionSettings {
    /// 30 days, moved at most once a day.
    pub fn new(strategy: Strategy) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            strategy,
            max_age: DAY * 30,
            update_age: DAY,
        }
    }

    /// When a session used now ends.
    pub fn expires(&self, now: Timestamp) -> Timestamp {
        after(now, self.max_age)
    }
}

/// What to do with a session row that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Valid, and no write is due.
    Keep,
    /// Valid, and the row is to be moved.
    Extend {
        /// The new end.
        expires: Timestamp,
    },
    /// Over: the row and the cookie go.
    End,
}

/// Decides about a session row.
pub fn decide(record: &SessionRecord, now: Timestamp, settings: &SessionSettings) -> Decision {
    if record.expires < now {
        return Decision::End;
    }
    // SPEC: contract §4, `row.expires − maxAge + updateAge ≤ now`, with the terms moved so that none is negative.
    let due = after(record.expires, settings.update_age) <= after(now, settings.max_age);
    if due {
        Decision::Extend {
            expires: settings.expires(now),
        }
    } else {
        Decision::Keep
    }
}

impl SessionToken {
    /// A new one.
    pub fn generate(random: &dyn Random) -> Self {
        Self::new(random.uuid())
    }
}

/// The claims of a new session token before the `jwt` callback sees them.
pub fn default_claims(user: &User) -> Map<String, Value> {
    [
        ("name", user.name.clone()),
        ("email", user.email.clone()),
        ("picture", user.image.clone()),
        ("sub", Some(user.id.to_string())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}

/// What a session kept in the store shows before the `session` callback sees it.
pub fn body_of_user(user: &User, expires: Timestamp) -> Value {
    json!({
        "user": { "name": user.name, "email": user.email, "image": user.image },
        "expires": iso_millis(expires),
    })
}

/// What a session kept in the cookie shows before the `session` callback sees it: a claim that is absent is
/// absent here, one that is null is null.
pub fn body_of_claims(claims: &Map<String, Value>, expires: Timestamp) -> Value {
    let user: Map<String, Value> = [("name", "name"), ("email", "email"), ("image", "picture")]
        .into_iter()
        .filter_map(|(member, claim)| Some((member.to_owned(), claims.get(claim)?.clone())))
        .collect();
    json!({ "user": user, "expires": iso_millis(expires) })
}
