//! Published flaws of others, as behaviour that must not come back. Each test bears the id.

use std::time::Duration;

use hallpass_auth::adapter::VerificationToken;
use hallpass_auth::cookies::sealed::{InvalidCheck, SealedCookie};
use hallpass_auth::identifier::Email;
use hallpass_auth::jwe::{DecodeError, Keys, Lifetime};
use hallpass_auth::origin::{HostTrust, Origin, OriginError, OriginSettings, Scheme};
use hallpass_auth::secret::{LinkToken, TokenHash};
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::verification::Decision;
use hallpass_auth::{path, redirect, token, verification};
use serde_json::{Map, Value, json};

use crate::support::{headers, jar, now, plain_cookies, secret, section, text};

fn lifetime() -> Lifetime {
    Lifetime {
        now: now(),
        max_age: Duration::from_secs(900),
    }
}

fn app() -> Origin {
    Origin::parse("https://app.example").unwrap()
}

#[test]
fn cve_2023_48309_check_cookie_is_no_session() {
    let cookies = plain_cookies();
    let session = Keys::derive(&secret(), cookies.session_token.name());
    for name in ["pkce", "state_with_proxy_origin", "nonce", "webauthn"] {
        let sealed = text(&section("check_cookies")[name]["value"]);
        let opened = session.decode(sealed, now());
        assert_eq!(opened, Err(DecodeError::UnknownKey), "{name}");
    }
    let link = SealedCookie::new(&cookies.link_request, &secret());
    let sealed = link.seal("v", "email", lifetime(), &SeededRandom::new(1));
    assert!(session.decode(sealed.value(), now()).is_err());
}

#[test]
fn ghsa_x445_f3h2_j279_check_cookie_is_bound_to_its_provider() {
    let state = SealedCookie::new(&plain_cookies().state, &secret());
    let sealed = state.seal("v", "a", lifetime(), &SeededRandom::new(1));
    let jar = jar(&format!("authjs.state={}", sealed.value()));
    assert_eq!(state.unseal(&jar, "a", now()).as_deref(), Ok("v"));
    assert_eq!(state.unseal(&jar, "b", now()), Err(InvalidCheck));
    assert_eq!(state.unseal(&jar, "", now()), Err(InvalidCheck));
}

#[test]
fn ghsa_xmf8_cvqr_rfgj_malformed_bearer_is_no_session() {
    let spec = plain_cookies().session_token;
    let keys = Keys::derive(&secret(), spec.name());
    for bearer in ["%", "%Z", "%ff", "%E0%A4%A", "", " ", "a.b.c.d.e", "...."] {
        let headers = headers(&json!({ "authorization": format!("Bearer {bearer}") }));
        let claims = token::claims(&headers, &spec, &keys, now());
        assert_eq!(claims, None, "{bearer}");
    }
}

#[test]
fn ghsa_7rqj_j65f_68wh_address_is_normalised_before_it_is_judged() {
    for address in [
        "attacker@evil.example\u{ff20}victim.example",
        "attacker@evil.example\u{fe6b}victim.example",
        "\u{ff02}a@evil.example\u{ff02}@victim.example",
        "a@evil.example\u{ff1c}x",
    ] {
        assert!(Email::parse(address).is_err(), "{address}");
    }
}

#[test]
fn ghsa_5jpx_9hw9_2fx4_quoted_local_part_is_refused() {
    for address in [
        "\"e@attacker.example\"@victim.example",
        "\"e\"@victim.example",
        "e\"@victim.example",
    ] {
        assert!(Email::parse(address).is_err(), "{address}");
    }
}

#[test]
fn cve_2022_35924_only_one_recipient_ever() {
    for (typed, address) in [
        ("attacker@a.example,victim@v.example", None),
        ("a@a.example, b@b.example", None),
        ("attacker@a.example,v.example", Some("attacker@a.example")),
        ("<x@evil.example> .victim.example", None),
        ("x@evil.example (.victim.example", None),
        ("x@evil.example; .victim.example", None),
        ("x@evil.example .victim.example", None),
        ("x@evil.example>", None),
    ] {
        let parsed = Email::parse(typed).ok();
        assert_eq!(parsed.as_ref().map(Email::as_str), address, "{typed}");
    }
}

#[test]
fn header_injection_through_an_address_is_refused() {
    for inside in ["\r\n", "\n", "\r", "\0", "\u{7f}", "\u{85}", "\u{1b}"] {
        let local = format!("a{inside}Bcc: x@v.example");
        let domain = format!("a@v.example{inside}x");
        assert!(Email::parse(&local).is_err(), "{inside:?}");
        assert!(Email::parse(&domain).is_err(), "{inside:?}");
    }
}

#[test]
fn cve_2022_24858_and_cve_2025_71403_origins_are_compared_not_texts() {
    for target in [
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://evil.example/https://app.example",
        "https://evil.example?https://app.example",
        "https://evil.example#@app.example",
        "https://app.example:444/",
        "http://app.example/",
        "https://xapp.example/",
        "https://app.example\n.evil.example/",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "https://user:password@app.example/",
    ] {
        let judged = redirect::default_rule(target, &app()).unwrap();
        assert_eq!(judged, "https://app.example", "{target}");
    }
}

#[test]
fn cve_2022_24858_every_admitted_target_is_ours_to_a_plain_reader_too() {
    for (target, admitted) in [
        (
            "https://app.example\\@evil.example/",
            "https://app.example/@evil.example/",
        ),
        ("https:/app.example/x", "https://app.example/x"),
        ("https:app.example/x", "https://app.example/x"),
        ("ht\ntps://app.example/x", "https://app.example/x"),
        (" https://app.example/x", "https://app.example/x"),
    ] {
        let judged = redirect::default_rule(target, &app()).unwrap();
        assert_eq!(judged, admitted);
    }
}

#[test]
fn a_location_cannot_break_the_response() {
    for (target, header) in [
        (
            "https://app.example/\r\nSet-Cookie: a=b",
            "https://app.example/%0D%0ASet-Cookie:%20a=b",
        ),
        (
            "https://app.example/ž?q=日",
            "https://app.example/%C5%BE?q=%E6%97%A5",
        ),
        (
            "https://app.example/a%20b?x=%2F#f",
            "https://app.example/a%20b?x=%2F#f",
        ),
    ] {
        assert_eq!(redirect::location(target), header);
    }
}

#[test]
fn cve_2022_31093_malformed_callback_url_is_an_answer_not_an_accident() {
    for (target, valid) in [
        ("/", true),
        ("/dash?x", true),
        ("https://elsewhere.example", true),
        ("//elsewhere.example", true),
        ("", false),
        ("dash", false),
        ("javascript:alert(1)", false),
        ("ftp://app.example", false),
        ("https://", false),
        ("//[", false),
        ("\0", false),
    ] {
        let judged = redirect::is_valid_callback_url(target, &app());
        assert_eq!(judged, valid, "{target}");
    }
}

#[test]
fn cve_2025_71399_doubled_slashes_are_the_same_route() {
    let route = path::parse("/auth/signin/email", "/auth").unwrap();
    for path in [
        "/auth//signin/email",
        "/auth/signin//email/",
        "/auth///signin///email//",
    ] {
        assert_eq!(path::parse(path, "/auth").as_ref(), Ok(&route), "{path}");
    }
    for path in [
        "//auth/signin/email",
        "/auth/./signin/email",
        "/auth/%73ignin",
        "/auth/SIGNIN",
    ] {
        assert!(path::parse(path, "/auth").is_err(), "{path}");
    }
}

#[test]
fn ghsa_pgx2_m66h_x29f_host_header_decides_only_when_trusted() {
    let evil = headers(&json!({ "host": "evil.example", "x-forwarded-host": "evil.example" }));
    let resolve = |configured: Option<Origin>, trust| {
        OriginSettings { configured, trust }.resolve(&evil, Scheme::Https)
    };
    assert_eq!(
        resolve(None, HostTrust::Untrusted),
        Err(OriginError::Untrusted)
    );
    for trust in [HostTrust::Trusted, HostTrust::Untrusted] {
        assert_eq!(resolve(Some(app()), trust), Ok(app()));
    }
}

#[test]
fn hosts_that_would_become_other_parts_of_a_url_are_refused() {
    for host in [
        "", "a/b", "a@b", "a\\b", "a?b", "a#b", "a b", "a%2fb", "[", "a:b", "a:99999", "b,c",
    ] {
        let origin = Origin::new(Scheme::Https, host);
        assert_eq!(origin, Err(OriginError::Malformed), "{host}");
    }
}

#[test]
fn cve_2026_54238_times_in_a_token_are_numbers() {
    let keys = Keys::derive(&secret(), "s");
    let random = SeededRandom::new(1);
    // What `encode` would overwrite is put into claims that it leaves alone.
    for claims in [
        json!({ "nbf": "0" }),
        json!({ "nbf": null }),
        json!({ "nbf": true }),
        json!({ "nbf": [1] }),
    ] {
        let Value::Object(claims) = claims else {
            unreachable!("an object")
        };
        let token = keys.encode(claims, lifetime(), &random);
        assert_eq!(keys.decode(&token, now()), Err(DecodeError::Claims));
    }
}

#[test]
fn cve_2026_110862_a_state_is_no_link_token_and_a_link_token_is_no_state() {
    let state = text(&section("check_cookies")["state_secure_no_origin"]["state_parameter"]);
    let link = LinkToken::generate(&SeededRandom::new(1));
    let keys = Keys::derive(&secret(), "encodedState");
    assert!(keys.decode(state, now()).is_ok());
    assert_eq!(
        keys.decode(link.expose(), now()),
        Err(DecodeError::Malformed)
    );
    let hash = LinkToken::new(state).hash(secret().joined());
    assert_ne!(hash, link.hash(secret().joined()));
}

#[test]
fn cve_2022_39263_and_cve_2021_21310_a_token_serves_only_its_address() {
    let record = VerificationToken {
        identifier: "a@app.example".to_owned(),
        token: TokenHash::new("hash"),
        expires: now(),
    };
    for (identifier, at, decision) in [
        ("a@app.example", now(), Decision::Accept),
        ("b@app.example", now(), Decision::Mismatch),
        ("A@app.example", now(), Decision::Mismatch),
        ("", now(), Decision::Mismatch),
        (
            "a@app.example",
            now() + Duration::from_millis(1),
            Decision::Expired,
        ),
    ] {
        let decided = verification::decide(&record, identifier, at);
        assert_eq!(decided, decision, "{identifier}");
    }
}

#[test]
fn cve_2026_9704_an_oversized_token_is_refused_whole() {
    let keys = Keys::derive(&secret(), "s");
    let claims = Map::from_iter([("x".to_owned(), "x".repeat(64 * 1024).into())]);
    let token = keys.encode(claims, lifetime(), &SeededRandom::new(1));
    assert_eq!(keys.decode(&token, now()), Err(DecodeError::TooLong));
}
