//! Limits of the flows: what is counted, for whom, and what a refusal looks like.

use std::net::IpAddr;
use std::time::Duration;

use hallpass_auth::client::{PeerAddress, TrustedProxies};
use hallpass_auth::limit::{LimitRules, LimitedAction, Quota, Subject};
use http::{Request, StatusCode};
use serde_json::json;

use crate::app::{Answer, App, Browser, ORIGIN, Setup, form, get};

const SIGN_IN: &str = "/auth/signin/nodemailer";

fn from(address: &str, mut request: Request<bytes::Bytes>) -> Request<bytes::Bytes> {
    let address: IpAddr = address.parse().unwrap();
    request.extensions_mut().insert(PeerAddress(address));
    request
}

/// A POST of the sign-in form, with a header that says what the client wants back.
async fn ask(browser: &mut Browser, email: &str, header: (&'static str, &str)) -> Answer {
    let token = browser.csrf().await;
    let mut request = form(SIGN_IN, &[("csrfToken", &token), ("email", email)]);
    let value = header.1.parse().unwrap();
    request.headers_mut().insert(header.0, value);
    browser.send(request).await
}

async fn ask_from(app: &App, client: &str, email: &str) -> StatusCode {
    let mut browser = Browser::new(app);
    let token = browser.csrf().await;
    let request = form(SIGN_IN, &[("csrfToken", &token), ("email", email)]);
    browser.send(from(client, request)).await.status
}

#[tokio::test]
async fn a_sixth_mail_to_an_address_within_a_quarter_of_an_hour_is_refused() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        let answer = browser.ask("ada@example.com").await;
        assert_eq!(answer.status, StatusCode::FOUND);
    }
    app.clock.advance(Duration::from_millis(1));
    let refused = browser.ask("ada@example.com").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), Some("900"));
    assert_eq!(refused.header("content-type"), Some("text/html"));
    assert!(refused.body.contains("Try again in 15 minutes."));
    assert!(refused.set_cookies().is_empty());
    assert_eq!(app.mailbox.list().len(), 5);

    let other = browser.ask("eve@example.com").await;
    assert_eq!(other.status, StatusCode::FOUND, "another address");
    app.clock.advance(Duration::from_secs(900));
    let later = browser.ask("ada@example.com").await;
    assert_eq!(later.status, StatusCode::FOUND, "the wait is over");
}

#[tokio::test]
async fn spellings_of_one_address_count_together() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for email in ["ada@example.com", " ADA@example.com ", "Ada@EXAMPLE.com"] {
        browser.ask(email).await;
        browser.ask(email).await;
    }
    assert_eq!(app.mailbox.list().len(), 5);
}

#[tokio::test]
async fn known_and_unknown_addresses_are_refused_alike() {
    let app = Setup::default().app();
    app.signed_in("known@example.com").await;
    app.clock.advance(Duration::from_secs(900));
    let mut answers = Vec::new();
    for email in ["known@example.com", "stranger@example.com"] {
        let mut browser = Browser::new(&app);
        for _ in 0..5 {
            browser.ask(email).await;
        }
        let calls = app.store.take_calls().len();
        let refused = browser.ask(email).await;
        assert!(calls > 0 && app.store.take_calls().is_empty(), "{email}");
        answers.push((refused.status, refused.headers, refused.body));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_next_auth_react_reads_of_a_refusal_stays_parsable() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        browser.ask("ada@example.com").await;
    }
    let refused = ask(
        &mut browser,
        "ada@example.com",
        ("x-auth-return-redirect", "1"),
    )
    .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        refused.header("cache-control"),
        Some("private, no-cache, no-store")
    );
    let url = format!("{ORIGIN}/auth/signin?error=TooManyRequests");
    let body = json!({
        "error": "TooManyRequests",
        "message": "This was tried too often. Wait and try again.",
        "retryAfter": 900,
        "url": url,
    });
    assert_eq!(refused.json(), body);
    let page = browser.follow(&url).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("That was tried too often."));

    let refused = ask(
        &mut browser,
        "ada@example.com",
        ("accept", "application/json"),
    )
    .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["error"], "TooManyRequests");
    assert!(refused.json().get("url").is_none());
}

#[tokio::test]
async fn one_client_asks_for_thirty_mails_in_an_hour_and_no_more() {
    let app = Setup::default().app();
    for number in 0..30 {
        let email = format!("user{number}@example.com");
        assert_eq!(ask_from(&app, "192.0.2.7", &email).await, StatusCode::FOUND);
    }
    let refused = ask_from(&app, "::ffff:192.0.2.7", "another@example.com").await;
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    let neighbour = ask_from(&app, "192.0.2.8", "another@example.com").await;
    assert_eq!(neighbour, StatusCode::FOUND);
}

#[tokio::test]
async fn a_client_that_is_refused_uses_up_nobody_elses_quota() {
    let app = Setup::default().app();
    for number in 0..40 {
        let email = format!("user{number}@example.com");
        ask_from(&app, "192.0.2.7", &email).await;
    }
    for _ in 0..10 {
        ask_from(&app, "192.0.2.7", "victim@example.com").await;
    }
    let owner = ask_from(&app, "198.51.100.1", "victim@example.com").await;
    assert_eq!(owner, StatusCode::FOUND);
}

/// CVE-2026-45364: addresses within one /64 are one client, and no header of the client's changes who it is.
#[tokio::test]
async fn cve_2026_45364_one_network_is_one_client_whatever_it_claims() {
    let app = Setup::default().app();
    let mut refused = 0;
    for number in 0..40 {
        let mut browser = Browser::new(&app);
        let token = browser.csrf().await;
        let email = format!("user{number}@example.com");
        let mut request = form(SIGN_IN, &[("csrfToken", &token), ("email", &email)]);
        let claimed = format!("203.0.113.{number}").parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", claimed);
        let client = format!("2001:db8:1:2::{number:x}");
        let answer = browser.send(from(&client, request)).await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn cve_2026_45364_behind_a_trusted_proxy_each_client_counts_for_itself() {
    let proxies = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
    let app = Setup::default().app_with(|builder| builder.trusted_proxies(proxies));
    let ask_over = async |proxy: &str, claimed: &str, number: usize| {
        let mut browser = Browser::new(&app);
        let token = browser.csrf().await;
        let email = format!("user{number}@example.com");
        let mut request = form(SIGN_IN, &[("csrfToken", &token), ("email", &email)]);
        let claimed = claimed.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", claimed);
        browser.send(from(proxy, request)).await.status
    };
    for number in 0..30 {
        let claimed = format!("203.0.113.{number}, 192.0.2.7, 10.0.0.2");
        assert_eq!(
            ask_over("10.0.0.1", &claimed, number).await,
            StatusCode::FOUND
        );
    }
    let refused = StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(ask_over("10.0.0.9", "192.0.2.7", 31).await, refused);
    assert_eq!(ask_over("192.0.2.7", "203.0.113.99", 31).await, refused);
    assert_eq!(
        ask_over("10.0.0.9", "192.0.2.8", 31).await,
        StatusCode::FOUND
    );
}

/// CVE-2025-71399, GHSA-x732-6j76-qmhm: another spelling of the path is the same route.
#[tokio::test]
async fn cve_2025_71399_slashes_in_the_path_escape_no_limit() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let mut refused = 0;
    for path in [
        "/auth/signin/nodemailer",
        "/auth//signin/nodemailer",
        "/auth/signin//nodemailer/",
    ] {
        for _ in 0..3 {
            let answer = browser.post(path, &[("email", "ada@example.com")]).await;
            refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
        }
    }
    assert_eq!((refused, app.mailbox.list().len()), (4, 5));
}

/// CVE-2024-4629, CVE-2026-9798: counted before the check, so requests in parallel do not slip through.
#[tokio::test]
async fn cve_2024_4629_parallel_requests_do_not_slip_through() {
    let app = Setup::default().app();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mut browser = Browser::new(&app);
        asking.spawn(async move { browser.ask("ada@example.com").await.status });
    }
    let refused = asking.join_all().await.into_iter();
    let refused = refused.filter(|status| *status == StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((refused.count(), app.mailbox.list().len()), (45, 5));
}

#[tokio::test]
async fn forms_of_other_sites_use_up_nothing() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for _ in 0..10 {
        let bare = browser
            .post_bare(SIGN_IN, &[("email", "ada@example.com")])
            .await;
        bare.fails_with("signin", "MissingCSRF");
    }
    let answer = browser.ask("ada@example.com").await;
    assert_eq!(answer.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_client_tries_fifty_wrong_links_in_a_quarter_of_an_hour_and_no_more() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let guess = "/auth/callback/nodemailer?token=guess&email=ada%40example.com";
    for _ in 0..50 {
        let answer = browser.send(from("192.0.2.7", get(guess))).await;
        answer.fails_with("error", "Verification");
    }
    let refused = browser.send(from("192.0.2.7", get(guess))).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn links_that_work_use_up_nothing() {
    let app = Setup::default().app();
    for number in 0..60 {
        let email = format!("user{number}@example.com");
        let mut browser = Browser::new(&app);
        browser.ask(&email).await;
        let link = app.last_link();
        let request = get(link.strip_prefix(ORIGIN).unwrap());
        browser
            .send(from("192.0.2.7", request))
            .await
            .leads_to(ORIGIN);
    }
}

#[tokio::test]
async fn limits_can_be_set_and_left_out() {
    let quota = Quota::per_minutes(1, 1);
    let one = LimitRules::none().set(LimitedAction::SignInMail, Subject::Address, vec![quota]);
    let app = Setup::default().app_with(|builder| builder.limits(one));
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let refused = browser.ask("ada@example.com").await;
    assert_eq!(refused.header("retry-after"), Some("60"));

    let app = Setup::default().app_with(|builder| builder.limits(LimitRules::none()));
    let mut browser = Browser::new(&app);
    for _ in 0..20 {
        browser.ask("ada@example.com").await;
    }
    assert_eq!(app.mailbox.list().len(), 20);
}
