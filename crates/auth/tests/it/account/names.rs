//! People change their name.

use std::sync::{Arc, Mutex};

use hallpass_auth::events::Event;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::{Value, json};

use super::support::{ADA, STRATEGIES, app, app_with};
use crate::app::{Answer, Browser, ORIGIN, json as json_request};

const PATH: &str = "/auth/account/name";

async fn send(browser: &mut Browser, name: Value) -> Answer {
    let token = browser.csrf().await;
    let body = json!({ "csrfToken": token, "name": name });
    browser.send(json_request(PATH, &body)).await
}

#[tokio::test]
async fn a_name_is_changed_by_form_and_by_json_and_removed() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = app.ada().await;
        let answer = browser.post(PATH, &[("name", " Ada <b>Lovelace ")]).await;
        let target = format!("{ORIGIN}/auth/account?done=name");
        answer.leads_to(&target);
        assert_eq!(app.user(ADA).name.as_deref(), Some("Ada <b>Lovelace"));
        let page = browser.get("/auth/account?done=name").await.body;
        assert!(page.contains("Your name is changed."));
        assert!(!page.contains("<b>Lovelace"));
        let answer = send(&mut browser, json!("Augusta")).await;
        assert_eq!(answer.json(), json!({ "url": target }));
        assert_eq!(app.user(ADA).name.as_deref(), Some("Augusta"));
        for nothing in [json!(null), json!("  ")] {
            send(&mut browser, json!("Augusta")).await;
            send(&mut browser, nothing).await;
            assert_eq!(app.user(ADA).name, None);
        }
    }
}

#[tokio::test]
async fn what_is_no_name_is_refused_and_shown_again() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let before = app.user(ADA);
    for name in [
        json!("a\u{0}b"),
        json!("x".repeat(201)),
        json!(7),
        json!([]),
    ] {
        let answer = send(&mut browser, name).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["error"], "InvalidName");
    }
    let long = "x".repeat(201);
    let page = browser.post(PATH, &[("name", &long)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Use at most 200 ordinary characters."));
    assert!(page.body.contains(&long));
    assert_eq!(app.user(ADA), before);
}

#[tokio::test]
async fn only_who_is_signed_in_and_uses_our_form_changes_the_name() {
    let app = app(Strategy::Database);
    let mut ada = app.ada().await;
    let before = app.user(ADA);
    ada.post_bare(PATH, &[("name", "Eve")]).await;
    let mut stranger = Browser::new(&app);
    let answer = send(&mut stranger, json!("Eve")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = stranger.post(PATH, &[("name", "Eve")]).await;
    assert!(answer.location().contains("/auth/signin"));
    assert_eq!(app.user(ADA), before);
}

#[tokio::test]
async fn the_application_hears_of_it() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let app = app_with(Strategy::Database, |builder| {
        let builder = builder.limits(LimitRules::none());
        builder.on_event(move |event: Event| {
            if let Event::UpdateUser { user } = event {
                hears.lock().unwrap().push(user.name);
            }
            async { Ok(()) }
        })
    });
    let mut browser = app.ada().await;
    heard.lock().unwrap().clear();
    browser.post(PATH, &[("name", "Ada")]).await;
    browser.post(PATH, &[("name", "a\u{0}")]).await;
    assert_eq!(*heard.lock().unwrap(), [Some("Ada".to_owned())]);
}
