//! Tokens given back.

use super::*;
use crate::oauth::TokenHint;
use crate::outgoing::{HttpError, Reach};
use crate::providers::oauth::ClientAuthentication;

const REVOKE: &str = "https://id.example.com/revoke";

async fn revoke(bench: &Bench, provider: &OAuthProvider) -> Result<bool, OAuthError> {
    let token = Secret::new("planted-token");
    bench
        .oauth
        .revoke(provider, &token, TokenHint::RefreshToken)
        .await
}

/// With this place in the discovery document.
fn bench(place: &Value) -> Bench {
    let bench = Bench::new();
    let mut document = document();
    document["revocation_endpoint"] = place.clone();
    bench.http.json(DOCUMENT, &document);
    bench.http.status(REVOKE, StatusCode::OK, "");
    bench
}

#[tokio::test]
async fn the_place_is_discovered_and_told_who_we_are() {
    let bench = bench(&json!(REVOKE));
    assert_eq!(revoke(&bench, &provider()).await, Ok(true));
    let asked = bench.http.requests_to(REVOKE).remove(0);
    let members = [
        ("token", "planted-token"),
        ("token_type_hint", "refresh_token"),
    ];
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    assert_eq!(asked.form(), members.map(own));
    assert!(asked.header("authorization").starts_with("Basic "));

    let posting = provider().authentication(ClientAuthentication::SecretPost);
    assert_eq!(revoke(&bench, &posting).await, Ok(true));
    let asked = bench.http.requests_to(REVOKE).remove(1);
    assert_eq!(asked.header("authorization"), "");
    let last = asked.form().pop().unwrap();
    assert_eq!(last, ("client_secret".to_owned(), SECRET.to_owned()));
}

#[tokio::test]
async fn what_the_operator_wrote_stands_above_it() {
    let bench = bench(&json!("https://id.example.com/other"));
    let provider = provider().revocation_endpoint(REVOKE);
    assert_eq!(revoke(&bench, &provider).await, Ok(true));
    assert_eq!(bench.http.requests_to(REVOKE).len(), 1);
    // A service that is asked without discovery is told without one.
    let bench = Bench::new();
    bench.http.status(REVOKE, StatusCode::OK, "");
    let provider = plain().revocation_endpoint(REVOKE);
    assert_eq!(revoke(&bench, &provider).await, Ok(true));
    assert_eq!(bench.http.requests().len(), 1);
}

/// No sign-in rests on it: a place that cannot be used is none, and the document is good.
#[tokio::test]
async fn a_place_that_cannot_be_used_is_none() {
    for place in [
        json!(null),
        json!(5),
        json!(""),
        json!("/revoke"),
        json!("http://other.example.com/revoke"),
        json!("javascript:alert(1)"),
    ] {
        let bench = bench(&place);
        assert_eq!(revoke(&bench, &provider()).await, Ok(false), "{place}");
        assert_eq!(bench.http.requests().len(), 1, "{place}");
    }
}

/// CVE-2026-53513: an address of a document leads into no private network.
#[tokio::test]
async fn cve_2026_53513_a_learned_place_reaches_public_addresses_alone() {
    let bench = bench(&json!("https://10.0.0.1/revoke"));
    let error = revoke(&bench, &provider()).await.unwrap_err();
    let expected = OAuthError::Http {
        endpoint: "revocation endpoint",
        cause: HttpError::Forbidden,
    };
    assert_eq!(error, expected);
    let asked = bench.http.requests_to("https://10.0.0.1/revoke");
    assert_eq!(asked[0].bounds.reach, Reach::Learned);
}

#[tokio::test]
async fn refusals_are_told_by_their_code_and_nothing_else() {
    for (status, body, expected) in [
        (
            StatusCode::BAD_REQUEST,
            r#"{"error":"unsupported_token_type"}"#,
            Some("unsupported_token_type"),
        ),
        (
            StatusCode::UNAUTHORIZED,
            r#"{"error":"planted ada@example.com"}"#,
            Some("unknown_error"),
        ),
        (StatusCode::SERVICE_UNAVAILABLE, "planted", None),
        (StatusCode::FOUND, "", None),
    ] {
        let bench = bench(&json!(REVOKE));
        bench.http.forget(REVOKE);
        bench.http.status(REVOKE, status, body);
        let error = revoke(&bench, &provider()).await.unwrap_err();
        shown(&error);
        match expected {
            Some(code) => assert_eq!(error, OAuthError::Refused { code }),
            None => assert!(matches!(error, OAuthError::Answer { .. }), "{error}"),
        }
    }
}
