//! Session tokens: `jwt_sessions`, `jwt_decode`, `jwt_default_token`, `get_token`.

use std::time::Duration;

use hallpass_auth::jwe::{DecodeError, Keys, Lifetime};
use hallpass_auth::session::{SessionSettings, Strategy};
use hallpass_auth::token;
use jiff::Timestamp;
use serde_json::Value;

use crate::support::{Replay, headers, list, now, plain_cookies, secret, secrets, section};
use crate::support::{secure_cookies, text};

#[test]
fn session_tokens_decode_to_the_same_payload_in_the_same_order() {
    for vector in list(section("jwt_sessions")) {
        let keys = Keys::derive(&secrets(&vector["secret"]), text(&vector["salt"]));
        let claims = keys.decode(text(&vector["token"]), now()).unwrap();
        let payload = Value::Object(claims).to_string();
        assert_eq!(payload, text(&vector["payload_json"]), "{}", vector["name"]);
    }
}

#[test]
fn the_same_claims_and_random_bytes_encode_to_the_same_token() {
    for vector in list(section("jwt_sessions")) {
        let keys = Keys::derive(&secrets(&vector["secret"]), text(&vector["salt"]));
        let payload: Value = serde_json::from_str(text(&vector["payload_json"])).unwrap();
        let issued = payload["iat"].as_i64().unwrap();
        let seconds = payload["exp"].as_i64().unwrap() - issued;
        let lifetime = Lifetime {
            now: Timestamp::from_second(issued).unwrap(),
            max_age: Duration::from_secs(seconds.try_into().unwrap()),
        };
        let random = Replay::of(text(&vector["token"]), &payload);
        let claims = vector["claims_in"].as_object().unwrap().clone();
        let token = keys.encode(claims, lifetime, &random);
        assert_eq!(token, text(&vector["token"]), "{}", vector["name"]);
    }
}

#[test]
fn tokens_are_accepted_and_refused_as_by_auth_js() {
    let vectors = section("jwt_decode");
    let now = Timestamp::from_second(vectors["clock_now"].as_i64().unwrap()).unwrap();
    for case in list(&vectors["cases"]) {
        let keys = Keys::derive(&secrets(&case["secret"]), text(&case["salt"]));
        let decoded = keys.decode(text(&case["token"]), now);
        let name = &case["name"];
        match decoded {
            Ok(claims) => {
                assert_eq!(case["accepted"], true, "{name}");
                assert_eq!(Value::Object(claims), case["payload"], "{name}");
            }
            Err(error) => {
                assert_eq!(case["accepted"], false, "{name}: {error}");
                assert_eq!(error, expected(text(&case["error"]), error), "{name}");
            }
        }
    }
}

/// Our error for the library's; its bare `Error` stands for a key that is not found.
fn expected(theirs: &str, ours: DecodeError) -> DecodeError {
    match theirs {
        "Error" => DecodeError::UnknownKey,
        "ERR_JWE_DECRYPTION_FAILED" => DecodeError::Decryption,
        "ERR_JOSE_ALG_NOT_ALLOWED" => DecodeError::Algorithm,
        "ERR_JWE_INVALID" => DecodeError::Malformed,
        "ERR_JWT_EXPIRED" => DecodeError::Expired,
        "ERR_JWT_CLAIM_VALIDATION_FAILED" => DecodeError::NotYetValid,
        other => panic!("`{other}` is new; we say `{ours}`"),
    }
}

#[test]
fn sessions_last_thirty_days_by_default() {
    let vector = section("jwt_default_token");
    let max_age = SessionSettings::new(Strategy::Jwt).max_age;
    assert_eq!(vector["exp_minus_iat"], max_age.as_secs());
    let keys = Keys::derive(&secret(), "authjs.session-token");
    let lifetime = Lifetime {
        now: now(),
        max_age,
    };
    let payload = &vector["payload"];
    let random = hallpass_auth::testing::random::SeededRandom::new(1);
    let claims = [("sub".to_owned(), payload["sub"].clone())];
    let token = keys.encode(claims.into_iter().collect(), lifetime, &random);
    let claims = keys.decode(&token, now()).unwrap();
    assert_eq!(claims["iat"], payload["iat"]);
    assert_eq!(claims["exp"], payload["exp"]);
}

#[test]
fn tokens_are_found_in_cookie_and_bearer_header() {
    for vector in list(section("get_token")) {
        let cookies = match vector.get("secureCookie") {
            Some(Value::Bool(true)) => secure_cookies(),
            _ => plain_cookies(),
        };
        let spec = &cookies.session_token;
        let keys = Keys::derive(&secret(), spec.name());
        let claims = token::claims(&headers(&vector["headers"]), spec, &keys, now());
        let claims = claims.map_or(Value::Null, Value::Object);
        assert_eq!(claims, vector["result"], "{}", vector["headers"]);
    }
}
