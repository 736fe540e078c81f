//! Links and mail scanners: at once in the browser that asked, a click elsewhere.

use std::time::Duration;

use hallpass_auth::providers::Confirm;
use http::{Method, StatusCode};

use crate::app::{Answer, App, Browser, DAY, ORIGIN, Setup, get};
use crate::html;

const MARK: &str = "hallpass.link-request";

fn auto() -> App {
    Setup::confirming(Confirm::Auto).app()
}

/// Asserts the page that asks for a click, and gives the path its form posts to and the token it holds.
fn asks_for_click(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let forms = html::forms(&answer.body);
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["inputs"][0]["name"], "csrfToken");
    let action = forms[0]["action"].as_str().unwrap();
    (
        action.strip_prefix(ORIGIN).unwrap().to_owned(),
        forms[0]["inputs"][0]["value"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn the_asking_browser_signs_in_at_once_and_loses_its_mark() {
    let app = auto();
    let mut browser = Browser::new(&app);
    let asked = browser.ask("ada@example.com").await;
    assert_eq!(asked.cookie_names(), [MARK]);
    let mark = asked.set_cookies()[0];
    assert!(
        mark.ends_with("; Path=/; Expires=Fri, 02 Jan 2026 00:00:00 GMT; HttpOnly; SameSite=Lax")
    );
    let link = app.last_link();
    let answer = browser.follow(&link).await;
    answer.leads_to(ORIGIN);
    assert_eq!(answer.cookie_names(), [MARK, "authjs.session-token"]);
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
}

#[tokio::test]
async fn a_scanner_uses_nothing_up_and_the_person_clicks() {
    let app = auto();
    Browser::new(&app).ask("ada@example.com").await;
    let link = app.last_link();
    app.store.take_calls();
    for _ in 0..3 {
        let mut scanner = Browser::new(&app);
        asks_for_click(&scanner.follow(&link).await);
    }
    assert!(app.store.take_calls().is_empty(), "nothing was looked up");

    let mut phone = Browser::new(&app);
    let page = phone.follow(&link).await;
    let (action, token) = asks_for_click(&page);
    assert_eq!(action, link.strip_prefix(ORIGIN).unwrap());
    let answer = phone.post_bare(&action, &[("csrfToken", &token)]).await;
    answer.leads_to(ORIGIN);
    assert_eq!(phone.session().await["user"]["email"], "ada@example.com");
    asks_for_click(&Browser::new(&app).follow(&link).await);
    let answer = phone.post_bare(&action, &[("csrfToken", &token)]).await;
    answer.fails_with("error", "Verification");
}

#[tokio::test]
async fn head_uses_nothing_up() {
    for confirm in [Confirm::Auto, Confirm::Always, Confirm::Never] {
        let app = Setup::confirming(confirm).app();
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await;
        let path = app.last_link().strip_prefix(ORIGIN).unwrap().to_owned();
        let mut head = get(&path);
        *head.method_mut() = Method::HEAD;
        assert_eq!(browser.send(head).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(app.store.verification_tokens().len(), 1);
    }
}

/// Login CSRF: another site may make a browser post a link of the attacker's, but not our token.
#[tokio::test]
async fn the_click_needs_our_form() {
    for confirm in [Confirm::Auto, Confirm::Always] {
        let app = Setup::confirming(confirm).app();
        Browser::new(&app).ask("eve@example.com").await;
        let path = app.last_link().strip_prefix(ORIGIN).unwrap().to_owned();
        let mut victim = Browser::new(&app);
        let foreign = Browser::new(&app).csrf().await;
        victim.csrf().await;
        for members in [vec![], vec![("csrfToken", foreign.as_str())]] {
            victim
                .post_bare(&path, &members)
                .await
                .fails_with("signin", "MissingCSRF");
        }
        assert_eq!(
            app.store.verification_tokens().len(),
            1,
            "nothing was used up"
        );
    }
}

#[tokio::test]
async fn always_asks_even_the_asking_browser() {
    let app = Setup::confirming(Confirm::Always).app();
    let mut browser = Browser::new(&app);
    let asked = browser.ask("ada@example.com").await;
    assert!(asked.set_cookies().is_empty(), "no mark is needed");
    let link = app.last_link();
    let (action, token) = asks_for_click(&browser.follow(&link).await);
    browser
        .post_bare(&action, &[("csrfToken", &token)])
        .await
        .leads_to(ORIGIN);
}

#[tokio::test]
async fn never_marks_nothing() {
    let app = Setup::confirming(Confirm::Never).app();
    let asked = Browser::new(&app).ask("ada@example.com").await;
    assert!(!asked.cookie_names().contains(&MARK));
}

#[tokio::test]
async fn the_mark_is_for_one_address_and_lives_as_long_as_the_link() {
    let app = auto();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    Browser::new(&app).ask("eve@example.com").await;
    let of_eve = app.last_link();
    asks_for_click(&browser.follow(&of_eve).await);

    browser.ask("ada@example.com").await;
    let late = app.last_link();
    app.clock.advance(DAY - Duration::from_secs(1));
    browser.follow(&late).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn each_of_two_links_asked_for_in_a_row_signs_in_at_once() {
    let app = auto();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let first = app.last_link();
    browser.ask("ada@example.com").await;
    browser.follow(&first).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn forged_and_foreign_marks_are_none() {
    let app = auto();
    let mut asking = Browser::new(&app);
    asking.ask("ada@example.com").await;
    let link = app.last_link();
    let mut browser = Browser::new(&app);
    let session = auto().signed_in("ada@example.com").await;
    let foreign = session.cookie("authjs.session-token").unwrap_or("x");
    for forged in ["", "x", "eyJhbGciOiJub25lIn0..a.b.c", foreign] {
        browser.set_cookie(MARK, forged);
        asks_for_click(&browser.follow(&link).await);
    }
}

#[tokio::test]
async fn on_https_the_mark_is_secure_and_prefixed() {
    let app = Setup::confirming(Confirm::Auto).app_with(|builder| {
        builder.origin(hallpass_auth::origin::Origin::parse("https://app.test").unwrap())
    });
    let answer = Browser::new(&app).ask("ada@example.com").await;
    let mark = *answer.set_cookies().last().unwrap();
    assert!(mark.starts_with("__Secure-hallpass.link-request=") && mark.contains("; Secure"));
}
