//! From a code to a person.

use async_trait::async_trait;

use super::*;
use crate::oauth::UserInfoCall;
use crate::providers::oauth::{Profile, ProfileError, Quirks};

#[tokio::test]
async fn a_code_becomes_a_person() {
    let bench = Bench::with_keys();
    bench.gives_claims(&with("sid", json!("session-1")));
    let found = bench.identify(&provider()).await.unwrap();
    assert_eq!(found.profile.id, "person-1");
    assert_eq!(found.profile.name.as_deref(), Some("Ada"));
    assert_eq!(found.profile.email.as_deref(), Some("ada@example.com"));
    assert_eq!(found.claims, with("sid", json!("session-1")));
    assert_eq!(found.session.as_deref(), Some("session-1"));
    assert!(found.tokens.id_token.is_some());
    let [asked] = &bench.http.requests_to(TOKEN)[..] else {
        panic!("the code is sent once");
    };
    let form = asked.form();
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        form,
        [
            (
                "redirect_uri",
                "https://app.example.com/api/auth/callback/example"
            ),
            ("code", "planted-code"),
            ("code_verifier", "planted-verifier"),
            ("grant_type", "authorization_code"),
        ]
    );
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(
        asked.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert!(bench.http.requests_to(USERINFO).is_empty());
    let printed = format!("{found:?}");
    assert!(!printed.contains("planted"), "{printed}");
}

#[tokio::test]
async fn without_pkce_no_verifier_is_sent() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    let grant = CodeGrant {
        verifier: None,
        ..grant()
    };
    bench.oauth.identify(&provider(), grant).await.unwrap();
    let asked = &bench.http.requests_to(TOKEN)[0];
    assert!(asked.form().iter().all(|(name, _)| name != "code_verifier"));
}

#[tokio::test]
async fn an_unasked_id_token_of_oauth_is_dropped_unread() {
    let bench = Bench::new();
    bench
        .http
        .json(USERINFO, &json!({ "id": 7, "name": "Ada" }));
    for id_token in ["not.a.token".to_owned(), bench.signer.sign(&claims())] {
        bench.gives(&id_token);
        let found = bench.identify(&plain()).await.unwrap();
        assert_eq!(found.profile.id, "7");
        assert!(found.tokens.id_token.is_none());
        assert!(!found.tokens.others.contains_key("id_token"));
    }
    assert!(bench.http.requests_to(KEYS).is_empty());
}

#[tokio::test]
async fn ghsa_5hvv_9cqv_894r_cve_2026_82968_nobody_is_made_of_an_answer_without_identity() {
    let bench = Bench::new();
    bench.http.json(TOKEN, &tokens());
    let long = "x".repeat(256);
    for answer in [
        json!({}),
        json!({ "id": null }),
        json!({ "id": "" }),
        json!({ "id": " " }),
        json!({ "id": [] }),
        json!({ "id": {} }),
        json!({ "id": true }),
        json!({ "id": 1.5 }),
        json!({ "id": "a\u{0}b" }),
        json!({ "id": long }),
        json!({ "sub": "", "id": "someone" }),
        json!({ "sub": null, "id": "someone" }),
        json!({ "message": "Bad credentials", "status": "401" }),
    ] {
        bench.http.forget(USERINFO);
        bench.http.json(USERINFO, &answer);
        let error = bench.identify(&plain()).await.unwrap_err();
        assert!(
            matches!(error, OAuthError::Profile(_)),
            "{answer} gave {error:?}"
        );
    }
}

/// Everybody is the same person here.
struct Nobody;

impl Quirks for Nobody {
    fn profile(
        &self,
        _: &OAuthProvider,
        _: &Value,
        _: &crate::oauth::TokenSet,
    ) -> Result<Profile, ProfileError> {
        Ok(Profile::default())
    }
}

#[tokio::test]
async fn a_mapping_without_identity_is_refused_too() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    let error = bench
        .identify(&provider().quirks(Nobody))
        .await
        .unwrap_err();
    assert_eq!(error, OAuthError::Profile(ProfileError { member: "id" }));
}

/// Asks for more, and takes what a form said.
struct Curious;

#[async_trait]
impl Quirks for Curious {
    fn posted_user(&self, profile: &mut Value, user: &str) {
        profile["shown"] = json!(user);
    }

    async fn complete(&self, call: &UserInfoCall<'_>, profile: Value) -> Result<Value, OAuthError> {
        let mut profile = profile;
        profile["name"] = call.get_json("https://id.example.com/more").await?["name"].clone();
        Ok(profile)
    }
}

#[tokio::test]
async fn quirks_find_out_more_and_read_the_posted_user() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    bench.http.json(
        "https://id.example.com/more",
        &json!({ "name": "Countess" }),
    );
    let grant = CodeGrant {
        posted_user: Some("{}"),
        ..grant()
    };
    let provider = provider().quirks(Curious);
    let found = bench.oauth.identify(&provider, grant).await.unwrap();
    assert_eq!(found.profile.name.as_deref(), Some("Countess"));
    assert_eq!(found.claims["shown"], "{}");
    let asked = &bench.http.requests_to("https://id.example.com/more")[0];
    assert_eq!(asked.header("authorization"), "Bearer planted-access");
}
