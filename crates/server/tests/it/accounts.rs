//! What people do with their accounts, on the real binary.

use hallpass_db::testing::databases;
use reqwest::StatusCode;
use tempfile::tempdir;

use crate::harness::{Binary, MailService, Page, Visitor};

const ANN: &str = "ann@example.com";
const FIRST: &str = "seven purple owls at the ferry";
const SECOND: &str = "a slow train to nowhere in winter";

/// The token of the first form of a page.
fn csrf(page: &Page) -> String {
    page.attribute("name=\"csrfToken\"", "value")
}

/// Forgets the password, and chooses one by the link in the mail.
async fn choose_by_mail(visitor: &Visitor, password: &str) -> Page {
    let page = visitor.get("/api/auth/forgot-password").await;
    let fields = [("csrfToken", &*csrf(&page)), ("email", ANN)];
    let asked = visitor.post("/api/auth/forgot-password", &fields).await;
    asked.assert_shows("Check your email");
    let form = visitor.get(&visitor.newest_link().await).await;
    let token = form.attribute("name=\"token\"", "value");
    let fields = [
        ("csrfToken", &*csrf(&form)),
        ("token", &*token),
        ("password", password),
    ];
    visitor.post("/api/auth/reset-password", &fields).await
}

async fn sign_in(visitor: &Visitor, password: &str) -> Page {
    let page = visitor.get("/api/auth/signin?callbackUrl=%2F").await;
    page.assert_shows("Forgot your password?");
    let fields = [
        ("csrfToken", &*csrf(&page)),
        ("email", ANN),
        ("password", password),
    ];
    visitor.post("/api/auth/callback/password", &fields).await
}

#[tokio::test]
async fn a_password_is_chosen_by_mail_changed_and_the_account_deleted() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let (ann, phone) = (Visitor::new(&hallpass.base), Visitor::new(&hallpass.base));
    ann.sign_in(ANN).await.assert_shows("Welcome, ");

    choose_by_mail(&phone, FIRST)
        .await
        .assert_shows("Password changed");
    assert!(!ann.is_signed_in().await, "a new password ends sessions");
    sign_in(&ann, FIRST).await.assert_shows("Welcome, ");
    sign_in(&phone, FIRST).await.assert_shows("Welcome, ");

    let account = ann.get("/api/auth/account").await;
    account.assert_shows(ANN);
    let fields = [
        ("csrfToken", &*csrf(&account)),
        ("password", FIRST),
        ("newPassword", SECOND),
    ];
    let changed = ann.post("/api/auth/account/password", &fields).await;
    changed.assert_shows("Your password is changed");
    assert!(ann.is_signed_in().await && !phone.is_signed_in().await);
    assert_eq!(
        sign_in(&phone, FIRST).await.path.split('?').next(),
        Some("/api/auth/signin")
    );

    let page = ann.get("/api/auth/account/delete").await;
    let wrong = [("csrfToken", &*csrf(&page)), ("password", FIRST)];
    let refused = ann.post("/api/auth/account/delete", &wrong).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let right = [("csrfToken", &*csrf(&page)), ("password", SECOND)];
    let gone = ann.post("/api/auth/account/delete", &right).await;
    gone.assert_shows("Account deleted");
    assert!(!ann.is_signed_in().await);
    assert_eq!(
        sign_in(&ann, SECOND).await.path.split('?').next(),
        Some("/api/auth/signin")
    );
}

#[tokio::test]
async fn no_log_line_holds_a_token() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    ann.sign_in(ANN).await;
    choose_by_mail(&ann, FIRST)
        .await
        .assert_shows("Password changed");
    let link = hallpass.line_with("/api/auth/reset-password?token=");
    let token = link.rsplit_once("token=").unwrap().1.trim().to_owned();
    // The mailbox prints the link for whoever develops; no line of the log does.
    let holding: Vec<_> = hallpass
        .logged()
        .into_iter()
        .filter(|line| line.contains(&token))
        .collect();
    assert!(
        holding
            .iter()
            .all(|line| line.trim_start().starts_with("http")),
        "{holding:?}"
    );
}

/// Without Auth.js and without a schema, on the tables that Hallpass makes by itself.
#[tokio::test]
async fn a_team_without_auth_js_has_registration_on_the_default_layout() {
    let mail = MailService::start().await;
    for test in databases().await {
        let hallpass = Binary::serve(&test.address)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "Example <no-reply@example.com>")
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_REGISTER", "true")
            .start();
        let ann = Visitor::new(&hallpass.base);
        let page = ann.get("/api/auth/register").await;
        let token = csrf(&page);
        let fields = [
            ("csrfToken", &*token),
            ("name", "Ann"),
            ("email", ANN),
            ("password", FIRST),
        ];
        let asked = ann.post("/api/auth/register", &fields).await;
        asked.assert_shows("Check your email");
        let proof = ann.get(&mail.newest_link().await).await;
        proof.assert_shows("Email confirmed");
        let fields = [("csrfToken", &*token), ("email", ANN), ("password", FIRST)];
        ann.post("/api/auth/callback/password", &fields).await;
        assert!(ann.is_signed_in().await, "{}", test.name);
        let fields = [("csrfToken", &*token), ("password", FIRST)];
        ann.post("/api/auth/account/delete", &fields).await;
        let left = test.rows("SELECT hash FROM hallpass_password").await;
        assert!(left.is_empty(), "{}", test.name);
    }
}
