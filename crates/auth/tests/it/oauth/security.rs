//! Published flaws, each as a test of its name.

use hallpass_auth::providers::oauth::OAuthProvider;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::{Value, json};

use super::service::{BOTH, TOKEN, USERINFO, ada, app, app_of, bob, id_of, parameter, provider};
use crate::app::{Browser, ORIGIN, Setup};

/// Mix-up: a sign-in that began at one provider is not finished at another's callback.
#[tokio::test]
async fn ghsa_x445_f3h2_j279_checks_belong_to_their_provider() {
    for strategy in BOTH {
        let (app, service) = app(strategy);
        let mut browser = Browser::new(&app);
        let path = browser.agree("example").await;
        let at_other = path.replace("/callback/example", "/callback/other");
        browser
            .get(&at_other)
            .await
            .fails_with("error", "Configuration");
        assert_eq!(service.exchanges(), 0);
        browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
    }
}

/// A link of an attacker, with a code and state of their own, signs nobody in.
#[tokio::test]
async fn cve_2023_27490_an_answer_belongs_to_the_browser_that_asked() {
    for strategy in BOTH {
        let (app, service) = app(strategy);
        let mut eve = Browser::new(&app);
        let of_eve = eve.agree("example").await;
        let mut victim = Browser::new(&app);
        victim
            .get(&of_eve)
            .await
            .fails_with("error", "Configuration");
        victim.agree("example").await;
        victim
            .get(&of_eve)
            .await
            .fails_with("error", "Configuration");
        assert_eq!(service.exchanges(), 0);
        assert_eq!(victim.session().await, Value::Null);
    }
}

#[tokio::test]
async fn ghsa_wxw3_q3m9_c3jr_a_state_is_always_compared() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let path = browser.agree("example").await;
    let (start, state) = path.split_once("&state=").unwrap();
    for other in [
        String::new(),
        format!("&state={state}x"),
        "&state=".to_owned(),
        format!("&STATE={state}"),
    ] {
        browser
            .get(&format!("{start}{other}"))
            .await
            .fails_with("error", "Configuration");
    }
    assert_eq!(service.exchanges(), 0);
}

/// A state is no link of a mail, no session and no check of another kind, and none of these is a state.
#[tokio::test]
async fn cve_2026_110862_cve_2026_114607_a_state_is_redeemed_as_nothing_else() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let link = format!("/auth/callback/nodemailer?token={state}&email=ada%40example.com");
    Browser::new(&app)
        .get(&link)
        .await
        .fails_with("error", "Verification");
    let mut eve = Browser::new(&app);
    eve.set_cookie("authjs.session-token", &state);
    assert_eq!(eve.session().await, Value::Null);
    for (from, to) in [
        ("authjs.pkce.code_verifier", "authjs.state"),
        ("authjs.state", "authjs.pkce.code_verifier"),
    ] {
        let mut swapped = browser.clone();
        let value = browser.cookie(from).unwrap().to_owned();
        swapped.set_cookie(to, &value);
        let path = format!("/auth/callback/example?code=THECODE&state={state}");
        swapped
            .get(&path)
            .await
            .fails_with("error", "Configuration");
    }
    assert_eq!(service.exchanges(), 0);
}

/// CVE-2023-48309: what is sealed for the way to a service is no session.
#[tokio::test]
async fn cve_2023_48309_check_cookies_are_no_sessions() {
    let (app, _) = app(Strategy::Jwt);
    let mut browser = app.signed_in("ada@example.com").await;
    browser.leave("example").await;
    for name in ["authjs.state", "authjs.pkce.code_verifier"] {
        let mut eve = Browser::new(&app);
        let value = browser.cookie(name).unwrap().to_owned();
        eve.set_cookie("authjs.session-token", &value);
        assert_eq!(eve.session().await, Value::Null, "{name}");
    }
}

/// A service that answers as nobody makes nobody: two such people would be one.
#[tokio::test]
async fn ghsa_5hvv_9cqv_894r_and_cve_2026_82968_nobody_is_no_account() {
    for profile in [
        json!({}),
        json!({ "id": null }),
        json!({ "id": "" }),
        json!({ "errors": ["x"] }),
        json!({ "id": [] }),
    ] {
        let (app, service) = app(Strategy::Database);
        service.knows(&profile);
        let answer = Browser::new(&app).sign_in_at("example").await;
        assert_eq!(
            answer.location(),
            format!("{ORIGIN}/auth/signin"),
            "{profile}"
        );
        assert!(app.store.users().is_empty() && app.store.accounts().is_empty());
    }
}

/// Who somebody is at one provider says nothing about another, whatever the services call themselves.
#[tokio::test]
async fn cve_2026_110863_an_identity_belongs_to_its_provider() {
    let (app, service) = app(Strategy::Database);
    service.knows(&json!({ "id": 42 }));
    Browser::new(&app).sign_in_at("example").await;
    Browser::new(&app).sign_in_at("other").await;
    assert_eq!(
        (app.store.users().len(), app.store.accounts().len()),
        (2, 2)
    );
}

/// CVE-2022-24858, CVE-2022-29214: where a sign-in leads to is ours, whoever asks.
#[tokio::test]
async fn cve_2022_24858_a_sign_in_leads_nowhere_else() {
    for target in [
        "https://evil.example",
        "https://localhost.evil.example/",
        "//evil.example/x",
    ] {
        let (app, _) = app(Strategy::Database);
        let mut browser = Browser::new(&app);
        let answer = browser
            .post("/auth/signin/example", &[("callbackUrl", target)])
            .await;
        let url = url::Url::parse(answer.location()).unwrap();
        let answer = browser.get(&super::service::back("example", &url)).await;
        let location = answer.location();
        let reached = url::Url::parse(ORIGIN).unwrap().join(location).unwrap();
        assert_eq!(reached.origin().ascii_serialization(), ORIGIN, "{target}");
    }
}

/// A sign-in while somebody else is signed in never switches them, and never joins them.
#[tokio::test]
async fn an_account_of_another_neither_joins_nor_switches() {
    for strategy in BOTH {
        let (app, service) = app(strategy);
        Browser::new(&app).sign_in_at("example").await;
        service.knows(&bob());
        let mut bobs = Browser::new(&app);
        bobs.sign_in_at("example").await;
        service.knows(&ada());
        bobs.sign_in_at("example")
            .await
            .fails_with("signin", "OAuthAccountNotLinked");
        assert_eq!(bobs.session_email().await, "bob@example.com");
        let owners: Vec<_> = app
            .store
            .accounts()
            .into_iter()
            .map(|account| account.user_id)
            .collect();
        assert!(owners.contains(&id_of(&app, "bob@example.com")));
        assert_eq!(owners.len(), 2);
    }
}

/// A planted session token is worth nothing after (session fixation).
#[tokio::test]
async fn a_session_token_known_before_is_never_the_one_after() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.set_cookie("authjs.session-token", "planted");
    browser.sign_in_at("example").await;
    assert_ne!(browser.cookie("authjs.session-token"), Some("planted"));
    assert_eq!(browser.session_email().await, "ada@example.com");
}

/// Callbacks that ask a service are counted: nobody makes us ask it without end.
#[tokio::test]
async fn failing_callbacks_of_one_client_are_limited() {
    use hallpass_auth::client::PeerAddress;
    let (app, service) = app(Strategy::Database);
    service.http.forget(TOKEN);
    service.http.status(
        TOKEN,
        StatusCode::BAD_REQUEST,
        r#"{"error":"invalid_grant"}"#,
    );
    let mut browser = Browser::new(&app);
    let path = browser.agree("example").await;
    let mut last = StatusCode::FOUND;
    for _ in 0..51 {
        let mut request = crate::app::get(&path);
        request
            .extensions_mut()
            .insert(PeerAddress("203.0.113.7".parse().unwrap()));
        last = browser.send(request).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(service.exchanges(), 50);
}

/// CVE-2022-31186: neither secrets nor tokens nor addresses stand in a log line; the provider and the cause do.
#[tokio::test]
async fn cve_2022_31186_logs_name_the_provider_and_the_cause_and_no_secret() {
    let (log, guard) = crate::logs::capture();
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.sign_in_at("example").await;
    browser.post("/auth/signout", &[]).await;
    for (url, status, body) in [
        (
            TOKEN,
            StatusCode::UNAUTHORIZED,
            r#"{"error":"invalid_client","error_description":"planted"}"#,
        ),
        (
            USERINFO,
            StatusCode::OK,
            r#"{"name":"planted","email":"planted@example.com"}"#,
        ),
    ] {
        service.http.forget(url);
        service.http.status(url, status, body);
        browser.sign_in_at("example").await;
        service.http.forget(url);
        service.http.json(
            url,
            &json!({ "access_token": "planted-token", "token_type": "Bearer" }),
        );
    }
    let path = browser
        .agree("example")
        .await
        .replace("code=THECODE", "error=planted");
    browser.get(&path).await;
    drop(guard);
    let log = log.text();
    for told in ["example", "invalid_client", "unknown_error"] {
        assert!(log.contains(told), "{told} is not in {log}");
    }
    for secret in [
        "planted",
        "client-secret",
        "access-1",
        "refresh-1",
        "THECODE",
        "ada@example.com",
        "Ada@Example.com",
        "eyJ",
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

/// CVE-2023-6291, CVE-2024-8883, CVE-2026-3872: the address to which answers go is one text, whatever the request looks like.
#[tokio::test]
async fn cve_2023_6291_cve_2024_8883_cve_2026_3872_the_redirect_address_is_exact() {
    let providers: [OAuthProvider; 1] = [provider("example")];
    let (app, _) = app_of(Setup::default(), providers, |builder, _| builder);
    let mut browser = Browser::new(&app);
    for path in [
        "/auth/signin/example",
        "/auth//signin//example/",
        "/auth/signin/example?redirect_uri=https%3A%2F%2Fevil.example",
    ] {
        let answer = browser.post(path, &[]).await;
        let url = url::Url::parse(answer.location()).unwrap();
        let sent = parameter(&url, "redirect_uri").unwrap();
        assert_eq!(sent, format!("{ORIGIN}/auth/callback/example"), "{path}");
    }
}

/// CVE-2026-3047: who was switched off is off everywhere: a sign-in that is under way does not end either.
#[tokio::test]
async fn cve_2026_3047_a_provider_that_was_taken_out_finishes_no_sign_in() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let path = browser.agree("example").await;
    let (without, _) = app_of(Setup::default(), [provider("other")], |builder, _| builder);
    let mut there = Browser::new(&without);
    for name in ["authjs.state", "authjs.pkce.code_verifier"] {
        let value = browser.cookie(name).unwrap().to_owned();
        there.set_cookie(name, &value);
    }
    let answer = there.get(&path).await;
    assert!(!answer.location().starts_with(&format!("{ORIGIN}/done")));
    assert_eq!(service.exchanges(), 0);
    assert!(without.store.users().is_empty() && without.store.sessions().is_empty());
    // Neither the account nor its tokens count any more.
    browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
    let user = id_of(&app, "ada@example.com");
    let token = without.auth.access_token(&user, "example").await;
    assert!(token.is_err());
}
