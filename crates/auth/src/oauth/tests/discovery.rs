//! Discovery documents.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::*;
use crate::oauth::OAuthError;
use crate::outgoing::{HttpError, Reach};
use crate::providers::oauth::{Quirks, SigningAlgorithm};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn strange(reason: &'static str) -> OAuthError {
    OAuthError::Answer {
        endpoint: "discovery document",
        reason,
    }
}

fn lost(cause: HttpError) -> OAuthError {
    OAuthError::Http {
        endpoint: "discovery document",
        cause,
    }
}

#[tokio::test]
async fn what_a_service_published_is_read_once_an_hour() {
    let bench = Bench::with_document();
    let metadata = bench.oauth.metadata(&provider()).await.unwrap();
    assert_eq!(metadata.issuer.as_deref(), Some(ISSUER));
    let token = metadata.token_endpoint.clone().unwrap();
    assert_eq!(
        (token.url.as_str(), token.reach),
        (TOKEN, Reach::Configured)
    );
    assert!(!metadata.iss_parameter_supported);
    assert_eq!(
        metadata.id_token_algorithms.as_deref(),
        Some(
            &[
                SigningAlgorithm::Rs256,
                SigningAlgorithm::Es256,
                SigningAlgorithm::Hs256
            ][..]
        )
    );
    bench
        .oauth
        .authorization_endpoint(&provider())
        .await
        .unwrap();
    assert_eq!(
        bench.oauth.end_session_endpoint(&provider()).await,
        Ok(None)
    );
    let [asked] = &bench.http.requests()[..] else {
        panic!("asked more than once");
    };
    assert_eq!(
        (asked.method.as_str(), asked.url.as_str()),
        ("GET", DOCUMENT)
    );
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(asked.bounds.reach, Reach::Configured);

    bench.clock.advance(HOUR + Duration::from_millis(1));
    bench.oauth.metadata(&provider()).await.unwrap();
    assert_eq!(bench.http.requests().len(), 2);
}

#[tokio::test]
async fn answers_that_are_no_document_are_refused() {
    const STATUS: &str = "its status is not 200";
    const NO_OBJECT: &str = "it is no JSON object";
    const ISSUER: &str = "it is another issuer's";
    const ADDRESS: &str = "an address in it is no usable https address";
    const ALGORITHMS: &str = "its list of algorithms is no list of names";
    let with = |member: &str, value: Value| {
        let mut document = document();
        document[member] = value;
        document.to_string()
    };
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let twice = document()
        .to_string()
        .replacen('{', r#"{"issuer":"https://evil.example","#, 1);
    for (status, body, reason) in [
        (302, document().to_string(), STATUS),
        (204, String::new(), STATUS),
        (206, document().to_string(), STATUS),
        (404, document().to_string(), STATUS),
        (500, document().to_string(), STATUS),
        (200, String::new(), NO_OBJECT),
        (200, "<html>".to_owned(), NO_OBJECT),
        (200, "[]".to_owned(), NO_OBJECT),
        (200, document().to_string().replace('}', ""), NO_OBJECT),
        (200, deep, NO_OBJECT),
        (200, twice, NO_OBJECT),
        (200, "{}".to_owned(), ISSUER),
        (200, with("issuer", json!(null)), ISSUER),
        (
            200,
            with("issuer", json!(["https://id.example.com"])),
            ISSUER,
        ),
        (200, with("issuer", json!("https://evil.example")), ISSUER),
        (200, with("issuer", json!("http://id.example.com")), ISSUER),
        (
            200,
            with("issuer", json!("https://id.example.com/x")),
            ISSUER,
        ),
        (
            200,
            with("issuer", json!("https://id.example.com.evil.example")),
            ISSUER,
        ),
        (200, with("token_endpoint", json!(1)), ADDRESS),
        (200, with("token_endpoint", json!("/token")), ADDRESS),
        (
            200,
            with("token_endpoint", json!("http://id.example.com/token")),
            ADDRESS,
        ),
        (
            200,
            with("authorization_endpoint", json!("javascript:alert(1)")),
            ADDRESS,
        ),
        (200, with("jwks_uri", json!("file:///etc/passwd")), ADDRESS),
        (
            200,
            with("id_token_signing_alg_values_supported", json!("RS256")),
            ALGORITHMS,
        ),
        (
            200,
            with("id_token_signing_alg_values_supported", json!([1])),
            ALGORITHMS,
        ),
    ] {
        let bench = Bench::new();
        let status = StatusCode::from_u16(status).unwrap();
        bench.http.status(DOCUMENT, status, body.clone());
        let found = bench.oauth.metadata(&provider()).await;
        assert_eq!(found.unwrap_err(), strange(reason), "{body}");
    }
}

#[tokio::test]
async fn services_that_do_not_answer_are_said_to() {
    for error in [HttpError::Timeout, HttpError::Unreachable, HttpError::Lost] {
        let bench = Bench::new();
        bench.http.answer(DOCUMENT, Err(error));
        let found = bench.oauth.metadata(&provider()).await;
        assert_eq!(found.unwrap_err(), lost(error));
    }
    let bench = Bench::new();
    bench
        .http
        .status(DOCUMENT, StatusCode::OK, vec![b' '; 300_000]);
    let found = bench.oauth.metadata(&provider()).await;
    assert_eq!(found.unwrap_err(), lost(HttpError::TooLarge(256 * 1024)));
}

#[tokio::test]
async fn a_known_document_outlives_an_outage() {
    let bench = Bench::with_document();
    let before = bench.oauth.metadata(&provider()).await.unwrap();
    bench.http.forget(DOCUMENT);
    bench.clock.advance(5 * HOUR);
    assert_eq!(bench.oauth.metadata(&provider()).await.unwrap(), before);
    bench.clock.advance(20 * HOUR);
    let found = bench.oauth.metadata(&provider()).await;
    assert_eq!(found.unwrap_err(), lost(HttpError::Unreachable));
}

#[tokio::test]
async fn the_issuer_is_compared_as_an_address_and_kept_as_it_was_written() {
    let bench = Bench::with_document();
    let slashed = provider().issuer("https://ID.example.com:443/");
    let found = bench.oauth.metadata(&slashed).await.unwrap();
    assert_eq!(found.issuer.as_deref(), Some(ISSUER));
}

#[tokio::test]
async fn what_the_operator_wrote_stands_above_the_document() {
    let bench = Bench::with_document();
    let mut provider = provider().authorization_parameter("prompt", "login");
    provider.token.url = Some("http://10.0.0.1/token".to_owned());
    provider.token.parameters = vec![("v".to_owned(), "1".to_owned())];
    let found = bench.oauth.metadata(&provider).await.unwrap();
    let token = found.token_endpoint.clone().unwrap();
    assert_eq!(token.url.as_str(), "http://10.0.0.1/token?v=1");
    assert_eq!(token.reach, Reach::Configured);
    let authorize = bench.oauth.authorization_endpoint(&provider).await.unwrap();
    assert_eq!(
        authorize.as_str(),
        "https://id.example.com/authorize?prompt=login"
    );
}

#[tokio::test]
async fn oauth_without_discovery_asks_nobody() {
    let bench = Bench::new();
    let client = OAuthClient::new("client", Secret::new(SECRET));
    let addresses = [
        "https://a.example/authorize?a=1",
        "https://a.example/token",
        USERINFO,
    ];
    let provider = OAuthProvider::oauth("plain", addresses, client);
    let found = bench.oauth.metadata(&provider).await.unwrap();
    assert_eq!(found.issuer, None);
    assert!(found.userinfo_endpoint.is_some());
    let authorize = bench.oauth.authorization_endpoint(&provider).await.unwrap();
    assert_eq!(authorize.as_str(), addresses[0]);
    assert!(bench.http.requests().is_empty());
}

#[tokio::test]
async fn settings_that_lead_nowhere_are_said_to() {
    let bench = Bench::with_document();
    for (issuer, reason) in [
        ("", "its issuer is no web address"),
        ("id.example.com", "its issuer is no web address"),
        ("ftp://id.example.com", "its issuer is no web address"),
        ("https://a:b@id.example.com", "its issuer is no web address"),
        ("https://id.example.com/#a", "its issuer is no web address"),
    ] {
        let found = bench.oauth.metadata(&provider().issuer(issuer)).await;
        assert_eq!(found.unwrap_err(), OAuthError::Settings(reason), "{issuer}");
    }
    assert!(bench.http.requests().is_empty());
}

struct Tenant;

impl Quirks for Tenant {
    fn metadata(&self, _: &OAuthProvider, document: &mut serde_json::Map<String, Value>) {
        document.insert("issuer".to_owned(), json!(ISSUER));
    }
}

#[tokio::test]
async fn quirks_change_a_document_before_it_is_judged() {
    let bench = Bench::new();
    let mut odd = document();
    odd["issuer"] = json!("https://id.example.com/{tenantid}");
    bench.http.json(DOCUMENT, &odd);
    assert!(bench.oauth.metadata(&provider()).await.is_err());
    let mended = provider().with_id("mended").quirks(Tenant);
    assert!(bench.oauth.metadata(&mended).await.is_ok());
}
