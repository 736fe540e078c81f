//! Sealed check cookies: `check_cookies`.

use hallpass_auth::cookies::sealed::{CHECK_LIFETIME, InvalidCheck, SealedCookie};
use hallpass_auth::cookies::{CookieSpec, Cookies, Jar};
use hallpass_auth::jwe::{Keys, Lifetime};
use serde_json::Value;

use crate::support::{Replay, jar, now, plain_cookies, secret, section, secure_cookies, text};

/// Each vector with the cookie it is about.
fn vectors() -> [(&'static Value, CookieSpec); 5] {
    let vectors = section("check_cookies");
    let spec = |cookies: Cookies, pick: fn(Cookies) -> CookieSpec| pick(cookies);
    [
        ("pkce", spec(plain_cookies(), |all| all.pkce_code_verifier)),
        ("state_with_proxy_origin", plain_cookies().state),
        ("state_secure_no_origin", secure_cookies().state),
        ("nonce", plain_cookies().nonce),
        ("webauthn", plain_cookies().webauthn_challenge),
    ]
    .map(|(name, spec)| (&vectors[name], spec))
}

fn jar_of(vector: &Value) -> Jar {
    let (name, value) = (text(&vector["cookie_name"]), text(&vector["value"]));
    jar(&format!("{name}={value}"))
}

#[test]
fn sealed_cookies_of_auth_js_open() {
    for (vector, spec) in vectors() {
        assert_eq!(spec.name(), text(&vector["salt"]));
        let payload = &vector["payload"];
        let value = SealedCookie::new(&spec, &secret())
            .unseal(&jar_of(vector), text(&payload["provider"]), now())
            .unwrap();
        assert_eq!(value, text(&payload["value"]));
    }
}

#[test]
fn the_same_value_seals_to_the_same_header() {
    assert_eq!(section("check_cookies")["ttl_seconds"], 900);
    for (vector, spec) in vectors() {
        let payload = &vector["payload"];
        let lifetime = Lifetime {
            now: now(),
            max_age: CHECK_LIFETIME,
        };
        let random = Replay::of(text(&vector["value"]), payload);
        let cookie = SealedCookie::new(&spec, &secret()).seal(
            text(&payload["value"]),
            text(&payload["provider"]),
            lifetime,
            &random,
        );
        assert_eq!(cookie.to_header(), text(&vector["set_cookie"]));
    }
}

#[test]
fn inner_tokens_open_with_their_own_salts() {
    let vectors = section("check_cookies");
    let open = |token: &Value, salt: &str| {
        let claims = Keys::derive(&secret(), salt).decode(text(token), now());
        Value::Object(claims.unwrap())
    };
    for name in ["state_with_proxy_origin", "state_secure_no_origin"] {
        let state = &vectors[name];
        let payload = open(&state["state_parameter"], "encodedState");
        assert_eq!(payload, state["state_parameter_payload"]);
    }
    let challenge = &vectors["webauthn"];
    let payload = open(
        &challenge["payload"]["value"],
        text(&challenge["inner_salt"]),
    );
    assert_eq!(payload, challenge["inner_payload"]);
}

#[test]
fn check_cookies_are_used_as_in_auth_js() {
    let vectors = section("check_cookies");
    let cookies = plain_cookies();
    let pkce = SealedCookie::new(&cookies.pkce_code_verifier, &secret());
    let sealed = jar_of(&vectors["pkce"]);
    let no_provider = {
        let keys = Keys::derive(&secret(), cookies.pkce_code_verifier.name());
        let claims = [("value".to_owned(), Value::from("v"))];
        let lifetime = Lifetime {
            now: now(),
            max_age: CHECK_LIFETIME,
        };
        let random = hallpass_auth::testing::random::SeededRandom::new(2);
        let token = keys.encode(claims.into_iter().collect(), lifetime, &random);
        jar(&format!("authjs.pkce.code_verifier={token}"))
    };
    let state = text(&vectors["state_with_proxy_origin"]["value"]);
    let of_state = jar(&format!("authjs.pkce.code_verifier={state}"));
    let cases = [
        ("same provider", &sealed, "github"),
        ("other provider id", &sealed, "gitlab"),
        ("cookie without provider claim", &no_provider, "github"),
        ("missing cookie", &jar("a=b"), "github"),
        ("state cookie value in pkce cookie", &of_state, "github"),
    ];
    for (use_, (name, jar, provider)) in vectors["use"].as_array().unwrap().iter().zip(cases) {
        assert_eq!(text(&use_["name"]), name);
        let opened = pkce.unseal(jar, provider, now());
        assert_eq!(use_["accepted"], opened.is_ok(), "{name}");
    }
}

#[test]
fn a_check_cookie_lives_as_long_as_it_was_sealed_for() {
    let (vector, spec) = vectors()[0].clone();
    let sealed = SealedCookie::new(&spec, &secret());
    let open = |seconds: u64| {
        let later = now() + std::time::Duration::from_secs(seconds);
        sealed.unseal(&jar_of(vector), "github", later)
    };
    assert!(open(914).is_ok());
    assert_eq!(open(915), Err(InvalidCheck));
}

#[test]
fn an_empty_value_is_no_check() {
    let sealed = SealedCookie::new(&plain_cookies().state, &secret());
    let lifetime = Lifetime {
        now: now(),
        max_age: CHECK_LIFETIME,
    };
    let random = hallpass_auth::testing::random::SeededRandom::new(3);
    let cookie = sealed.seal("", "github", lifetime, &random);
    let jar = jar(&format!("{}={}", cookie.name(), cookie.value()));
    assert_eq!(sealed.unseal(&jar, "github", now()), Err(InvalidCheck));
}
