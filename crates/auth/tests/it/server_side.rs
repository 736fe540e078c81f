//! What an application asks the engine on the server.

use std::time::Duration;

use bytes::Bytes;
use hallpass_auth::Pages;
use hallpass_auth::jwe::{Keys, Lifetime};
use hallpass_auth::origin::{HostTrust, Origin};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::random::SeededRandom;
use http::Request;
use http::request::Parts;
use serde_json::{Map, Value, json};

use crate::app::{App, Browser, DAY, START, Setup, secrets};

const NAME: &str = "authjs.session-token";

fn parts(request: http::request::Builder) -> Parts {
    request.body(Bytes::new()).unwrap().into_parts().0
}

fn visit(cookies: &str) -> Parts {
    parts(
        Request::get("/todos?page=2")
            .header("host", "localhost:3000")
            .header("cookie", cookies),
    )
}

#[tokio::test]
async fn the_session_says_who_is_signed_in_and_brings_the_cookie_to_renew() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let browser = app.signed_in("ada@example.com").await;
        app.clock.advance(DAY * 2);
        let read = app
            .auth
            .session(&visit(&browser.cookie_header()))
            .await
            .unwrap();
        let session = read.session.unwrap();
        assert_eq!(*session.user_id(), app.store.users()[0].id);
        assert_eq!(session.user().email.as_deref(), Some("ada@example.com"));
        assert_eq!(session.display_name(), "ada@example.com");
        assert_eq!(session.expires(), "2026-02-02T00:00:00Z".parse().unwrap());
        assert!(session.extra().is_empty());
        let cookie = read.set_cookies[0].to_str().unwrap();
        assert!(cookie.starts_with(NAME) && cookie.contains("Mon, 02 Feb 2026"));
        assert!(
            !format!("{session:?}").contains("ada@"),
            "addresses do not print"
        );
    }
}

/// A page that began before a sign-out and ends after it must not bring the session back.
#[tokio::test]
async fn a_page_renews_nothing_before_its_time() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let cookies = app.signed_in("ada@example.com").await.cookie_header();
        for (advance, session_ends, renewed) in [
            (Duration::ZERO, "2026-01-31T00:00:00Z", false),
            (DAY - Duration::from_secs(1), "2026-01-31T00:00:00Z", false),
            (Duration::from_secs(1), "2026-02-01T00:00:00Z", true),
        ] {
            app.clock.advance(advance);
            let read = app.auth.session(&visit(&cookies)).await.unwrap();
            assert_eq!(read.set_cookies.len(), usize::from(renewed));
            let session = read.session.unwrap();
            assert_eq!(session.expires(), session_ends.parse().unwrap());
        }
    }
}

/// An answer that goes on for days looks at the session again and again; that is no use of it.
#[tokio::test]
async fn a_session_that_is_only_watched_runs_out() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let browser = app.signed_in("ada@example.com").await;
        let held = visit(&browser.cookie_header());
        for _ in 0..29 {
            app.clock.advance(DAY);
            let session = app.auth.watched_session(&held).await.unwrap();
            let session = session.unwrap();
            assert_eq!(*session.user_id(), app.store.users()[0].id);
        }
        // At its very end it is still one; tokens have some seconds beyond, for clocks that differ.
        app.clock.advance(DAY + Duration::from_secs(60));
        assert_eq!(app.auth.watched_session(&held).await.unwrap(), None);
        // Of a token in the header as of a cookie.
        let browser = app.signed_in("ada@example.com").await;
        let cookies = browser.cookie_header();
        let token = cookies.split_once(&format!("{NAME}=")).unwrap().1;
        let token = token.split(';').next().unwrap();
        let bearing = |token: &str| {
            let request = Request::get("/todos").header("host", "localhost:3000");
            parts(request.header("authorization", format!("Bearer {token}")))
        };
        let shown = bearing(token);
        assert!(app.auth.watched_session(&shown).await.unwrap().is_some());
        assert!(
            app.auth
                .watched_session(&bearing("x"))
                .await
                .unwrap()
                .is_none()
        );
        app.clock.advance(DAY * 30 + Duration::from_secs(60));
        assert_eq!(app.auth.watched_session(&shown).await.unwrap(), None);
    }
}

fn token(claims: Value) -> String {
    let lifetime = Lifetime {
        now: START.parse().unwrap(),
        max_age: DAY,
    };
    let Value::Object(claims) = claims else {
        panic!()
    };
    let claims: Map<String, Value> = claims;
    Keys::derive(&secrets(), NAME).encode(claims, lifetime, &SeededRandom::new(7))
}

#[tokio::test]
async fn claims_of_the_application_are_at_hand() {
    let app = Setup::jwt().app();
    let token = token(json!({ "sub": 42, "name": "Ada", "picture": "/a.png", "role": "admin" }));
    let read = app
        .auth
        .session(&visit(&format!("{NAME}={token}")))
        .await
        .unwrap();
    let session = read.session.unwrap();
    assert_eq!(session.user_id().as_str(), "42");
    assert_eq!(session.display_name(), "Ada");
    assert_eq!(session.user().image.as_deref(), Some("/a.png"));
    assert_eq!(
        Value::Object(session.extra().clone()),
        json!({ "role": "admin" })
    );
}

/// CVE-2023-48309, CVE-2026-82968: a token that does not say whose it is proves nothing.
#[tokio::test]
async fn a_token_without_subject_is_nobody() {
    let app = Setup::jwt().app();
    for claims in [
        json!({ "name": "Ada" }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": {} }),
        json!({ "sub": true }),
    ] {
        let cookie = format!("{NAME}={}", token(claims));
        let read = app.auth.session(&visit(&cookie)).await.unwrap();
        assert!(read.session.is_none());
    }
}

#[tokio::test]
async fn whatever_is_wrong_is_nobody() {
    let app: App = Setup::default().app();
    let browser = app.signed_in("ada@example.com").await;
    let cookies = browser.cookie_header();
    for wrong in [
        "",
        "=",
        ";;;",
        "authjs.session-token",
        "authjs.session-token=%",
    ] {
        let read = app.auth.session(&visit(wrong)).await.unwrap();
        assert!(read.session.is_none(), "{wrong}");
    }
    let nameless = parts(Request::get("/").header("cookie", &cookies));
    assert!(app.auth.session(&nameless).await.unwrap().session.is_none());
    let https = parts(
        Request::get("/")
            .header("host", "localhost:3000")
            .header("x-forwarded-proto", "https")
            .header("cookie", &cookies),
    );
    assert!(app.auth.session(&https).await.unwrap().session.is_none());
    app.clock.advance(DAY * 31);
    assert!(
        app.auth
            .session(&visit(&cookies))
            .await
            .unwrap()
            .session
            .is_none()
    );
}

/// GHSA-8fpg-xm3f-6cx3 / CVE-2026-73421: a mistake of the configuration opens nothing.
#[tokio::test]
async fn ghsa_8fpg_xm3f_6cx3_an_untrusted_host_is_nobody() {
    let app = Setup::default().app();
    let cookies = app.signed_in("ada@example.com").await.cookie_header();
    let untrusted = Setup::default().app_with(|builder| {
        builder
            .trust_host(HostTrust::Untrusted)
            .adapter(app.store.clone())
    });
    let read = untrusted.auth.session(&visit(&cookies)).await.unwrap();
    assert!(read.session.is_none() && read.set_cookies.is_empty());
    let mut browser = Browser::new(&untrusted);
    for pair in cookies.split("; ") {
        let (name, value) = pair.split_once('=').unwrap();
        browser.set_cookie(name, value);
    }
    let answer = browser.get("/auth/session").await;
    assert!(!answer.status.is_success(), "clients take it as no session");
}

#[test]
fn changes_are_taken_from_our_own_pages_only() {
    let app = Setup::default().app();
    let sent = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/todos").header("host", "localhost:3000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.auth.is_same_origin(&parts(request))
    };
    for (headers, same) in [
        (vec![], true),
        (vec![("sec-fetch-site", "same-origin")], true),
        (vec![("sec-fetch-site", "none")], true),
        (vec![("sec-fetch-site", "same-site")], false),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "odd")], false),
        (vec![("origin", "http://localhost:3000")], true),
        (vec![("origin", "http://localhost:3001")], false),
        (vec![("origin", "https://localhost:3000")], false),
        (vec![("origin", "http://localhost:3000.evil.test")], false),
        (vec![("origin", "null")], false),
        (vec![("origin", "")], false),
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("origin", "http://localhost:3000"),
            ],
            false,
        ),
    ] {
        assert_eq!(sent(&headers), same, "{headers:?}");
    }
    let reading = parts(Request::get("/todos").header("sec-fetch-site", "cross-site"));
    assert!(app.auth.is_same_origin(&reading));
    let untrusted = Setup::default().app_with(|builder| builder.trust_host(HostTrust::Untrusted));
    let claimed = parts(
        Request::post("/todos")
            .header("host", "localhost:3000")
            .header("origin", "http://localhost:3000"),
    );
    assert!(!untrusted.auth.is_same_origin(&claimed));
}

#[test]
fn the_way_to_the_sign_in_page_leads_back() {
    let app = Setup::default().app();
    let request = visit("");
    assert_eq!(
        app.auth.sign_in_url(&request.uri),
        "/auth/signin?callbackUrl=%2Ftodos%3Fpage%3D2"
    );
    let own = Pages {
        sign_in: Some("/login?lang=en".to_owned()),
        ..Pages::default()
    };
    let app = Setup::default().app_with(|builder| {
        builder
            .pages(own)
            .origin(Origin::parse("https://app.test").unwrap())
    });
    assert_eq!(
        app.auth.sign_in_url(&request.uri),
        "/login?lang=en&callbackUrl=%2Ftodos%3Fpage%3D2"
    );
}

#[test]
fn auth_is_cheap_to_share() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<hallpass_auth::Auth>();
}
