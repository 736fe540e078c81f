//! Whom a proven address belongs to: every row of the table for sign-in by mail, under both strategies.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use hallpass_auth::adapter::{Adapter, NewUser, SessionRecord, UserId};
use hallpass_auth::callbacks::{SignInDecision, SignInStep};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::memory::MemoryAdapter;

use crate::app::{App, Browser, DAY, ORIGIN, Setup};

const BOTH: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];

/// Since the last time, the store was changed by one sign-in that is written at once, and by nothing else.
#[track_caller]
fn one_write(app: &App) {
    let reads = [
        "user",
        "user_by_email",
        "session_and_user",
        "verification_token",
    ];
    let mut calls = app.store.take_calls();
    calls.retain(|call| !reads.contains(call));
    assert_eq!(calls, ["sign_in"]);
}

fn id_of(app: &App, email: &str) -> UserId {
    let users = app.store.users();
    let user = users
        .iter()
        .find(|user| user.email.as_deref() == Some(email));
    user.expect("the user").id.clone()
}

async fn follows(browser: &mut Browser, email: &str) {
    browser.ask(email).await;
    let link = browser.app.last_link();
    browser.app.store.take_calls();
    browser.follow(&link).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn unknown_address_nobody_signed_in_adds_a_user() {
    for strategy in BOTH {
        let app = Setup::of(strategy).app();
        let mut browser = Browser::new(&app);
        follows(&mut browser, "ada@example.com").await;
        let user = app.store.users().remove(0);
        assert_eq!(
            user.email_verified,
            Some("2026-01-01T00:00:00Z".parse().unwrap())
        );
        one_write(&app);
        let sessions = usize::from(strategy == Strategy::Database);
        assert_eq!(app.store.sessions().len(), sessions);
    }
}

#[tokio::test]
async fn unknown_address_somebody_signed_in_adds_a_user_and_links_nobody() {
    for strategy in BOTH {
        let app = Setup::of(strategy).app();
        let mut browser = app.signed_in("ada@example.com").await;
        follows(&mut browser, "bob@example.com").await;
        assert_eq!(app.store.users().len(), 2);
        assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
        if strategy == Strategy::Database {
            assert_eq!(app.store.sessions().len(), 2, "the old session stays");
        }
    }
}

#[tokio::test]
async fn known_address_same_user_proves_it_again_and_begins_a_new_session() {
    for strategy in BOTH {
        let app = Setup::of(strategy).app();
        let mut browser = app.signed_in("ada@example.com").await;
        let before = browser.cookie("authjs.session-token").unwrap().to_owned();
        app.clock.advance(Duration::from_secs(3_600));
        follows(&mut browser, "ada@example.com").await;
        one_write(&app);
        if strategy == Strategy::Database {
            assert_eq!(app.store.sessions().len(), 2, "the old session stays");
        }
        assert_ne!(browser.cookie("authjs.session-token").unwrap(), before);
        let user = app.store.users().remove(0);
        assert_eq!(
            user.email_verified,
            Some("2026-01-01T01:00:00Z".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn known_address_other_user_signed_in_switches_users() {
    for strategy in BOTH {
        let app = Setup::of(strategy).app();
        app.signed_in("bob@example.com").await;
        let mut browser = app.signed_in("ada@example.com").await;
        follows(&mut browser, "bob@example.com").await;
        one_write(&app);
        assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
        if strategy == Strategy::Database {
            let bob = id_of(&app, "bob@example.com");
            let sessions = app.store.sessions();
            assert_eq!(sessions.len(), 2, "the session of the other user is gone");
            assert!(sessions.iter().all(|session| session.user_id == bob));
        }
    }
}

#[tokio::test]
async fn known_address_with_a_stale_session_cookie_removes_that_session() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let stale = SessionToken::new("stale");
    let of_nobody = SessionRecord {
        session_token: stale.clone(),
        user_id: UserId("nobody".to_owned()),
        expires: "2030-01-01T00:00:00Z".parse().unwrap(),
    };
    app.store.create_session(of_nobody).await.unwrap();
    browser.set_cookie("authjs.session-token", "stale");
    follows(&mut browser, "ada@example.com").await;
    one_write(&app);
    let sessions = app.store.sessions();
    assert!(
        sessions
            .iter()
            .all(|session| session.session_token != stale)
    );
}

/// Auth.js lets an expired row count as signed in; here it does not, so it goes like any stale one.
#[tokio::test]
async fn known_address_with_an_expired_session_counts_as_signed_out() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let expired = SessionToken::new(browser.cookie("authjs.session-token").unwrap());
    app.clock.advance(DAY * 31);
    follows(&mut browser, "ada@example.com").await;
    one_write(&app);
    assert!(
        app.store
            .session_and_user(&expired)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn known_address_with_a_token_of_a_vanished_user_counts_as_signed_out() {
    let app = Setup::jwt().app();
    let mut browser = app.signed_in("ada@example.com").await;
    app.store
        .delete_user(&id_of(&app, "ada@example.com"))
        .await
        .unwrap();
    follows(&mut browser, "bob@example.com").await;
    assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
}

/// A new session token with every sign-in: one planted before is worth nothing after (session fixation).
#[tokio::test]
async fn a_session_token_known_before_is_never_the_one_after() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.set_cookie("authjs.session-token", "planted");
    follows(&mut browser, "ada@example.com").await;
    assert_ne!(browser.cookie("authjs.session-token"), Some("planted"));
    let planted = SessionToken::new("planted");
    assert!(
        app.store
            .session_and_user(&planted)
            .await
            .unwrap()
            .is_none()
    );
}

/// The application judges who signs in: when somebody else is faster to make the user, it is asked about that one.
#[tokio::test]
async fn the_application_is_asked_again_when_the_user_changed_in_between() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let store = Arc::new(OnceLock::<MemoryAdapter>::new());
    let (seen, faster) = (Arc::clone(&asked), Arc::clone(&store));
    let app = Setup::default().app_with(|builder| {
        builder.on_sign_in(move |attempt| {
            let (seen, faster) = (Arc::clone(&seen), Arc::clone(&faster));
            async move {
                if attempt.step == SignInStep::Proven {
                    let first = seen.lock().unwrap().is_empty();
                    seen.lock().unwrap().push(attempt.user.name.clone());
                    if let (true, Some(store)) = (first, faster.get()) {
                        store.create_user(banned()).await?;
                    }
                }
                let is_banned = attempt.user.name.as_deref() == Some("Banned");
                Ok(if is_banned {
                    SignInDecision::Deny
                } else {
                    SignInDecision::Allow
                })
            }
        })
    });
    store.set(app.store.clone()).unwrap();
    let mut browser = Browser::new(&app);
    let answer = browser.sign_in("ada@example.com").await;
    answer.fails_with("error", "AccessDenied");
    assert_eq!(*asked.lock().unwrap(), [None, Some("Banned".to_owned())]);
    assert!(app.store.sessions().is_empty());
    assert!(app.store.verification_tokens().is_empty());
}

fn banned() -> NewUser {
    NewUser {
        proposed_id: UserId("banned".to_owned()),
        name: Some("Banned".to_owned()),
        email: Some("ada@example.com".to_owned()),
        email_verified: None,
        image: None,
        extra: serde_json::Map::new(),
    }
}
