//! Tokens that sign somebody out.

use jiff::Timestamp;

use super::*;
use crate::oauth::LogoutToken;
use crate::providers::oauth::Quirks;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": "client",
        "sub": "person-1",
        "sid": "session-1",
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "token-1",
        "events": { EVENT: {} },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => members.shift_remove(name),
        value => members.insert(name.to_owned(), value),
    };
    claims
}

async fn judge(bench: &Bench, token: &str) -> Result<LogoutToken, OAuthError> {
    bench.oauth.logout_token(&provider(), token).await
}

#[tokio::test]
async fn whom_a_service_signs_out_is_read() {
    let bench = Bench::with_keys();
    let found = judge(&bench, &bench.signer.sign(&claims())).await.unwrap();
    assert_eq!(found.subject.as_deref(), Some("person-1"));
    assert_eq!(found.session.as_deref(), Some("session-1"));
    assert_eq!(found.id, "token-1");
    assert_eq!(found.expires_at, Timestamp::from_second(NOW + 150).unwrap());
    for (missing, subject, session) in [("sub", false, true), ("sid", true, false)] {
        let token = bench.signer.sign(&with(missing, json!(null)));
        let found = judge(&bench, &token).await.unwrap();
        assert_eq!(
            (found.subject.is_some(), found.session.is_some()),
            (subject, session)
        );
    }
    for kind in ["JWT", "logout+jwt", "application/logout+jwt", "Logout+JWT"] {
        let mut header = bench.signer.header();
        header["typ"] = json!(kind);
        let token = bench
            .signer
            .sign_parts(&header.to_string(), &claims().to_string());
        assert!(judge(&bench, &token).await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn cve_2026_18569_logout_tokens_that_must_not_be_believed_are_refused() {
    const NO_EVENT: &str = "it is no logout token";
    const NO_ID: &str = "its `jti` names nothing";
    let bench = Bench::with_keys();
    for (name, value, reason) in [
        ("iss", json!("https://evil.example"), "its `iss` is another"),
        ("aud", json!("other"), "its `aud` is not us"),
        ("exp", json!(null), "its `exp` is no number"),
        ("exp", json!(NOW - 30), "it has expired"),
        ("iat", json!(null), "its `iat` is no number"),
        ("iat", json!(NOW + 31), "it was made in the future"),
        ("events", json!(null), NO_EVENT),
        ("events", json!({}), NO_EVENT),
        ("events", json!([EVENT]), NO_EVENT),
        ("events", json!(EVENT), NO_EVENT),
        ("events", json!({ EVENT: true }), NO_EVENT),
        ("events", json!({ EVENT: null }), NO_EVENT),
        ("nonce", json!("x"), "a logout token has no `nonce`"),
        ("jti", json!(null), NO_ID),
        ("jti", json!(""), NO_ID),
        ("jti", json!(1), NO_ID),
        ("sub", json!(""), "its `sub` says nobody"),
        ("sub", json!(1), "its `sub` says nobody"),
        ("sid", json!(""), "its `sid` says nothing"),
        ("sid", json!({}), "its `sid` says nothing"),
    ] {
        let token = bench.signer.sign(&with(name, value.clone()));
        let error = judge(&bench, &token).await.unwrap_err();
        assert_eq!(error, OAuthError::Token(reason), "{name}: {value}");
    }
    let mut nobody = with("sub", json!(null));
    nobody.as_object_mut().unwrap().shift_remove("sid");
    let error = judge(&bench, &bench.signer.sign(&nobody))
        .await
        .unwrap_err();
    assert_eq!(error, OAuthError::Token("it says neither `sub` nor `sid`"));
}

#[tokio::test]
async fn an_unsigned_token_or_one_for_another_purpose_signs_nobody_out() {
    let bench = Bench::with_keys();
    let good = bench.signer.sign(&claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = Signer::new(SigningAlgorithm::Es256, "first").sign(&claims());
    let access = bench
        .signer
        .sign_parts(r#"{"alg":"ES256","typ":"at+jwt"}"#, &claims().to_string());
    let id_token = bench.signer.sign(&super::claims());
    for (token, reason) in [
        (format!("{signed}."), "no key of the service signed it"),
        (forged, "no key of the service signed it"),
        (access, "it is made for another purpose"),
        (id_token, "it is no logout token"),
        ("x".repeat(70_000), "it is too long"),
        (String::new(), "it is no signed token"),
    ] {
        let error = judge(&bench, &token).await.unwrap_err();
        assert_eq!(error, OAuthError::Token(reason), "{token}");
    }
}

/// One issuer for each tenant, all of them allowed.
struct Tenants;

impl Quirks for Tenants {
    fn issuer(&self, _: &OAuthProvider, claims: &serde_json::Map<String, Value>) -> Option<String> {
        Some(format!("{ISSUER}/{}", claims.get("tid")?.as_str()?))
    }
}

#[tokio::test]
async fn a_strangers_token_makes_us_ask_for_no_tenant() {
    let bench = Bench::with_keys();
    let token = bench.signer.sign(&with("tid", json!("made-up")));
    let provider = provider().quirks(Tenants);
    let error = bench
        .oauth
        .logout_token(&provider, &token)
        .await
        .unwrap_err();
    assert_eq!(error, OAuthError::Token("its `iss` is another"));
    assert!(
        bench
            .http
            .requests()
            .iter()
            .all(|asked| asked.url == DOCUMENT)
    );
}
