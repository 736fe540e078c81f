//! Registrations are counted before the dear part of them is done.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use hallpass_auth::account::Registration;
use hallpass_auth::client::PeerAddress;
use hallpass_auth::password::{HasherOptions, PasswordSettings};
use hallpass_auth::providers::PasswordProvider;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::memory::MemoryAdapter;
use http::StatusCode;
use serde_json::json;

use super::support::{ADA, NEW, app_with, options};
use crate::app::{Answer, App, Browser, form};

async fn register(browser: &mut Browser, name: &str, email: &str, password: &str) -> Answer {
    let token = browser.csrf().await;
    let members = [
        ("csrfToken", token.as_str()),
        ("name", name),
        ("email", email),
        ("password", password),
    ];
    let mut request = form("/auth/register", &members);
    let peer = PeerAddress("192.0.2.7".parse().unwrap());
    request.extensions_mut().insert(peer);
    browser.send(request).await
}

/// An application whose hashing thread does nothing until the sender is dropped: whoever needs it waits.
fn app_without_hashing() -> (App, mpsc::Sender<()>) {
    let (open, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    let hasher = HasherOptions {
        waiting: NonZeroUsize::MIN,
        on_thread_start: Arc::new(move || {
            let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            // The sender sends nothing; it is dropped.
            let _ = gate.recv();
        }),
        ..options()
    };
    let app = app_with(Strategy::Database, |builder| {
        builder
            .passwords(PasswordSettings::new(MemoryAdapter::new()).hasher(hasher))
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
    });
    (app, open)
}

#[tokio::test]
async fn mistakes_are_limited_for_a_client_and_hash_nothing() {
    let long = format!("{NEW} {}", "x".repeat(900));
    let name = "x".repeat(201);
    for (name, email) in [("Ada", "no address"), (&name, ADA)] {
        let (app, open) = app_without_hashing();
        let mut browser = Browser::new(&app);
        let mut answers = Vec::new();
        for _ in 0..100 {
            // A job for the thread would never be answered, and the next one be refused.
            answers.push(register(&mut browser, name, email, &long).await.status);
        }
        let (taken, refused) = answers.split_at(20);
        let all = |answers: &[StatusCode], status| answers.iter().all(|answer| *answer == status);
        assert!(all(taken, StatusCode::UNPROCESSABLE_ENTITY), "{taken:?}");
        assert!(all(refused, StatusCode::TOO_MANY_REQUESTS), "{refused:?}");
        drop(open);
    }
}

#[tokio::test]
async fn weak_passwords_are_limited_for_a_client_but_use_up_no_address() {
    let app = app_with(Strategy::Database, |builder| {
        builder
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
    });
    let mut browser = Browser::new(&app);
    for _ in 0..19 {
        let answer = register(&mut browser, "Ada", ADA, "passwordpassword").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = register(&mut browser, "Ada", ADA, NEW).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let answer = register(&mut browser, "Ada", ADA, "passwordpassword").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Whoever sends JSON and says nothing of what it accepts gets JSON for every answer, not only for mistakes.
#[tokio::test]
async fn a_registration_in_json_is_refused_in_json() {
    let app = app_with(Strategy::Database, |builder| {
        builder
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
    });
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let body = json!({ "csrfToken": token, "email": ADA, "password": NEW });
    let request = || crate::app::json("/auth/register", &body);
    for _ in 0..5 {
        assert_eq!(browser.send(request()).await.status, StatusCode::OK);
    }
    let answer = browser.send(request()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json()["error"], "TooManyRequests");
    app.store.go_away();
    let body = json!({ "csrfToken": token, "email": "eve@example.com", "password": NEW });
    let away = browser
        .send(crate::app::json("/auth/register", &body))
        .await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(away.json()["message"].is_string());
}

/// Strangers get no hashing for made-up links.
#[tokio::test]
async fn a_made_up_link_hashes_nothing() {
    let (app, open) = app_without_hashing();
    let mut browser = Browser::new(&app);
    for digit in ["a", "b", "c"] {
        let token = format!("reset-password.{}", digit.repeat(64));
        let members = [("token", token.as_str()), ("password", NEW)];
        let answer = browser.post("/auth/reset-password", &members).await;
        assert!(answer.body.contains("Send a new link"), "{}", answer.body);
    }
    drop(open);
}
