//! Sessions: what is decided about them, and the bodies they show by default.
//!
//! Source: contract authjs §3.2, §3.3, §4.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
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
    /// A row is moved at most once in this time, and a token renewed at most once in it by pages of the application.
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

/// Whether a session token is to be issued anew for an application that only reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    Due,
    NotDue {
        /// When it was issued.
        issued: Timestamp,
    },
}

/// Decides about a token by its age. Half its life is the latest, so that a short one does not end while it is used.
///
/// SECURITY: not at every read. A page that began before a sign-out and ends after it would bring the session back.
pub(crate) fn renewal(
    claims: &Map<String, Value>,
    now: Timestamp,
    settings: &SessionSettings,
    token_max_age: Duration,
) -> Renewal {
    let issued = claims.get("iat").and_then(Value::as_i64);
    let issued = issued.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let age = settings.update_age.min(token_max_age / 2);
    match issued {
        Some(issued) if now < after(issued, age) => Renewal::NotDue {
            issued: issued.min(now),
        },
        _ => Renewal::Due,
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

/// What [`body_of_user`] makes, written out at once: for a session that nobody wants to change or to hear of.
pub(crate) fn written_body_of_user(user: &User, expires: Timestamp) -> Bytes {
    #[derive(Serialize)]
    struct Body<'a> {
        user: Shown<'a>,
        expires: String,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        name: Option<&'a str>,
        email: Option<&'a str>,
        image: Option<&'a str>,
    }
    let body = Body {
        user: Shown {
            name: user.name.as_deref(),
            email: user.email.as_deref(),
            image: user.image.as_deref(),
        },
        expires: iso_millis(expires),
    };
    // Text has no way to fail.
    Bytes::from(serde_json::to_vec(&body).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::UserId;
    use crate::testing::random::SeededRandom;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        moment("2026-01-01T00:00:00Z")
    }

    fn ada() -> User {
        User {
            id: UserId("42".to_owned()),
            name: Some("Ada".to_owned()),
            email: Some("ada@example.com".to_owned()),
            email_verified: None,
            image: None,
            extra: Map::from_iter([("secret".to_owned(), "planted".into())]),
        }
    }

    #[test]
    fn rows_are_kept_moved_at_most_once_a_day_and_ended_when_over() {
        let settings = SessionSettings::new(Strategy::Database);
        let moved = Decision::Extend {
            expires: moment("2026-01-31T00:00:00Z"),
        };
        for (expires, decision) in [
            ("2025-12-31T23:59:59.999Z", Decision::End),
            ("2026-01-01T00:00:00Z", moved),
            ("2026-01-30T00:00:00Z", moved),
            ("2026-01-30T00:00:00.001Z", Decision::Keep),
            ("2026-01-31T00:00:00Z", Decision::Keep),
            ("2030-01-01T00:00:00Z", Decision::Keep),
        ] {
            let record = SessionRecord {
                session_token: SessionToken::new("t"),
                user_id: UserId("42".to_owned()),
                expires: moment(expires),
            };
            assert_eq!(decide(&record, now(), &settings), decision, "{expires}");
        }
    }

    #[test]
    fn tokens_are_renewed_once_a_day_or_at_half_their_life() {
        let settings = SessionSettings::new(Strategy::Jwt);
        let day = settings.update_age;
        let now = now();
        let not_due = |seconds| Renewal::NotDue {
            issued: Timestamp::from_second(now.as_second() - seconds).unwrap(),
        };
        for (age, token_max_age, expected) in [
            (0, day * 30, not_due(0)),
            (86_399, day * 30, not_due(86_399)),
            (86_400, day * 30, Renewal::Due),
            (29, Duration::from_secs(60), not_due(29)),
            (30, Duration::from_secs(60), Renewal::Due),
            // Issued by a clock that is ahead.
            (-10, day * 30, not_due(0)),
        ] {
            let claims = Map::from_iter([("iat".to_owned(), (now.as_second() - age).into())]);
            let decision = renewal(&claims, now, &settings, token_max_age);
            assert_eq!(decision, expected, "{age}");
        }
        for iat in [
            json!(null),
            json!("1"),
            json!(1.5),
            json!(i64::MAX),
            json!(u64::MAX),
        ] {
            let claims = Map::from_iter([("iat".to_owned(), iat)]);
            assert_eq!(renewal(&claims, now, &settings, day), Renewal::Due);
        }
        assert_eq!(renewal(&Map::new(), now, &settings, day), Renewal::Due);
    }

    #[test]
    fn session_tokens_are_uuids_and_differ() {
        let random = SeededRandom::new(1);
        let [one, two] = [(); 2].map(|()| SessionToken::generate(&random));
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 36);
    }

    #[test]
    fn default_claims_are_four_in_the_order_of_auth_js() {
        let claims = Value::Object(default_claims(&ada())).to_string();
        assert_eq!(
            claims,
            r#"{"name":"Ada","email":"ada@example.com","picture":null,"sub":"42"}"#
        );
    }

    #[test]
    fn default_bodies_show_three_members_of_the_user_and_nothing_else() {
        assert_eq!(
            body_of_user(&ada(), now()).to_string(),
            r#"{"user":{"name":"Ada","email":"ada@example.com","image":null},"expires":"2026-01-01T00:00:00.000Z"}"#
        );
    }

    #[test]
    fn what_is_written_at_once_is_the_same_body() {
        let bob = User {
            name: None,
            email: Some("\"b\\ö\u{1}b\"@example.com".to_owned()),
            image: Some("https://example.com/b.png".to_owned()),
            ..ada()
        };
        for user in [ada(), bob] {
            let made = body_of_user(&user, now()).to_string();
            assert_eq!(written_body_of_user(&user, now()), made.as_bytes());
        }
    }

    #[test]
    fn claims_that_are_absent_stay_absent_and_null_stays_null() {
        for (claims, body) in [
            (
                r#"{"sub":"1","picture":"p","email":null,"role":"admin"}"#,
                r#"{"user":{"email":null,"image":"p"},"expires":"2026-01-01T00:00:00.000Z"}"#,
            ),
            ("{}", r#"{"user":{},"expires":"2026-01-01T00:00:00.000Z"}"#),
        ] {
            let claims = serde_json::from_str(claims).unwrap();
            assert_eq!(body_of_claims(&claims, now()).to_string(), body);
        }
    }
}
