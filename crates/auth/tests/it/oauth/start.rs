//! The way to the service.

use hallpass_auth::cookies::{CookieOverrides, CookieSecurity, Cookies};
use hallpass_auth::jwe::Keys;
use hallpass_auth::providers::catalogue::{self, Registration};
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use serde_json::Value;

use super::service::{AUTHORIZE, app, app_of, parameter, provider};
use crate::app::{Browser, ORIGIN, START, Setup, form, secrets};

/// What is sealed in a cookie of the browser.
pub(super) fn sealed(browser: &Browser, name: &str) -> serde_json::Map<String, Value> {
    let keys = Keys::derive(&secrets(), name);
    let value = browser.cookie(name).expect("the cookie");
    keys.decode(value, START.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn the_browser_leaves_with_all_checks_and_keeps_their_secrets() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let csrf = browser.csrf().await;
    let members = [("csrfToken", csrf.as_str()), ("callbackUrl", "/done")];
    let answer = browser.post_bare("/auth/signin/example", &members).await;
    assert_eq!(
        answer.cookie_names(),
        [
            "authjs.callback-url",
            "authjs.state",
            "authjs.pkce.code_verifier"
        ]
    );
    for cookie in &answer.set_cookies()[1..] {
        let attributes = cookie.split_once(';').unwrap().1;
        assert_eq!(
            attributes,
            " Max-Age=900; Path=/; Expires=Thu, 01 Jan 2026 00:15:00 GMT; HttpOnly; SameSite=Lax"
        );
    }
    let url = url::Url::parse(answer.location()).unwrap();
    assert!(url.as_str().starts_with(AUTHORIZE));
    let names: Vec<String> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "scope",
            "response_type",
            "client_id",
            "redirect_uri",
            "state",
            "code_challenge",
            "code_challenge_method"
        ]
    );
    let redirect_uri = parameter(&url, "redirect_uri").unwrap();
    assert_eq!(redirect_uri, format!("{ORIGIN}/auth/callback/example"));

    let state = sealed(&browser, "authjs.state");
    assert_eq!(state["value"].as_str(), parameter(&url, "state").as_deref());
    assert_eq!(state["provider"], "example");
    let members: Vec<&String> = state.keys().collect();
    assert_eq!(members, ["value", "provider", "iat", "exp", "jti"]);
    let inner = Keys::derive(&secrets(), "encodedState");
    let inner = inner.decode(state["value"].as_str().unwrap(), START.parse().unwrap());
    let inner = inner.unwrap();
    let members: Vec<&String> = inner.keys().collect();
    assert_eq!(members, ["random", "iat", "exp", "jti"]);
    assert_eq!(inner["random"].as_str().unwrap().len(), 43);
    let verifier = sealed(&browser, "authjs.pkce.code_verifier");
    assert_eq!(verifier["value"].as_str().unwrap().len(), 43);
    assert!(service.http.requests().is_empty(), "nobody is asked yet");
}

#[tokio::test]
async fn the_address_is_told_as_json_where_that_is_asked_for() {
    let (app, _) = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    let csrf = browser.csrf().await;
    let mut request = form("/auth/signin/example", &[("csrfToken", &csrf)]);
    let header = "x-auth-return-redirect";
    request.headers_mut().insert(header, "1".parse().unwrap());
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["url"], answer.location());
    assert!(answer.header("cache-control").unwrap().contains("no-store"));
}

#[tokio::test]
async fn only_a_form_of_ours_sends_a_browser_away() {
    let (app, _) = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    browser.csrf().await;
    for members in [vec![], vec![("csrfToken", "0")]] {
        let answer = browser.post_bare("/auth/signin/example", &members).await;
        answer.fails_with("signin", "MissingCSRF");
    }
    let answer = browser.get("/auth/signin/example").await;
    answer.fails_with("error", "Configuration");
}

#[tokio::test]
async fn members_of_the_query_are_passed_on_save_those_that_are_ours() {
    let (app, _) = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    let path = "/auth/signin/example?prompt=login&login_hint=a%40b&scope=repo&client_id=evil\
                &redirect_uri=https%3A%2F%2Fevil.example&state=evil&response_type=token&callbackUrl=%2Fx&request=x";
    let answer = browser.post(path, &[]).await;
    let url = url::Url::parse(answer.location()).unwrap();
    for (name, value) in [
        ("prompt", Some("login")),
        ("login_hint", Some("a@b")),
        ("scope", Some("repo")),
        ("client_id", Some("cid")),
        (
            "redirect_uri",
            Some("http://localhost:3000/auth/callback/example"),
        ),
        ("response_type", Some("code")),
        ("callbackUrl", None),
        ("request", None),
    ] {
        assert_eq!(parameter(&url, name).as_deref(), value, "{name}");
    }
    assert_ne!(parameter(&url, "state").as_deref(), Some("evil"));
    let long = format!("/auth/signin/example?login_hint={}", "a".repeat(5_000));
    let answer = browser.post(&long, &[]).await;
    answer.fails_with("error", "Configuration");
}

/// Whatever a service calls it: contract §5.3.2.
#[tokio::test]
async fn no_query_makes_us_another_client() {
    for id in ["tiktok", "wechat", "github"] {
        let registration = Registration::new("cid", Secret::new("client-secret"));
        let provider = catalogue::provider(id, &registration).unwrap();
        let (app, _) = app_of(Setup::default(), [provider], |builder, _| builder);
        let sent = async |query: &str| {
            let path = format!("/auth/signin/{id}{query}");
            let answer = Browser::new(&app).post(&path, &[]).await;
            let url = url::Url::parse(answer.location()).unwrap();
            let ours = ["client_id", "client_key", "appid"];
            ours.map(|name| parameter(&url, name))
        };
        let plain = sent("").await;
        assert!(plain.iter().flatten().all(|value| value == "cid"), "{id}");
        let query = "?client_id=evil&client_key=evil&appid=evil";
        assert_eq!(sent(query).await, plain, "{id}");
    }
}

#[tokio::test]
async fn a_signed_in_person_is_written_into_the_cookies() {
    for strategy in super::service::BOTH {
        let (app, _) = app(strategy);
        let mut browser = app.signed_in("eve@example.com").await;
        browser.leave("example").await;
        let id = app.store.users()[0].id.to_string();
        for name in ["authjs.state", "authjs.pkce.code_verifier"] {
            assert_eq!(sealed(&browser, name)["user"], id.as_str(), "{name}");
        }
    }
}

#[tokio::test]
async fn on_https_the_cookies_have_the_names_of_auth_js() {
    let names = Cookies::new(CookieSecurity::Secure, &CookieOverrides::default()).unwrap();
    for (spec, name) in [
        (names.state, "__Secure-authjs.state"),
        (
            names.pkce_code_verifier,
            "__Secure-authjs.pkce.code_verifier",
        ),
        (names.nonce, "__Secure-authjs.nonce"),
    ] {
        assert_eq!(spec.name(), name);
    }
}

#[tokio::test]
async fn of_two_starts_only_the_second_can_be_finished() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let first = browser.agree("example").await;
    let second = browser.agree("example").await;
    let answer = browser.get(&first).await;
    answer.fails_with("error", "Configuration");
    assert_eq!(
        service.exchanges(),
        0,
        "the code of a stranger goes nowhere"
    );
    browser
        .get(&second)
        .await
        .leads_to(&format!("{ORIGIN}/done"));
}

#[tokio::test]
async fn where_discovery_fails_nothing_is_set() {
    let client = hallpass_auth::providers::oauth::OAuthClient::public("cid");
    let oidc = hallpass_auth::providers::oauth::OAuthProvider::oidc(
        "oidc",
        "https://nowhere.example.com",
        client,
    );
    let (app, _) = app_of(
        Setup::default(),
        [oidc, provider("example")],
        |builder, _| builder,
    );
    let mut browser = Browser::new(&app);
    let answer = browser.post("/auth/signin/oidc", &[]).await;
    answer.fails_with("error", "Configuration");
}

#[tokio::test]
async fn the_sign_in_page_has_a_button_for_each_service() {
    let providers = [provider("example").named("Example & Co")];
    let (app, _) = app_of(Setup::default(), providers, |builder, _| builder);
    let page = Browser::new(&app)
        .get("/auth/signin?callbackUrl=%2Fdeep")
        .await;
    let forms = crate::html::forms(&page.body);
    let form = &forms[1];
    assert_eq!(form["action"], format!("{ORIGIN}/auth/signin/example"));
    assert_eq!(form["inputs"][1]["value"], "/deep");
    assert!(
        page.body.contains("Sign in with Example &#38; Co"),
        "{}",
        page.body
    );
    let providers = Browser::new(&app).get("/auth/providers").await.json();
    assert_eq!(providers["example"]["type"], "oauth");
}
