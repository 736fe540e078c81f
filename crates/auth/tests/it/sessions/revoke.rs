//! Ending sessions.

use std::sync::{Arc, Mutex};

use hallpass_auth::adapter::{Adapter, SessionRecord};
use hallpass_auth::directory::{Page, Revoked, SessionId};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::json;

use super::{BOTH, NAME, is_signed_in, list, listed, own_id, post_json, replica, two_browsers};
use crate::app::{Browser, ORIGIN, Setup};

#[tokio::test]
async fn one_of_ones_own_can_be_ended() {
    for strategy in BOTH {
        let (_, mut first, mut second) = two_browsers(strategy).await;
        let id = own_id(&mut second).await;
        let answer = first.post("/auth/sessions/revoke", &[("id", &id)]).await;
        answer.leads_to(&format!("{ORIGIN}/auth/sessions?notice=ended"));
        assert!(!is_signed_in(&mut second).await, "{strategy:?}");
        assert!(second.cookie(NAME).is_none());
        assert!(is_signed_in(&mut first).await, "{strategy:?}");
        let page = first.get("/auth/sessions?notice=ended").await;
        assert!(page.body.contains("The session has ended."));
        assert!(page.body.contains("You are signed in nowhere else."));
    }
}

/// CVE-2025-61928: whose sessions they are comes from the session alone; and a session of somebody else is answered as
/// one that does not exist.
#[tokio::test]
async fn cve_2025_61928_a_session_of_somebody_else_does_not_exist() {
    for strategy in BOTH {
        let (app, mut ada, _) = two_browsers(strategy).await;
        let mut bob = app.signed_in("bob@example.com").await;
        let id = own_id(&mut bob).await;
        let user = app.store.users();
        let bobs = user
            .iter()
            .find(|user| user.email.as_deref() == Some("bob@example.com"))
            .unwrap();
        let members = [("id", id.as_str()), ("userId", bobs.id.as_str())];
        let others = ada.post("/auth/sessions/revoke", &members).await;
        let unknown = ada.post("/auth/sessions/revoke", &[("id", "0")]).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        assert_eq!(
            (others.status, &others.body),
            (unknown.status, &unknown.body)
        );
        let body = json!({ "id": id, "userId": bobs.id.as_str() });
        let others = post_json(&mut ada, "/auth/sessions/revoke", body).await;
        let unknown = post_json(&mut ada, "/auth/sessions/revoke", json!({})).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        assert_eq!(
            (others.status, &others.body),
            (unknown.status, &unknown.body)
        );
        assert!(is_signed_in(&mut bob).await, "{strategy:?}");
        let body = json!({ "userId": bobs.id.as_str() });
        post_json(&mut ada, "/auth/sessions/revoke-others", body).await;
        assert!(is_signed_in(&mut bob).await, "{strategy:?}");
    }
}

#[tokio::test]
async fn all_others_can_be_ended_at_once() {
    for strategy in BOTH {
        let (app, mut first, mut second) = two_browsers(strategy).await;
        let mut third = app.signed_in("ada@example.com").await;
        let mut bob = app.signed_in("bob@example.com").await;
        let answer = post_json(&mut first, "/auth/sessions/revoke-others", json!({})).await;
        assert_eq!(answer.json(), json!({ "ended": 2 }), "{strategy:?}");
        for ended in [&mut second, &mut third] {
            assert!(!is_signed_in(ended).await, "{strategy:?}");
        }
        for goes_on in [&mut first, &mut bob] {
            assert!(is_signed_in(goes_on).await, "{strategy:?}");
        }
        let mut again = app.signed_in("ada@example.com").await;
        assert!(is_signed_in(&mut again).await, "{strategy:?}");
        let answer = first.post("/auth/sessions/revoke-others", &[]).await;
        answer.leads_to(&format!("{ORIGIN}/auth/sessions?notice=others-ended"));
        assert!(!is_signed_in(&mut again).await, "{strategy:?}");
    }
}

#[tokio::test]
async fn ending_the_session_that_asks_signs_this_browser_out() {
    for strategy in BOTH {
        let (_, mut first, mut second) = two_browsers(strategy).await;
        let stolen = first.clone();
        let id = own_id(&mut first).await;
        let answer = first.post("/auth/sessions/revoke", &[("id", &id)]).await;
        answer.leads_to(ORIGIN);
        assert!(first.cookie(NAME).is_none());
        assert!(!is_signed_in(&mut stolen.clone()).await, "{strategy:?}");
        assert!(is_signed_in(&mut second).await);
    }
}

#[tokio::test]
async fn a_session_of_another_application_can_be_ended() {
    let app = Setup::listing(Strategy::Database).app();
    let mut browser = app.signed_in("ada@example.com").await;
    let record = app.store.sessions()[0].clone();
    for token in ["by-auth-js", "by-auth-js-too"] {
        let record = SessionRecord {
            session_token: SessionToken::new(token),
            ..record.clone()
        };
        app.store.create_session(record).await.unwrap();
    }
    let sessions = listed(&mut browser).await;
    let foreign = sessions.iter().find(|session| session["current"] == false);
    let body = json!({ "id": foreign.unwrap()["id"] });
    let answer = post_json(&mut browser, "/auth/sessions/revoke", body.clone()).await;
    assert_eq!(answer.json(), json!({ "ended": 1 }));
    assert_eq!(app.store.sessions().len(), 2);
    let again = post_json(&mut browser, "/auth/sessions/revoke", body).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let answer = post_json(&mut browser, "/auth/sessions/revoke-others", json!({})).await;
    assert_eq!(answer.json(), json!({ "ended": 1 }));
    assert_eq!(app.store.sessions(), [record]);
}

#[tokio::test]
async fn forms_that_are_not_ours_end_nothing() {
    for strategy in BOTH {
        let (_, mut first, mut second) = two_browsers(strategy).await;
        let id = own_id(&mut second).await;
        let members = [("id", id.as_str()), ("csrfToken", "wrong")];
        for path in ["/auth/sessions/revoke", "/auth/sessions/revoke-others"] {
            let answer = first.post_bare(path, &members).await;
            answer.fails_with("signin", "MissingCSRF");
            assert_eq!(first.get(path).await.status, StatusCode::FOUND);
        }
        assert!(is_signed_in(&mut second).await, "{strategy:?}");
        assert_eq!(listed(&mut first).await.len(), 2);
    }
}

#[tokio::test]
async fn nobody_ends_nothing() {
    for strategy in BOTH {
        let (app, _, mut second) = two_browsers(strategy).await;
        let id = own_id(&mut second).await;
        let mut nobody = Browser::new(&app);
        for path in ["/auth/sessions/revoke", "/auth/sessions/revoke-others"] {
            let answer = post_json(&mut nobody, path, json!({ "id": id })).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        assert!(is_signed_in(&mut second).await, "{strategy:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_ends_nothing_and_says_so() {
    for strategy in BOTH {
        let (app, mut first, mut second) = two_browsers(strategy).await;
        let token = first.csrf().await;
        let members = [("csrfToken", token.as_str())];
        app.store.go_away();
        let answer = first
            .post_bare("/auth/sessions/revoke-others", &members)
            .await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            list(&mut first, "").await.status,
            StatusCode::SERVICE_UNAVAILABLE
        );
        app.store.come_back();
        assert!(is_signed_in(&mut second).await, "{strategy:?}");
    }
}

#[tokio::test]
async fn applications_end_sessions_and_hear_of_it() {
    for strategy in BOTH {
        let heard: Arc<Mutex<Vec<&'static str>>> = Arc::default();
        let diary = Arc::clone(&heard);
        let app = Setup::listing(strategy).app_with(|builder| {
            builder.on_event(move |event| {
                diary.lock().unwrap().push(event.name());
                async { Ok(()) }
            })
        });
        let mut browser = app.signed_in("ada@example.com").await;
        app.clock.advance(std::time::Duration::from_secs(1));
        let user = app.store.users()[0].id.clone();
        let entries = app.auth.sessions_of(&user, Page::first(10)).await.unwrap();
        heard.lock().unwrap().clear();
        let unknown = SessionId::new("unknown");
        let nothing = app.auth.revoke_session(&user, &unknown).await.unwrap();
        assert_eq!(nothing, Revoked::Unknown);
        let ended = app.auth.revoke_session(&user, &entries[0].id).await;
        assert_eq!(ended.unwrap(), Revoked::Ended);
        app.auth.revoke_sessions(&user, None).await.unwrap();
        let names = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(names, ["revokeSession", "revokeSessions"], "{strategy:?}");
        assert!(!is_signed_in(&mut browser).await, "{strategy:?}");
    }
}

/// What one process ends is gone in the others: at once from the store, after the interval for tokens.
#[tokio::test]
async fn what_is_ended_at_one_process_ends_at_the_others() {
    for strategy in BOTH {
        let (app, first, mut second) = two_browsers(strategy).await;
        let other = replica(&app, strategy);
        let mut there = super::at(&first, &other);
        assert!(is_signed_in(&mut there).await);
        post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
        app.clock.advance(std::time::Duration::from_secs(5));
        assert!(!is_signed_in(&mut there).await, "{strategy:?}");
        assert!(is_signed_in(&mut super::at(&second, &other)).await);
    }
}
