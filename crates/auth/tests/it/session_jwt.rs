//! Sessions kept in the cookie.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, Browser, DAY, Setup};

const NAME: &str = "authjs.session-token";

async fn ada() -> (App, Browser) {
    let app = Setup::jwt().app();
    let browser = app.signed_in("ada@example.com").await;
    app.store.take_calls();
    (app, browser)
}

#[tokio::test]
async fn every_read_renews_the_token_without_asking_the_store() {
    let (app, mut browser) = ada().await;
    let first = browser.cookie(NAME).unwrap().to_owned();
    app.clock.advance(DAY);
    let answer = browser.get("/auth/session").await;
    assert_eq!(
        answer.json(),
        json!({
            "user": { "name": null, "email": "ada@example.com", "image": null },
            "expires": "2026-02-01T00:00:00.000Z",
        })
    );
    assert_eq!(answer.cookie_names(), [NAME]);
    assert!(answer.set_cookies()[0].contains("; Expires=Sun, 01 Feb 2026 00:00:00 GMT;"));
    assert_ne!(browser.cookie(NAME).unwrap(), first);
    assert!(app.store.take_calls().is_empty());
}

#[tokio::test]
async fn an_unused_session_ends_after_its_time() {
    let (app, mut browser) = ada().await;
    app.clock.advance(DAY * 30 + Duration::from_secs(15));
    let answer = browser.get("/auth/session").await;
    assert_eq!(answer.body, "null");
    assert!(answer.set_cookies()[0].starts_with("authjs.session-token=; Max-Age=0"));
}

#[tokio::test]
async fn the_time_of_a_token_may_be_shorter_than_the_cookies() {
    let app = Setup::jwt().app_with(|builder| builder.token_max_age(Duration::from_secs(60)));
    let mut browser = app.signed_in("ada@example.com").await;
    app.clock.advance(Duration::from_secs(59));
    assert_ne!(browser.session().await, Value::Null);
    app.clock.advance(Duration::from_secs(80));
    assert_eq!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn updates_need_a_session_and_are_not_marked_against_caching() {
    let (app, mut browser) = ada().await;
    let token = browser.csrf().await;
    let body = json!({ "csrfToken": token, "data": { "user": { "name": "New" } } });
    let answer = browser.send(crate::app::json("/auth/session", &body)).await;
    assert_eq!(
        answer.json()["user"]["name"],
        Value::Null,
        "data is the callback's to use"
    );
    assert_eq!(answer.header("cache-control"), None);
    assert_eq!(answer.cookie_names(), [NAME]);

    let mut nobody = Browser::new(&app);
    let token = nobody.csrf().await;
    let answer = nobody
        .send(crate::app::json(
            "/auth/session",
            &json!({ "csrfToken": token }),
        ))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, "null")
    );
}

/// A token too long for one cookie is cut; it shrinks and grows without leaving pieces behind.
#[tokio::test]
async fn long_tokens_are_chunked_and_old_chunks_are_deleted() {
    let app = Setup::jwt().app_with(|builder| {
        builder.on_claims(|mut claims, cause| async move {
            if let hallpass_auth::callbacks::ClaimsCause::Update { data } = cause {
                let length = data.and_then(|data| data.as_u64()).unwrap_or_default();
                let length = usize::try_from(length).unwrap();
                claims.insert("padding".to_owned(), "x".repeat(length).into());
            }
            Ok(Some(claims))
        })
    });
    let mut browser = app.signed_in("ada@example.com").await;
    let chunk = |number: usize| format!("{NAME}.{number}");
    for (padding, chunks) in [
        (8_000, 3),
        (4_000, 2),
        (7_999, 3),
        (10, 0),
        (3_000, 2),
        (0, 0),
    ] {
        let token = browser.csrf().await;
        let body = json!({ "csrfToken": token, "data": padding });
        browser.send(crate::app::json("/auth/session", &body)).await;
        let present: Vec<usize> = (0..5)
            .filter(|number| browser.cookie(&chunk(*number)).is_some())
            .collect();
        assert_eq!(present, (0..chunks).collect::<Vec<_>>(), "{padding}");
        assert_eq!(browser.cookie(NAME).is_some(), chunks == 0, "{padding}");
        assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
    }
}

#[tokio::test]
async fn signing_out_deletes_every_chunk() {
    let app = Setup::jwt().app_with(|builder| {
        builder.on_claims(|mut claims, _| async move {
            claims.insert("padding".to_owned(), "x".repeat(5_000).into());
            Ok(Some(claims))
        })
    });
    let mut browser = app.signed_in("ada@example.com").await;
    let answer = browser.post("/auth/signout", &[]).await;
    assert_eq!(
        answer.cookie_names(),
        [format!("{NAME}.0"), format!("{NAME}.1")]
    );
    assert!(
        answer
            .set_cookies()
            .iter()
            .all(|cookie| cookie.contains("Max-Age=0"))
    );
    assert_eq!(browser.session().await, Value::Null);
}

/// A 200 may be kept by caches unless it says otherwise; a 302 may not.
#[tokio::test]
async fn sessions_that_begin_in_json_form_are_never_cached() {
    for (setup, is_json) in [
        (Setup::jwt(), true),
        (Setup::default(), true),
        (Setup::default(), false),
    ] {
        let app = setup.app();
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await;
        let link = app.last_link();
        let mut request = crate::app::get(link.strip_prefix(crate::app::ORIGIN).unwrap());
        if is_json {
            let headers = request.headers_mut();
            headers.insert("x-auth-return-redirect", "1".parse().unwrap());
        }
        let answer = browser.send(request).await;
        assert_eq!(answer.status, if is_json { 200 } else { 302 });
        assert!(answer.cookie_names().contains(&NAME));
        let caching = is_json.then_some("private, no-cache, no-store");
        assert_eq!(answer.header("cache-control"), caching);
    }
}

#[tokio::test]
async fn a_page_that_ends_after_a_sign_out_leaves_it_so() {
    let (app, mut browser) = ada().await;
    let slow = crate::app::get("/report");
    let (mut parts, ()) = slow.map(drop).into_parts();
    let cookies = browser.cookie_header().parse().unwrap();
    parts.headers.insert("cookie", cookies);
    app.clock.advance(Duration::from_secs(3_600));
    let read = app.auth.session(&parts).await.unwrap();
    assert!(read.session.is_some());
    browser.post("/auth/signout", &[]).await;
    for cookie in read.set_cookies {
        let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
        browser.set_cookie(name, rest.split(';').next().unwrap());
    }
    assert_eq!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn cookies_that_only_begin_like_the_session_are_left_alone() {
    let (_, mut browser) = ada().await;
    browser.set_cookie("authjs.session-token-of-another-app", "x");
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
    assert!(
        browser
            .cookie("authjs.session-token-of-another-app")
            .is_some()
    );
}

#[tokio::test]
async fn without_a_store_sessions_live_in_the_cookie() {
    use hallpass_auth::Auth;
    use hallpass_auth::origin::HostTrust;
    use hallpass_auth::testing::clock::FixedClock;
    use hallpass_auth::testing::random::SeededRandom;
    use std::sync::Arc;

    let (_, browser) = ada().await;
    let auth = Auth::builder()
        .secrets(crate::app::secrets())
        .environment(
            Arc::new(FixedClock::at(crate::app::START)),
            Arc::new(SeededRandom::new(1)),
        )
        .base_path("/auth")
        .trust_host(HostTrust::Trusted)
        .build()
        .unwrap();
    let mut request = crate::app::get("/auth/session");
    let cookies = browser.cookie_header().parse().unwrap();
    request.headers_mut().insert("cookie", cookies);
    let response = auth.handle(request).await;
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["user"]["email"], "ada@example.com");
}
