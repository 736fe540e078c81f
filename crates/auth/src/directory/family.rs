//! The id that tells one session in the cookie from another, through every renewal of its token.
//!
//! A token is issued anew again and again (`iat`, `exp` and `jti` change each time), by us and by Auth.js applications
//! that share the cookie. The id is a claim of ours: Auth.js hands claims that it does not know to its `jwt` callback and
//! keeps what that returns, so the id survives there too.

use jiff::Timestamp;
use serde_json::Value;

use super::{Kept, SessionKey};
use crate::callbacks::Claims;
use crate::environment::{Random, array, hex};

/// The name of the claim.
pub(crate) const CLAIM: &str = "hallpass_sid";

/// All tokens of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    id: String,
    started_millis: i64,
    is_named: bool,
}

impl Family {
    /// That of a session that begins.
    pub(crate) fn begin(now: Timestamp, random: &dyn Random) -> Self {
        let started_millis = now.as_millisecond();
        let nonce = hex(&array::<16, _>(random));
        Self {
            id: format!("{started_millis}.{nonce}"),
            started_millis,
            is_named: true,
        }
    }

    /// That of a token. One that Auth.js issued has no id of ours; its `jti` and `iat` stand for one, so that all who
    /// read the same token give it the same.
    pub(crate) fn of(claims: &Claims) -> Option<Self> {
        Self::named(claims).or_else(|| Self::adopted(claims))
    }

    fn named(claims: &Claims) -> Option<Self> {
        let id = claims.get(CLAIM)?.as_str()?;
        let (started, _) = id.split_once('.')?;
        Some(Self {
            id: id.to_owned(),
            started_millis: started.parse().ok()?,
            is_named: true,
        })
    }

    fn adopted(claims: &Claims) -> Option<Self> {
        let jti = claims.get("jti")?.as_str()?;
        let issued = claims.get("iat")?.as_i64()?.checked_mul(1_000)?;
        // It was issued at some time of that second: taken for the earliest, so that ending all sessions within the
        // same second ends it too.
        let started_millis = issued.checked_sub(1)?;
        Some(Self {
            id: format!("{started_millis}.{jti}"),
            started_millis,
            is_named: false,
        })
    }

    /// Writes the id into claims that are about to become a token, whatever a callback made of it.
    pub(crate) fn write(&self, claims: &mut Claims) {
        claims.insert(CLAIM.to_owned(), Value::from(self.id.as_str()));
    }

    /// Whether the token itself says so. An id that only stands for one lasts as long as the token.
    pub(crate) fn is_named(&self) -> bool {
        self.is_named
    }

    pub(crate) fn key(&self) -> SessionKey {
        SessionKey::of_family(&self.id)
    }

    /// As the session that goes on where others end.
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            key: self.key(),
            began: Timestamp::from_millisecond(self.started_millis).ok(),
        }
    }

    /// When the session began, as far as that is known to be so.
    pub(crate) fn started_millis(&self) -> i64 {
        self.started_millis
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::testing::random::SeededRandom;

    fn claims(value: Value) -> Claims {
        match value {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }

    #[test]
    fn the_id_is_read_as_it_was_written() {
        let now = "2026-01-01T00:00:00.123Z".parse().unwrap();
        let family = Family::begin(now, &SeededRandom::new(1));
        let mut token = claims(json!({ "sub": "1", "jti": "a", "iat": 1 }));
        family.write(&mut token);
        assert_eq!(Family::of(&token), Some(family.clone()));
        assert_eq!(family.started_millis(), 1_767_225_600_123);
    }

    #[test]
    fn tokens_of_auth_js_have_one_id_for_all_readers_and_another_after_renewal() {
        let first = claims(json!({ "sub": "1", "jti": "a", "iat": 100 }));
        let family = Family::of(&first).unwrap();
        assert_eq!(family.started_millis(), 99_999);
        let mut adopted = claims(json!({ "sub": "1", "jti": "b", "iat": 200 }));
        let renewed = Family::of(&adopted).unwrap();
        assert_ne!(renewed.key(), family.key());
        family.write(&mut adopted);
        let read = Family::of(&adopted).unwrap();
        assert!(read.is_named() && !family.is_named());
        assert_eq!(read.key(), family.key());
    }

    #[test]
    fn claims_that_are_no_id_are_none() {
        for value in [
            json!({}),
            json!({ "hallpass_sid": 1 }),
            json!({ "hallpass_sid": "" }),
            json!({ "hallpass_sid": "x.y" }),
            json!({ "jti": "a" }),
            json!({ "jti": 1, "iat": 1 }),
            json!({ "jti": "a", "iat": i64::MAX }),
            json!({ "jti": "a", "iat": "1" }),
        ] {
            assert_eq!(Family::of(&claims(value.clone())), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_claim_makes_reading_panic(id: String, jti: String, iat: i64) {
            let value = json!({ "hallpass_sid": id, "jti": jti, "iat": iat });
            let _ = Family::of(&claims(value));
        }
    }
}
