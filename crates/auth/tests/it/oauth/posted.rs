//! Services that answer with a form, which the browser posts for them.

use hallpass_auth::providers::oauth::OAuthProvider;
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::service::{BOTH, Service, app_of, id_of, parameter, provider};
use crate::app::{App, Browser, ORIGIN, Setup, form};

const CALLBACK: &str = "/auth/callback/example";

fn posting(id: &str) -> OAuthProvider {
    provider(id).response_mode(hallpass_auth::providers::oauth::ResponseMode::FormPost)
}

fn app(strategy: Strategy) -> (App, Service) {
    app_of(
        Setup::of(strategy),
        [posting("example"), posting("other")],
        |builder, _| builder,
    )
}

/// The browser as it comes from another site by a form: only with cookies that are `SameSite=None`.
fn from_elsewhere(browser: &Browser) -> Browser {
    let mut without = browser.clone();
    for name in [
        "authjs.session-token",
        "authjs.callback-url",
        "authjs.csrf-token",
        "authjs.pkce.code_verifier",
        "hallpass.posted-callback",
    ] {
        without.forget(name);
    }
    without
}

/// Posts the form; gives the cookies that are set to the whole browser.
async fn post(browser: &mut Browser, members: &[(&str, &str)]) -> crate::app::Answer {
    let mut elsewhere = from_elsewhere(browser);
    let answer = elsewhere.post_bare(CALLBACK, members).await;
    for cookie in answer.set_cookies() {
        let (name, rest) = cookie.split_once('=').unwrap();
        browser.set_cookie(name, rest.split(';').next().unwrap());
    }
    answer
}

#[tokio::test]
async fn a_posted_answer_is_taken_with_all_cookies_of_the_browser() {
    for strategy in BOTH {
        let (app, service) = app(strategy);
        let mut browser = Browser::new(&app);
        let url = browser.leave("example").await;
        assert_eq!(
            parameter(&url, "response_mode").as_deref(),
            Some("form_post")
        );
        let state = parameter(&url, "state").unwrap();
        let answer = post(&mut browser, &[("code", "THECODE"), ("state", &state)]).await;
        // Around once more, and neither code nor state stand in the address.
        answer.leads_to(&format!("{ORIGIN}{CALLBACK}"));
        assert!(answer.header("cache-control").unwrap().contains("no-store"));
        let kept: Vec<&str> = answer
            .set_cookies()
            .into_iter()
            .filter(|cookie| cookie.starts_with("hallpass"))
            .collect();
        assert_eq!(kept.len(), 1);
        assert!(
            kept[0].contains("; Max-Age=60; Path=/;")
                && kept[0].ends_with("; HttpOnly; SameSite=Lax")
        );
        assert_eq!(service.exchanges(), 0);

        let answer = browser.get(CALLBACK).await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(
            answer.cookie_names(),
            [
                "authjs.state",
                "authjs.pkce.code_verifier",
                "hallpass.posted-callback",
                "authjs.session-token"
            ]
        );
        assert_eq!(browser.session_email().await, "ada@example.com");
    }
}

/// Clients that know nothing of `SameSite` send all cookies at once, and are answered at once, as by Auth.js.
#[tokio::test]
async fn a_posted_answer_with_all_cookies_is_taken_at_once() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let members = [("code", "THECODE"), ("state", state.as_str())];
    browser
        .post_bare(CALLBACK, &members)
        .await
        .leads_to(&format!("{ORIGIN}/done"));
}

#[tokio::test]
async fn whoever_is_signed_in_can_link_an_account_of_such_a_service() {
    for strategy in BOTH {
        let (app, _) = app(strategy);
        let mut browser = app.signed_in("eve@example.com").await;
        let url = browser.leave("example").await;
        let state = parameter(&url, "state").unwrap();
        post(&mut browser, &[("code", "THECODE"), ("state", &state)]).await;
        browser
            .get(CALLBACK)
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(
            app.store.accounts()[0].user_id,
            id_of(&app, "eve@example.com")
        );
    }
}

#[tokio::test]
async fn state_and_nonce_come_with_forms_of_other_sites() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let answer = browser.post("/auth/signin/example", &[]).await;
    let cookies = answer.set_cookies();
    let of = |name: &str| {
        *cookies
            .iter()
            .find(|cookie| cookie.starts_with(name))
            .unwrap()
    };
    assert!(of("authjs.state").ends_with("; HttpOnly; Secure; SameSite=None"));
    assert!(of("authjs.pkce").ends_with("; HttpOnly; SameSite=Lax"));
}

#[tokio::test]
async fn only_the_form_counts() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let query = format!("{CALLBACK}?code=THECODE&state={state}");
    browser
        .get(&query)
        .await
        .fails_with("error", "Configuration");
    browser
        .post_bare(&query, &[])
        .await
        .fails_with("error", "Configuration");
    assert_eq!(service.exchanges(), 0);
}

/// Of a service that answers in the query a form counts for nothing.
#[tokio::test]
async fn a_form_of_a_service_that_does_not_post_is_not_read() {
    let (app, service) = app_of(Setup::default(), [provider("example")], |builder, _| {
        builder
    });
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let members = [("code", "THECODE"), ("state", state.as_str())];
    browser
        .post_bare(CALLBACK, &members)
        .await
        .fails_with("error", "Configuration");
    assert_eq!(service.exchanges(), 0);
    let query = format!("{CALLBACK}?code=THECODE&state={state}");
    browser
        .post_bare(&query, &[])
        .await
        .leads_to(&format!("{ORIGIN}/done"));
}

/// Anybody can make a browser post here: login CSRF.
#[tokio::test]
async fn a_form_of_a_stranger_signs_nobody_in() {
    let (app, service) = app(Strategy::Database);
    let mut eve = Browser::new(&app);
    let url = eve.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let members = [("code", "CODE-OF-EVE"), ("state", state.as_str())];
    for started in [false, true] {
        let mut victim = Browser::new(&app);
        if started {
            victim.leave("example").await;
        }
        post(&mut victim, &members).await;
        victim
            .get(CALLBACK)
            .await
            .fails_with("error", "Configuration");
        assert_eq!(service.exchanges(), 0);
        assert_eq!(victim.cookie("authjs.session-token"), None);
    }
}

#[tokio::test]
async fn what_was_posted_counts_a_minute_at_its_provider() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    post(&mut browser, &[("code", "THECODE"), ("state", &state)]).await;
    browser
        .get("/auth/callback/other")
        .await
        .fails_with("error", "Configuration");
    app.clock.advance(std::time::Duration::from_secs(60 + 16));
    browser
        .get(CALLBACK)
        .await
        .fails_with("error", "Configuration");
}

#[tokio::test]
async fn a_form_that_no_cookie_can_hold_is_refused() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.leave("example").await;
    let long = "c".repeat(3_000);
    let answer = post(&mut browser, &[("code", &long)]).await;
    answer.fails_with("error", "Configuration");
    // The longest that is kept still fits what browsers take.
    let answer = post(&mut browser, &[("code", &"c".repeat(2_590))]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let cookies = answer.set_cookies();
    let kept = cookies
        .iter()
        .find(|cookie| cookie.starts_with("hallpass"))
        .unwrap();
    let pair = kept.split(';').next().unwrap();
    assert!("__Host-".len() + pair.len() <= 4096, "{}", pair.len());
}

#[tokio::test]
async fn a_person_who_says_no_is_told_so() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let url = browser.leave("example").await;
    let state = parameter(&url, "state").unwrap();
    post(
        &mut browser,
        &[("error", "user_cancelled_authorize"), ("state", &state)],
    )
    .await;
    browser
        .get(CALLBACK)
        .await
        .fails_with("signin", "OAuthCallbackError");
    let request = form(CALLBACK, &[("error", "access_denied"), ("state", "x")]);
    assert_eq!(app.send(request).await.status, StatusCode::FOUND);
}
