//! Signing out at the service too, and sessions that the service ends by its own name for them.

use std::sync::Arc;

use bytes::Bytes;
use hallpass_auth::ConfigError;
use hallpass_auth::adapter::{Account, AccountType, Adapter};
use hallpass_auth::environment::Clock;
use hallpass_auth::outgoing::HttpClient;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider, SigningAlgorithm};
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::http::ScriptedHttp;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::testing::signer::Signer;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::service::{BOTH, app_of, back, id_of, parameter};
use crate::app::{Answer, App, Browser, ORIGIN, START, Setup, form, secrets};

const ISSUER: &str = "https://op.example.com";
const LEAVE: &str = "https://op.example.com/logout?kept=1";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

struct Stage {
    app: App,
    signer: Signer,
    http: Arc<ScriptedHttp>,
}

fn provider(id: &str) -> OAuthProvider {
    OAuthProvider::oidc(id, ISSUER, OAuthClient::new("cid", Secret::new("s")))
}

impl Stage {
    /// `op` is left when somebody signs out, `quiet` is not; both are the same service.
    fn new(strategy: Strategy, more: &Value) -> Self {
        let providers = [provider("op").sign_out_there(), provider("quiet")];
        let setup = Setup::listing(strategy);
        let (app, service) = app_of(setup, providers, |builder, store| builder.leases(store));
        let signer = Signer::new(SigningAlgorithm::Es256, "key-1");
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/jwks"),
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        let http = service.http;
        http.json(
            &format!("{ISSUER}/.well-known/openid-configuration"),
            &document,
        );
        http.json(&format!("{ISSUER}/jwks"), &signer.key_set());
        Self { app, signer, http }
    }

    /// Whoever comes is this person, in this session of the service; gives the `id_token` too.
    async fn sign_in(&self, provider: &str, more: &Value) -> (Browser, String) {
        let mut browser = Browser::new(&self.app);
        let url = browser.leave(provider).await;
        let now = self.app.clock.now().as_second();
        let mut claims = json!({
            "iss": ISSUER, "aud": "cid", "sub": "subject-1", "iat": now, "exp": now + 600,
            "name": "Ada", "email": "ada@example.com", "email_verified": true,
            "nonce": parameter(&url, "nonce"),
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let place = format!("{ISSUER}/token");
        self.http.forget(&place);
        let token = self.signer.sign(&claims);
        let answer = json!({ "access_token": "at", "token_type": "Bearer", "id_token": token });
        self.http.json(&place, &answer);
        let answer = browser.get(&back(provider, &url)).await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        (browser, token)
    }

    /// This person has an account at `op` too.
    async fn link(&self, email: &str, subject: &str) {
        let account = Account {
            user_id: id_of(&self.app, email),
            kind: AccountType::Oidc,
            provider: "op".to_owned(),
            provider_account_id: subject.to_owned(),
            extra: json!({ "id_token": "x.y.z" }).as_object().unwrap().clone(),
        };
        self.app.store.link_account(account).await.unwrap();
    }

    /// The status of the answer to a logout token with these members above the usual ones.
    async fn logout(&self, provider: &str, id: &str, more: &Value) -> StatusCode {
        let now = self.app.clock.now().as_second();
        let mut claims = json!({
            "iss": ISSUER, "aud": "cid", "iat": now, "exp": now + 120, "jti": id, "events": { EVENT: {} },
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = self.signer.sign(&claims);
        let path = format!("/auth/backchannel-logout/{provider}");
        let request: Request<Bytes> = form(&path, &[("logout_token", &token)]);
        self.app.send(request).await.status
    }
}

fn with_place() -> Value {
    json!({ "end_session_endpoint": LEAVE })
}

async fn sign_out(browser: &mut Browser, to: &str) -> Answer {
    browser.post("/auth/signout", &[("callbackUrl", to)]).await
}

#[tokio::test]
async fn whoever_signs_out_goes_on_to_the_service_and_comes_back() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, &with_place());
        let (mut browser, token) = stage.sign_in("op", &json!({})).await;
        let answer = sign_out(&mut browser, "/bye?x=1").await;
        let target = Url::parse(answer.location()).unwrap();
        let pairs: Vec<(String, String)> = target.query_pairs().into_owned().collect();
        let expected = [
            ("kept", "1".to_owned()),
            ("id_token_hint", token),
            ("post_logout_redirect_uri", format!("{ORIGIN}/bye?x=1")),
        ];
        assert_eq!(
            pairs,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
        assert!(
            target
                .as_str()
                .starts_with("https://op.example.com/logout?")
        );
        assert!(browser.session().await.is_null(), "{strategy:?}");
        // Nobody is signed in any more, so there is nobody to lead.
        let again = sign_out(&mut browser, "/bye").await;
        again.leads_to(&format!("{ORIGIN}/bye"));
    }
}

#[tokio::test]
async fn only_sessions_that_began_there_and_are_alive_lead_there() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, &with_place());
        let (mut quiet, _) = stage
            .sign_in("quiet", &json!({ "sub": "b", "email": "b@example.com" }))
            .await;
        let answer = sign_out(&mut quiet, "/bye").await;
        answer.leads_to(&format!("{ORIGIN}/bye"));

        // The account is linked, yet this session began with a mail.
        let mut by_mail = stage.app.signed_in("carl@example.com").await;
        stage.link("carl@example.com", "subject-3").await;
        let answer = sign_out(&mut by_mail, "/bye").await;
        answer.leads_to(&format!("{ORIGIN}/bye"));

        // SECURITY: a copy of a cookie whose session has ended tells nobody's token.
        let (mut owner, _) = stage.sign_in("op", &json!({})).await;
        let name = "authjs.session-token";
        let stolen = owner.cookie(name).unwrap().to_owned();
        sign_out(&mut owner, "/").await;
        let mut thief = Browser::new(&stage.app);
        thief.set_cookie(name, &stolen);
        let answer = sign_out(&mut thief, "/bye").await;
        answer.leads_to(&format!("{ORIGIN}/bye"));
    }
}

#[tokio::test]
async fn a_service_that_is_away_or_has_no_such_place_keeps_nobody_here() {
    for strategy in BOTH {
        for more in [json!({}), with_place()] {
            let stage = Stage::new(strategy, &more);
            let (mut browser, _) = stage.sign_in("op", &json!({})).await;
            stage
                .http
                .forget(&format!("{ISSUER}/.well-known/openid-configuration"));
            stage
                .app
                .clock
                .advance(std::time::Duration::from_secs(20 * 86_400));
            let answer = sign_out(&mut browser, "/bye").await;
            assert_eq!(answer.status, 302, "{answer:?}");
            assert!(browser.session().await.is_null());
        }
        let stage = Stage::new(strategy, &json!({}));
        let (mut browser, _) = stage.sign_in("op", &json!({})).await;
        let answer = sign_out(&mut browser, "/bye").await;
        answer.leads_to(&format!("{ORIGIN}/bye"));
    }
}

#[tokio::test]
async fn without_one_token_the_service_learns_who_we_are() {
    let stage = Stage::new(Strategy::Database, &with_place());
    let (mut browser, _) = stage.sign_in("op", &json!({})).await;
    // A second account of the person there: which of them the session began with is not known.
    stage.link("ada@example.com", "subject-2").await;
    let answer = sign_out(&mut browser, "/bye").await;
    let target = Url::parse(answer.location()).unwrap();
    assert_eq!(parameter(&target, "client_id").as_deref(), Some("cid"));
    assert_eq!(parameter(&target, "id_token_hint"), None);

    // A token that makes no address is left out.
    let stage = Stage::new(Strategy::Database, &with_place());
    let long = json!({ "more": "x".repeat(4_000) });
    let (mut browser, _) = stage.sign_in("op", &long).await;
    let answer = sign_out(&mut browser, "/bye").await;
    let target = Url::parse(answer.location()).unwrap();
    assert_eq!(parameter(&target, "client_id").as_deref(), Some("cid"));
}

#[tokio::test]
async fn scripts_are_told_the_address_of_the_service() {
    let stage = Stage::new(Strategy::Jwt, &with_place());
    let (mut browser, _) = stage.sign_in("op", &json!({})).await;
    let csrf = browser.csrf().await;
    let mut request = form(
        "/auth/signout",
        &[("csrfToken", &csrf), ("callbackUrl", "/bye")],
    );
    let headers = request.headers_mut();
    headers.insert("x-auth-return-redirect", "1".parse().unwrap());
    let answer = browser.send(request).await;
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://op.example.com/logout?"), "{url}");
    assert!(browser.session().await.is_null());
}

#[tokio::test]
async fn a_logout_token_with_a_session_alone_ends_exactly_that_one() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, &json!({}));
        let (mut first, _) = stage.sign_in("op", &json!({ "sid": "first" })).await;
        let (mut same, _) = stage.sign_in("op", &json!({ "sid": "first" })).await;
        let (mut second, _) = stage.sign_in("op", &json!({ "sid": "second" })).await;
        let (mut nameless, _) = stage.sign_in("op", &json!({})).await;
        stage.app.clock.advance(std::time::Duration::from_secs(1));
        // CVE-2026-110863: the same name at another provider is another session.
        for (provider, id, sid) in [("quiet", "one", "first"), ("op", "two", "nobody's")] {
            let answer = stage.logout(provider, id, &json!({ "sid": sid })).await;
            assert_eq!(
                answer,
                StatusCode::OK,
                "signed out already, as far as we know"
            );
        }
        assert!(!first.session().await.is_null());
        let answer = stage
            .logout("op", "three", &json!({ "sid": "first" }))
            .await;
        assert_eq!(answer, StatusCode::OK);
        assert!(first.session().await.is_null(), "{strategy:?}");
        assert!(same.session().await.is_null(), "{strategy:?}");
        assert!(!second.session().await.is_null(), "{strategy:?}");
        assert!(!nameless.session().await.is_null(), "{strategy:?}");
        let again = stage
            .logout("op", "three", &json!({ "sid": "second" }))
            .await;
        assert_eq!(again, StatusCode::BAD_REQUEST, "its `jti` was taken");
        assert!(!second.session().await.is_null());
        // Whoever is named signs out of all, also of those whose name there is not known.
        let both = json!({ "sub": "subject-1", "sid": "second" });
        assert_eq!(stage.logout("op", "four", &both).await, StatusCode::OK);
        assert!(second.session().await.is_null() && nameless.session().await.is_null());
    }
}

#[test]
fn leaving_needs_a_list_of_sessions() {
    let http: Arc<dyn HttpClient> = Arc::new(ScriptedHttp::new());
    let built = hallpass_auth::Auth::builder()
        .secrets(secrets())
        .environment(
            Arc::new(FixedClock::at(START)),
            Arc::new(SeededRandom::new(1)),
        )
        .http_client(http)
        .provider(provider("op").sign_out_there())
        .build();
    assert!(matches!(built, Err(ConfigError::SignOutThereWithoutDirectory(id)) if id == "op"));
}
