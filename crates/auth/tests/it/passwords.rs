//! Sign-in by mail address and password, on the users of the store.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use hallpass_auth::adapter::{Adapter, UserChanges, UserId};
use hallpass_auth::callbacks::{SignInAttempt, SignInDecision};
use hallpass_auth::password::{
    Algorithm, Hasher, HasherOptions, Password, PasswordHash, PasswordSettings, PasswordStore,
    Upgrade,
};
use hallpass_auth::providers::{PasswordProvider, Unverified};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::{AuthBuilder, ConfigError};
use http::StatusCode;
use serde_json::json;

use crate::app::{Answer, App, Browser, ORIGIN, Setup};

pub(crate) const PASSWORD: &str = "mauve ocelot lantern";
pub(crate) const BCRYPT: &str = "$2b$04$NWBvgyGooFL24TGsssOBR.pnLN.VkjLDILra.ZeFhxU.Cee8v2dee";

pub(crate) fn quick() -> HasherOptions {
    HasherOptions {
        algorithm: Algorithm::Argon2id {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        },
        threads: NonZeroUsize::new(2).unwrap(),
        ..HasherOptions::default()
    }
}

fn app(change: impl Fn(PasswordSettings) -> PasswordSettings, provider: PasswordProvider) -> App {
    app_with(Setup::default(), change, provider)
}

/// The store is made with the application, so the settings get a clone of it afterwards.
fn app_with(
    setup: Setup,
    change: impl Fn(PasswordSettings) -> PasswordSettings,
    provider: PasswordProvider,
) -> App {
    setup.app_with_store(|builder: AuthBuilder, store| {
        let settings = change(PasswordSettings::new(store).hasher(quick()));
        builder.passwords(settings).provider(provider)
    })
}

fn plain() -> App {
    app(|settings| settings, PasswordProvider::new("password"))
}

pub(crate) async fn hash(password: &str) -> PasswordHash {
    let hasher = Hasher::new(&quick(), Arc::new(SeededRandom::new(3)));
    hasher
        .hash(Password::parse(password).unwrap())
        .await
        .unwrap()
}

pub(crate) async fn add(app: &App, email: &str, stored: Option<PasswordHash>) -> UserId {
    let user = app.add_user(&format!("id of {email}"), email).await;
    if let Some(stored) = stored {
        assert!(
            app.store
                .set_password(&user.id, None, stored)
                .await
                .unwrap()
        );
    }
    app.store.take_calls();
    user.id
}

pub(crate) async fn try_as(browser: &mut Browser, email: &str, password: &str) -> Answer {
    let members = [("email", email), ("password", password)];
    browser.post("/auth/callback/password", &members).await
}

pub(crate) const NOBODY: &str =
    "http://localhost:3000/auth/signin?error=CredentialsSignin&code=credentials";

#[tokio::test]
async fn the_right_password_signs_in_with_both_strategies() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let provider = PasswordProvider::new("password");
        let app = app_with(Setup::of(strategy), |settings| settings, provider);
        add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
        let mut browser = Browser::new(&app);
        // However the address is typed.
        let answer = try_as(&mut browser, " ANN@Example.com ", PASSWORD).await;
        answer.leads_to(ORIGIN);
        let session = browser.session().await;
        assert_eq!(session["user"]["email"], json!("ann@example.com"));
        let sessions = app.store.sessions().len();
        assert_eq!(sessions, usize::from(strategy == Strategy::Database));
        assert!(app.store.accounts().is_empty());
    }
}

/// Unknown, wrong, without password, garbage in the row, not proven: one answer, the same calls.
#[tokio::test]
async fn whoever_may_not_sign_in_learns_nothing_of_why() {
    let provider = PasswordProvider::new("password").unverified(Unverified::MayNot);
    let app = app(|settings| settings, provider);
    add(
        &app,
        "wrong@example.com",
        Some(hash("another password").await),
    )
    .await;
    add(&app, "none@example.com", None).await;
    add(
        &app,
        "garbage@example.com",
        Some(PasswordHash::new("garbage")),
    )
    .await;
    add(&app, "bcrypt@example.com", Some(PasswordHash::new(BCRYPT))).await;
    add(&app, "unproven@example.com", Some(hash(PASSWORD).await)).await;
    let mut calls = Vec::new();
    for email in [
        "unknown@example.com",
        "wrong@example.com",
        "none@example.com",
        "garbage@example.com",
        "bcrypt@example.com",
        "unproven@example.com",
    ] {
        let mut browser = Browser::new(&app);
        browser.csrf().await;
        app.store.take_calls();
        let answer = try_as(&mut browser, email, PASSWORD).await;
        answer.leads_to(NOBODY);
        assert!(answer.set_cookies().is_empty());
        assert!(answer.body.is_empty());
        calls.push(app.store.take_calls());
    }
    calls.dedup();
    assert_eq!(calls, [["user_and_password"]]);
    assert!(app.store.sessions().is_empty());
}

#[tokio::test]
async fn a_proven_address_may_sign_in_where_that_is_asked_for() {
    let provider = PasswordProvider::new("password").unverified(Unverified::MayNot);
    let app = app(|settings| settings, provider);
    let id = add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
    let changes = UserChanges {
        email_verified: Some(Some(crate::app::START.parse().unwrap())),
        ..UserChanges::default()
    };
    app.store.update_user(&id, changes).await.unwrap();
    let mut browser = Browser::new(&app);
    try_as(&mut browser, "ann@example.com", PASSWORD)
        .await
        .leads_to(ORIGIN);
}

#[tokio::test]
async fn what_is_no_address_or_no_password_is_nobodys() {
    let app = plain();
    let long = "x".repeat(5_000);
    for (email, password) in [
        ("", PASSWORD),
        ("ann", PASSWORD),
        ("a@b@c", PASSWORD),
        ("a\u{0}@example.com", PASSWORD),
        (long.as_str(), PASSWORD),
        ("ann@example.com", long.as_str()),
        ("ann@example.com", ""),
    ] {
        let mut browser = Browser::new(&app);
        try_as(&mut browser, email, password).await.leads_to(NOBODY);
    }
    // Not even text.
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let body =
        json!({ "csrfToken": token, "email": ["ann@example.com"], "password": { "$ne": "" } });
    let answer = browser
        .send(crate::app::json("/auth/callback/password", &body))
        .await;
    answer.leads_to(NOBODY);
}

#[tokio::test]
async fn hashes_of_another_application_stay_unless_the_settings_say_otherwise() {
    let typed = "correct horse battery staple";
    for (upgrade, stays) in [(Upgrade::Never, true), (Upgrade::AtSignIn, false)] {
        let app = app(
            |settings| settings.upgrade(upgrade),
            PasswordProvider::new("password"),
        );
        let id = add(&app, "ann@example.com", Some(PasswordHash::new(BCRYPT))).await;
        let mut browser = Browser::new(&app);
        try_as(&mut browser, "ann@example.com", "wrong horse")
            .await
            .leads_to(NOBODY);
        let kept = app.store.password(&id).await.unwrap().unwrap();
        assert_eq!(kept.expose(), BCRYPT, "a wrong password upgraded the hash");
        try_as(&mut browser, "ann@example.com", typed)
            .await
            .leads_to(ORIGIN);
        let kept = app.store.password(&id).await.unwrap().unwrap();
        assert_eq!(kept.expose() == BCRYPT, stays);
        assert_eq!(kept.expose().starts_with("$argon2id$"), !stays);
        try_as(&mut browser, "ann@example.com", typed)
            .await
            .leads_to(ORIGIN);
    }
}

#[tokio::test]
async fn a_storm_of_sign_ins_is_told_to_come_back_and_stalls_no_session() {
    let slow = HasherOptions {
        algorithm: Algorithm::default(),
        threads: NonZeroUsize::MIN,
        waiting: NonZeroUsize::MIN,
        ..HasherOptions::default()
    };
    let app = app(
        |settings| settings.hasher(slow.clone()),
        PasswordProvider::new("password"),
    );
    let mut browser = app.signed_in("ann@example.com").await;
    let token = browser.csrf().await;
    let attempts = (0..12).map(|number| {
        let mut browser = browser.clone();
        let email = format!("user{number}@example.com");
        let token = token.clone();
        async move {
            let members = [
                ("csrfToken", token.as_str()),
                ("email", &email),
                ("password", PASSWORD),
            ];
            browser
                .post_bare("/auth/callback/password", &members)
                .await
                .status
        }
    });
    let mut storm = Box::pin(futures_util::future::join_all(attempts));
    assert!(futures_util::poll!(storm.as_mut()).is_pending());
    assert_eq!(
        browser.session().await["user"]["email"],
        json!("ann@example.com")
    );
    let statuses = storm.await;
    let refused = statuses
        .iter()
        .filter(|status| **status == StatusCode::SERVICE_UNAVAILABLE);
    assert!((9..12).contains(&refused.count()), "{statuses:?}");
}

/// CVE-2024-4629, GHSA-85v8-vx4w-q684: counted before the check, for whoever it is, known or not.
#[tokio::test]
async fn ghsa_85v8_vx4w_q684_guesses_at_one_address_are_limited() {
    for email in ["known@example.com", "unknown@example.com"] {
        let app = plain();
        add(&app, "known@example.com", Some(hash(PASSWORD).await)).await;
        let mut browser = Browser::new(&app);
        for _ in 0..10 {
            try_as(&mut browser, email, "wrong").await.leads_to(NOBODY);
        }
        let answer = try_as(&mut browser, email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{email}");
    }
}

#[tokio::test]
async fn success_forgets_the_failures_before() {
    let app = plain();
    add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
    let mut browser = Browser::new(&app);
    for _ in 0..3 {
        for _ in 0..9 {
            try_as(&mut browser, "ann@example.com", "wrong")
                .await
                .leads_to(NOBODY);
        }
        try_as(&mut browser, "ann@example.com", PASSWORD)
            .await
            .leads_to(ORIGIN);
    }
}

#[tokio::test]
async fn the_page_offers_the_form() {
    let app = plain();
    let mut browser = Browser::new(&app);
    let page = browser.get("/auth/signin").await.body;
    let forms = crate::html::forms(&page);
    let form = forms
        .iter()
        .find(|form| form["action"] == json!(format!("{ORIGIN}/auth/callback/password")))
        .expect("a form for passwords");
    assert_eq!(form["inputs"][0]["name"], json!("csrfToken"));
    for name in ["email", "password"] {
        let input = format!("<input name=\"{name}\" id=\"input-{name}-for-password-provider\"");
        assert!(page.contains(&input), "{name}");
    }
    assert!(page.contains("autocomplete=\"current-password\""));
    assert!(page.contains("autocomplete=\"username\""));
}

#[tokio::test]
async fn a_store_that_is_away_is_told_apart_from_a_wrong_password() {
    let app = plain();
    let mut browser = Browser::new(&app);
    browser.csrf().await;
    app.store.go_away();
    let answer = try_as(&mut browser, "ann@example.com", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let builder = |settings: Option<PasswordSettings>| {
        let clock = Arc::new(hallpass_auth::testing::clock::FixedClock::at(
            crate::app::START,
        ));
        let builder = hallpass_auth::Auth::builder()
            .secrets(crate::app::secrets())
            .environment(clock, Arc::new(SeededRandom::new(1)))
            .adapter(hallpass_auth::testing::memory::MemoryAdapter::new())
            .provider(PasswordProvider::new("password"));
        match settings {
            Some(settings) => builder.passwords(settings).build(),
            None => builder.build(),
        }
    };
    let settings = || PasswordSettings::new(hallpass_auth::testing::memory::MemoryAdapter::new());
    let rules = |min_length, max_length| hallpass_auth::password::Rules {
        min_length,
        max_length,
        ..Default::default()
    };
    let algorithm = |algorithm| HasherOptions {
        algorithm,
        ..quick()
    };
    let length = |min, max| ConfigError::PasswordLength { min, max };
    for (settings, expected) in [
        (
            None,
            ConfigError::ProviderNeedsPasswords("password".to_owned()),
        ),
        (Some(settings().rules(rules(7, 256))), length(7, 256)),
        (Some(settings().rules(rules(15, 127))), length(15, 127)),
        (Some(settings().rules(rules(200, 150))), length(200, 150)),
        (
            Some(settings().rules(rules(14, 256))),
            ConfigError::PasswordLengthAlone { min: 14 },
        ),
        (
            Some(settings().rules(hallpass_auth::password::Rules::with_second_factor())),
            ConfigError::PasswordLengthAlone { min: 8 },
        ),
        (
            Some(settings().hasher(algorithm(Algorithm::Bcrypt { cost: 31 }))),
            ConfigError::PasswordCost,
        ),
        (
            Some(settings().hasher(algorithm(Algorithm::Argon2id {
                memory_kib: 1,
                passes: 0,
                lanes: 1,
            }))),
            ConfigError::PasswordCost,
        ),
    ] {
        assert_eq!(builder(settings).unwrap_err(), expected);
        assert!(!expected.help().is_empty());
    }
    assert!(builder(Some(settings().rules(rules(15, 128)))).is_ok());
}

/// Contract §7. Whoever does not judge the password need not see it.
#[tokio::test]
async fn the_application_sees_what_was_submitted_without_the_password() {
    let seen = Arc::new(Mutex::new(None));
    let sees = Arc::clone(&seen);
    let app = Setup::default().app_with_store(|builder: AuthBuilder, store| {
        builder
            .passwords(PasswordSettings::new(store).hasher(quick()))
            .provider(PasswordProvider::new("password"))
            .on_sign_in(move |attempt: SignInAttempt| {
                *sees.lock().unwrap() = attempt.credentials;
                async { Ok(SignInDecision::Allow) }
            })
    });
    add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
    let mut browser = Browser::new(&app);
    let members = [
        ("email", "Ann@example.com"),
        ("password", PASSWORD),
        ("team", "red"),
    ];
    let answer = browser.post("/auth/callback/password", &members).await;
    assert_eq!(answer.location(), ORIGIN);
    let credentials = seen.lock().unwrap().take().unwrap();
    assert_eq!(credentials.text("email"), Some("Ann@example.com"));
    assert_eq!(credentials.text("team"), Some("red"));
    assert!(credentials.get("password").is_none());
}
