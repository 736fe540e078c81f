//! Answers of the userinfo endpoint.

use bytes::Bytes;
use http::Request;

use super::*;
use crate::oauth::{TokenSet, UserInfoCall};
use crate::outgoing::{HttpError, Reach};
use crate::providers::oauth::Quirks;

fn strange(reason: &'static str) -> OAuthError {
    OAuthError::Answer {
        endpoint: "userinfo endpoint",
        reason,
    }
}

const ANOTHER: &str = "its `sub` is not the one of the id_token";

async fn answer(provider: &OAuthProvider, status: u16, body: &str) -> Result<Identity, OAuthError> {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    let status = StatusCode::from_u16(status).unwrap();
    bench.http.status(USERINFO, status, body.to_owned());
    bench.identify(provider).await.inspect_err(|error| {
        shown(error);
    })
}

#[tokio::test]
async fn the_profile_is_asked_with_the_access_token() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    bench
        .http
        .json(USERINFO, &json!({ "sub": "person-1", "name": "Countess" }));
    let found = bench.identify(&asking()).await.unwrap();
    assert_eq!(found.profile.id, "person-1");
    assert_eq!(found.profile.name.as_deref(), Some("Countess"));
    assert_eq!(
        found.claims,
        json!({ "sub": "person-1", "name": "Countess" })
    );
    let asked = &bench.http.requests_to(USERINFO)[0];
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(asked.header("authorization"), "Bearer planted-access");
    assert!(asked.headers["authorization"].is_sensitive());
}

#[tokio::test]
async fn answers_about_nobody_or_somebody_else_are_refused() {
    const STATUS: &str = "its status is not 200";
    const NO_OBJECT: &str = "it is no JSON object";
    for (status, body, error) in [
        (200, r#"{"sub":"person-2"}"#, strange(ANOTHER)),
        (200, r#"{"sub":"PERSON-1"}"#, strange(ANOTHER)),
        (200, r#"{"sub":"person-1 "}"#, strange(ANOTHER)),
        (200, r#"{"sub":""}"#, strange(ANOTHER)),
        (200, r#"{"sub":null}"#, strange(ANOTHER)),
        (200, r#"{"sub":["person-1"]}"#, strange(ANOTHER)),
        (200, "{}", strange(ANOTHER)),
        (
            200,
            r#"{"sub":"person-2","sub":"person-1"}"#,
            strange(NO_OBJECT),
        ),
        (200, "[]", strange(NO_OBJECT)),
        (200, "", strange(NO_OBJECT)),
        (200, "<html>", strange(NO_OBJECT)),
        (200, r#"{"sub":"person-1"#, strange(NO_OBJECT)),
        (204, "", strange(STATUS)),
        (302, r#"{"sub":"person-1"}"#, strange(STATUS)),
        (401, r#"{"sub":"person-1"}"#, strange(STATUS)),
        (500, r#"{"sub":"person-1"}"#, strange(STATUS)),
        (
            200,
            r#"{"sub":"person-1","error":"invalid_token"}"#,
            OAuthError::Refused {
                code: "invalid_token",
            },
        ),
        (
            200,
            r#"{"sub":"person-1","error":"planted"}"#,
            OAuthError::Refused {
                code: "unknown_error",
            },
        ),
    ] {
        assert_eq!(
            answer(&asking(), status, body).await.unwrap_err(),
            error,
            "{status} {body}"
        );
    }
    // Some services describe their success as an error.
    let fine = r#"{"sub":"person-1","error":{"code":"ok"}}"#;
    assert!(answer(&asking(), 200, fine).await.is_ok());
}

#[tokio::test]
async fn a_service_without_the_endpoint_is_said_to_be() {
    let bench = Bench::with_keys();
    let mut document = document();
    document
        .as_object_mut()
        .unwrap()
        .shift_remove("userinfo_endpoint");
    bench.http.forget(DOCUMENT);
    bench.http.json(DOCUMENT, &document);
    bench.gives_claims(&claims());
    let error = bench.identify(&asking()).await.unwrap_err();
    assert_eq!(error, OAuthError::Settings("there is no userinfo endpoint"));
}

#[tokio::test]
async fn signed_answers_are_verified_and_unsigned_ones_refused() {
    const BAD_SIGNATURE: &str = "no key of the service signed it";
    let mut provider = asking();
    provider.client.userinfo_algorithm = Some(SigningAlgorithm::Es256);
    let stranger = Signer::new(SigningAlgorithm::Es256, "first");
    for (claims, result) in [
        (json!({ "sub": "person-1" }), Ok("person-1")),
        (
            json!({ "sub": "person-1", "iss": ISSUER, "aud": "client", "exp": NOW }),
            Ok("person-1"),
        ),
        (
            json!({ "sub": "person-1", "iss": "https://evil.example" }),
            Err("its `iss` is another"),
        ),
        (
            json!({ "sub": "person-1", "iss": null }),
            Err("its `iss` is another"),
        ),
        (
            json!({ "sub": "person-1", "aud": "other" }),
            Err("its `aud` is not us"),
        ),
        (
            json!({ "sub": "person-1", "exp": NOW - 31 }),
            Err("it has expired"),
        ),
        (
            json!({ "sub": "person-1", "exp": "never" }),
            Err("its `exp` is no number"),
        ),
    ] {
        let bench = Bench::with_keys();
        bench.gives_claims(&super::claims());
        bench
            .http
            .status(USERINFO, StatusCode::OK, bench.signer.sign(&claims));
        let found = bench.identify(&provider).await;
        let found = found.map(|found| found.profile.id);
        let expected = result.map(str::to_owned).map_err(OAuthError::Token);
        assert_eq!(found, expected, "{claims}");
        let asked = &bench.http.requests_to(USERINFO)[0];
        assert_eq!(asked.header("accept"), "application/jwt");
    }
    let forged = stranger.sign(&json!({ "sub": "person-1" }));
    let error = answer(&provider, 200, &forged).await.unwrap_err();
    assert_eq!(error, OAuthError::Token(BAD_SIGNATURE));
    for unsigned in [
        r#"{"sub":"person-1"}"#,
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwZXJzb24tMSJ9.",
    ] {
        let error = answer(&provider, 200, unsigned).await.unwrap_err();
        assert!(matches!(error, OAuthError::Token(_)), "{error:?}");
    }
}

/// Asks elsewhere.
struct Elsewhere(&'static str);

impl Quirks for Elsewhere {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, _: &TokenSet) {
        *request.uri_mut() = self.0.parse().unwrap();
        *request.method_mut() = http::Method::POST;
    }
}

#[tokio::test]
async fn a_quirk_that_asks_elsewhere_reaches_no_private_network() {
    for (address, reach) in [
        ("https://id.example.com/userinfo?x=1", Reach::Configured),
        ("https://api.example.net/me", Reach::Learned),
    ] {
        let bench = Bench::new();
        bench.http.json(TOKEN, &tokens());
        bench.http.json(USERINFO, &json!({ "id": "1" }));
        bench
            .http
            .json("https://api.example.net/me", &json!({ "id": "1" }));
        bench
            .identify(&plain().quirks(Elsewhere(address)))
            .await
            .unwrap();
        let asked = bench.http.requests();
        let asked = asked.last().unwrap();
        assert_eq!((asked.url.as_str(), asked.bounds.reach), (address, reach));
        assert_eq!(asked.method, "POST");
    }
    let bench = Bench::new();
    bench.http.json(TOKEN, &tokens());
    let error = bench
        .identify(&plain().quirks(Elsewhere("https://169.254.169.254/me")))
        .await;
    let endpoint = "userinfo endpoint";
    let cause = HttpError::Forbidden;
    assert_eq!(error.unwrap_err(), OAuthError::Http { endpoint, cause });
}

#[tokio::test]
async fn cve_2026_53513_calls_of_quirks_keep_to_public_addresses() {
    let http = ScriptedHttp::new();
    let tokens = TokenSet {
        access_token: Secret::new("planted-access"),
        token_type: "bearer".to_owned(),
        expires_at: None,
        refresh_token: None,
        scope: None,
        id_token: None,
        others: serde_json::Map::new(),
    };
    let provider = provider();
    let call = UserInfoCall {
        http: &http,
        provider: &provider,
        tokens: &tokens,
    };
    let api = |cause| OAuthError::Http {
        endpoint: "API",
        cause,
    };
    http.json("https://graph.example.net/me", &json!([1]));
    assert_eq!(
        call.get_json("https://graph.example.net/me").await,
        Ok(json!([1]))
    );
    for forbidden in [
        "http://graph.example.net/me",
        "https://127.0.0.1/me",
        "https://[fd00::1]/",
    ] {
        let error = call.get_json(forbidden).await.unwrap_err();
        assert_eq!(error, api(HttpError::Forbidden), "{forbidden}");
    }
    let error = call.get_json("file:///etc/passwd").await.unwrap_err();
    assert_eq!(error, OAuthError::Settings("an address of its API is none"));
    http.status("https://a.example/", StatusCode::NOT_FOUND, "{}");
    assert_eq!(
        call.get("https://a.example/", 10).await.unwrap().status(),
        404
    );
    let strange = call.get_json("https://a.example/").await.unwrap_err();
    assert_eq!(
        strange.to_string(),
        "the API answered what no API answers: its status is not 200"
    );
    http.status("https://b.example/", StatusCode::OK, "more than ten bytes");
    let error = call.get("https://b.example/", 10).await.unwrap_err();
    assert_eq!(error, api(HttpError::TooLarge(10)));
    assert!(!format!("{call:?}").contains("planted"));
}
