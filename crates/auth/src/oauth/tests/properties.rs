//! Whatever arrives, nothing panics, and nothing is believed that nobody signed.

use proptest::prelude::*;

use super::*;
use crate::oauth::callback::{self, Expected};
use crate::oauth::jose::{Jws, KeySet};
use crate::oauth::{Metadata, json, token_answer};
use crate::providers::oauth::NoQuirks;

/// JSON as services might send it, with the members that we read.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!(ISSUER)),
        Just(json!("client")),
        Just(json!(NOW)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::Object),
        ]
    })
}

fn members(
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    const NAMES: &[&str] = &[
        "iss",
        "aud",
        "azp",
        "sub",
        "exp",
        "iat",
        "nbf",
        "nonce",
        "events",
        "jti",
        "sid",
        "keys",
        "kty",
        "crv",
        "x",
        "y",
        "n",
        "e",
        "kid",
        "alg",
        "use",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "id_token",
        "error",
        "issuer",
        "jwks_uri",
    ];
    let name = prop::sample::select(NAMES).prop_map(str::to_owned);
    prop::collection::vec((name, value), 0..12).prop_map(|pairs| pairs.into_iter().collect())
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    const NAMES: &[&str] = &[
        "code", "state", "iss", "error", "response", "id_token", "token", "x",
    ];
    let name = prop::sample::select(NAMES).prop_map(str::to_owned);
    let text = prop_oneof![Just("s".to_owned()), Just(ISSUER.to_owned()), ".{0,6}"];
    prop::collection::vec((name, text), 0..6)
}

proptest! {
    #[test]
    fn any_text_as_a_token_is_read_or_refused(text in "[A-Za-z0-9_.=-]{0,80}|.{0,40}") {
        let _ = Jws::read(&text, SigningAlgorithm::ALL);
    }

    #[test]
    fn any_bytes_as_json_are_read_as_serde_reads_them(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some(value) = json::parse(&bytes) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn any_object_as_keys_or_metadata_is_read_or_refused(document in members(value())) {
        let _ = KeySet::read(&document);
        let issuer = url::Url::parse(ISSUER).unwrap();
        let _ = Metadata::read(&document, ISSUER, &issuer);
    }

    #[test]
    fn any_answer_of_a_token_endpoint_is_read_or_refused(status in 100_u16..600, body in members(value())) {
        let answer = http::Response::builder().status(status);
        let answer = answer.body(Value::Object(body).to_string()).unwrap();
        let now = jiff::Timestamp::from_second(NOW).unwrap();
        if let Ok(tokens) = token_answer::read(&answer, &NoQuirks, now) {
            prop_assert_eq!(status, 200);
            prop_assert!(!tokens.access_token.expose().is_empty());
            prop_assert!(tokens.expires_at.is_none_or(|at| at > now));
        }
    }

    #[test]
    fn an_answer_that_is_believed_has_our_state_once(parameters in parameters()) {
        let service = Metadata {
            issuer: Some(ISSUER.to_owned()),
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            jwks_uri: None,
            end_session_endpoint: None,
            revocation_endpoint: None,
            iss_parameter_supported: false,
            id_token_algorithms: None,
        };
        let expected = Expected { state: Some("s"), service: &service };
        if let Ok(code) = callback::read(&parameters, expected) {
            let all = |name: &str| {
                let named = parameters.iter().filter(move |(other, _)| other == name);
                named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
            };
            prop_assert_eq!(all("state"), ["s"]);
            prop_assert_eq!(all("code"), [code]);
            prop_assert!(all("error").is_empty() && all("id_token").is_empty());
            prop_assert!(all("iss").iter().all(|iss| *iss == ISSUER));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn claims_that_are_believed_say_all_that_they_must(claims in members(value()), good in any::<bool>()) {
        let bench = Bench::with_keys();
        let mut all = if good { super::claims() } else { json!({}) };
        all.as_object_mut().unwrap().extend(claims);
        bench.gives_claims(&all);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Ok(found) = runtime.block_on(bench.identify(&provider())) {
            prop_assert_eq!(&found.claims["iss"], &json!(ISSUER));
            prop_assert_eq!(&found.claims["nonce"], &json!(NONCE));
            prop_assert_eq!(found.claims["sub"].as_str(), Some(found.profile.id.as_str()));
            prop_assert!(found.claims["exp"].is_number() && found.claims["iat"].is_number());
        }
    }

    #[test]
    fn a_token_with_one_byte_changed_is_not_believed(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let bench = Bench::with_keys();
        let mut token = bench.signer.sign(&claims());
        let at = at.index(token.len());
        prop_assume!(token.get(at..=at) != Some(to.as_str()) && token.get(at..=at) != Some("."));
        token.replace_range(at..=at, &to);
        bench.gives(&token);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(bench.identify(&provider()));
        prop_assert!(matches!(found, Err(OAuthError::Token(_))), "{found:?}");
    }
}
