//! What stands in the list.

use std::time::Duration;

use hallpass_auth::adapter::{Adapter, SessionRecord};
use hallpass_auth::client::{PeerAddress, TrustedProxies};
use hallpass_auth::directory::{DirectorySettings, KeepNetwork, Page, SessionDirectory};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use http::header::USER_AGENT;
use serde_json::{Value, json};

use super::{BOTH, FIREFOX, is_signed_in, list, listed, replica, two_browsers};
use crate::app::{Browser, DAY, ORIGIN, Setup, form, get};

const QUARTER: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_session_is_listed_with_what_is_known_of_it() {
    for strategy in BOTH {
        let (app, mut first, _) = two_browsers(strategy).await;
        app.clock.advance(QUARTER);
        let sessions = listed(&mut first).await;
        assert_eq!(sessions.len(), 2, "{strategy:?}");
        let mut own = sessions
            .iter()
            .find(|session| session["current"] == true)
            .unwrap()
            .clone();
        let id = own["id"].take();
        assert_eq!(id.as_str().unwrap().len(), 32);
        own["expires"].take();
        assert_eq!(
            own,
            json!({
                "id": null,
                "current": true,
                "client": "Firefox on Linux",
                "userAgent": FIREFOX,
                "network": "203.0.113.0/24",
                "country": null,
                "created": "2026-01-01T00:00:00.000Z",
                "lastSeen": "2026-01-01T00:17:00.000Z",
                "expires": null,
            }),
            "{strategy:?}"
        );
        let other = sessions.iter().find(|session| session["current"] == false);
        assert_eq!(other.unwrap()["created"], "2026-01-01T00:01:00.000Z");
        assert_eq!(other.unwrap()["client"], Value::Null);
    }
}

#[tokio::test]
async fn everybody_sees_only_their_own() {
    for strategy in BOTH {
        let (app, _, _) = two_browsers(strategy).await;
        let mut bob = app.signed_in("bob@example.com").await;
        let sessions = listed(&mut bob).await;
        assert_eq!(sessions.len(), 1, "{strategy:?}");
        assert_eq!(sessions[0]["current"], true);
    }
}

#[tokio::test]
async fn network_and_country_are_kept_as_the_settings_say() {
    let settings = DirectorySettings {
        network: KeepNetwork::No,
        country_header: Some("cf-ipcountry".parse().unwrap()),
        last_seen_interval: Duration::ZERO,
        ..DirectorySettings::default()
    };
    let proxies = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
    let app = Setup::listing(Strategy::Database).app_with(|builder| {
        builder
            .session_directory_settings(settings)
            .trusted_proxies(proxies)
    });
    let mut browser = app.signed_in("ada@example.com").await;
    let user = app.store.users()[0].id.clone();
    // Whoever comes past the proxy says what they like, and so does whoever sends no address.
    for (peer, country) in [
        (None, None),
        (Some("192.0.2.7"), None),
        (Some("10.1.2.3"), Some("FR")),
    ] {
        let mut request = get("/auth/session");
        let header = "fr".parse().unwrap();
        request.headers_mut().insert("cf-ipcountry", header);
        if let Some(peer) = peer {
            let peer = PeerAddress(peer.parse().unwrap());
            request.extensions_mut().insert(peer);
        }
        app.clock.advance(Duration::from_secs(1));
        browser.send(request).await;
        let entries = app.auth.sessions_of(&user, Page::first(10)).await.unwrap();
        assert_eq!(entries[0].client.country.as_deref(), country, "{peer:?}");
        assert_eq!(entries[0].client.network, None);
    }
}

/// What is seen costs no query but one in a quarter of an hour.
#[tokio::test]
async fn reads_are_taken_down_once_in_a_while() {
    for (strategy, read) in [
        (Strategy::Database, vec!["session_and_user"]),
        (Strategy::Jwt, vec![]),
    ] {
        let app = Setup::listing(strategy).app();
        let mut browser = app.signed_in("ada@example.com").await;
        let quiet = |calls: Vec<&'static str>| -> Vec<&'static str> {
            let mut calls = calls.into_iter();
            calls
                .by_ref()
                .filter(|call| *call != "revoked_since")
                .collect()
        };
        app.store.take_calls();
        for _ in 0..3 {
            assert!(is_signed_in(&mut browser).await);
            assert_eq!(quiet(app.store.take_calls()), read, "{strategy:?}");
        }
        app.clock.advance(QUARTER);
        let mut seen = read.clone();
        seen.push("touch");
        for expected in [&seen, &read] {
            assert!(is_signed_in(&mut browser).await);
            assert_eq!(&quiet(app.store.take_calls()), expected, "{strategy:?}");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_not_asked_by_every_read() {
    let app = Setup::listing(Strategy::Jwt).app();
    let ada = app.signed_in("ada@example.com").await;
    let mut bob = app.signed_in("bob@example.com").await;
    app.clock.advance(QUARTER);
    app.store.take_calls();
    app.store.go_away();
    for browser in [&ada, &bob, &ada] {
        assert!(is_signed_in(&mut browser.clone()).await);
    }
    assert_eq!(app.store.take_calls(), ["revoked_since", "touch"]);
    app.store.come_back();
    app.clock.advance(Duration::from_secs(30));
    assert!(is_signed_in(&mut bob).await);
    assert_eq!(app.store.take_calls(), ["revoked_since", "touch"]);
}

/// Sessions that an Auth.js application began on the same table have no entry.
#[tokio::test]
async fn sessions_of_other_applications_are_listed_and_get_an_entry_when_they_are_used() {
    let app = Setup::listing(Strategy::Database).app();
    let mut browser = app.signed_in("ada@example.com").await;
    let record = SessionRecord {
        session_token: SessionToken::new("made-by-auth-js"),
        ..app.store.sessions()[0].clone()
    };
    app.store.create_session(record).await.unwrap();
    let foreign = |sessions: Vec<Value>| {
        let mut sessions = sessions.into_iter();
        sessions
            .find(|session| session["current"] == false)
            .unwrap()
    };
    let before = foreign(listed(&mut browser).await);
    for member in ["client", "userAgent", "network", "created", "lastSeen"] {
        assert_eq!(before[member], Value::Null, "{member}");
    }
    let mut other = Browser::new(&app);
    other.set_cookie(super::NAME, "made-by-auth-js");
    let mut request = get("/auth/session");
    request
        .headers_mut()
        .insert(USER_AGENT, "curl/8.5.0".parse().unwrap());
    other.send(request).await;
    let after = foreign(listed(&mut browser).await);
    assert_eq!(after["id"], before["id"], "it is called as before");
    assert_eq!(after["client"], "curl");
    assert_eq!(after["created"], Value::Null, "nobody knows when it began");
}

#[tokio::test]
async fn what_has_ended_is_not_listed() {
    for strategy in BOTH {
        let (app, mut first, mut second) = two_browsers(strategy).await;
        second.post("/auth/signout", &[]).await;
        assert_eq!(listed(&mut first).await.len(), 1, "{strategy:?}");
        let third = app.signed_in("ada@example.com").await;
        app.clock.advance(DAY * 29);
        assert!(is_signed_in(&mut first).await);
        app.clock.advance(DAY * 2);
        drop(third);
        assert_eq!(listed(&mut first).await.len(), 1, "{strategy:?}");
    }
}

#[tokio::test]
async fn a_long_list_comes_in_parts() {
    for strategy in BOTH {
        let app = Setup::listing(strategy).app();
        let mut browser = app.signed_in("ada@example.com").await;
        for _ in 0..24 {
            // As seldom as mails are sent to one address.
            app.clock.advance(Duration::from_secs(3_600));
            app.signed_in("ada@example.com").await;
        }
        let first = list(&mut browser, "").await.json();
        let second = list(&mut browser, "?page=2").await.json();
        let ids = |part: &Value| -> Vec<String> {
            let sessions = part["sessions"].as_array().unwrap().iter();
            sessions.map(|session| session["id"].to_string()).collect()
        };
        assert_eq!(
            (first["nextPage"].as_u64(), ids(&first).len()),
            (Some(2), 20)
        );
        assert_eq!((second["nextPage"].as_u64(), ids(&second).len()), (None, 5));
        let mut all = [ids(&first), ids(&second)].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 25, "{strategy:?}");
        for odd in ["?page=0", "?page=-1", "?page=x", "?page=99999999999"] {
            let answer = list(&mut browser, odd).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(ids(&answer.json()), ids(&first), "{odd}");
        }
        let beyond = list(&mut browser, "?page=4000000000").await.json();
        assert_eq!(beyond, json!({ "sessions": [], "nextPage": null }));
    }
}

#[tokio::test]
async fn the_page_shows_the_sessions_and_a_form_for_each_other_one() {
    for strategy in BOTH {
        let (_, mut first, _) = two_browsers(strategy).await;
        let answer = first.get("/auth/sessions").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        let html = &answer.body;
        assert_eq!(html.matches("<li>").count(), 2, "{strategy:?}");
        assert_eq!(html.matches("This one").count(), 1);
        assert_eq!(html.matches("/auth/sessions/revoke\"").count(), 1);
        assert_eq!(html.matches("/auth/sessions/revoke-others\"").count(), 1);
        assert!(!html.contains("<script"));
    }
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_no_markup() {
    let app = Setup::listing(Strategy::Database).app();
    let mut browser = app.signed_in("ada@example.com").await;
    app.clock.advance(QUARTER);
    let mut request = get("/auth/sessions");
    let said = "<script>alert(1)</script> Firefox/1 \"onload=x";
    request
        .headers_mut()
        .insert(USER_AGENT, said.parse().unwrap());
    let answer = browser.send(request).await;
    assert!(answer.body.contains("<h2>Firefox"), "{}", answer.body);
    assert!(!answer.body.contains("<script"));
}

#[tokio::test]
async fn whoever_is_signed_out_is_sent_to_sign_in_and_programs_are_told() {
    for strategy in BOTH {
        let app = Setup::listing(strategy).app();
        let mut nobody = Browser::new(&app);
        let back = "callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fauth%2Fsessions";
        nobody
            .get("/auth/sessions")
            .await
            .leads_to(&format!("{ORIGIN}/auth/signin?{back}"));
        let answer = list(&mut nobody, "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.json()["message"].is_string());
    }
}

/// Whichever way a program asks for JSON, and whatever form of redirects it takes: an error looks like no success.
#[tokio::test]
async fn errors_are_told_to_programs_by_their_status() {
    let app = Setup::listing(Strategy::Database).app();
    let browser = app.signed_in("ada@example.com").await;
    for (header, value) in [
        ("accept", "application/json"),
        ("x-auth-return-redirect", "1"),
    ] {
        let mut request = form("/auth/sessions/revoke-others", &[("csrfToken", "made up")]);
        let headers = request.headers_mut();
        headers.insert(header, value.parse().unwrap());
        let answer = browser.clone().send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{header}");
        assert_eq!(answer.json()["message"], "MissingCSRF", "{header}");
        let page = format!("{ORIGIN}/auth/signin?error=MissingCSRF");
        let url = (header == "x-auth-return-redirect").then_some(page);
        assert_eq!(answer.json()["url"].as_str(), url.as_deref(), "{header}");
    }
}

#[tokio::test]
async fn without_a_directory_the_routes_are_unknown() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let unknown = browser.get("/auth/nothing").await;
    for path in ["sessions", "sessions/revoke", "sessions/revoke-others"] {
        let path = format!("/auth/{path}");
        for answer in [browser.get(&path).await, browser.post(&path, &[]).await] {
            assert_eq!(
                (answer.status, &answer.body),
                (unknown.status, &unknown.body)
            );
        }
    }
    let user = app.store.users()[0].id.clone();
    assert!(app.auth.sessions_of(&user, Page::first(1)).await.is_err());
    assert!(app.auth.revoke_sessions(&user, None).await.is_err());
}

#[tokio::test]
async fn applications_find_their_session_in_the_list() {
    for strategy in BOTH {
        let (app, first, _) = two_browsers(strategy).await;
        let request = http::Request::get(ORIGIN)
            .header("cookie", first.cookie_header())
            .body(())
            .unwrap();
        let read = app.auth.session(&request.into_parts().0).await.unwrap();
        let session = read.session.unwrap();
        assert!(!session.extra().contains_key("hallpass_sid"));
        let all = Page::first(10);
        let entries = app.auth.sessions_of(session.user_id(), all).await.unwrap();
        let own = entries
            .iter()
            .filter(|entry| Some(&entry.key) == session.key());
        assert_eq!(own.count(), 1, "{strategy:?}");
        let known = app.store.entry(session.key().unwrap()).await.unwrap();
        let created = known.unwrap().created.unwrap();
        assert_eq!(created.to_string(), "2026-01-01T00:00:00Z");
    }
}

/// The same list at every process.
#[tokio::test]
async fn another_process_shows_the_same_list() {
    for strategy in BOTH {
        let (app, mut first, _) = two_browsers(strategy).await;
        let other = replica(&app, strategy);
        let mut there = super::at(&first, &other);
        assert_eq!(
            listed(&mut there).await,
            listed(&mut first).await,
            "{strategy:?}"
        );
    }
}
