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
        let told: Vec<_> = app.mails().into_iter().take(2).collect();
        assert_eq!(told[0].0, OTHER);
        let asked = "Another email address on localhost:3000";
        assert_eq!(told[1], (ADA.to_owned(), asked.to_owned()));
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

/// CVE-2026-53516: a click of its owner gives an address to nobody else's account.
#[tokio::test]
async fn cve_2026_53516_only_the_user_who_asked_can_confirm_a_new_address() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut eve = app.ada().await;
        ask(&mut eve, OTHER).await;
        let link = app.account_link();
        let members = [("token", token_of(&link))];
        // Signed out: the link says what to do, and stays as it is.
        let mut owner = Browser::new(&app);
        let page = owner.follow(&link).await;
        assert!(page.body.contains("Sign in first"), "{}", page.body);
        assert!(!page.body.contains(token_of(&link)));
        let page = owner.post("/auth/account/email", &members).await;
        assert!(page.body.contains("Sign in first"), "{}", page.body);
        assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
        assert_eq!(app.store.one_time_tokens().len(), 1);
        // In the browser that asked too, once it is signed out there.
        let mut second = app.signed_in(ADA).await;
        eve.post("/auth/signout", &[]).await;
        let page = eve.follow(&link).await;
        assert!(page.body.contains("Sign in first"), "{}", page.body);
        // The one who asked, on another device.
        let page = second.follow(&link).await;
        assert!(page.body.contains("Confirm new email"), "{}", page.body);
        let answer = second.post("/auth/account/email", &members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/verify-email?done"));
        assert!(app.user(OTHER).email_verified.is_some());
    }
}

#[tokio::test]
async fn cve_2026_53516_another_user_can_not_confirm_a_new_address() {
    let app = app(Strategy::Database);
    let mut grace = app.signed_in("grace@example.com").await;
    let mut eve = app.ada().await;
    ask(&mut eve, OTHER).await;
    let link = app.account_link();
    let members = [("token", token_of(&link))];
    let answer = grace.post("/auth/account/email", &members).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
    assert_eq!(
        app.user("grace@example.com").email.as_deref(),
        Some("grace@example.com")
    );
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
    assert!(app.store.one_time_tokens().is_empty());
    for mut browser in [thief, app.signed_in(ADA).await] {
        browser.follow(&stolen).await;
        assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
    }
}

/// The same where the owner knows the old password and changes it.
#[tokio::test]
async fn a_changed_password_ends_a_change_of_address_that_is_under_way() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut thief = app.ada().await;
        let mut owner = app.signed_in(ADA).await;
        ask(&mut thief, "eve@example.com").await;
        let stolen = app.account_link();
        let members = [("password", OLD), ("newPassword", NEW)];
        owner.post("/auth/account/password", &members).await;
        assert!(app.has_password(ADA, NEW).await);
        assert!(app.store.one_time_tokens().is_empty());
        let members = [("token", token_of(&stolen))];
        for browser in [&mut thief, &mut owner] {
            browser.post("/auth/account/email", &members).await;
            assert_eq!(app.user(ADA).email.as_deref(), Some(ADA));
        }
    }
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
