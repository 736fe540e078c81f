//! Tokens anew.

use super::*;

async fn refresh(
    bench: &Bench,
    provider: &OAuthProvider,
) -> Result<crate::oauth::TokenSet, OAuthError> {
    bench
        .oauth
        .refresh(provider, &Secret::new("planted-old"))
        .await
}

#[tokio::test]
async fn the_old_refresh_token_is_kept_where_no_other_is_given() {
    let bench = Bench::with_keys();
    bench.http.json(TOKEN, &tokens());
    let mut rotated = tokens();
    rotated["refresh_token"] = json!("planted-new");
    bench.http.json(TOKEN, &rotated);
    for expected in ["planted-old", "planted-new"] {
        let found = refresh(&bench, &provider()).await.unwrap();
        assert_eq!(found.refresh_token.unwrap().expose(), expected);
    }
    let asked = &bench.http.requests_to(TOKEN)[0];
    let form = asked.form();
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        form,
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", "planted-old")
        ]
    );
    assert!(asked.header("authorization").starts_with("Basic "));
}

#[tokio::test]
async fn an_ended_grant_is_said_to_be() {
    let bench = Bench::with_keys();
    let body = json!({ "error": "invalid_grant" }).to_string();
    bench.http.status(TOKEN, StatusCode::BAD_REQUEST, body);
    let error = refresh(&bench, &provider()).await.unwrap_err();
    let code = "invalid_grant";
    assert_eq!(error, OAuthError::Refused { code });
}

#[tokio::test]
async fn a_renewed_id_token_is_kept_only_where_it_can_be_believed() {
    let bench = Bench::with_keys();
    let stranger = Signer::new(SigningAlgorithm::Es256, "first");
    for (token, kept) in [
        (bench.signer.sign(&claims()), true),
        (bench.signer.sign(&with("nonce", json!(null))), true),
        (bench.signer.sign(&with("aud", json!("other"))), false),
        (bench.signer.sign(&with("exp", json!(NOW - 60))), false),
        (stranger.sign(&claims()), false),
        ("nonsense".to_owned(), false),
    ] {
        bench.gives(&token);
        let found = refresh(&bench, &provider()).await.unwrap();
        assert_eq!(found.id_token.is_some(), kept, "{token}");
        assert_eq!(found.access_token.expose(), "planted-access");
    }
    bench.gives(&bench.signer.sign(&claims()));
    let found = refresh(&bench, &plain()).await.unwrap();
    assert!(found.id_token.is_none());
}
