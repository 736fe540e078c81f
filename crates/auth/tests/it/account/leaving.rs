//! Deleting an account.

use std::time::Duration;

use hallpass_auth::environment::Clock;
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ADA, OLD, STRATEGIES, app};
use crate::app::{Browser, ORIGIN};
use crate::sessions::{at, replica};

#[tokio::test]
async fn an_account_goes_with_all_that_belongs_to_it() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = app.ada().await;
        let mut other = app.ada().await;
        browser.post("/auth/verify-email", &[]).await;
        app.clock.advance(Duration::from_secs(1));
        let answer = browser
            .post("/auth/account/delete", &[("password", OLD)])
            .await;
        answer.leads_to(&format!("{ORIGIN}/auth/account/delete?done"));
        assert!(app.store.users().is_empty() && app.store.accounts().is_empty());
        assert!(app.store.sessions().is_empty() && app.store.one_time_tokens().is_empty());
        assert!(!browser.is_signed_in().await);
        assert!(!other.is_signed_in().await, "{strategy:?}");
        assert_eq!(
            app.mails()[0],
            (
                ADA.to_owned(),
                "Account deleted on localhost:3000".to_owned()
            )
        );
        let page = browser.get("/auth/account/delete?done").await;
        assert!(page.body.contains("Account deleted"));
    }
}

#[tokio::test]
async fn looking_deletes_nothing_and_the_password_is_asked_for() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let page = browser.get("/auth/account/delete?done").await;
    assert!(page.body.contains("Delete my account"));
    for members in [vec![], vec![("password", "wrong")]] {
        let answer = browser.post("/auth/account/delete", &members).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let answer = browser
        .post_bare("/auth/account/delete", &[("password", OLD)])
        .await;
    answer.fails_with("signin", "MissingCSRF");
    assert_eq!(app.store.users().len(), 1);
    let nobody = Browser::new(&app)
        .post("/auth/account/delete", &[("password", OLD)])
        .await;
    assert!(nobody.location().contains("/auth/signin?callbackUrl="));
    assert_eq!(app.store.users().len(), 1);
}

/// An address is free again, and a new account has nothing of the old one.
#[tokio::test]
async fn whoever_comes_back_is_somebody_else() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let before = app.user(ADA).id;
    browser
        .post("/auth/account/delete", &[("password", OLD)])
        .await;
    app.signed_in(ADA).await;
    assert_ne!(app.user(ADA).id, before);
    assert!(!app.has_password(ADA, OLD).await);
}

/// Also not one that began at a process whose clock is ahead.
#[tokio::test]
async fn no_session_in_a_cookie_outlives_its_account_at_another_process() {
    let app = app(Strategy::Jwt);
    let mut browser = app.ada().await;
    app.clock.advance(Duration::from_secs(60));
    let other = app.ada().await;
    let stale = replica(&app, Strategy::Jwt);
    assert!(at(&other, &stale).is_signed_in().await);
    let now = app.clock.now();
    app.clock.set(now - Duration::from_secs(30));
    browser
        .post("/auth/account/delete", &[("password", OLD)])
        .await
        .leads_to(&format!("{ORIGIN}/auth/account/delete?done"));
    app.clock.set(now);
    at(&other, &stale)
        .post("/auth/sessions/revoke-others", &[])
        .await;
    app.clock.advance(Duration::from_secs(10));
    for process in [&app, &stale, &replica(&app, Strategy::Jwt)] {
        assert!(!at(&other, process).is_signed_in().await);
    }
}

#[tokio::test]
async fn nothing_is_deleted_while_sessions_cannot_be_ended() {
    let app = app(Strategy::Jwt);
    let mut browser = app.ada().await;
    app.store.go_away_at("end_tokens");
    let answer = browser
        .post("/auth/account/delete", &[("password", OLD)])
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    app.store.come_back();
    assert_eq!(app.store.users().len(), 1);
    assert!(browser.is_signed_in().await);
}
