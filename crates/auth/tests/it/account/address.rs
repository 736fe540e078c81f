//! Another address.

use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ADA, NEW, OLD, STRATEGIES, app, token_of};
use crate::app::{Answer, Browser, ORIGIN};

const OTHER: &str = "lovelace@example.com";

async fn ask(browser: &mut Browser, email: &str) -> Answer {
    let members = [("email", email), ("password", OLD)];
    browser.post("/auth/account/email", &members).await
}

#[tokio::test]
async fn the_new_address_confirms_and_the_old_one_is_told() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = app.ada().await;
        let answer = ask(&mut browser, OTHER).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account?done=email-sent"));
        assert_eq!(app.mails()[0].0, OTHER);
        assert_eq!(
            app.user(ADA).email.as_deref(),
            Some(ADA),
            "nothing changes before"
        );
        let link = app.account_link();
        // Elsewhere a click is asked for.
        let page = Browser::new(&app).follow(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        let answer = browser.follow(&link).await;
        answer.leads_to(&format!("{ORIGIN}/auth/verify-email?done"));
        assert!(app.user(OTHER).email_verified.is_some());
        assert_eq!(
            app.mails()[0],
            (
                ADA.to_owned(),
                "New email address on localhost:3000".to_owned()
            )
        );
    }
}

/// Whether an address is taken is told to its owner, and to nobody else: by answer, calls or number of mails.
#[tokio::test]
async fn a_taken_address_is_told_to_its_owner_alone() {
    let app = app(Strategy::Database);
    app.signed_in("grace@example.com").await;
    let mut browser = app.ada().await;
    let mut seen = Vec::new();
    for email in [OTHER, "grace@example.com"] {
        browser.csrf().await;
        app.store.take_calls();
        let before = app.mails().len();
        let answer = ask(&mut browser, email).await;
        let calls = app.store.take_calls();
        let sent = app.mails().len() - before;
        seen.push((answer.status, answer.location().to_owned(), calls, sent));
    }
    assert_eq!(seen[0], seen[1]);
    let mail = &app.mailbox.list()[0].message;
    assert_eq!(mail.to, "grace@example.com");
    assert!(!mail.text.contains("token=") && !mail.text.contains("ada"));
}

/// Somebody else was faster.
#[tokio::test]
async fn an_address_that_was_taken_meanwhile_stays_with_its_owner() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    ask(&mut browser, OTHER).await;
    let link = app.account_link();
    app.signed_in(OTHER).await;
    let answer = browser.follow(&link).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store.users().len(), 2);
    assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
}

#[tokio::test]
async fn the_password_is_asked_for() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    for password in ["", "wrong", NEW] {
        let members = [("email", OTHER), ("password", password)];
        let answer = browser.post("/auth/account/email", &members).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("not your current password"));
    }
    assert!(app.store.one_time_tokens().is_empty());
}

/// CVE-2026-18963 in spirit: a thief's change of address dies with the owner's new password.
#[tokio::test]
async fn a_new_password_ends_a_change_of_address_that_is_under_way() {
    let app = app(Strategy::Database);
    let mut thief = app.ada().await;
    ask(&mut thief, "eve@example.com").await;
    let stolen = app.account_link();
    let mut owner = Browser::new(&app);
    owner.post("/auth/forgot-password", &[("email", ADA)]).await;
    let link = app.account_link();
    let members = [("token", token_of(&link)), ("password", NEW)];
    owner.post("/auth/reset-password", &members).await;
    let answer = thief.follow(&stolen).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
}

#[tokio::test]
async fn only_the_last_address_that_was_asked_for_can_become_the_users() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    ask(&mut browser, "first@example.com").await;
    let first = app.account_link();
    ask(&mut browser, OTHER).await;
    let second = app.account_link();
    assert_eq!(browser.follow(&first).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.follow(&second).await.status, StatusCode::FOUND);
    assert!(app.user(OTHER).email_verified.is_some());
}

#[tokio::test]
async fn what_is_no_other_address_is_refused() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    for (typed, said) in [
        ("nonsense", "not an email address"),
        ("ADA@example.com", "your email address already"),
    ] {
        let answer = ask(&mut browser, typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(said), "{}", answer.body);
    }
}
