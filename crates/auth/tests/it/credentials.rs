//! Sign-in by credentials that the application judges: contract authjs §5.2, §9.1 and §1.2.

use std::sync::{Arc, Mutex};

use hallpass_auth::adapter::{Adapter as _, UserChanges, UserId};
use hallpass_auth::callbacks::{SignInAttempt, SignInDecision, SignInStep};
use hallpass_auth::environment::Clock as _;
use hallpass_auth::providers::{
    AuthorizeError, Authorized, CredentialField, Credentials, CredentialsProvider, EmailProvider,
};
use hallpass_auth::session::Strategy;
use hallpass_auth::{ConfigError, Strictness};
use http::StatusCode;
use serde_json::json;

use crate::app::{App, Browser, ORIGIN, Setup};

pub(crate) fn provider() -> CredentialsProvider {
    CredentialsProvider::with("credentials", async |credentials: Credentials| {
        let text = |name| credentials.text(name).unwrap_or_default().to_owned();
        match (text("username").as_str(), text("password").as_str()) {
            ("stored", "p") => Ok(Some(Authorized {
                id: Some("stored-id".to_owned()),
                ..Authorized::default()
            })),
            ("bob", "p") => Ok(Some(Authorized {
                id: Some("7".to_owned()),
                name: Some("Bob".to_owned()),
                email: Some("bob@example.com".to_owned()),
                ..Authorized::default()
            })),
            ("nameless", "p") => Ok(Some(Authorized::default())),
            ("locked", _) => Err(AuthorizeError::refused("account locked & gone")),
            ("broken", _) => Err(std::io::Error::other("planted secret").into()),
            _ => Ok(None),
        }
    })
    .field(
        CredentialField::new("username")
            .label("User name")
            .placeholder("jo"),
    )
    .field(CredentialField::new("password").kind("password"))
}

fn app(strategy: Strategy) -> App {
    Setup::of(strategy).app_with(|builder| builder.provider(provider()))
}

async fn try_as(browser: &mut Browser, username: &str, password: &str) -> crate::app::Answer {
    let members = [("username", username), ("password", password)];
    browser.post("/auth/callback/credentials", &members).await
}

#[tokio::test]
async fn good_credentials_sign_in_with_both_strategies() {
    for strategy in [Strategy::Jwt, Strategy::Database] {
        let app = app(strategy);
        let mut browser = Browser::new(&app);
        let username = match strategy {
            Strategy::Jwt => "bob",
            Strategy::Database => {
                app.add_user("stored-id", "stored@example.com").await;
                "stored"
            }
        };
        let answer = try_as(&mut browser, username, "p").await;
        assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
        assert_eq!(answer.header("location"), Some(ORIGIN));
        let session = browser.session().await;
        let email = format!("{username}@example.com");
        assert_eq!(session["user"]["email"], json!(email), "{strategy:?}");
        let rows = app.store.sessions().len();
        assert_eq!(rows, usize::from(strategy == Strategy::Database));
    }
}

/// What the application says of a user does not say whether the address is proven.
#[tokio::test]
async fn credentials_of_somebody_whose_address_is_proven_sign_in() {
    let app = app(Strategy::Database);
    app.add_user("stored-id", "stored@example.com").await;
    let proven = UserChanges {
        email_verified: Some(Some(app.clock.now())),
        ..UserChanges::default()
    };
    let id = UserId("stored-id".to_owned());
    app.store.update_user(&id, proven).await.unwrap();
    let mut browser = Browser::new(&app);
    let answer = try_as(&mut browser, "stored", "p").await;
    assert_eq!(answer.header("location"), Some(ORIGIN), "{answer:?}");
    assert_eq!(
        browser.session().await["user"]["email"],
        "stored@example.com"
    );
}

#[tokio::test]
async fn each_refusal_leads_to_its_page() {
    for (username, password, page) in [
        (
            "bob",
            "wrong",
            "/auth/signin?error=CredentialsSignin&code=credentials",
        ),
        (
            "",
            "",
            "/auth/signin?error=CredentialsSignin&code=credentials",
        ),
        (
            "locked",
            "p",
            "/auth/signin?error=CredentialsSignin&code=account+locked+%26+gone",
        ),
        ("broken", "p", "/auth/error?error=Configuration"),
    ] {
        let app = app(Strategy::Jwt);
        let mut browser = Browser::new(&app);
        let answer = try_as(&mut browser, username, password).await;
        let expected = format!("{ORIGIN}{page}");
        assert_eq!(answer.header("location"), Some(expected.as_str()));
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        assert_eq!(browser.session().await, json!(null));
    }
}

#[tokio::test]
async fn credentials_need_a_form_of_ours() {
    let app = app(Strategy::Jwt);
    let request = crate::app::form(
        "/auth/callback/credentials",
        &[("username", "bob"), ("password", "p")],
    );
    let answer = app.send(request).await;
    let expected = format!("{ORIGIN}/auth/signin?error=MissingCSRF");
    assert_eq!(answer.header("location"), Some(expected.as_str()));
}

#[tokio::test]
async fn other_methods_and_routes_are_answered_as_auth_js_does() {
    let app = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    let answer = browser
        .get("/auth/callback/credentials?username=bob&password=p")
        .await;
    let error = format!("{ORIGIN}/auth/error?error=Configuration");
    assert_eq!(answer.header("location"), Some(error.as_str()));
    let answer = browser
        .post(
            "/auth/signin/credentials",
            &[("username", "bob"), ("password", "p")],
        )
        .await;
    let page = format!("{ORIGIN}/auth/signin");
    assert_eq!(answer.header("location"), Some(page.as_str()));
    assert_eq!(browser.session().await, json!(null));
    let providers = browser.get("/auth/providers").await.json();
    assert_eq!(
        providers["credentials"],
        json!({
            "id": "credentials",
            "name": "Credentials",
            "type": "credentials",
            "signinUrl": format!("{ORIGIN}/auth/signin/credentials"),
            "callbackUrl": format!("{ORIGIN}/auth/callback/credentials"),
        })
    );
}

/// A session of somebody whom the store does not know would be nobody's.
#[tokio::test]
async fn sessions_in_the_store_need_a_user_there() {
    let app = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let answer = try_as(&mut browser, "bob", "p").await;
    let error = format!("{ORIGIN}/auth/error?error=Configuration");
    assert_eq!(answer.header("location"), Some(error.as_str()));
    assert!(app.store.sessions().is_empty());
}

/// Contract §16 row 40: such a cookie is accepted by the callback and dropped by the next read.
#[tokio::test]
async fn strictly_as_auth_js_credentials_get_a_token_under_every_strategy() {
    let app = Setup::of(Strategy::Database).app_with(|builder| {
        builder
            .provider(provider())
            .strictness(Strictness::AsAuthJs)
    });
    let mut browser = Browser::new(&app);
    let answer = try_as(&mut browser, "bob", "p").await;
    let cookies = answer.set_cookies();
    let is_token = |cookie: &&str| cookie.starts_with("authjs.session-token=eyJ");
    assert!(cookies.iter().any(is_token), "{cookies:?}");
    assert!(app.store.sessions().is_empty());
    assert_eq!(browser.session().await, json!(null));
}

#[tokio::test]
async fn another_person_signing_in_here_ends_the_session_before() {
    let app = app(Strategy::Database);
    app.add_user("stored-id", "stored@example.com").await;
    let mut browser = app.signed_in("ann@example.com").await;
    assert_eq!(app.store.sessions().len(), 1);
    try_as(&mut browser, "stored", "p").await;
    let sessions = app.store.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].user_id.as_str(), "stored-id");
}

#[tokio::test]
async fn whom_the_application_refuses_gets_no_session() {
    let app = Setup::jwt().app_with(|builder| {
        builder.provider(provider()).on_sign_in(async |attempt| {
            assert_eq!(attempt.account.provider_account_id, "7");
            Ok(SignInDecision::Deny)
        })
    });
    let mut browser = Browser::new(&app);
    let answer = try_as(&mut browser, "bob", "p").await;
    let error = format!("{ORIGIN}/auth/error?error=AccessDenied");
    assert_eq!(answer.header("location"), Some(error.as_str()));
    assert_eq!(browser.session().await, json!(null));
}

#[tokio::test]
async fn a_user_without_id_gets_one_for_the_session() {
    let app = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    try_as(&mut browser, "nameless", "p").await;
    assert_ne!(browser.session().await, json!(null));
}

/// GHSA-85v8-vx4w-q684 and CVE-2024-4629 in spirit: every check counts before it is made, for whoever it is.
#[tokio::test]
async fn cve_2024_4629_guesses_are_limited_before_they_are_judged() {
    let app = app(Strategy::Jwt);
    let mut browser = Browser::new(&app);
    for _ in 0..10 {
        let answer = try_as(&mut browser, "BOB ", "wrong").await;
        assert_eq!(answer.status, StatusCode::FOUND);
    }
    let answer = try_as(&mut browser, "bob", "p").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        try_as(&mut browser, "other", "x").await.status,
        StatusCode::FOUND
    );
}

#[test]
fn strictly_as_auth_js_credentials_alone_cannot_have_sessions_in_the_store() {
    let build = |strict, strategy| {
        let clock = Arc::new(hallpass_auth::testing::clock::FixedClock::at(
            crate::app::START,
        ));
        let random = Arc::new(hallpass_auth::testing::random::SeededRandom::new(1));
        let mut builder = hallpass_auth::Auth::builder()
            .secrets(crate::app::secrets())
            .environment(clock, random)
            .adapter(hallpass_auth::testing::memory::MemoryAdapter::new())
            .strictness(strict)
            .provider(provider());
        if let Some(strategy) = strategy {
            builder = builder.session_strategy(strategy);
        }
        builder
    };
    let error = build(Strictness::AsAuthJs, Some(Strategy::Database)).build();
    assert_eq!(error.unwrap_err(), ConfigError::UnsupportedStrategy);
    for (strict, strategy) in [
        (Strictness::Extended, Some(Strategy::Database)),
        (Strictness::AsAuthJs, Some(Strategy::Jwt)),
        (Strictness::AsAuthJs, None),
    ] {
        assert!(
            build(strict, strategy).build().is_ok(),
            "{strict:?} {strategy:?}"
        );
    }
    let clock = Arc::new(hallpass_auth::testing::clock::FixedClock::at(
        crate::app::START,
    ));
    let mailbox = hallpass_auth::mail::mailbox::Mailbox::new(clock, std::num::NonZeroUsize::MIN);
    let email = EmailProvider::new("email", "login@example.com", Arc::new(mailbox));
    let both = build(Strictness::AsAuthJs, Some(Strategy::Database)).provider(email);
    assert!(both.build().is_ok());
}

#[test]
fn what_was_submitted_does_not_print() {
    let text = format!("{:?}", provider());
    assert!(text.contains("username"), "{text}");
    let error = format!("{:?}", AuthorizeError::refused("code"));
    assert!(error.contains("code"));
}

/// Contract §7: what was submitted, whose values no log shows.
#[tokio::test]
async fn the_application_sees_what_was_submitted_before_the_session_begins() {
    let seen = Arc::new(Mutex::new(None));
    let sees = Arc::clone(&seen);
    let app = Setup::of(Strategy::Jwt).app_with(|builder| {
        builder
            .provider(provider())
            .on_sign_in(move |attempt: SignInAttempt| {
                *sees.lock().unwrap() = Some(attempt);
                async { Ok(SignInDecision::Allow) }
            })
    });
    let mut browser = Browser::new(&app);
    let members = [
        ("username", "bob"),
        ("password", "p"),
        ("team", "planted-team"),
    ];
    browser.post("/auth/callback/credentials", &members).await;
    let attempt = seen.lock().unwrap().take().unwrap();
    let credentials = attempt.credentials.as_ref().unwrap();
    for (name, value) in members {
        assert_eq!(credentials.text(name), Some(value));
    }
    assert!(!format!("{attempt:?}").contains("planted-team"));
    // By mail there are none.
    browser.ask("ann@example.com").await;
    let attempt = seen.lock().unwrap().take().unwrap();
    assert!(attempt.credentials.is_none());
    assert_eq!(attempt.step, SignInStep::VerificationRequest);
}
