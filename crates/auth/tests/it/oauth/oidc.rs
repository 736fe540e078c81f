//! OpenID Connect: discovery, a signed token, and its nonce.

use std::sync::Arc;

use hallpass_auth::events::Event;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider, ResponseMode, SigningAlgorithm};
use hallpass_auth::secret::Secret;
use hallpass_auth::testing::signer::Signer;
use serde_json::{Value, json};
use url::Url;

use super::service::{BOTH, Service, app_of, back, parameter};
use super::start::sealed;
use crate::app::{App, Browser, ORIGIN, Setup};

const ISSUER: &str = "https://op.example.com";
const NOW: i64 = 1_767_225_600;

/// A provider of identities, by script.
struct Op {
    service: Service,
    signer: Arc<Signer>,
}

impl Op {
    fn new(service: Service, says_issuer: bool) -> Self {
        let signer = Arc::new(Signer::new(SigningAlgorithm::Es256, "key-1"));
        let document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "userinfo_endpoint": format!("{ISSUER}/me"),
            "jwks_uri": format!("{ISSUER}/jwks"),
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": says_issuer,
        });
        let http = &service.http;
        http.json(
            &format!("{ISSUER}/.well-known/openid-configuration"),
            &document,
        );
        http.json(&format!("{ISSUER}/jwks"), &signer.key_set());
        Self { service, signer }
    }

    /// From now on its tokens hold these claims above the usual ones.
    fn says(&self, more: &Value) {
        let mut claims = json!({
            "iss": ISSUER, "aud": "cid", "sub": "subject-1", "iat": NOW, "exp": NOW + 600,
            "name": "Ada", "email": "ada@example.com", "email_verified": true,
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let url = format!("{ISSUER}/token");
        self.service.http.forget(&url);
        let token = self.signer.sign(&claims);
        let answer = json!({ "access_token": "at", "token_type": "Bearer", "id_token": token });
        self.service.http.json(&url, &answer);
    }
}

fn provider() -> OAuthProvider {
    OAuthProvider::oidc("op", ISSUER, OAuthClient::new("cid", Secret::new("s")))
}

fn app(setup: Setup, provider: OAuthProvider, says_issuer: bool) -> (App, Op) {
    let (app, service) = app_of(setup, [provider], |builder, _| builder);
    (app, Op::new(service, says_issuer))
}

#[tokio::test]
async fn somebody_signs_in_by_a_token_that_repeats_the_nonce() {
    for strategy in BOTH {
        let (app, op) = app(Setup::of(strategy), provider(), false);
        let mut browser = Browser::new(&app);
        let url = browser.leave("op").await;
        assert!(
            url.as_str()
                .starts_with(&format!("{ISSUER}/authorize?scope=openid+profile+email&"))
        );
        let nonce = parameter(&url, "nonce").unwrap();
        assert_eq!(sealed(&browser, "authjs.nonce")["value"], nonce.as_str());
        op.says(&json!({ "nonce": nonce }));
        let answer = browser.get(&back("op", &url)).await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(
            answer.cookie_names(),
            [
                "authjs.state",
                "authjs.pkce.code_verifier",
                "authjs.nonce",
                "authjs.session-token"
            ]
        );
        assert_eq!(browser.session_email().await, "ada@example.com");
        let account = app.store.accounts().remove(0);
        assert_eq!(
            (
                account.provider.as_str(),
                account.provider_account_id.as_str()
            ),
            ("op", "subject-1")
        );
        assert_eq!(serde_json::to_value(account.kind).unwrap(), "oidc");
    }
}

/// CVE-2023-27490: a token of another sign-in, or of none.
#[tokio::test]
async fn cve_2023_27490_a_token_with_another_nonce_signs_nobody_in() {
    for nonce in [json!("another"), json!(""), json!(null), json!(["x"])] {
        let (app, op) = app(Setup::default(), provider(), false);
        let mut browser = Browser::new(&app);
        let path = browser.agree("op").await;
        op.says(&json!({ "nonce": nonce }));
        browser
            .get(&path)
            .await
            .fails_with("error", "Configuration");
        assert!(app.store.users().is_empty(), "{nonce}");
    }
    let (app, op) = app(Setup::default(), provider(), false);
    let mut browser = Browser::new(&app);
    let path = browser.agree("op").await;
    op.says(&json!({}));
    browser.forget("authjs.nonce");
    browser
        .get(&path)
        .await
        .fails_with("error", "Configuration");
}

#[tokio::test]
async fn tokens_that_must_not_be_believed_sign_nobody_in() {
    for wrong in [
        json!({ "iss": "https://evil.example.com" }),
        json!({ "aud": "another" }),
        json!({ "exp": NOW - 600 }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
        json!({ "exp": "4102444800" }),
    ] {
        let (app, op) = app(Setup::default(), provider(), false);
        let mut browser = Browser::new(&app);
        let url = browser.leave("op").await;
        let mut claims = wrong.clone();
        claims["nonce"] = parameter(&url, "nonce").unwrap().into();
        op.says(&claims);
        let answer = browser.get(&back("op", &url)).await;
        assert!(!answer.location().ends_with("/done"), "{wrong}");
        assert!(
            answer.set_cookies().is_empty() && app.store.users().is_empty(),
            "{wrong}"
        );
    }
}

/// RFC 9207: a service that always says who answers must say it, and it must be this one.
#[tokio::test]
async fn rfc_9207_an_answer_of_another_service_is_refused() {
    for (says_issuer, iss, is_good) in [
        (true, Some(ISSUER), true),
        (true, None, false),
        (true, Some("https://evil.example.com"), false),
        (false, Some(ISSUER), true),
        (false, None, true),
        (false, Some("https://op.example.com/"), false),
        (false, Some(""), false),
    ] {
        let (app, op) = app(Setup::default(), provider(), says_issuer);
        let mut browser = Browser::new(&app);
        let url = browser.leave("op").await;
        op.says(&json!({ "nonce": parameter(&url, "nonce") }));
        let mut back = Url::parse(&format!("{ORIGIN}{}", back("op", &url))).unwrap();
        if let Some(iss) = iss {
            back.query_pairs_mut().append_pair("iss", iss);
        }
        let answer = browser.follow(back.as_str()).await;
        if is_good {
            answer.leads_to(&format!("{ORIGIN}/done"));
        } else {
            answer.fails_with("error", "Configuration");
            assert!(
                op.service
                    .http
                    .requests_to(&format!("{ISSUER}/token"))
                    .is_empty(),
                "no code for a stranger"
            );
        }
    }
}

#[tokio::test]
async fn a_service_that_posts_has_its_nonce_too() {
    let posting = provider().response_mode(ResponseMode::FormPost);
    let (app, op) = app(Setup::default(), posting, false);
    let mut browser = Browser::new(&app);
    let answer = browser.post("/auth/signin/op", &[]).await;
    let cookies = answer.set_cookies();
    let nonce_cookie = cookies
        .iter()
        .find(|cookie| cookie.starts_with("authjs.nonce="))
        .unwrap();
    assert!(nonce_cookie.ends_with("; HttpOnly; Secure; SameSite=None"));
    let url = Url::parse(answer.location()).unwrap();
    op.says(&json!({ "nonce": parameter(&url, "nonce") }));
    let state = parameter(&url, "state").unwrap();
    let members = [
        ("code", "C"),
        ("state", state.as_str()),
        ("user", r#"{"name":{"firstName":"Eve"}}"#),
    ];
    browser
        .post_bare("/auth/callback/op", &members)
        .await
        .leads_to(ORIGIN);
    // What the browser carried and nobody signed changes nothing, unless the service's quirks read it.
    assert_eq!(browser.session().await["user"]["name"], "Ada");
}

#[tokio::test]
async fn the_claims_are_what_callbacks_are_told() {
    let told: Arc<std::sync::Mutex<Vec<Value>>> = Arc::default();
    let diary = Arc::clone(&told);
    let (app, service) = app_of(Setup::default(), [provider()], |builder, _| {
        builder.on_event(move |event| {
            if let Event::SignIn {
                profile: Some(profile),
                ..
            } = event
            {
                diary.lock().unwrap().push(profile);
            }
            async { Ok(()) }
        })
    });
    let op = Op::new(service, false);
    let mut browser = Browser::new(&app);
    let url = browser.leave("op").await;
    op.says(&json!({ "nonce": parameter(&url, "nonce"), "groups": ["staff"] }));
    browser
        .get(&back("op", &url))
        .await
        .leads_to(&format!("{ORIGIN}/done"));
    let told = told.lock().unwrap();
    assert_eq!(
        (&told[0]["sub"], &told[0]["groups"]),
        (&json!("subject-1"), &json!(["staff"]))
    );
}
