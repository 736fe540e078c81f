//! What programs are told that send JSON, without saying what they accept.

use hallpass_auth::account::Registration;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::PasswordProvider;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::json;

use super::support::{ADA, NEW, OLD, app_with};
use crate::app::{App, Browser, ORIGIN, json as json_request};

fn app() -> App {
    app_with(Strategy::Database, |builder| {
        builder
            .limits(LimitRules::none())
            .provider(PasswordProvider::new("password"))
            .registration(Registration::new())
    })
}

#[tokio::test]
async fn a_missing_csrf_token_is_told_as_json_on_routes_of_ours() {
    let app = app();
    let mut browser = app.ada().await;
    let body =
        json!({ "email": "eve@example.com", "password": OLD, "newPassword": NEW, "name": "Eve" });
    for path in [
        "register",
        "verify-email",
        "forgot-password",
        "reset-password",
        "password-strength",
        "account/name",
        "account/password",
        "account/email",
        "account/delete",
        "account/unlink",
        "sessions/revoke",
        "sessions/revoke-others",
    ] {
        let request = json_request(&format!("/auth/{path}"), &body);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.header("location").is_none(), "{path}");
        let told = answer.json();
        let code = told.get("error").unwrap_or(&told["message"]);
        assert_eq!(code, "MissingCSRF", "{path}");
    }
    assert_eq!(app.user(ADA).name, None);
    assert!(app.has_password(ADA, OLD).await);
}

/// Contract §1.6.
#[tokio::test]
async fn routes_of_auth_js_answer_as_it_does() {
    let app = app();
    let mut browser = Browser::new(&app);
    let body = json!({ "email": ADA, "password": OLD });
    for path in ["signin/nodemailer", "callback/password", "signout"] {
        let request = json_request(&format!("/auth/{path}"), &body);
        let answer = browser.send(request).await;
        answer.fails_with("signin", "MissingCSRF");
        assert!(answer.location().starts_with(ORIGIN), "{path}");
    }
}
