//! Sealed tokens: the one form of JWE (compact, `alg` `dir`) that Auth.js writes, and the two that it reads.
//!
//! The primitives are those of the `RustCrypto` project; here they are put together as RFC 7516 and RFC 7518
//! section 5.2 say, because no pure-Rust JWE crate is finished. The tag is compared in constant time before anything
//! is decrypted.
//!
//! SECURITY: keys belong to a *salt*, the full name of the cookie. A token of one purpose never opens as one of
//! another (CVE-2023-48309).
//!
//! Source: contract authjs §3.1; RFC 7516, RFC 7518, RFC 7638.

mod cipher;
mod keys;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::environment::Random;
use crate::time::after;

use cipher::{Parts, Sealed};
pub use keys::Keys;

/// The longest token that is looked at. Sixteen full cookies are far more than browsers and servers carry.
pub const MAX_TOKEN_LENGTH: usize = 64 * 1024;

/// How far clocks may differ.
const TOLERANCE_SECONDS: f64 = 15.0;

/// From when and how long a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When it is issued.
    pub now: Timestamp,
    /// Time to its end.
    pub max_age: Duration,
}

/// Why a token does not open. For logs; a visitor only ever learns that there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_TOKEN_LENGTH`].
    #[error("the token is too long")]
    TooLong,
    /// Not five parts of unpadded base64url with a JSON header.
    #[error("the token is malformed")]
    Malformed,
    /// An algorithm or extension that is not accepted.
    #[error("the token uses an algorithm that is not accepted")]
    Algorithm,
    /// Sealed with a key that is not ours: another secret, or another cookie's.
    #[error("the token was sealed with an unknown key")]
    UnknownKey,
    /// Changed on its way, or sealed with another key.
    #[error("the token does not decrypt")]
    Decryption,
    /// The content is no JSON object, or a time in it is no number.
    #[error("the content of the token is malformed")]
    Claims,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    crit: Option<Value>,
    zip: Option<Value>,
}

/// A member that may be absent but not null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

impl Keys {
    /// Seals the claims with the first secret.
    ///
    /// `iat`, `exp` and `jti` are set where they stand, or appended in this order. Claims of more than some 48 KB
    /// give a token that [`decode`](Self::decode) refuses as too long.
    pub fn encode(
        &self,
        mut claims: Map<String, Value>,
        lifetime: Lifetime,
        random: &dyn Random,
    ) -> String {
        let expires = after(lifetime.now, lifetime.max_age);
        claims.insert("iat".to_owned(), lifetime.now.as_second().into());
        claims.insert("exp".to_owned(), expires.as_second().into());
        claims.insert("jti".to_owned(), random.uuid().into());
        let plain = Value::Object(claims).to_string();
        let header = self.header();
        let sealed = cipher::seal_cbc(self.issuing(), header, plain.as_bytes(), random);
        let Sealed {
            iv,
            ciphertext,
            tag,
        } = sealed;
        format!(
            "{header}..{}.{}.{}",
            BASE64.encode(iv),
            BASE64.encode(ciphertext),
            BASE64.encode(tag),
        )
    }

    /// Opens a token and checks its times; gives the claims in their order.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says why it does not open.
    pub fn decode(&self, token: &str, now: Timestamp) -> Result<Map<String, Value>, DecodeError> {
        let plain = self.open(token)?;
        let Ok(Value::Object(claims)) = serde_json::from_slice(&plain) else {
            return Err(DecodeError::Claims);
        };
        check_times(&claims, now)?;
        Ok(claims)
    }

    fn open(&self, token: &str) -> Result<Vec<u8>, DecodeError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(DecodeError::TooLong);
        }
        let segments: Vec<&str> = token.splitn(6, '.').collect();
        let [header_text, encrypted_key, iv, ciphertext, tag] = segments[..] else {
            return Err(DecodeError::Malformed);
        };
        let header: Header =
            serde_json::from_slice(&bytes(header_text)?).map_err(|_| DecodeError::Malformed)?;
        if header.alg != "dir" || header.crit.is_some() || header.zip.is_some() {
            return Err(DecodeError::Algorithm);
        }
        if !encrypted_key.is_empty() {
            return Err(DecodeError::Malformed);
        }
        let (iv, ciphertext, tag) = (bytes(iv)?, bytes(ciphertext)?, bytes(tag)?);
        let parts = Parts {
            aad: header_text.as_bytes(),
            iv: &iv,
            ciphertext: &ciphertext,
            tag: &tag,
        };
        let key_id = header.kid.as_deref();
        match header.enc.as_str() {
            "A256CBC-HS512" => cipher::open_cbc(self.cbc(key_id)?, &parts),
            "A256GCM" => cipher::open_gcm(self.gcm(key_id)?, &parts),
            _ => Err(DecodeError::Algorithm),
        }
    }
}

fn bytes(segment: &str) -> Result<Vec<u8>, DecodeError> {
    BASE64.decode(segment).map_err(|_| DecodeError::Malformed)
}

/// Source: contract authjs §3.1, time checks. `exp` equal to now − 15 is over.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), DecodeError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this millennium are exact in a double, and claims may hold fractions"
    )]
    let now = now.as_second() as f64;
    // SECURITY: strict types; a text that looks like a number is refused, not converted (CVE-2026-54238).
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(DecodeError::Claims),
    };
    seconds("iat")?;
    if seconds("nbf")?.is_some_and(|nbf| nbf > now + TOLERANCE_SECONDS) {
        return Err(DecodeError::NotYetValid);
    }
    if seconds("exp")?.is_some_and(|exp| exp <= now - TOLERANCE_SECONDS) {
        return Err(DecodeError::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::Secret;
    use crate::secrets::Secrets;
    use crate::testing::random::SeededRandom;

    fn keys() -> Keys {
        Keys::derive(&Secrets::new([Secret::new("secret")]).unwrap(), "salt")
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn lifetime() -> Lifetime {
        Lifetime {
            now: now(),
            max_age: Duration::from_secs(60),
        }
    }

    fn token() -> String {
        let claims = Map::from_iter([("sub".to_owned(), "42".into())]);
        keys().encode(claims, lifetime(), &SeededRandom::new(1))
    }

    /// A token with this header around the rest of a good one.
    fn with_header(header: &str) -> String {
        let good = token();
        let (_, rest) = good.split_once('.').unwrap();
        format!("{}.{rest}", BASE64.encode(header))
    }

    #[test]
    fn headers_that_are_not_exactly_ours_are_refused() {
        for (header, error) in [
            (r"[]", DecodeError::Malformed),
            (r"{}", DecodeError::Malformed),
            (r#"{"alg":"dir"}"#, DecodeError::Malformed),
            (
                r#"{"alg":"dir","enc":"A256GCM","kid":null}"#,
                DecodeError::Malformed,
            ),
            (
                r#"{"alg":"dir","enc":"A256GCM","kid":1}"#,
                DecodeError::Malformed,
            ),
            (
                r#"{"alg":"none","enc":"A256CBC-HS512"}"#,
                DecodeError::Algorithm,
            ),
            (
                r#"{"alg":"DIR","enc":"A256CBC-HS512"}"#,
                DecodeError::Algorithm,
            ),
            (
                r#"{"alg":"dir","enc":"A128CBC-HS256"}"#,
                DecodeError::Algorithm,
            ),
            (
                r#"{"alg":"dir","enc":"A256CBC-HS512","crit":["x"]}"#,
                DecodeError::Algorithm,
            ),
            (
                r#"{"alg":"dir","enc":"A256CBC-HS512","zip":"DEF"}"#,
                DecodeError::Algorithm,
            ),
            (
                r#"{"alg":"dir","enc":"A256CBC-HS512","kid":"x"}"#,
                DecodeError::UnknownKey,
            ),
            // The tag covers the header.
            (
                r#"{"alg":"dir","enc":"A256CBC-HS512"}"#,
                DecodeError::Decryption,
            ),
            // The parts of the one form do not fit the other.
            (r#"{"alg":"dir","enc":"A256GCM"}"#, DecodeError::Malformed),
        ] {
            let token = with_header(header);
            assert_eq!(keys().decode(&token, now()), Err(error), "{header}");
        }
    }

    #[test]
    fn only_five_parts_with_an_empty_second_are_a_token() {
        let good = token();
        let parts: Vec<&str> = good.split('.').collect();
        let [header, _, iv, text, tag] = parts[..] else {
            panic!("five parts")
        };
        for bad in [
            String::new(),
            ".".repeat(4),
            format!("{header}.{iv}.{text}.{tag}"),
            format!("{header}.AAAA.{iv}.{text}.{tag}"),
            format!("{good}."),
            format!("{good}="),
            format!("{good} "),
            format!("{header}..{iv}=.{text}.{tag}"),
            format!("{header}...{text}.{tag}"),
        ] {
            assert_eq!(
                keys().decode(&bad, now()),
                Err(DecodeError::Malformed),
                "{bad}"
            );
        }
        for bad in [
            format!("{header}..{iv}..{tag}"),
            format!("{header}..{iv}.{text}."),
            format!("{header}..{iv}.{text}{text}.{tag}"),
        ] {
            assert!(keys().decode(&bad, now()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_whose_content_is_no_object_is_refused() {
        let keys = keys();
        for content in ["", "null", "[]", "\"x\"", "1", "{", "\u{0}"] {
            let sealed = cipher::seal_cbc(
                keys.issuing(),
                keys.header(),
                content.as_bytes(),
                &SeededRandom::new(1),
            );
            let token = format!(
                "{}..{}.{}.{}",
                keys.header(),
                BASE64.encode(sealed.iv),
                BASE64.encode(sealed.ciphertext),
                BASE64.encode(sealed.tag),
            );
            assert_eq!(
                keys.decode(&token, now()),
                Err(DecodeError::Claims),
                "{content}"
            );
        }
    }

    #[test]
    fn times_are_checked_to_the_second() {
        for (claims, result) in [
            (r#"{"exp":1767225585}"#, Err(DecodeError::Expired)),
            (r#"{"exp":1767225585.5}"#, Ok(())),
            (r#"{"exp":1767225586}"#, Ok(())),
            (r#"{"nbf":1767225615}"#, Ok(())),
            (r#"{"nbf":1767225616}"#, Err(DecodeError::NotYetValid)),
            (r#"{"exp":"1767225600"}"#, Err(DecodeError::Claims)),
            (r#"{"exp":null}"#, Err(DecodeError::Claims)),
            (r#"{"iat":"x"}"#, Err(DecodeError::Claims)),
            (r#"{"iat":9e99}"#, Ok(())),
            (r#"{"exp":-9e99}"#, Err(DecodeError::Expired)),
            ("{}", Ok(())),
        ] {
            let parsed: Map<String, Value> = serde_json::from_str(claims).unwrap();
            assert_eq!(check_times(&parsed, now()), result, "{claims}");
        }
    }

    #[test]
    fn changing_any_character_of_a_token_makes_it_worthless() {
        let keys = keys();
        let good = token();
        assert!(keys.decode(&good, now()).is_ok());
        for at in 0..good.len() {
            for other in ['A', 'b', '_', '.', '='] {
                let mut bad = good.clone();
                bad.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
                if bad != good {
                    assert!(keys.decode(&bad, now()).is_err(), "{at}: {bad}");
                }
            }
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_claims_come_back_as_they_were(
            members in prop::collection::hash_map("[a-mo-z]{1,8}", json(), 0..6),
            seed: u64,
        ) {
            let claims: Map<String, Value> = members.into_iter().collect();
            let token = keys().encode(claims.clone(), lifetime(), &SeededRandom::new(seed));
            let decoded = keys().decode(&token, now()).unwrap();
            for (name, value) in claims {
                if !["iat", "exp", "jti"].contains(&name.as_str()) {
                    prop_assert_eq!(&decoded[&name], &value);
                }
            }
            prop_assert_eq!(&decoded["iat"], &Value::from(now().as_second()));
        }

        #[test]
        fn no_text_makes_decoding_panic(text: String) {
            prop_assert!(keys().decode(&text, now()).is_err());
        }

        #[test]
        fn no_five_parts_make_decoding_panic(
            header in prop_oneof![
                Just(r#"{"alg":"dir","enc":"A256CBC-HS512"}"#),
                Just(r#"{"alg":"dir","enc":"A256GCM"}"#),
            ],
            parts: [Vec<u8>; 3],
        ) {
            let parts = parts.map(|part| BASE64.encode(part)).join(".");
            let token = format!("{}..{parts}", BASE64.encode(header));
            prop_assert!(keys().decode(&token, now()).is_err());
        }

        #[test]
        fn another_salt_or_secret_never_opens(salt in "[a-z.]{1,20}", secret in "[a-z]{1,20}") {
            let others = Secrets::new([Secret::new(secret.clone())]).unwrap();
            if salt != "salt" || secret != "secret" {
                prop_assert_eq!(
                    Keys::derive(&others, &salt).decode(&token(), now()),
                    Err(DecodeError::UnknownKey)
                );
            }
        }
    }
}
