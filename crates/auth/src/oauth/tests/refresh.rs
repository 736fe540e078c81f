//! Tokens anew.

use super::*;
use crate::oauth::Known;

async fn refresh(
    bench: &Bench,
    provider: &OAuthProvider,
) -> Result<crate::oauth::TokenSet, OAuthError> {
    renew(bench, provider, "person-1", None).await
}

async fn renew(
    bench: &Bench,
    provider: &OAuthProvider,
    account_id: &str,
    kept: Option<&str>,
) -> Result<crate::oauth::TokenSet, OAuthError> {
    let id_token = kept.map(Secret::new);
    let known = Known {
        account_id,
        id_token: id_token.as_ref(),
    };
    let old = Secret::new("planted-old");
    bench.oauth.refresh(provider, &old, known).await
}

/// OpenID Connect Core 1.0 §12.2.
#[tokio::test]
async fn tokens_of_another_person_are_refused() {
    let bench = Bench::with_keys();
    let same = bench.signer.sign(&with("exp", json!(NOW - 60)));
    let other = bench.signer.sign(&with("sub", json!("person-2")));
    let (by_token, by_userinfo) = (provider(), asking());
    for (provider, account_id, kept, accepted) in [
        (&by_token, "person-1", Some(&*same), true),
        (&by_token, "person-1", Some(&*other), false),
        // What the account is called elsewhere says nothing where the token is kept.
        (&by_token, "another name", Some(&*same), true),
        (&by_token, "person-1", None, true),
        (&by_token, "person-2", None, false),
        (&by_token, "person-2", Some("nonsense"), false),
        (&by_userinfo, "person-1", Some(&*other), false),
        (&by_userinfo, "another name", None, true),
    ] {
        bench.gives(&bench.signer.sign(&claims()));
        let found = renew(&bench, provider, account_id, kept).await;
        match found {
            Ok(tokens) => assert!(
                accepted && tokens.id_token.is_some(),
                "{account_id} {kept:?}"
            ),
            Err(error) => {
                assert!(!accepted, "{account_id} {kept:?}");
                assert_eq!(error, OAuthError::Token("its `sub` is another person"));
            }
        }
    }
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
