//! People register themselves.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_auth::ConfigError;
use hallpass_auth::account::{AfterRegister, Existing, Registration};
use hallpass_auth::callbacks::{CallbackError, SignInDecision};
use hallpass_auth::environment::{Task, Tasks};
use hallpass_auth::events::{Event, EventListener};
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::{PasswordProvider, Unverified};
use hallpass_auth::session::Strategy;
use http::StatusCode;
use http::header::ACCEPT;
use serde_json::{Value, json};

use super::support::{ADA, NEW, OLD, STRATEGIES, app_with, token_of};
use crate::app::{Answer, App, Browser, ORIGIN, form};

fn app(settings: Registration) -> App {
    of(Strategy::Database, settings)
}

fn of(strategy: Strategy, settings: Registration) -> App {
    app_with(strategy, |builder| {
        builder
            .limits(LimitRules::none())
            .provider(PasswordProvider::new("password").unverified(Unverified::MayNot))
            .registration(settings)
    })
}

async fn register(browser: &mut Browser, name: &str, email: &str, password: &str) -> Answer {
    let members = [("name", name), ("email", email), ("password", password)];
    browser.post("/auth/register", &members).await
}

async fn sign_in(browser: &mut Browser, email: &str, password: &str) -> bool {
    let members = [("email", email), ("password", password)];
    let answer = browser.post("/auth/callback/password", &members).await;
    answer.location() == ORIGIN
}

const SENT: &str = "http://localhost:3000/auth/register?sent";

#[tokio::test]
async fn a_new_user_proves_the_address_and_signs_in() {
    for strategy in STRATEGIES {
        let app = of(strategy, Registration::new());
        let mut browser = Browser::new(&app);
        let answer = register(&mut browser, " Ada Lovelace ", "Ada@Example.com", NEW).await;
        answer.leads_to(SENT);
        let page = browser.get("/auth/register?sent").await.body;
        assert!(page.contains("Check your email"));
        let user = app.user(ADA);
        assert_eq!(user.name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(user.email_verified, None);
        assert!(app.has_password(ADA, NEW).await);
        assert_eq!(browser.session().await, Value::Null);
        assert!(!sign_in(&mut browser, ADA, NEW).await, "not proven yet");
        let link = app.account_link();
        browser.follow(&link).await;
        assert!(app.user(ADA).email_verified.is_some());
        assert!(sign_in(&mut browser, ADA, NEW).await);
        assert_eq!(
            browser.session().await["user"]["name"],
            json!("Ada Lovelace")
        );
    }
}

/// What a stranger could look at: status, headers, body and the number of mails.
fn seen(answer: &Answer) -> (StatusCode, Vec<String>, String) {
    let name = |cookie: &&str| cookie.split('=').next().unwrap().to_owned();
    let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    headers.extend(answer.set_cookies().iter().map(name));
    headers.extend(answer.header("location").map(str::to_owned));
    (answer.status, headers, answer.body.clone())
}

/// Keeps what is not waited for, and the names of what it hears.
#[derive(Clone, Default)]
struct Later {
    tasks: Arc<Mutex<Vec<Task>>>,
    heard: Arc<Mutex<Vec<&'static str>>>,
}

impl Tasks for Later {
    fn begin(&self, task: Task) -> Result<(), Task> {
        self.tasks.lock().unwrap().push(task);
        Ok(())
    }
}

#[async_trait]
impl EventListener for Later {
    async fn on_event(&self, event: &Event) -> Result<(), CallbackError> {
        self.heard.lock().unwrap().push(event.name());
        Ok(())
    }
}

/// What a listener takes its time for would tell a stranger that the address is new.
#[tokio::test]
async fn listeners_are_waited_for_only_where_strangers_may_know() {
    for (settings, hides) in [
        (Registration::new(), true),
        (Registration::new().existing(Existing::Tell), false),
    ] {
        let later = Later::default();
        let app = app_with(Strategy::Database, |builder| {
            builder
                .limits(LimitRules::none())
                .provider(PasswordProvider::new("password").unverified(Unverified::MayNot))
                .registration(settings)
                .tasks(later.clone())
                .listener(later.clone())
        });
        let mut browser = Browser::new(&app);
        register(&mut browser, "Ada", ADA, NEW).await.leads_to(SENT);
        let waits = std::mem::take(&mut *later.tasks.lock().unwrap());
        let heard = later.heard.lock().unwrap().clone();
        let expected: &[&str] = if hides { &[] } else { &["createUser"] };
        assert_eq!(
            (heard.as_slice(), waits.len()),
            (expected, usize::from(hides))
        );
        for task in waits {
            task.await;
        }
        assert_eq!(*later.heard.lock().unwrap(), ["createUser"]);
    }
}

#[tokio::test]
async fn who_has_an_account_is_told_to_its_owner_alone() {
    for (is_proven, subject) in [
        (true, "You have an account on localhost:3000"),
        (false, "Confirm your email for localhost:3000"),
    ] {
        told_to_its_owner_alone(is_proven, subject).await;
    }
}

async fn told_to_its_owner_alone(is_proven: bool, subject: &str) {
    let app = app(Registration::new());
    let mut first = Browser::new(&app);
    register(&mut first, "Ada", ADA, OLD).await;
    if is_proven {
        first.follow(&app.account_link()).await;
    }
    assert_eq!(app.user(ADA).email_verified.is_some(), is_proven);
    let mails = app.mails().len();
    let mut calls = Vec::new();
    let mut answers = Vec::new();
    for email in [ADA, "new@example.com"] {
        let mut stranger = Browser::new(&app);
        stranger.csrf().await;
        app.store.take_calls();
        answers.push(seen(&register(&mut stranger, "Eve", email, NEW).await));
        calls.push(app.store.take_calls());
    }
    assert_eq!(answers[0], answers[1]);
    // One more write for the one who is added, and nothing else.
    calls[1].retain(|call| *call != "create_user_with_password");
    assert_eq!(calls[0], calls[1]);
    assert_eq!(app.mails().len(), mails + 2);
    let subjects: Vec<_> = app.mails().into_iter().take(2).collect();
    assert_eq!(subjects[1], (ADA.to_owned(), subject.to_owned()));
    assert!(
        app.has_password(ADA, OLD).await,
        "the password was changed by a stranger"
    );
    assert_eq!(app.user(ADA).name.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn the_answer_of_the_guide_is_given_where_it_is_asked_for() {
    let app = app(Registration::new().existing(Existing::Tell));
    register(&mut Browser::new(&app), "Ada", ADA, OLD)
        .await
        .leads_to(SENT);
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let body = json!({ "csrfToken": token, "name": "Eve", "email": ADA, "password": NEW });
    let answer = browser
        .send(crate::app::json("/auth/register", &body))
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.json(), json!({ "error": "User already exists" }));
    let page = register(&mut browser, "Eve", ADA, NEW).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("User already exists"));
    let body = json!({ "csrfToken": token, "email": "new@example.com", "password": NEW });
    let answer = browser
        .send(crate::app::json("/auth/register", &body))
        .await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({ "url": SENT }))
    );
}

#[tokio::test]
async fn each_field_says_what_is_wrong_with_it() {
    let app = app(Registration::new());
    let long = "x".repeat(201);
    for (name, email, password, field, text) in [
        ("Ada", "ada", NEW, "email", "This is not an email address."),
        ("Ada", "", NEW, "email", "This is not an email address."),
        (
            "Ada",
            ADA,
            "short",
            "password",
            "Use at least 15 characters.",
        ),
        ("Ada", ADA, "", "password", "Use at least 15 characters."),
        (
            "Ada",
            ADA,
            "passwordpassword",
            "password",
            "This is too easy to guess",
        ),
        (
            "Ada",
            ADA,
            "ada@example.com ada",
            "password",
            "This is made of your name",
        ),
        (
            &long,
            ADA,
            NEW,
            "name",
            "Use at most 200 ordinary characters.",
        ),
        (
            "A\nda",
            ADA,
            NEW,
            "name",
            "Use at most 200 ordinary characters.",
        ),
    ] {
        let mut browser = Browser::new(&app);
        let page = register(&mut browser, name, email, password).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert!(page.body.contains(text), "{field}: {}", page.body);
        let alert = format!("id=\"{field}-alert\"");
        assert!(page.body.contains(&alert), "{field}");
        assert_eq!(page.body.matches("role=\"alert\"").count(), 1, "{field}");
        if !password.is_empty() {
            assert!(
                !page.body.contains(&format!("\"{password}\"")),
                "shown again"
            );
        }
        let members = [("name", name), ("email", email), ("password", password)];
        let token = browser.csrf().await;
        let members = [&[("csrfToken", token.as_str())], &members[..]].concat();
        let mut request = form("/auth/register", &members);
        request
            .headers_mut()
            .insert(ACCEPT, "application/json".parse().unwrap());
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let message = answer.json()["fields"][field]["message"].clone();
        assert!(message.as_str().unwrap().starts_with(text), "{message}");
    }
    assert!(app.store.users().is_empty());
    assert!(app.mails().is_empty());
}

#[tokio::test]
async fn a_weak_password_comes_with_its_strength() {
    let app = app(Registration::new());
    let mut browser = Browser::new(&app);
    let page = register(&mut browser, "Ada", ADA, "passwordpassword").await;
    assert!(
        page.body.contains("Strength: very weak</span> <meter"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn registering_signs_in_at_once_where_the_settings_say_so() {
    for strategy in STRATEGIES {
        let app = of(strategy, Registration::new().after(AfterRegister::SignIn));
        let mut browser = Browser::new(&app);
        register(&mut browser, "Ada", ADA, NEW)
            .await
            .leads_to(ORIGIN);
        assert_eq!(browser.session().await["user"]["email"], json!(ADA));
        // Not for somebody else's address.
        let mut stranger = Browser::new(&app);
        register(&mut stranger, "Eve", ADA, OLD)
            .await
            .leads_to(SENT);
        assert_eq!(stranger.session().await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_registered_twenty_times_at_once_is_one_user() {
    let app = app(Registration::new());
    let attempts = (0..20).map(|number| {
        let mut browser = Browser::new(&app);
        tokio::spawn(async move {
            let password = format!("{NEW} {number}");
            register(&mut browser, "Ada", ADA, &password).await.status
        })
    });
    for status in futures_util::future::join_all(attempts).await {
        assert_eq!(status.unwrap(), StatusCode::FOUND);
    }
    assert_eq!(app.store.users().len(), 1);
}

/// Whoever lost the mail of a registration gets another one by registering again, and keeps the first password by typing it.
#[tokio::test]
async fn a_mail_that_was_lost_comes_again_with_another_registration() {
    let app = app(Registration::new());
    register(&mut Browser::new(&app), "Ada", ADA, OLD).await;
    let mut browser = Browser::new(&app);
    register(&mut browser, "Ada", ADA, NEW).await.leads_to(SENT);
    let link = app.account_link();
    let page = browser.follow(&link).await;
    assert!(
        page.body.contains("type it here to keep it"),
        "{}",
        page.body
    );
    assert_eq!(
        app.user(ADA).email_verified,
        None,
        "the link acted by itself"
    );
    let members = [("token", token_of(&link)), ("password", OLD)];
    let answer = browser.post("/auth/verify-email", &members).await;
    answer.leads_to("http://localhost:3000/auth/verify-email?done");
    assert!(sign_in(&mut browser, ADA, OLD).await);
}

/// CVE-2026-53516: the one who registers again need not be the one who registered.
#[tokio::test]
async fn cve_2026_53516_registering_again_keeps_no_password_of_a_stranger() {
    let app = app(Registration::new());
    let mut eve = Browser::new(&app);
    register(&mut eve, "Eve", ADA, OLD).await;
    let mut ada = Browser::new(&app);
    register(&mut ada, "Ada", ADA, NEW).await;
    let link = app.account_link();
    // Nor does the browser of whoever asks for the mail count as theirs who chose the password.
    register(&mut eve, "Eve", ADA, OLD).await;
    let members = [("token", token_of(&link)), ("password", NEW)];
    let answer = ada.post("/auth/verify-email", &members).await;
    answer.leads_to("http://localhost:3000/auth/verify-email?removed");
    assert!(!sign_in(&mut eve, ADA, OLD).await);
    assert!(
        !sign_in(&mut ada, ADA, NEW).await,
        "it was never the account's"
    );
}

#[tokio::test]
async fn the_way_to_a_proof_is_named_where_one_is_asked_for() {
    for (unverified, is_named) in [(Unverified::MayNot, true), (Unverified::MaySignIn, false)] {
        let app = app_with(Strategy::Database, |builder| {
            let provider = PasswordProvider::new("password").unverified(unverified);
            builder.provider(provider).registration(Registration::new())
        });
        let mut browser = Browser::new(&app);
        let page = browser.get("/auth/signin?error=CredentialsSignin").await;
        assert_eq!(page.body.contains("is not confirmed yet"), is_named);
        assert!(page.body.contains("Forgot your password?"));
        // And it is a way.
        register(&mut browser, "Ada", ADA, OLD).await;
        browser
            .post("/auth/forgot-password", &[("email", ADA)])
            .await;
        let link = app.account_link();
        let members = [("token", token_of(&link)), ("password", NEW)];
        browser.post("/auth/reset-password", &members).await;
        assert!(sign_in(&mut browser, ADA, NEW).await);
    }
}

/// CVE-2026-53516: whoever proves the address by mail takes the account over from whoever registered it.
#[tokio::test]
async fn cve_2026_53516_a_password_of_a_stranger_ends_with_the_first_proof() {
    let app = app(Registration::new());
    let mut eve = Browser::new(&app);
    register(&mut eve, "Eve", ADA, OLD).await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(ada.session().await["user"]["email"], json!(ADA));
    assert!(
        !sign_in(&mut eve, ADA, OLD).await,
        "the stranger's password still works"
    );
}

/// CVE-2026-53516: the mail of a registration is genuine, and so is the click of whoever receives it.
#[tokio::test]
async fn cve_2026_53516_a_confirmed_address_keeps_no_password_of_a_stranger() {
    for after in [AfterRegister::Prove, AfterRegister::SignIn] {
        let app = app(Registration::new().after(after));
        let mut eve = Browser::new(&app);
        register(&mut eve, "Eve", ADA, OLD).await;
        let link = app.account_link();
        let mut ada = Browser::new(&app);
        let members = [("token", token_of(&link))];
        let answer = ada.post("/auth/verify-email", &members).await;
        answer.leads_to("http://localhost:3000/auth/verify-email?removed");
        assert!(app.user(ADA).email_verified.is_some());
        assert_eq!(eve.session().await, Value::Null, "{after:?}");
        assert!(!sign_in(&mut eve, ADA, OLD).await, "{after:?}");
        // The owner chooses another one.
        ada.post("/auth/forgot-password", &[("email", ADA)]).await;
        let link = app.account_link();
        let members = [("token", token_of(&link)), ("password", NEW)];
        ada.post("/auth/reset-password", &members).await;
        assert!(sign_in(&mut ada, ADA, NEW).await, "{after:?}");
    }
}

#[tokio::test]
async fn whom_the_application_refuses_is_not_registered() {
    let app = app_with(Strategy::Database, |builder| {
        builder
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
            .on_sign_in(async |attempt| {
                let email = attempt.user.email.unwrap_or_default();
                Ok(match email.ends_with("@corp.example") {
                    true => SignInDecision::Allow,
                    false => SignInDecision::Deny,
                })
            })
    });
    let mut browser = Browser::new(&app);
    register(&mut browser, "Eve", "eve@example.com", NEW).await;
    assert!(app.store.users().is_empty());
    register(&mut browser, "Ada", "ada@corp.example", NEW)
        .await
        .leads_to(SENT);
}

/// Whose mistake it is is told to programs by the status, whatever form of redirects they take.
#[tokio::test]
async fn a_callback_that_fails_is_told_to_programs_as_a_failure_of_the_server() {
    let app = app_with(Strategy::Database, |builder| {
        builder
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
            .on_sign_in(async |_| Err(std::io::Error::other("broken").into()))
    });
    for (header, value) in [
        ("accept", "application/json"),
        ("x-auth-return-redirect", "1"),
    ] {
        let mut browser = Browser::new(&app);
        let token = browser.csrf().await;
        let members = [
            ("csrfToken", &*token),
            ("name", "Ada"),
            ("email", ADA),
            ("password", NEW),
        ];
        let mut request = form("/auth/register", &members);
        request.headers_mut().insert(header, value.parse().unwrap());
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{header}");
        assert_eq!(answer.json()["error"], "AccessDenied", "{header}");
    }
}

#[tokio::test]
async fn registrations_of_one_address_are_limited() {
    let app = app_with(Strategy::Database, |builder| {
        builder
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
    });
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        register(&mut browser, "Ada", ADA, NEW).await.leads_to(SENT);
    }
    let answer = register(&mut browser, "Ada", ADA, NEW).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn forms_must_be_ours() {
    let app = app(Registration::new());
    let members = [("name", "Ada"), ("email", ADA), ("password", NEW)];
    let answer = app.send(form("/auth/register", &members)).await;
    answer.fails_with("signin", "MissingCSRF");
    assert!(app.store.users().is_empty());
}

#[tokio::test]
async fn the_sign_in_page_leads_to_registration_where_it_is_offered() {
    let offered = app(Registration::new());
    let page = Browser::new(&offered).get("/auth/signin").await.body;
    assert!(page.contains("href=\"http://localhost:3000/auth/register\""));
    assert!(page.contains("href=\"http://localhost:3000/auth/forgot-password\""));
    let not = app_with(Strategy::Database, |builder| builder);
    let page = Browser::new(&not).get("/auth/signin").await.body;
    assert!(!page.contains("/auth/register"));
    let answer = Browser::new(&not).get("/auth/register").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[test]
fn registration_needs_passwords_and_mails() {
    let clock = Arc::new(hallpass_auth::testing::clock::FixedClock::at(
        crate::app::START,
    ));
    let random = Arc::new(hallpass_auth::testing::random::SeededRandom::new(1));
    let built = hallpass_auth::Auth::builder()
        .secrets(crate::app::secrets())
        .environment(clock, random)
        .registration(Registration::new())
        .build();
    assert_eq!(built.unwrap_err(), ConfigError::RegistrationNeedsMore);
}
