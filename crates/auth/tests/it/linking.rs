//! Whom a proven address belongs to: every row of the table for sign-in by mail, under both strategies.

use std::time::Duration;

use hallpass_auth::adapter::{Adapter, UserId};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;

use crate::app::{App, Browser, DAY, ORIGIN, Setup};

const BOTH: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];

/// The calls that change the store, in order.
fn writes(app: &App) -> Vec<&'static str> {
    let calls = app.store.take_calls();
    calls
        .into_iter()
        .filter(|call| {
            ["create", "update", "delete", "extend", "link"]
                .iter()
                .any(|verb| call.starts_with(verb))
        })
        .filter(|call| *call != "create_verification_token")
        .collect()
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
        match strategy {
            Strategy::Database => assert_eq!(writes(&app), ["create_user", "create_session"]),
            Strategy::Jwt => assert_eq!(writes(&app), ["create_user"]),
        }
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
        match strategy {
            Strategy::Database => {
                assert_eq!(writes(&app), ["update_user", "create_session"]);
                assert_eq!(app.store.sessions().len(), 2, "the old session stays");
            }
            Strategy::Jwt => assert_eq!(writes(&app), ["update_user"]),
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
        assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
        match strategy {
            Strategy::Database => {
                let bob = id_of(&app, "bob@example.com");
                let sessions = app.store.sessions();
                assert_eq!(sessions.len(), 2, "the session of the other user is gone");
                assert!(sessions.iter().all(|session| session.user_id == bob));
                let calls = writes(&app);
                assert_eq!(
                    calls[..3],
                    ["delete_session", "update_user", "create_session"]
                );
            }
            Strategy::Jwt => assert_eq!(writes(&app), ["update_user"]),
        }
    }
}

#[tokio::test]
async fn known_address_with_a_stale_session_cookie_removes_that_session() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    browser.set_cookie("authjs.session-token", "stale");
    follows(&mut browser, "ada@example.com").await;
    assert_eq!(
        writes(&app),
        ["delete_session", "update_user", "create_session"]
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
    assert_eq!(
        writes(&app),
        ["delete_session", "update_user", "create_session"]
    );
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
