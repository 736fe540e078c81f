//! The account page, the Rust API, and whatever anybody sends.

use bytes::Bytes;
use hallpass_auth::account::{AccountError, Opener, Refusal};
use hallpass_auth::session::Strategy;
use http::{Request, StatusCode};
use proptest::prelude::*;

use super::support::{ADA, NEW, OLD, app, token_of};
use crate::app::{App, Browser, ORIGIN, get};
use crate::html;

const PATHS: [&str; 8] = [
    "verify-email",
    "forgot-password",
    "reset-password",
    "account",
    "account/name",
    "account/password",
    "account/email",
    "account/delete",
];

#[tokio::test]
async fn the_page_shows_who_it_is_and_what_can_be_done() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let page = browser.get("/auth/account").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(ADA) && page.body.contains("Confirmed"));
    let actions: Vec<_> = html::forms(&page.body)
        .iter()
        .map(|form| form["action"].as_str().unwrap().to_owned())
        .collect();
    let expected =
        ["name", "email", "password"].map(|part| format!("{ORIGIN}/auth/account/{part}"));
    assert_eq!(actions, expected);
    assert!(
        page.body
            .contains(&format!("href=\"{ORIGIN}/auth/sessions\""))
    );
}

#[tokio::test]
async fn programs_read_it_as_json() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let mut request = get("/auth/account");
    request
        .headers_mut()
        .insert("accept", "application/json".parse().unwrap());
    let answer = browser.send(request.clone()).await;
    let body = answer.json();
    assert_eq!(body["email"], ADA);
    assert_eq!(body["emailVerified"], "2026-01-01T00:00:00.000Z");
    assert_eq!(body["hasPassword"], true);
    assert!(body.get("password").is_none());
    let answer = Browser::new(&app).send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// CVE-2025-71404: no text of a query reaches a page.
#[tokio::test]
async fn cve_2025_71404_nothing_of_a_query_is_shown() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    for path in PATHS {
        let query = "done=planted-1&sent=planted-2&error=planted-3&x=planted-4";
        let page = browser.get(&format!("/auth/{path}?{query}")).await;
        assert!(!page.body.contains("planted"), "{path}");
        let page = browser
            .get(&format!("/auth/{path}?token=%22%3E%3Cscript%3E"))
            .await;
        assert!(!page.body.contains("\"><script>"), "{path}");
    }
}

#[tokio::test]
async fn an_application_takes_the_same_steps() {
    let app = app(Strategy::Database);
    app.ada().await;
    let account = app.auth.account();
    account.send_password_reset(ADA).await.unwrap();
    let link = app.account_link();
    let weak = account.reset_password(token_of(&link), "short").await;
    assert!(matches!(
        weak,
        Err(AccountError::Refused(Refusal::WeakPassword(_)))
    ));
    account.reset_password(token_of(&link), NEW).await.unwrap();
    assert!(app.has_password(ADA, NEW).await);
    let again = account.reset_password(token_of(&link), NEW).await;
    assert!(matches!(
        again,
        Err(AccountError::Refused(Refusal::InvalidLink))
    ));
    let id = app.user(ADA).id;
    let wrong = account.change_password(&id, "wrong", OLD).await;
    assert!(matches!(
        wrong,
        Err(AccountError::Refused(Refusal::WrongPassword))
    ));
    account.change_password(&id, NEW, OLD).await.unwrap();
    assert!(app.has_password(ADA, OLD).await);
    account
        .send_email_change(&id, "new@example.com")
        .await
        .unwrap();
    let link = app.account_link();
    let user = account
        .confirm_email_change(&id, token_of(&link))
        .await
        .unwrap();
    assert_eq!(user.email.as_deref(), Some("new@example.com"));
    account.send_verification(&id).await.unwrap();
    let link = app.account_link();
    let by = Opener::Anybody;
    account.verify_email(token_of(&link), by).await.unwrap();
    let user = account.change_name(&id, " Ada ").await.unwrap();
    assert_eq!(user.name.as_deref(), Some("Ada"));
    let refused = account.change_name(&id, "a\u{0}").await;
    assert!(matches!(
        refused,
        Err(AccountError::Refused(Refusal::InvalidName))
    ));
    account.delete(&id).await.unwrap();
    assert!(matches!(
        account.change_name(&id, "Ada").await,
        Err(AccountError::UnknownUser)
    ));
    assert!(matches!(
        account.delete(&id).await,
        Err(AccountError::UnknownUser)
    ));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn members() -> impl proptest::strategy::Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        Just("token".to_owned()),
        Just("email".to_owned()),
        Just("password".to_owned()),
        Just("newPassword".to_owned()),
        Just("callbackUrl".to_owned()),
        Just("done".to_owned()),
        "[ -~]{0,8}",
    ];
    let text = prop_oneof![
        Just("ada@example.com".to_owned()),
        Just(format!("reset-password.{}", "ab".repeat(32))),
        Just(format!("verify-email.{}", "ab".repeat(32))),
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec((name, text), 0..5)
}

async fn send_all(app: &App, path: &str, members: &[(String, String)]) -> Vec<StatusCode> {
    let mut browser = app.ada().await;
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    let plain: Vec<(&str, &str)> = members
        .iter()
        .filter(|(name, _)| name != "callbackUrl")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let object: serde_json::Map<_, _> = members
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let json = Request::post(format!("{ORIGIN}/auth/{path}"))
        .header("content-type", "application/json")
        .body(Bytes::from(serde_json::Value::Object(object).to_string()))
        .unwrap();
    vec![
        browser.post(&format!("/auth/{path}"), &plain).await.status,
        browser.send(json).await.status,
        Browser::new(app)
            .get(&format!("/auth/{path}?{query}&callbackUrl=/"))
            .await
            .status,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Hostile bodies and queries get an answer below 500.
    #[test]
    fn whatever_is_sent_is_answered(path in prop::sample::select(PATHS.to_vec()), members in members()) {
        let app = app(Strategy::Database);
        for status in block_on(send_all(&app, path, &members)) {
            prop_assert!(status.as_u16() < 500, "{path}: {status}");
        }
    }
}
