//! Tokens go back to the service when the account goes, its user, or where it is set up so the session.

use std::sync::Arc;

use hallpass_auth::ConfigError;
use hallpass_auth::account::AccountError;
use hallpass_auth::adapter::{Account, AccountType, Adapter, TokensAtRest, Unlinked, UserId};
use hallpass_auth::outgoing::HttpError;
use hallpass_auth::providers::oauth::{OAuthProvider, TokenRevocation};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::http::{Recorded, ScriptedHttp};
use http::StatusCode;
use serde_json::{Value, json};

use super::service::{BOTH, Service, app_of, id_of, provider};
use crate::app::{App, Browser, Setup};

const REVOKE: &str = "https://id.example.com/revoke";
const ADA: &str = "ada@example.com";

struct Stage {
    app: App,
    http: Arc<ScriptedHttp>,
}

impl Stage {
    fn of(strategy: Strategy, provider: OAuthProvider) -> Self {
        let (app, Service { http }) =
            app_of(Setup::listing(strategy), [provider], |builder, _| builder);
        http.status(REVOKE, StatusCode::OK, "");
        Self { app, http }
    }

    fn new(strategy: Strategy, rule: Option<TokenRevocation>) -> Self {
        let provider = provider("example").revocation_endpoint(REVOKE);
        let provider = match rule {
            Some(rule) => provider.revoke_tokens(rule),
            None => provider,
        };
        Self::of(strategy, provider)
    }

    /// Ada, signed in there; mail lets her in too.
    async fn ada(&self) -> (Browser, UserId) {
        let mut browser = Browser::new(&self.app);
        browser.sign_in_at("example").await;
        (browser, id_of(&self.app, ADA))
    }

    async fn unlink(&self, user: &UserId) -> Unlinked {
        let gone = self.app.auth.unlink_account(user, "example", "42").await;
        gone.unwrap()
    }

    /// What was asked there, once nothing goes on any more.
    async fn asked(&self) -> Vec<Recorded> {
        settled().await;
        self.http.requests_to(REVOKE)
    }
}

/// Lets work that goes on alone come to its end: it waits for nothing but its turn.
async fn settled() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn said(request: &Recorded) -> Value {
    let form = request.form();
    let member = |name: &str| form.iter().find(|(known, _)| known == name);
    let text = |name| member(name).map(|(_, value)| value.clone());
    json!([text("token"), text("token_type_hint")])
}

/// RFC 7009 §2.1: the client says who it is, and the refresh token goes first.
#[tokio::test]
async fn tokens_of_a_removed_account_are_given_back() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, None);
        let (_, user) = stage.ada().await;
        assert!(stage.asked().await.is_empty(), "nothing is gone yet");
        assert!(matches!(stage.unlink(&user).await, Unlinked::Done(_)));
        let asked = stage.asked().await;
        let tokens: Vec<Value> = asked.iter().map(said).collect();
        assert_eq!(
            tokens,
            [
                json!(["refresh-1", "refresh_token"]),
                json!(["access-1", "access_token"])
            ]
        );
        for request in &asked {
            assert_eq!(request.method, http::Method::POST);
            assert_eq!(
                request.header("authorization"),
                "Basic Y2lkOmNsaWVudC1zZWNyZXQ="
            );
            assert_eq!(
                request.header("content-type"),
                "application/x-www-form-urlencoded"
            );
            assert!(!request.url.contains("refresh-1"), "no token in an address");
            assert!(request.bounds.timeout <= std::time::Duration::from_secs(5));
        }
    }
}

#[tokio::test]
async fn tokens_that_stand_sealed_are_opened_for_it() {
    let stage = Stage::new(Strategy::Database, None);
    let (_, user) = stage.ada().await;
    assert_eq!(
        stage.app.store.tokens_at_rest().await.unwrap(),
        TokensAtRest::Sealed
    );
    let kept = stage.app.store.accounts();
    assert!(!json!(kept[0].extra).to_string().contains("refresh-1"));
    stage.unlink(&user).await;
    assert_eq!(stage.asked().await.len(), 2);
}

#[tokio::test]
async fn tokens_of_a_deleted_user_are_given_back() {
    let provider = provider("example").revocation_endpoint(REVOKE);
    let http = Arc::new(ScriptedHttp::new());
    http.status(REVOKE, StatusCode::OK, "");
    let given = Arc::clone(&http);
    let app = crate::account::support::app_with(Strategy::Database, |builder| {
        builder.http_client(given).provider(provider)
    });
    app.ada().await;
    let user = app.user(ADA).id;
    let tokens = json!({ "access_token": "access-1" });
    let account = Account {
        user_id: user.clone(),
        kind: AccountType::OAuth,
        provider: "example".to_owned(),
        provider_account_id: "42".to_owned(),
        extra: tokens.as_object().unwrap().clone(),
    };
    app.store.link_account(account).await.unwrap();
    let unknown = app
        .auth
        .account()
        .delete(&UserId("nobody".to_owned()))
        .await;
    assert!(matches!(unknown, Err(AccountError::UnknownUser)));
    settled().await;
    assert!(http.requests().is_empty());
    app.auth.account().delete(&user).await.unwrap();
    settled().await;
    let asked: Vec<Value> = http.requests_to(REVOKE).iter().map(said).collect();
    assert_eq!(asked, [json!(["access-1", "access_token"])]);
}

#[tokio::test]
async fn whoever_signs_out_keeps_their_tokens_unless_the_operator_says_otherwise() {
    for strategy in BOTH {
        for (rule, given_back) in [
            (None, 0),
            (Some(TokenRevocation::Never), 0),
            (Some(TokenRevocation::AlsoAtSignOut), 2),
        ] {
            let stage = Stage::new(strategy, rule);
            let (mut browser, user) = stage.ada().await;
            browser.post("/auth/signout", &[]).await;
            assert_eq!(stage.asked().await.len(), given_back, "{rule:?}");
            // Nobody is given a token that is dead.
            let token = stage.app.auth.access_token(&user, "example").await;
            assert_eq!(token.is_ok(), given_back == 0, "{rule:?}");
            // Signing in there again heals the account.
            let (_, user) = stage.ada().await;
            let token = stage.app.auth.access_token(&user, "example").await;
            assert!(token.is_ok(), "{rule:?}");
        }
    }
}

/// Somebody who shows the cookie of a session that is over ends no tokens of its person.
#[tokio::test]
async fn a_session_that_is_over_takes_no_tokens_along() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, Some(TokenRevocation::AlsoAtSignOut));
        let (browser, user) = stage.ada().await;
        let mut copied = browser.clone();
        stage.app.auth.revoke_sessions(&user, None).await.unwrap();
        copied.post("/auth/signout", &[]).await;
        assert!(stage.asked().await.is_empty(), "{strategy:?}");
    }
}

#[tokio::test]
async fn nothing_is_given_back_where_the_operator_wants_none_or_there_is_no_place() {
    let never = Stage::new(Strategy::Database, Some(TokenRevocation::Never));
    let nowhere = Stage::of(Strategy::Database, provider("example"));
    for stage in [never, nowhere] {
        let (_, user) = stage.ada().await;
        let before = stage.http.requests().len();
        assert!(matches!(stage.unlink(&user).await, Unlinked::Done(_)));
        settled().await;
        assert_eq!(stage.http.requests().len(), before);
    }
}

/// Whatever the service says or does not say, what the person asked for has happened.
#[tokio::test]
async fn a_service_that_refuses_or_is_away_keeps_no_account_here() {
    let refusal = json!({ "error": "unsupported_token_type" }).to_string();
    for answer in [
        Ok((StatusCode::BAD_REQUEST, refusal.as_str())),
        Ok((StatusCode::SERVICE_UNAVAILABLE, "")),
        Ok((StatusCode::FOUND, "elsewhere")),
        Ok((StatusCode::OK, "<html>")),
        Err(HttpError::Timeout),
        Err(HttpError::Unreachable),
        Err(HttpError::TooLarge(1)),
    ] {
        let stage = Stage::new(Strategy::Database, None);
        let (mut browser, user) = stage.ada().await;
        stage.http.forget(REVOKE);
        match answer {
            Ok((status, body)) => stage.http.status(REVOKE, status, body.to_owned()),
            Err(error) => stage.http.answer(REVOKE, Err(error)),
        }
        assert!(matches!(stage.unlink(&user).await, Unlinked::Done(_)));
        // A refresh token that was refused says nothing of the access token.
        assert_eq!(stage.asked().await.len(), 2, "{answer:?}");
        assert!(stage.app.store.accounts().is_empty());
        assert_eq!(browser.session_email().await, ADA);
    }
}

/// CVE-2026-15943: tokens go to the service that they are of, wherever its provider was pointed meanwhile.
#[tokio::test]
async fn cve_2026_15943_tokens_of_another_service_are_not_sent() {
    let stage = Stage::new(Strategy::Database, None);
    let (_, user) = stage.ada().await;
    let mut account = stage.app.store.accounts().remove(0);
    account.provider_account_id = "43".to_owned();
    // Sealed for the account 42: it opens nowhere else.
    stage.app.store.link_account(account).await.unwrap();
    let gone = stage.app.auth.unlink_account(&user, "example", "43").await;
    assert!(matches!(gone.unwrap(), Unlinked::Done(_)));
    assert!(stage.asked().await.is_empty());
}

#[test]
fn giving_tokens_back_at_sign_out_needs_a_list_of_sessions() {
    let refused = || -> Result<(), ConfigError> {
        let provider = provider("example").revoke_tokens(TokenRevocation::AlsoAtSignOut);
        hallpass_auth::Auth::builder()
            .secrets(crate::app::secrets())
            .environment(
                Arc::new(hallpass_auth::testing::clock::FixedClock::at(
                    crate::app::START,
                )),
                Arc::new(hallpass_auth::testing::random::SeededRandom::new(1)),
            )
            .http_client(Arc::new(ScriptedHttp::new()))
            .provider(provider)
            .build()
            .map(drop)
    };
    assert_eq!(
        refused(),
        Err(ConfigError::SignOutThereWithoutDirectory(
            "example".to_owned()
        ))
    );
}
