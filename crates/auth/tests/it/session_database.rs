//! Sessions kept in the store.

use std::time::Duration;

use hallpass_auth::adapter::Adapter;
use hallpass_auth::secret::SessionToken;
use hallpass_auth::time::iso_millis;
use serde_json::{Value, json};

use crate::app::{App, Browser, DAY, Setup};

const NAME: &str = "authjs.session-token";

async fn ada() -> (App, Browser) {
    let app = Setup::default().app();
    let browser = app.signed_in("ada@example.com").await;
    app.store.take_calls();
    (app, browser)
}

fn row_expires(app: &App) -> String {
    iso_millis(app.store.sessions()[0].expires)
}

#[tokio::test]
async fn a_read_is_one_call_and_renews_the_cookie_without_a_write() {
    let (app, mut browser) = ada().await;
    app.clock.advance(DAY - Duration::from_secs(1));
    let answer = browser.get("/auth/session").await;
    assert_eq!(
        answer.json(),
        json!({
            "user": { "name": null, "email": "ada@example.com", "image": null },
            "expires": "2026-01-31T00:00:00.000Z",
        })
    );
    assert!(answer.set_cookies()[0].contains("; Expires=Sat, 31 Jan 2026 23:59:59 GMT;"));
    assert_eq!(app.store.take_calls(), ["session_and_user"]);
    assert_eq!(row_expires(&app), "2026-01-31T00:00:00.000Z");
}

#[tokio::test]
async fn once_a_day_the_row_moves_and_the_answer_shows_where_it_was() {
    let (app, mut browser) = ada().await;
    app.clock.advance(DAY);
    let shown = browser.session().await;
    assert_eq!(shown["expires"], "2026-01-31T00:00:00.000Z");
    assert_eq!(row_expires(&app), "2026-02-01T00:00:00.000Z");
    assert_eq!(
        app.store.take_calls(),
        ["session_and_user", "extend_session"]
    );
    browser.session().await;
    assert_eq!(app.store.take_calls(), ["session_and_user"]);
}

#[tokio::test]
async fn the_ages_can_be_set() {
    let app = Setup::default().app_with(|builder| {
        builder
            .session_max_age(Duration::from_secs(100))
            .session_update_age(Duration::ZERO)
    });
    let mut browser = app.signed_in("ada@example.com").await;
    assert_eq!(row_expires(&app), "2026-01-01T00:01:40.000Z");
    app.clock.advance(Duration::from_secs(60));
    browser.session().await;
    assert_eq!(row_expires(&app), "2026-01-01T00:02:40.000Z");
}

#[tokio::test]
async fn an_expired_session_is_removed_with_its_cookie() {
    let (app, mut browser) = ada().await;
    app.clock.advance(DAY * 30);
    assert_ne!(
        browser.session().await,
        Value::Null,
        "the last moment counts"
    );
    app.clock.advance(DAY * 30 + Duration::from_millis(1));
    let answer = browser.get("/auth/session").await;
    assert_eq!(answer.body, "null");
    assert!(answer.set_cookies()[0].starts_with("authjs.session-token=; Max-Age=0"));
    assert!(app.store.sessions().is_empty());
}

#[tokio::test]
async fn an_unknown_token_loses_its_cookie() {
    let (app, _) = ada().await;
    for token in ["unknown", "%00", "%F0%9F%9A%80", &"x".repeat(4_000)] {
        let mut browser = Browser::new(&app);
        browser.set_cookie(NAME, token);
        assert_eq!(browser.session().await, Value::Null);
        assert!(browser.cookie(NAME).is_none());
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_in_the_store() {
    let (app, mut browser) = ada().await;
    let stolen = browser.clone();
    let answer = browser
        .post("/auth/signout", &[("callbackUrl", "/bye")])
        .await;
    answer.leads_to("http://localhost:3000/bye");
    assert_eq!(answer.cookie_names(), ["authjs.callback-url", NAME]);
    assert!(app.store.sessions().is_empty());
    assert_eq!(stolen.clone().session().await, Value::Null);
}

/// A cookie of an older, chunked session is no part of a token, which is never chunked.
#[tokio::test]
async fn stray_chunks_neither_change_the_session_nor_outlive_an_answer() {
    let stray = format!("{NAME}.0");
    let (app, browser) = ada().await;
    let with_stray = || {
        let mut before = browser.clone();
        before.set_cookie(&stray, "x");
        let mut after = Browser::new(&app);
        after.set_cookie(&stray, "x");
        after.set_cookie(NAME, browser.cookie(NAME).unwrap());
        [before, after]
    };
    for mut browser in with_stray() {
        assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
        assert!(browser.cookie(&stray).is_none() && browser.cookie(NAME).is_some());
    }
    for mut browser in with_stray() {
        app.store.take_calls();
        let answer = browser.post("/auth/signout", &[]).await;
        assert_eq!(answer.set_cookies().len(), 2, "both go: {answer:?}");
        assert!(app.store.sessions().is_empty());
    }
    let mut alone = Browser::new(&app);
    alone.set_cookie(&stray, "x");
    app.store.take_calls();
    assert_eq!(alone.session().await, Value::Null);
    assert!(alone.cookie(&stray).is_none() && app.store.take_calls().is_empty());
}

#[tokio::test]
async fn signing_in_over_a_stray_chunk_ends_the_session_that_was_there() {
    let (app, mut browser) = ada().await;
    let of_ada = app.store.sessions()[0].user_id.clone();
    app.signed_in("bob@example.com").await;
    browser.set_cookie(&format!("{NAME}.0"), "x");
    browser.sign_in("bob@example.com").await;
    let sessions = app.store.sessions();
    assert!(sessions.iter().all(|session| session.user_id != of_ada));
    assert!(browser.cookie(&format!("{NAME}.0")).is_none());
    assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
}

#[tokio::test]
async fn long_tokens_of_the_application_are_not_chunked() {
    let app = Setup::default()
        .app_with(|builder| builder.session_token_with(|| SessionToken::new("x".repeat(4_000))));
    let mut browser = app.signed_in("ada@example.com").await;
    assert_eq!(browser.cookie(NAME).unwrap().len(), 4_000);
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn signing_out_without_a_session_is_no_error() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let answer = browser.post("/auth/signout", &[]).await;
    answer.leads_to("http://localhost:3000");
    assert!(answer.set_cookies().is_empty());
}

/// GHSA-2vg6-77g8-24mp: a session does not outlive its user.
#[tokio::test]
async fn ghsa_2vg6_77g8_24mp_the_session_of_a_deleted_user_is_none() {
    let (app, mut browser) = ada().await;
    let id = app.store.users()[0].id.clone();
    app.store.delete_user(&id).await.unwrap();
    assert_eq!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn tokens_can_be_made_by_the_application() {
    let app = Setup::default()
        .app_with(|builder| builder.session_token_with(|| SessionToken::new("made by us")));
    let browser = app.signed_in("ada@example.com").await;
    assert_eq!(browser.cookie(NAME), Some("made%20by%20us"));
    assert_eq!(app.store.sessions()[0].session_token.expose(), "made by us");
}

#[tokio::test]
async fn users_columns_of_the_application_reach_it_but_not_the_browser() {
    use hallpass_auth::adapter::UserChanges;

    let (app, mut browser) = ada().await;
    let id = app.store.users()[0].id.clone();
    let mut changes = UserChanges::default();
    changes.extra.insert("role".to_owned(), "admin".into());
    app.store.update_user(&id, changes).await.unwrap();
    let request = http::Request::get("http://localhost:3000/")
        .header("cookie", browser.cookie_header())
        .body(())
        .unwrap();
    let read = app.auth.session(&request.into_parts().0).await.unwrap();
    assert_eq!(read.session.unwrap().extra()["role"], "admin");
    assert!(!browser.session().await.to_string().contains("admin"));
}
