//! Sessions in cookies: ids that outlast renewals, and the list of those that count no longer.

use std::time::Duration;

use hallpass_auth::directory::{DirectorySettings, Outage, TokenSignOut};
use hallpass_auth::environment::Clock;
use hallpass_auth::jwe::{Keys, Lifetime};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::random::SeededRandom;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{NAME, at, is_signed_in, listed, post_json, replica, replica_with, two_browsers};
use crate::app::{App, Browser, DAY, ORIGIN, SECRET, Setup, secrets};

const SID: &str = "hallpass_sid";

fn claims(browser: &Browser) -> Map<String, Value> {
    let token = browser.cookie(NAME).unwrap();
    let keys = Keys::derive(&secrets(), NAME);
    keys.decode(token, browser.app.clock.now()).unwrap()
}

/// A browser that signed in at an Auth.js application with the same secret.
fn by_auth_js(app: &App, seed: u64) -> Browser {
    let user = app.store.users()[0].id.to_string();
    let claims = Map::from_iter([("sub".to_owned(), json!(user))]);
    let lifetime = Lifetime {
        now: app.clock.now(),
        max_age: DAY * 30,
    };
    let keys = Keys::derive(&secrets(), NAME);
    let mut browser = Browser::new(app);
    let token = keys.encode(claims, lifetime, &SeededRandom::new(seed));
    browser.set_cookie(NAME, &token);
    browser
}

#[tokio::test]
async fn a_session_keeps_its_id_through_renewals_and_callbacks_that_forget_it() {
    let app = Setup::listing(Strategy::Jwt).app_with(|builder| {
        builder.on_claims(|claims, _| async move {
            let kept = ["sub", "name", "email"];
            let claims = claims.into_iter();
            Ok(Some(
                claims.filter(|(name, _)| kept.contains(&&**name)).collect(),
            ))
        })
    });
    let mut browser = app.signed_in("ada@example.com").await;
    let first = claims(&browser);
    assert!(first[SID].is_string());
    for _ in 0..3 {
        app.clock.advance(DAY);
        assert!(is_signed_in(&mut browser).await);
        let renewed = claims(&browser);
        assert_eq!(renewed[SID], first[SID]);
        assert_ne!(renewed["jti"], first["jti"]);
    }
    assert_eq!(listed(&mut browser).await.len(), 1);
}

#[tokio::test]
async fn without_a_directory_tokens_are_as_auth_js_makes_them() {
    let app = Setup::jwt().app();
    let browser = app.signed_in("ada@example.com").await;
    assert!(!claims(&browser).contains_key(SID));
}

#[tokio::test]
async fn a_token_of_auth_js_gets_an_id_when_it_is_renewed_and_can_be_ended() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut ada = app.signed_in("ada@example.com").await;
    app.clock.advance(Duration::from_secs(10));
    let mut browser = by_auth_js(&app, 1);
    let before_renewal = browser.clone();
    assert!(is_signed_in(&mut browser).await);
    assert!(claims(&browser)[SID].is_string());
    assert_eq!(listed(&mut ada).await.len(), 1, "it may be forgotten");
    assert!(is_signed_in(&mut browser).await);
    let sessions = listed(&mut ada).await;
    let foreign = sessions.iter().find(|session| session["current"] == false);
    let foreign = foreign.unwrap();
    assert_eq!(foreign["created"], Value::Null);
    let body = json!({ "id": foreign["id"] });
    post_json(&mut ada, "/auth/sessions/revoke", body).await;
    for mut copy in [browser, before_renewal] {
        assert!(!is_signed_in(&mut copy).await);
    }
}

/// Pages of the application read without renewing, and Auth.js renews at every read: neither makes a session many.
#[tokio::test]
async fn a_token_of_auth_js_is_one_session_however_often_it_is_read() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut ada = app.signed_in("ada@example.com").await;
    let browser = by_auth_js(&app, 1);
    let request = || {
        let request = http::Request::get(ORIGIN).header("cookie", browser.cookie_header());
        request.body(()).unwrap().into_parts().0
    };
    for _ in 0..3 {
        let read = app.auth.session(&request()).await.unwrap();
        assert!(read.session.is_some());
        assert_eq!(read.set_cookies.len(), 1, "the id is handed out at once");
    }
    assert_eq!(listed(&mut ada).await.len(), 1);
}

/// Their tokens have no id; when they were issued decides.
#[tokio::test]
async fn ending_all_ends_tokens_of_auth_js_that_were_never_seen() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut ada = app.signed_in("ada@example.com").await;
    let mut old = by_auth_js(&app, 1);
    app.clock.advance(Duration::from_millis(1_500));
    let mut same_second = by_auth_js(&app, 2);
    let user = app.store.users()[0].id.clone();
    app.auth.revoke_sessions(&user, None).await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    let mut new = by_auth_js(&app, 3);
    assert!(!is_signed_in(&mut ada).await);
    assert!(!is_signed_in(&mut old).await);
    assert!(!is_signed_in(&mut same_second).await);
    assert!(is_signed_in(&mut new).await);
}

#[tokio::test]
async fn the_session_that_asks_goes_on_even_where_auth_js_began_it() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut ada = app.signed_in("ada@example.com").await;
    app.clock.advance(Duration::from_secs(10));
    let mut browser = by_auth_js(&app, 1);
    let other_tab = browser.clone();
    let answer = post_json(&mut browser, "/auth/sessions/revoke-others", json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!is_signed_in(&mut ada).await);
    for mut tab in [browser, other_tab] {
        assert!(is_signed_in(&mut tab).await);
    }
}

#[tokio::test]
async fn signing_out_ends_copies_of_the_token() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut browser = app.signed_in("ada@example.com").await;
    let stolen = browser.clone();
    browser.post("/auth/signout", &[]).await;
    assert!(!is_signed_in(&mut stolen.clone()).await);
    let elsewhere = replica(&app, Strategy::Jwt);
    assert!(!is_signed_in(&mut at(&stolen, &elsewhere)).await);
}

#[tokio::test]
async fn signing_out_as_auth_js_does_leaves_copies() {
    let settings = DirectorySettings {
        sign_out: TokenSignOut::CookieOnly,
        ..DirectorySettings::default()
    };
    let app = Setup::listing(Strategy::Jwt)
        .app_with(|builder| builder.session_directory_settings(settings));
    let mut browser = app.signed_in("ada@example.com").await;
    let stolen = browser.clone();
    browser.post("/auth/signout", &[]).await;
    assert!(is_signed_in(&mut stolen.clone()).await);
}

#[tokio::test]
async fn signing_out_works_while_the_store_is_away() {
    let app = Setup::listing(Strategy::Jwt).app();
    let mut browser = app.signed_in("ada@example.com").await;
    let token = browser.csrf().await;
    app.store.go_away();
    let answer = browser
        .post_bare("/auth/signout", &[("csrfToken", &token)])
        .await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(browser.cookie(NAME).is_none());
}

/// CVE-2026-9802: what was ended stays so when a process starts anew.
#[tokio::test]
async fn cve_2026_9802_an_ended_session_stays_ended_after_a_restart() {
    let (app, first, mut second) = two_browsers(Strategy::Jwt).await;
    post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
    let restarted = replica(&app, Strategy::Jwt);
    assert!(!is_signed_in(&mut at(&first, &restarted)).await);
    assert!(is_signed_in(&mut at(&second, &restarted)).await);
}

#[tokio::test]
async fn others_hear_of_it_after_the_interval_or_when_they_are_told_to_ask() {
    let (app, first, mut second) = two_browsers(Strategy::Jwt).await;
    let others = [replica(&app, Strategy::Jwt), replica(&app, Strategy::Jwt)];
    for other in &others {
        assert!(is_signed_in(&mut at(&first, other)).await);
    }
    app.clock.advance(Duration::from_secs(1));
    post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
    assert!(
        is_signed_in(&mut at(&first, &others[0])).await,
        "it has not asked"
    );
    others[1].auth.refresh_revocations().await.unwrap();
    assert!(!is_signed_in(&mut at(&first, &others[1])).await);
    app.clock.advance(Duration::from_secs(4));
    assert!(!is_signed_in(&mut at(&first, &others[0])).await);
}

#[tokio::test]
async fn while_the_list_cannot_be_read_tokens_count_or_not_as_the_settings_say() {
    for (outage, status) in [
        (Outage::Accept, StatusCode::OK),
        (Outage::Refuse, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let (app, first, _) = two_browsers(Strategy::Jwt).await;
        let settings = DirectorySettings {
            outage,
            ..DirectorySettings::default()
        };
        let other = replica_with(&app, Strategy::Jwt, |builder| {
            builder.session_directory_settings(settings)
        });
        let mut there = at(&first, &other);
        assert!(is_signed_in(&mut there).await);
        app.store.go_away();
        app.clock.advance(Duration::from_secs(5));
        let answer = there.get("/auth/session").await;
        assert_eq!(answer.status, status, "{outage:?}");
        assert!(there.cookie(NAME).is_some(), "nobody is signed out");
        app.store.come_back();
        app.clock.advance(Duration::from_secs(5));
        assert!(is_signed_in(&mut there).await);
    }
}

/// A session that was ended does not count as signed in when somebody signs in in the same browser.
#[tokio::test]
async fn an_ended_session_is_nobody_to_a_sign_in() {
    let (app, mut first, mut second) = two_browsers(Strategy::Jwt).await;
    post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
    app.clock.advance(Duration::from_secs(1));
    first.sign_in("ada@example.com").await;
    assert!(is_signed_in(&mut first).await);
    let sessions = listed(&mut first).await;
    assert_eq!(sessions.len(), 2);
}

/// A new secret before the old one: what the old one sealed is read, and sealed anew with the new one.
#[tokio::test]
async fn tokens_of_the_old_secret_are_read_and_renewed_under_the_new_one() {
    let new = "another-secret-0123456789abcdef-02";
    let list = |texts: &[&str]| Secrets::new(texts.iter().map(|text| Secret::new(*text))).unwrap();
    let (app, first, mut second) = two_browsers(Strategy::Jwt).await;
    let rotated = replica_with(&app, Strategy::Jwt, |builder| {
        builder.secrets(list(&[new, SECRET]))
    });
    let mut there = at(&first, &rotated);
    let id = claims(&there)[SID].clone();
    assert!(is_signed_in(&mut there).await);
    let renewed = there.cookie(NAME).unwrap().to_owned();
    let now = app.clock.now();
    assert!(
        Keys::derive(&list(&[SECRET]), NAME)
            .decode(&renewed, now)
            .is_err()
    );
    let claims = Keys::derive(&list(&[new]), NAME)
        .decode(&renewed, now)
        .unwrap();
    assert_eq!(claims[SID], id, "it is the same session");
    // Once the old secret is gone, what was renewed goes on and what was not does not.
    let only_new = replica_with(&app, Strategy::Jwt, |builder| builder.secrets(list(&[new])));
    assert!(is_signed_in(&mut at(&there, &only_new)).await);
    assert!(!is_signed_in(&mut at(&first, &only_new)).await);
    // Ending sessions works across the rotation.
    post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
    app.clock.advance(Duration::from_secs(5));
    assert!(!is_signed_in(&mut at(&there, &only_new)).await);
}

/// At a process that has not heard yet that it was ended, a session cannot keep itself.
#[tokio::test]
async fn an_ended_session_cannot_bring_itself_back() {
    for keeps_second in [true, false] {
        let (app, first, mut second) = two_browsers(Strategy::Jwt).await;
        let stale = replica(&app, Strategy::Jwt);
        assert!(is_signed_in(&mut at(&first, &stale)).await);
        app.clock.advance(Duration::from_secs(1));
        let user = app.store.users()[0].id.clone();
        if keeps_second {
            post_json(&mut second, "/auth/sessions/revoke-others", json!({})).await;
        } else {
            app.auth.revoke_sessions(&user, None).await.unwrap();
        }
        app.clock.advance(Duration::from_secs(1));
        assert!(is_signed_in(&mut at(&first, &stale)).await, "it is stale");
        let mut there = at(&first, &stale);
        let answer = post_json(&mut there, "/auth/sessions/revoke-others", json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        app.clock.advance(Duration::from_secs(10));
        for process in [&app, &stale] {
            assert!(!is_signed_in(&mut at(&first, process)).await);
            let goes_on = is_signed_in(&mut at(&second, process)).await;
            assert_eq!(goes_on, keeps_second);
        }
    }
}

/// The application read the session before it was ended, and keeps it after.
#[tokio::test]
async fn an_application_cannot_keep_a_session_that_was_ended_meanwhile() {
    let (app, first, _) = two_browsers(Strategy::Jwt).await;
    let request = http::Request::get(ORIGIN).header("cookie", first.cookie_header());
    let request = request.body(()).unwrap().into_parts().0;
    let session = app.auth.session(&request).await.unwrap().session.unwrap();
    let user = session.user_id();
    app.auth.revoke_sessions(user, None).await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    let elsewhere = replica(&app, Strategy::Jwt);
    let ended = elsewhere.auth.revoke_sessions(user, Some(&session)).await;
    ended.unwrap();
    for process in [&app, &elsewhere, &replica(&app, Strategy::Jwt)] {
        assert!(!is_signed_in(&mut at(&first, process)).await);
    }
}

/// What Auth.js renews keeps our id, and so stays ended. What never had one counts by when it was issued: see
/// docs/sessions.md, "What ending all cannot reach".
#[tokio::test]
async fn an_ended_session_stays_ended_when_auth_js_renews_its_token() {
    let (app, first, _) = two_browsers(Strategy::Jwt).await;
    let user = app.store.users()[0].id.clone();
    app.auth.revoke_sessions(&user, None).await.unwrap();
    app.clock.advance(Duration::from_secs(60));
    let lifetime = Lifetime {
        now: app.clock.now(),
        max_age: DAY * 30,
    };
    let keys = Keys::derive(&secrets(), NAME);
    let renewed = keys.encode(claims(&first), lifetime, &SeededRandom::new(9));
    let mut thief = Browser::new(&app);
    thief.set_cookie(NAME, &renewed);
    assert!(!is_signed_in(&mut thief).await);
}
