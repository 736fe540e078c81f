//! Forgotten and changed passwords.

use std::time::Duration;

use futures_util::future::join_all;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::json;

use super::support::{ADA, NEW, OLD, STRATEGIES, app, app_with, token_of};
use crate::app::{App, Browser, ORIGIN, json as json_post};
use crate::html;

async fn forget(app: &App, email: &str) -> crate::app::Answer {
    Browser::new(app)
        .post("/auth/forgot-password", &[("email", email)])
        .await
}

async fn reset(browser: &mut Browser, link: &str, password: &str) -> crate::app::Answer {
    let members = [("token", token_of(link)), ("password", password)];
    browser.post("/auth/reset-password", &members).await
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_and_everybody_is_signed_out() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut elsewhere = app.ada().await;
        forget(&app, "Ada@Example.com ")
            .await
            .leads_to(&format!("{ORIGIN}/auth/forgot-password?sent"));
        let link = app.account_link();
        let mut browser = Browser::new(&app);
        let page = browser.follow(&link).await;
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(
            html::forms(&page.body)[0]["inputs"][1]["value"],
            token_of(&link)
        );
        app.clock.advance(Duration::from_secs(1));
        let answer = reset(&mut browser, &link, NEW).await;
        answer.leads_to(&format!("{ORIGIN}/auth/reset-password?done"));
        assert!(app.has_password(ADA, NEW).await && !app.has_password(ADA, OLD).await);
        assert!(!elsewhere.is_signed_in().await, "{strategy:?}");
        assert!(!browser.is_signed_in().await);
        assert!(app.user(ADA).email_verified.is_some());
        assert_eq!(
            app.mails()[0],
            (ADA.to_owned(), "New password on localhost:3000".to_owned())
        );
        assert!(app.store.one_time_tokens().is_empty());
    }
}

/// The same answer, the same calls of the store, one mail: for a known address and for an unknown one.
#[tokio::test]
async fn known_and_unknown_addresses_cost_and_look_the_same() {
    let app = app(Strategy::Database);
    app.ada().await;
    let mut seen = Vec::new();
    for email in [ADA, "nobody@example.com"] {
        let mails = app.mails().len();
        let mut browser = Browser::new(&app);
        browser.csrf().await;
        app.store.take_calls();
        let answer = browser
            .post("/auth/forgot-password", &[("email", email)])
            .await;
        let calls = app.store.take_calls();
        let sent = app.mails().len() - mails;
        seen.push((
            answer.status,
            answer.location().to_owned(),
            answer.body,
            calls,
            sent,
        ));
        assert_eq!(app.mails()[0].0, email);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].3, ["user_by_email", "put"]);
    let last = &app.mailbox.list()[0].message;
    assert!(last.text.contains("there is no account"));
    assert!(!last.text.contains("token="));
}

#[tokio::test]
async fn looking_at_the_page_uses_nothing_up() {
    let app = app(Strategy::Database);
    app.ada().await;
    forget(&app, ADA).await;
    let link = app.account_link();
    app.store.take_calls();
    for _ in 0..3 {
        Browser::new(&app).follow(&link).await;
    }
    assert!(app.store.take_calls().is_empty());
    let answer = reset(&mut Browser::new(&app), &link, NEW).await;
    assert_eq!(answer.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_still_works() {
    let app = app(Strategy::Database);
    app.ada().await;
    forget(&app, ADA).await;
    let link = app.account_link();
    let mut browser = Browser::new(&app);
    let answer = reset(&mut browser, &link, "short").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Use at least 15 characters."),
        "{}",
        answer.body
    );
    assert!(answer.body.contains(token_of(&link)) && !answer.body.contains("\"short\""));
    assert_eq!(
        reset(&mut browser, &link, NEW).await.status,
        StatusCode::FOUND
    );
}

/// CVE-2026-18963: no way to another password that leaves a proof out.
#[tokio::test]
async fn cve_2026_18963_no_step_to_a_new_password_can_be_left_out() {
    let app = app(Strategy::Database);
    let mut ada = app.ada().await;
    ada.post("/auth/verify-email", &[]).await;
    let verify = app.account_link();
    forget(&app, ADA).await;
    let good = app.account_link();
    forget(&app, "eve@example.com").await;
    let token = token_of(&good).to_owned();
    let other_digit = if token.ends_with('0') { "1" } else { "0" };
    let flipped = format!(
        "{}{other_digit}",
        token.strip_suffix(|_: char| true).unwrap()
    );
    let renamed = token_of(&verify).replace("verify-email", "reset-password");
    for token in [
        "",
        "reset-password.",
        token_of(&verify),
        &renamed,
        &flipped,
        &token.to_uppercase(),
    ] {
        let members = [("token", token), ("password", NEW), ("email", ADA)];
        let answer = Browser::new(&app)
            .post("/auth/reset-password", &members)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
    }
    // In the address alone it counts for nothing, and without our form neither.
    let path = good.strip_prefix(ORIGIN).unwrap();
    let answer = Browser::new(&app).post(path, &[("password", NEW)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let members = [("token", token.as_str()), ("password", NEW)];
    let answer = Browser::new(&app)
        .post_bare("/auth/reset-password", &members)
        .await;
    answer.fails_with("signin", "MissingCSRF");
    assert!(app.has_password(ADA, OLD).await);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn a_link_works_once_for_an_hour_and_takes_the_others_along() {
    let app = app(Strategy::Database);
    app.ada().await;
    forget(&app, ADA).await;
    let first = app.account_link();
    forget(&app, ADA).await;
    let second = app.account_link();
    let mut browser = Browser::new(&app);
    assert_eq!(
        reset(&mut browser, &second, NEW).await.status,
        StatusCode::FOUND
    );
    for link in [&first, &second] {
        let answer = reset(&mut browser, link, OLD).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    forget(&app, ADA).await;
    let late = app.account_link();
    app.clock.advance(Duration::from_secs(3_601));
    assert_eq!(
        reset(&mut browser, &late, OLD).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(app.has_password(ADA, NEW).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cve_2026_53517_a_link_used_twenty_times_at_once_sets_one_password() {
    let app = app(Strategy::Database);
    app.ada().await;
    forget(&app, ADA).await;
    let link = app.account_link();
    let tries = (0..20).map(|number| {
        let (app, link) = (app.clone(), link.clone());
        tokio::spawn(async move {
            let password = format!("{NEW} {number}");
            let answer = reset(&mut Browser::new(&app), &link, &password).await;
            (answer.status == StatusCode::FOUND, password)
        })
    });
    let outcomes: Vec<_> = join_all(tries)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let won: Vec<_> = outcomes.iter().filter(|(won, _)| *won).collect();
    assert_eq!(won.len(), 1);
    assert!(app.has_password(ADA, &won[0].1).await);
}

/// CVE-2026-7507: the session goes on with another secret, and every other one ends.
#[tokio::test]
async fn cve_2026_7507_a_changed_password_begins_a_new_session_and_ends_the_others() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = app.ada().await;
        let mut other = app.ada().await;
        let mut thief = browser.clone();
        app.clock.advance(Duration::from_secs(1));
        let members = [("password", OLD), ("newPassword", NEW)];
        let answer = browser.post("/auth/account/password", &members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account?done=password"));
        assert!(app.has_password(ADA, NEW).await);
        assert!(browser.is_signed_in().await, "{strategy:?}");
        assert!(!other.is_signed_in().await, "{strategy:?}");
        assert!(!thief.is_signed_in().await, "{strategy:?}");
        assert_eq!(app.mails()[0].1, "New password on localhost:3000");
        let page = browser.get("/auth/account?done=password").await;
        assert!(page.body.contains("Your password is changed"));
    }
}

#[tokio::test]
async fn the_old_password_is_asked_for_and_counted() {
    let app = app_with(Strategy::Database, |builder| builder);
    let mut browser = app.ada().await;
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let members = [("password", "wrong"), ("newPassword", NEW)];
        let answer = browser.post("/auth/account/password", &members).await;
        statuses.push(answer.status.as_u16());
        assert!(!answer.body.contains("wrong\""));
    }
    assert_eq!(statuses, [[403; 10].as_slice(), &[429]].concat());
    assert!(app.has_password(ADA, OLD).await);
}

#[tokio::test]
async fn whoever_has_no_password_needs_a_recent_sign_in() {
    let app = app(Strategy::Database);
    let mut browser = app.signed_in(ADA).await;
    let mut late = browser.clone();
    app.clock.advance(Duration::from_secs(601));
    let answer = late
        .post("/auth/account/password", &[("newPassword", NEW)])
        .await;
    let back = "http%3A%2F%2Flocalhost%3A3000%2Fauth%2Faccount";
    answer.leads_to(&format!(
        "{ORIGIN}/auth/signin?callbackUrl={back}&error=SessionRequired"
    ));
    let token = late.csrf().await;
    let body = json!({ "csrfToken": token, "newPassword": NEW });
    let answer = late.send(json_post("/auth/account/password", &body)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json()["error"], "SignInAgain");
    browser.sign_in(ADA).await;
    let answer = browser
        .post("/auth/account/password", &[("newPassword", NEW)])
        .await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    assert!(app.has_password(ADA, NEW).await);
}

#[tokio::test]
async fn programs_get_json() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let token = browser.csrf().await;
    let mut post = async |body: serde_json::Value| {
        browser
            .send(json_post("/auth/account/password", &body))
            .await
    };
    let wrong = json!({ "csrfToken": token, "password": "x", "newPassword": NEW });
    let answer = post(wrong).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json()["error"], "WrongPassword");
    let weak = json!({ "csrfToken": token, "password": OLD, "newPassword": "short" });
    let answer = post(weak).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()["error"], "WeakPassword");
    let good = json!({ "csrfToken": token, "password": OLD, "newPassword": NEW });
    let answer = post(good).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.json(),
        json!({ "url": format!("{ORIGIN}/auth/account?done=password") })
    );
    let mut nobody = Browser::new(&app);
    let token = nobody.csrf().await;
    let body = json!({ "csrfToken": token });
    let answer = nobody
        .send(json_post("/auth/account/password", &body))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// An address that is none is said to be none, whoever asks.
#[tokio::test]
async fn what_is_no_address_is_said_to_be_none() {
    let app = app(Strategy::Database);
    for typed in ["", "a", "a@b@c", "a@b c", "<script>"] {
        let answer = forget(&app, typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(!answer.body.contains("<script>"));
    }
    assert!(app.mails().is_empty());
}

/// The password is changed, and whoever did it is told that other sessions may go on.
#[tokio::test]
async fn sessions_that_could_not_be_ended_are_told_of() {
    for resets in [true, false] {
        let app = app(Strategy::Jwt);
        let mut browser = app.ada().await;
        forget(&app, ADA).await;
        let link = app.account_link();
        app.clock.advance(Duration::from_secs(1));
        app.store.go_away_at("end_tokens");
        app.store.take_calls();
        let answer = if resets {
            reset(&mut Browser::new(&app), &link, NEW).await
        } else {
            let members = [("password", OLD), ("newPassword", NEW)];
            browser.post("/auth/account/password", &members).await
        };
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            answer.body.contains("could not be ended"),
            "{}",
            answer.body
        );
        let calls = app.store.take_calls();
        let tried = calls.iter().filter(|call| **call == "end_tokens");
        assert_eq!(tried.count(), 3);
        app.store.come_back();
        assert!(app.has_password(ADA, NEW).await);
        assert!(browser.is_signed_in().await, "it goes on, as was said");
    }
}

/// Rows have ended with the change already.
#[tokio::test]
async fn sessions_in_the_store_end_without_the_directory() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    forget(&app, ADA).await;
    let link = app.account_link();
    app.store.go_away_at("end_stored");
    let answer = reset(&mut Browser::new(&app), &link, NEW).await;
    answer.leads_to(&format!("{ORIGIN}/auth/reset-password?done"));
    app.store.come_back();
    assert!(!browser.is_signed_in().await);
}
