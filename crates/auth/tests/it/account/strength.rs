//! A password is judged while it is typed.

use hallpass_auth::client::PeerAddress;
use hallpass_auth::limit::{LimitRules, LimitedAction, Quota, Subject};
use hallpass_auth::password::{BreachError, BreachService, PasswordSettings, Unanswered};
use hallpass_auth::session::Strategy;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::json;

use super::support::{NEW, STRATEGIES, app, app_with, options};
use crate::app::{Answer, App, Browser, form, json as json_request};

const PATH: &str = "/auth/password-strength";

async fn ask(browser: &mut Browser, password: &str) -> Answer {
    let members = [("password", password), ("name", "Ada"), ("email", "x@y.z")];
    browser.post(PATH, &members).await
}

#[tokio::test]
async fn strength_and_the_broken_rule_are_told() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = Browser::new(&app);
        let too_short = "Use at least 15 characters.";
        let common = "This is too easy to guess: use several unrelated words.";
        for (password, score, word, message) in [
            ("", 0, "very weak", json!(too_short)),
            ("hunter2", 1, "weak", json!(too_short)),
            ("passwordpassword", 0, "very weak", json!(common)),
            (NEW, 4, "strong", json!(null)),
        ] {
            let answer = ask(&mut browser, password).await;
            assert_eq!(answer.status, StatusCode::OK);
            let cached = answer.header(CACHE_CONTROL.as_str()).unwrap();
            assert!(cached.contains("no-store"), "{cached}");
            let expected = json!({ "score": score, "word": word, "message": message });
            assert_eq!(answer.json(), expected, "{password}");
        }
        let long = ask(&mut browser, &"x".repeat(5000)).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        // As pages of an application send it.
        let token = browser.csrf().await;
        let body = json!({ "csrfToken": token, "password": NEW });
        let answer = browser.send(json_request(PATH, &body)).await;
        assert_eq!(answer.json()["score"], 4);
        assert!(app.store.users().is_empty() && app.mails().is_empty());
    }
}

#[tokio::test]
async fn only_our_pages_may_ask_and_not_without_end() {
    let limits = LimitRules::none().set(
        LimitedAction::PasswordStrength,
        Subject::Client,
        vec![Quota::per_minutes(2, 1)],
    );
    let app = app_with(Strategy::Jwt, |builder| builder.limits(limits));
    let mut browser = Browser::new(&app);
    let stranger = browser.post_bare(PATH, &[("password", NEW)]).await;
    assert_ne!(stranger.status, StatusCode::OK);
    assert_ne!(browser.get(PATH).await.status, StatusCode::OK);
    let token = browser.csrf().await;
    for expected in [200, 200, 429] {
        let members = [("csrfToken", &*token), ("password", NEW)];
        let mut request = form(PATH, &members);
        let peer = PeerAddress("192.0.2.7".parse().unwrap());
        request.extensions_mut().insert(peer);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, expected);
        assert_eq!(answer.header("retry-after").is_some(), expected == 429);
    }
}

/// A service that must not be asked.
struct Never;

#[async_trait::async_trait]
impl BreachService for Never {
    async fn range(&self, _: &str) -> Result<String, BreachError> {
        panic!("nobody outside is asked about what is being typed")
    }
}

#[tokio::test]
async fn nobody_outside_learns_what_is_typed() {
    let app: App = app_with(Strategy::Jwt, |builder| {
        let settings = PasswordSettings::new(hallpass_auth::testing::memory::MemoryAdapter::new());
        builder.passwords(
            settings
                .hasher(options())
                .breaches(Never, Unanswered::Refuse),
        )
    });
    let answer = ask(&mut Browser::new(&app), NEW).await;
    assert_eq!(answer.json()["message"], json!(null));
}

#[tokio::test]
async fn pages_for_a_new_password_have_the_line() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let token = "reset-password.".to_owned() + &"0".repeat(64);
    let reset = format!("/auth/reset-password?token={token}");
    for path in [&*reset, "/auth/account"] {
        let page = browser.get(path).await.body;
        let line = "data-strength=\"http://localhost:3000/auth/password-strength\"";
        assert!(page.contains(line), "{path}");
        assert_eq!(page.matches("<script>").count(), 1, "{path}");
    }
}

/// Behind a proxy that nobody named, nobody may have passwords judged without end either.
#[tokio::test]
async fn clients_that_are_not_known_have_a_quota_together() {
    let quota = |count| vec![Quota::per_minutes(count, 1)];
    let limits = LimitRules::none()
        .set(
            LimitedAction::PasswordStrength,
            Subject::UnknownClients,
            quota(2),
        )
        .set(LimitedAction::PasswordStrength, Subject::Client, quota(1));
    let app = app_with(Strategy::Jwt, |builder| builder.limits(limits));
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    for (peer, forwarded, expected) in [
        (Some("10.0.0.7"), Some("192.0.2.1"), 200),
        (Some("10.0.0.7"), Some("192.0.2.2"), 200),
        (None, None, 429),
        // Who is known has a quota of their own.
        (Some("192.0.2.7"), None, 200),
        (Some("192.0.2.7"), None, 429),
    ] {
        let members = [("csrfToken", &*token), ("password", NEW)];
        let mut request = form(PATH, &members);
        if let Some(peer) = peer {
            let peer = PeerAddress(peer.parse().unwrap());
            request.extensions_mut().insert(peer);
        }
        if let Some(client) = forwarded {
            let client = client.parse().unwrap();
            request.headers_mut().insert("x-forwarded-for", client);
        }
        let answer = browser.send(request).await;
        assert_eq!(answer.status, expected, "{peer:?} {forwarded:?}");
    }
}
