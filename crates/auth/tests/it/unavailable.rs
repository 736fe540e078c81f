//! The store goes away in the middle, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hallpass_auth::SessionError;
use hallpass_auth::adapter::AdapterError;
use hallpass_auth::callbacks::{CallbackError, SignInDecision};
use hallpass_auth::providers::{Authorized, CredentialsProvider};
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::{Answer, App, Browser, ORIGIN, Setup, form, get};

fn away(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(answer.set_cookies().is_empty(), "every cookie is kept");
}

fn away_as_page(answer: &Answer) {
    away(answer);
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert!(answer.body.contains("class=\"error\""));
}

fn away_as_json(answer: &Answer) -> Value {
    away(answer);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert!(body["message"].is_string());
    body
}

#[tokio::test]
async fn reading_a_session_answers_503_keeps_the_cookie_and_recovers() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    app.store.go_away();
    away_as_json(&browser.get("/auth/session").await);
    let token = browser.csrf().await;
    let body = json!({ "csrfToken": token });
    away_as_json(&browser.send(crate::app::json("/auth/session", &body)).await);
    app.store.come_back();
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn asking_for_a_link_answers_503_and_sends_nothing() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    app.store.go_away();
    away_as_page(&browser.ask("ada@example.com").await);
    assert!(app.mailbox.list().is_empty());
    app.store.come_back();
    browser.sign_in("ada@example.com").await.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_link_followed_while_the_store_is_away_works_later() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await;
        let link = app.last_link();
        app.store.go_away();
        away_as_page(&browser.follow(&link).await);
        app.store.come_back();
        browser.follow(&link).await.leads_to(ORIGIN);
    }
}

/// Wherever in the middle the store goes away: nobody is signed in, nothing is half-written, and the link works later.
#[tokio::test]
async fn a_store_that_goes_away_in_the_middle_of_a_sign_in_leaves_the_link_usable() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        for call in ["verification_token", "user_by_email", "sign_in"] {
            let app = Setup::of(strategy).app();
            let mut browser = Browser::new(&app);
            browser.ask("ada@example.com").await;
            let link = app.last_link();
            app.store.go_away_at(call);
            away_as_page(&browser.follow(&link).await);
            app.store.come_back();
            assert!(app.store.users().is_empty() && app.store.sessions().is_empty());
            browser.follow(&link).await.leads_to(ORIGIN);
            assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
            browser
                .follow(&link)
                .await
                .fails_with("error", "Verification");
        }
    }
}

/// An application that cannot tell whether the person may sign in has not turned the person down.
#[tokio::test]
async fn a_callback_that_cannot_reach_its_store_leaves_the_link_usable() {
    let away_now = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&away_now);
    let app = Setup::default().app_with(|builder| {
        builder.on_sign_in(move |_| {
            let away = flag.load(Ordering::SeqCst);
            async move {
                if away {
                    return Err(CallbackError::unavailable("gone"));
                }
                Ok(SignInDecision::Allow)
            }
        })
    });
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link();
    away_now.store(true, Ordering::SeqCst);
    away_as_page(&browser.follow(&link).await);
    away_now.store(false, Ordering::SeqCst);
    browser.follow(&link).await.leads_to(ORIGIN);
}

/// A session that is still in the store must not look as if it had ended.
#[tokio::test]
async fn signing_out_of_a_store_that_is_away_answers_503() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    app.store.go_away();
    away_as_page(&browser.post("/auth/signout", &[]).await);
    app.store.come_back();
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn clients_that_ask_for_json_get_json() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    app.store.go_away();
    let members = [("csrfToken", token.as_str()), ("email", "ada@example.com")];
    let mut request = form("/auth/signin/nodemailer", &members);
    let asks = request.headers_mut();
    asks.insert("x-auth-return-redirect", "1".parse().unwrap());
    let body = away_as_json(&browser.send(request).await);
    assert_eq!(
        body["url"],
        format!("{ORIGIN}/auth/error?error=Configuration")
    );

    let mut request = form("/auth/signin/nodemailer", &members);
    let asks = request.headers_mut();
    asks.insert("accept", "application/json, */*".parse().unwrap());
    assert!(
        away_as_json(&browser.send(request).await)
            .get("url")
            .is_none()
    );
}

#[tokio::test]
async fn what_needs_no_store_works_without_it() {
    let app = Setup::jwt().app();
    let mut browser = app.signed_in("ada@example.com").await;
    app.store.go_away();
    for path in [
        "csrf",
        "providers",
        "session",
        "signin",
        "signout",
        "verify-request",
    ] {
        let answer = browser.get(&format!("/auth/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
    browser.post("/auth/signout", &[]).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_callback_that_needs_the_store_is_told_apart_from_one_that_fails() {
    let unreachable = || AdapterError::Unavailable("gone".into());
    let app = Setup::default().app_with(|builder| {
        builder.on_sign_in(move |_| async move { Err::<SignInDecision, _>(unreachable().into()) })
    });
    away_as_page(&Browser::new(&app).ask("ada@example.com").await);

    for strategy in [Strategy::Jwt, Strategy::Database] {
        let app = Setup::of(strategy).app_with(|builder| {
            builder.on_session(|_, _| async { Err(CallbackError::unavailable("gone")) })
        });
        let mut browser = app.signed_in("ada@example.com").await;
        away_as_json(&browser.get("/auth/session").await);
        assert!(browser.cookie("authjs.session-token").is_some());
    }
}

#[tokio::test]
async fn the_application_is_told_apart_from_signed_out() {
    let app: App = Setup::default().app();
    let browser = app.signed_in("ada@example.com").await;
    let mut request = get("/");
    let cookies = browser.cookie_header().parse().unwrap();
    request.headers_mut().insert("cookie", cookies);
    let (parts, _) = request.into_parts();
    app.store.go_away();
    let error = app.auth.session(&parts).await.unwrap_err();
    assert!(matches!(error, SessionError::Unavailable(_)));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the database is not reachable");
    app.store.come_back();
    assert!(app.auth.session(&parts).await.unwrap().session.is_some());
}

/// Linking: whoever is found or not by a proof of another kind, while the store goes away in the middle.
#[tokio::test]
async fn a_store_that_goes_away_while_somebody_is_linked_signs_nobody_in() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        for (is_known, call) in [
            (true, "user_by_email"),
            (true, "sign_in"),
            (false, "user_by_email"),
            (false, "sign_in"),
        ] {
            let app = Setup::of(strategy).app();
            if is_known {
                app.add_user("known", "ada@example.com").await;
            }
            let users = app.store.users();
            // Somebody else is signed in at this browser, and stays so.
            let mut browser = app.signed_in("bob@example.com").await;
            let bob = browser.session().await;
            browser.ask("ada@example.com").await;
            let link = app.last_link();
            app.store.go_away_at(call);
            away_as_page(&browser.follow(&link).await);
            app.store.come_back();
            assert_eq!(app.store.users().len(), users.len() + 1, "{call}");
            assert_eq!(browser.session().await["user"], bob["user"], "{call}");
            browser.follow(&link).await.leads_to(ORIGIN);
            assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
        }
    }
}

#[tokio::test]
async fn credentials_judged_while_the_store_is_away_sign_nobody_in() {
    let app = Setup::of(Strategy::Database).app_with(|builder| {
        let judge = async |_| {
            Ok(Some(Authorized {
                id: Some("known".to_owned()),
                ..Authorized::default()
            }))
        };
        builder.provider(CredentialsProvider::with("credentials", judge))
    });
    app.add_user("known", "ada@example.com").await;
    for call in ["sign_in", "user"] {
        let mut browser = Browser::new(&app);
        app.store.go_away_at(call);
        app.store.take_calls();
        let answer = browser.post("/auth/callback/credentials", &[]).await;
        let was_called = app.store.take_calls().contains(&call);
        app.store.come_back();
        if was_called {
            away_as_page(&answer);
            assert!(app.store.sessions().is_empty());
        }
        browser
            .post("/auth/callback/credentials", &[])
            .await
            .leads_to(ORIGIN);
        browser.post("/auth/signout", &[]).await;
    }
}
