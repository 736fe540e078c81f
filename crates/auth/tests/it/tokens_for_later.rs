//! Access tokens of other services: kept sealed, renewed once however many ask, and never sent where they do not belong.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hallpass_auth::adapter::{Account, AccountType, Adapter, NewUser, SEALED_MARK, UserId};
use hallpass_auth::linked::AccessTokenError;
use hallpass_auth::oauth::OAuthError;
use hallpass_auth::outgoing::HttpError;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::testing::rotating::RotatingService;
use hallpass_auth::{Auth, AuthBuilder};
use serde_json::{Value, json};

use crate::app::{START, secrets};

/// When tests begin, in seconds.
const NOW: i64 = 1_767_225_600;

async fn add_user(store: &MemoryAdapter, email: &str) -> UserId {
    let user = NewUser {
        proposed_id: UserId(format!("id-of-{email}")),
        name: None,
        email: Some(email.to_owned()),
        email_verified: None,
        image: None,
        extra: serde_json::Map::new(),
    };
    store.create_user(user).await.unwrap().id
}

struct Setting {
    store: MemoryAdapter,
    clock: Arc<FixedClock>,
    service: Arc<RotatingService>,
    user: UserId,
}

fn provider(host: &str) -> OAuthProvider {
    let urls = ["authorize", "token", "me"].map(|path| format!("https://{host}/{path}"));
    let client = OAuthClient::new("client", Secret::new("client-secret"));
    OAuthProvider::oauth("svc", [&urls[0], &urls[1], &urls[2]], client)
}

impl Setting {
    /// One user with an account at the service, whose tokens are these.
    async fn with(tokens: Value) -> Self {
        let store = MemoryAdapter::new();
        let user = add_user(&store, "ada@example.com").await;
        let account = Account {
            user_id: user.clone(),
            kind: AccountType::OAuth,
            provider: "svc".to_owned(),
            provider_account_id: "1".to_owned(),
            extra: tokens.as_object().unwrap().clone(),
        };
        store.link_account(account).await.unwrap();
        Self {
            store,
            clock: Arc::new(FixedClock::at(START)),
            service: Arc::new(RotatingService::knowing("refresh-0")),
            user,
        }
    }

    async fn ended() -> Self {
        Self::with(json!({
            "access_token": "access-0", "refresh_token": "refresh-0", "expires_at": NOW - 1, "scope": "repo",
        }))
        .await
    }

    fn builder(&self, seed: u64) -> AuthBuilder {
        Auth::builder()
            .secrets(secrets())
            .environment(self.clock.clone(), Arc::new(SeededRandom::new(seed)))
            .base_path("/auth")
            .adapter(self.store.clone())
            .leases(self.store.clone())
            .http_client(self.service.clone())
    }

    fn auth(&self, seed: u64) -> Auth {
        self.builder(seed)
            .provider(provider("svc.test"))
            .build()
            .unwrap()
    }

    async fn ask(&self, auth: &Auth) -> Result<String, AccessTokenError> {
        let token = auth.access_token(&self.user, "svc").await?;
        Ok(token.token.expose().to_owned())
    }

    fn member(&self, name: &str) -> Value {
        let accounts = self.store.accounts();
        accounts[0].extra.get(name).cloned().unwrap_or(Value::Null)
    }
}

#[tokio::test]
async fn a_good_token_is_given_without_asking_the_service() {
    let tokens = json!({ "access_token": "access-0", "expires_at": NOW + 31, "scope": "repo", "token_type": "bearer" });
    let setting = Setting::with(tokens).await;
    let token = setting
        .auth(1)
        .access_token(&setting.user, "svc")
        .await
        .unwrap();
    assert_eq!(token.token.expose(), "access-0");
    assert_eq!(token.expires_at.unwrap().as_second(), NOW + 31);
    assert_eq!(
        (token.scope.as_deref(), token.token_type.as_deref()),
        (Some("repo"), Some("bearer"))
    );
    assert_eq!(setting.service.requests(), 0);
}

#[tokio::test]
async fn an_ended_token_is_renewed_and_what_is_new_is_kept_sealed() {
    let setting = Setting::ended().await;
    let auth = setting.auth(1);
    let token = auth.access_token(&setting.user, "svc").await.unwrap();
    assert_eq!(token.token.expose(), "access-1");
    assert_eq!(token.scope.as_deref(), Some("repo"));
    for name in ["access_token", "refresh_token"] {
        let stored = setting.member(name);
        assert!(stored.as_str().unwrap().starts_with(SEALED_MARK), "{name}");
    }
    assert_eq!(setting.member("expires_at"), json!(NOW + 3600));
    assert_eq!(setting.ask(&auth).await.unwrap(), "access-1");
    setting.clock.advance(Duration::from_secs(3600));
    assert_eq!(setting.ask(&auth).await.unwrap(), "access-2");
    assert_eq!(setting.service.requests(), 2);
}

/// CVE-2026-53517: in two processes on one store, a hundred calls make one request.
#[tokio::test]
async fn cve_2026_53517_cve_2026_1035_ghsa_7w99_5wm4_3g79_a_hundred_calls_of_two_processes_renew_a_token_once()
 {
    let setting = Setting::ended().await;
    let (one, other) = (setting.auth(1), setting.auth(2));
    let calls = (0..50).flat_map(|_| [setting.ask(&one), setting.ask(&other)]);
    for token in join_all(calls).await {
        assert_eq!(token.unwrap(), "access-1");
    }
    assert_eq!(setting.service.requests(), 1);
}

/// Whoever asked first hangs up when the service has used up the refresh token.
#[tokio::test]
async fn a_renewal_goes_on_when_its_caller_hangs_up() {
    let setting = Setting::ended().await;
    let auth = setting.auth(1);
    let mut asked = Box::pin(setting.ask(&auth));
    assert!(futures_util::poll!(&mut asked).is_pending());
    drop(asked);
    assert_eq!(setting.ask(&auth).await.unwrap(), "access-1");
    assert_eq!(setting.service.requests(), 1);
}

#[tokio::test]
async fn a_refused_refresh_token_is_forgotten_and_the_person_signs_in_again() {
    let setting = Setting::ended().await;
    let auth = setting.auth(1);
    let stranger = Arc::new(RotatingService::knowing("another"));
    let refusing = setting.builder(2).http_client(stranger.clone());
    let refusing = refusing.provider(provider("svc.test")).build().unwrap();
    for _ in 0..2 {
        let error = setting.ask(&refusing).await.unwrap_err();
        assert!(matches!(error, AccessTokenError::SignInAgain), "{error}");
    }
    assert_eq!(
        stranger.requests(),
        1,
        "a token that is worth nothing was sent again"
    );
    assert_eq!(setting.member("refresh_token"), Value::Null);
    let listed = auth.linked_accounts(&setting.user).await.unwrap();
    assert!(listed[0].needs_sign_in);
}

#[tokio::test]
async fn while_the_service_is_away_the_old_token_serves_to_its_end() {
    let tokens =
        json!({ "access_token": "access-0", "refresh_token": "refresh-0", "expires_at": NOW + 10 });
    let setting = Setting::with(tokens).await;
    let auth = setting.auth(1);
    setting.service.set_away(true);
    assert_eq!(setting.ask(&auth).await.unwrap(), "access-0");
    setting.clock.advance(Duration::from_secs(10));
    let error = setting.ask(&auth).await.unwrap_err();
    let AccessTokenError::Away(OAuthError::Http { cause, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(cause, HttpError::Unreachable);
    assert_eq!(setting.member("refresh_token"), json!("refresh-0"));
    setting.service.set_away(false);
    assert_eq!(setting.ask(&auth).await.unwrap(), "access-1");
}

#[tokio::test]
async fn a_service_that_gives_no_other_refresh_token_is_asked_with_the_old_one_again() {
    let setting = Setting::ended().await;
    setting.service.set_member("refresh_token", Value::Null);
    setting.service.set_member("expires_in", json!(60));
    let auth = setting.auth(1);
    for number in 1..4 {
        assert_eq!(
            setting.ask(&auth).await.unwrap(),
            format!("access-{number}")
        );
        setting.clock.advance(Duration::from_secs(60));
    }
}

/// CVE-2026-15943: the provider's name stays and its addresses lead to another server.
#[tokio::test]
async fn cve_2026_15943_a_token_is_not_sent_to_another_service_of_the_same_name() {
    let setting = Setting::ended().await;
    assert_eq!(setting.ask(&setting.auth(1)).await.unwrap(), "access-1");
    setting.clock.advance(Duration::from_secs(3600));
    let moved = setting
        .builder(2)
        .provider(provider("evil.test"))
        .build()
        .unwrap();
    let error = setting.ask(&moved).await.unwrap_err();
    assert!(matches!(error, AccessTokenError::SignInAgain), "{error}");
    assert_eq!(setting.service.addresses(), ["https://svc.test/token"]);
}

#[tokio::test]
async fn tokens_outlive_a_new_secret_and_not_the_loss_of_theirs() {
    let setting = Setting::ended().await;
    assert_eq!(setting.ask(&setting.auth(1)).await.unwrap(), "access-1");
    let old = crate::app::SECRET;
    let new = "another-secret-0123456789abcdef-02";
    for (list, is_readable) in [(vec![new, old], true), (vec![new], false)] {
        let secrets = Secrets::new(list.into_iter().map(Secret::new)).unwrap();
        let auth = setting
            .builder(2)
            .secrets(secrets)
            .provider(provider("svc.test"));
        let asked = setting.ask(&auth.build().unwrap()).await;
        assert_eq!(asked.is_ok(), is_readable);
    }
}

#[tokio::test]
async fn strangers_and_unknown_services_get_nothing() {
    let setting = Setting::ended().await;
    let auth = setting.auth(1);
    let stranger = add_user(&setting.store, "mallory@example.com").await;
    let error = auth.access_token(&stranger, "svc").await.unwrap_err();
    assert!(matches!(error, AccessTokenError::NotLinked), "{error}");
    let error = auth.access_token(&setting.user, "other").await.unwrap_err();
    assert!(
        matches!(error, AccessTokenError::UnknownProvider),
        "{error}"
    );
    setting.store.go_away();
    let error = auth.access_token(&setting.user, "svc").await.unwrap_err();
    assert!(matches!(error, AccessTokenError::Store(_)), "{error}");
    assert_eq!(setting.service.requests(), 0);
}

#[tokio::test]
async fn a_store_that_goes_away_after_the_refresh_costs_the_next_one_only() {
    let setting = Setting::ended().await;
    setting.store.go_away_at("update_account");
    assert_eq!(setting.ask(&setting.auth(1)).await.unwrap(), "access-1");
}
