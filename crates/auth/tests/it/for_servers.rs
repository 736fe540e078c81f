//! What other servers ask: the application's for tokens of people, services to end sessions.

use std::sync::Arc;

use bytes::Bytes;
use hallpass_auth::adapter::{Account, AccountType, Adapter, User};
use hallpass_auth::environment::Clock;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider, SigningAlgorithm};
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::http::ScriptedHttp;
use hallpass_auth::testing::signer::Signer;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, Browser, Setup};

const KEY: &str = "a-server-key-of-more-than-32-characters";
const ISSUER: &str = "https://id.test";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

struct Setting {
    app: App,
    signer: Signer,
    browser: Browser,
    user: User,
}

/// Ada is signed in, and known to the service as `ada-there`.
async fn setting(strategy: Strategy) -> Setting {
    let signer = Signer::new(SigningAlgorithm::Es256, "key-1");
    let http = Arc::new(ScriptedHttp::new());
    let discovery = json!({
        "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys"), "token_endpoint": format!("{ISSUER}/token"),
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    http.json(
        &format!("{ISSUER}/.well-known/openid-configuration"),
        &discovery,
    );
    http.json(&format!("{ISSUER}/keys"), &signer.key_set());
    let client = OAuthClient::new("client", Secret::new("client-secret"));
    let app = Setup::listing(strategy).app_with_store(|builder, store| {
        builder
            .leases(store)
            .server_keys([Secret::new(KEY)])
            .http_client(http)
            .provider(OAuthProvider::oidc("id", ISSUER, client))
    });
    let browser = app.signed_in("ada@example.com").await;
    let user = app.store.users().remove(0);
    let tokens = json!({ "access_token": "for-the-api", "scope": "repo" });
    let account = Account {
        user_id: user.id.clone(),
        kind: AccountType::Oidc,
        provider: "id".to_owned(),
        provider_account_id: "ada-there".to_owned(),
        extra: tokens.as_object().unwrap().clone(),
    };
    app.store.link_account(account).await.unwrap();
    Setting {
        app,
        signer,
        browser,
        user,
    }
}

/// A server's request: nothing but what it says.
async fn post(
    app: &App,
    path: &str,
    headers: &[(&str, &str)],
    form: &str,
) -> (StatusCode, Value, http::HeaderMap) {
    let mut request = Request::post(format!("http://localhost:3000/auth/{path}"))
        .header("host", "localhost:3000")
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::from(form.to_owned())).unwrap();
    let answer = app.auth.handle(request).await;
    let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    (answer.status(), body, answer.headers().clone())
}

#[tokio::test]
async fn a_server_with_key_and_cookie_gets_the_token_and_nobody_else() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let setting = setting(strategy).await;
        let cookie = setting.browser.cookie_header();
        let bearer = format!("Bearer {KEY}");
        let key = ("authorization", bearer.as_str());
        let who = ("cookie", cookie.as_str());
        let (status, body, headers) =
            post(&setting.app, "access-token", &[key, who], "provider=id").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let expected = json!({
            "accessToken": "for-the-api", "tokenType": null, "expiresAt": null, "scope": "repo",
            "providerAccountId": "ada-there",
        });
        assert_eq!(body, expected);
        assert_eq!(headers["cache-control"], "private, no-cache, no-store");
        assert!(
            !headers.contains_key("set-cookie")
                && !headers.contains_key("access-control-allow-origin")
        );
        for (sent, form, expected, code) in [
            (vec![who], "provider=id", StatusCode::FORBIDDEN, "Forbidden"),
            (
                vec![("authorization", "Bearer wrong"), who],
                "provider=id",
                StatusCode::FORBIDDEN,
                "Forbidden",
            ),
            (
                vec![key, who, ("sec-fetch-site", "same-origin")],
                "provider=id",
                StatusCode::FORBIDDEN,
                "Forbidden",
            ),
            (
                vec![key, who, ("origin", "http://localhost:3000")],
                "provider=id",
                StatusCode::FORBIDDEN,
                "Forbidden",
            ),
            (
                vec![key],
                "provider=id",
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
            ),
            (
                vec![key, who],
                "provider=other",
                StatusCode::NOT_FOUND,
                "UnknownProvider",
            ),
            (vec![key, who], "", StatusCode::NOT_FOUND, "UnknownProvider"),
        ] {
            let (status, body, _) = post(&setting.app, "access-token", &sent, form).await;
            assert_eq!(
                (status, &body),
                (expected, &json!({ "error": code })),
                "{sent:?} {form}"
            );
        }
    }
}

#[tokio::test]
async fn without_keys_there_is_no_such_route() {
    let app = Setup::default().app();
    let (status, ..) = post(&app, "access-token", &[], "provider=id").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, ..) = post(&app, "backchannel-logout/id", &[], "logout_token=x").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_key_that_could_be_guessed_is_refused() {
    let short = hallpass_auth::Auth::builder()
        .secrets(crate::app::secrets())
        .environment(
            Arc::new(hallpass_auth::testing::clock::FixedClock::at(
                crate::app::START,
            )),
            Arc::new(hallpass_auth::testing::random::SeededRandom::new(1)),
        )
        .server_keys([Secret::new("guess")])
        .build();
    assert!(matches!(
        short,
        Err(hallpass_auth::ConfigError::ShortServerKey)
    ));
}

impl Setting {
    fn claims(&self, id: &str) -> Value {
        let now = self.app.clock.now().as_second();
        json!({
            "iss": ISSUER, "aud": "client", "sub": "ada-there", "iat": now, "exp": now + 120,
            "jti": id, "events": { EVENT: {} },
        })
    }

    async fn logout(&self, token: &str) -> StatusCode {
        let form = format!("logout_token={token}");
        let (status, _, headers) = post(&self.app, "backchannel-logout/id", &[], &form).await;
        let is_told = status != StatusCode::SERVICE_UNAVAILABLE;
        let cache = headers.get("cache-control");
        let cache = cache.map_or("", |value| value.to_str().unwrap());
        assert!(!is_told || cache.contains("no-store"));
        assert!(!headers.contains_key("set-cookie"));
        status
    }
}

#[tokio::test]
async fn a_service_ends_the_sessions_of_its_person_once_for_each_token() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let mut setting = setting(strategy).await;
        let mut other = setting.app.signed_in("bob@example.com").await;
        setting.app.clock.advance(std::time::Duration::from_secs(1));
        let token = setting.signer.sign(&setting.claims("one"));
        assert_eq!(setting.logout(&token).await, StatusCode::OK);
        assert!(setting.browser.session().await.is_null(), "{strategy:?}");
        assert!(
            !other.session().await.is_null(),
            "somebody else was signed out"
        );
        assert_eq!(
            setting.logout(&token).await,
            StatusCode::BAD_REQUEST,
            "it was taken twice"
        );
        let mut stranger = setting.claims("two");
        stranger["sub"] = json!("nobody-here");
        let token = setting.signer.sign(&stranger);
        assert_eq!(setting.logout(&token).await, StatusCode::OK);
    }
}

/// Whatever fails on the way, the service's next try with the same token counts, and only one does.
#[tokio::test]
async fn a_store_that_goes_away_on_the_way_leaves_the_next_try() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let ending = match strategy {
            Strategy::Database => "end_stored",
            Strategy::Jwt => "end_tokens",
        };
        for call in ["take_lease", "user_by_account", ending] {
            let mut setting = setting(strategy).await;
            setting.app.clock.advance(std::time::Duration::from_secs(1));
            let token = setting.signer.sign(&setting.claims("one"));
            setting.app.store.go_away_at(call);
            let answer = setting.logout(&token).await;
            assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE, "{call}");
            setting.app.store.come_back();
            assert!(!setting.browser.session().await.is_null(), "{call}");
            assert_eq!(setting.logout(&token).await, StatusCode::OK, "{call}");
            assert!(setting.browser.session().await.is_null(), "{call}");
            let again = setting.logout(&token).await;
            assert_eq!(again, StatusCode::BAD_REQUEST, "{call}");
        }
    }
}

/// CVE-2026-18569: a token whose signature is missing or another's ends no session.
#[tokio::test]
async fn cve_2026_18569_an_unsigned_logout_ends_nothing() {
    let mut setting = setting(Strategy::Database).await;
    let claims = setting.claims("one");
    let stranger = Signer::new(SigningAlgorithm::Es256, "key-1");
    let unsigned = setting
        .signer
        .sign_parts(r#"{"alg":"none","typ":"logout+jwt"}"#, &claims.to_string());
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let good = setting.signer.sign(&claims);
    let cut = good.rsplit_once('.').unwrap().0;
    let mut session_only = claims.clone();
    session_only.as_object_mut().unwrap().remove("sub");
    for token in [
        unsigned,
        stranger.sign(&claims),
        cut.to_owned(),
        String::new(),
        "x".repeat(9_000),
        setting.signer.sign(&session_only),
    ] {
        assert_eq!(setting.logout(&token).await, StatusCode::BAD_REQUEST);
    }
    assert!(!setting.browser.session().await.is_null());
    let (status, ..) = post(
        &setting.app,
        "backchannel-logout/other",
        &[],
        "logout_token=x",
    )
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    setting.app.store.go_away_at("user_by_account");
    assert_eq!(setting.logout(&good).await, StatusCode::SERVICE_UNAVAILABLE);
    setting.app.store.come_back();
    assert!(!setting.browser.session().await.is_null());
    assert_eq!(setting.user.email.as_deref(), Some("ada@example.com"));
}
