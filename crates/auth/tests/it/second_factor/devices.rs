//! Browsers that are not asked for a code.

use std::time::Duration;

use hallpass_auth::second_factor::{Factor, Level};
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ASK, Phone, ada, app, app_of, proofs};
use crate::account::support::{ADA, NEW, OLD, STRATEGIES};
use crate::app::{App, Browser, DAY, ORIGIN};

/// A browser that signed in and is remembered.
async fn remembered(app: &App, phone: &Phone) -> Browser {
    let mut browser = Browser::new(app);
    browser.password().await;
    let code = phone.code(app);
    let members = [("code", code.as_str()), ("remember", "on")];
    let answer = browser.post("/auth/second-factor", &members).await;
    answer.leads_to(ORIGIN);
    assert!(browser.cookie("hallpass.device").is_some());
    browser.forget("authjs.session-token");
    browser
}

#[tokio::test]
async fn a_remembered_browser_is_asked_for_the_first_factor_alone() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (_, phone) = ada(&app).await;
        let mut browser = remembered(&app, &phone).await;
        assert!(!browser.is_signed_in().await);
        let members = [("email", ADA), ("password", "wrong wrong wrong wrong")];
        let answer = browser.post("/auth/callback/password", &members).await;
        assert!(answer.location().contains("CredentialsSignin"));
        app.clock.advance(Duration::from_secs(60));
        browser.password().await.leads_to(ORIGIN);
        assert!(browser.is_signed_in().await);
        // It is worth one factor: what may lock others out asks for a code.
        let latest = proofs(&app)[0];
        assert_eq!(latest, (Factor::Password, Some(Factor::RememberedDevice)));
        assert_eq!(Level::of(&[latest.0, latest.1.unwrap()]), Level::One);
        let answer = browser
            .post_json("/auth/account/delete", &[("password", OLD)])
            .await;
        assert_eq!(answer.json()["error"], "SecondFactorRequired");
    }
}

#[tokio::test]
async fn a_browser_is_remembered_for_one_user_and_thirty_days() {
    let app = app(Strategy::Database);
    let (_, phone) = ada(&app).await;
    let mut browser = remembered(&app, &phone).await;
    let mut bob = app.signed_in("bob@example.com").await;
    bob.set_up("").await;
    let mut other = Browser::new(&app);
    other.set_cookie(
        "hallpass.device",
        browser.cookie("hallpass.device").unwrap(),
    );
    other.sign_in("bob@example.com").await.leads_to(ASK);
    app.clock.advance(DAY * 30);
    browser.password().await.leads_to(ASK);
}

#[tokio::test]
async fn browsers_are_listed_and_forgotten_one_by_one_or_all() {
    let app = app(Strategy::Database);
    let (mut here, phone) = ada(&app).await;
    let mut one = remembered(&app, &phone).await;
    app.clock.advance(Duration::from_secs(30));
    let mut two = remembered(&app, &phone).await;
    let listed = here.get_json("/auth/account/second-factor").await.json();
    let devices = listed["devices"].as_array().unwrap().clone();
    assert_eq!(devices.len(), 2);
    assert!(
        !listed
            .to_string()
            .contains(one.cookie("hallpass.device").unwrap())
    );
    let mut bob = app.signed_in("bob@example.com").await;
    let oldest = devices[1]["id"].as_str().unwrap();
    bob.post("/auth/second-factor/devices", &[("id", oldest)])
        .await;
    one.password().await.leads_to(ORIGIN);
    here.post("/auth/second-factor/devices", &[("id", oldest)])
        .await;
    one.password().await.leads_to(ASK);
    two.password().await.leads_to(ORIGIN);
    here.post("/auth/second-factor/devices", &[]).await;
    two.password().await.leads_to(ASK);
}

/// What was trusted with the old password or the old factor is not with the new one.
#[tokio::test]
async fn another_password_and_another_factor_forget_every_browser() {
    let app = app(Strategy::Database);
    let (mut here, phone) = ada(&app).await;
    let mut browser = remembered(&app, &phone).await;
    here.set_up(OLD).await;
    browser.password().await.leads_to(ASK);

    let app = super::support::app(Strategy::Database);
    let (mut here, phone) = ada(&app).await;
    let mut browser = remembered(&app, &phone).await;
    let members = [("password", OLD), ("newPassword", NEW)];
    here.post("/auth/account/password", &members).await;
    let members = [("email", ADA), ("password", NEW)];
    let answer = browser.post("/auth/callback/password", &members).await;
    answer.leads_to(ASK);
}

#[tokio::test]
async fn where_no_browser_is_remembered_none_is() {
    let app = app_of(
        Strategy::Database,
        |settings| settings.remember(None),
        |builder| builder.limits(hallpass_auth::limit::LimitRules::none()),
    );
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    browser.password().await;
    let page = browser.get("/auth/second-factor").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("remember"));
    let code = phone.code(&app);
    let members = [("code", code.as_str()), ("remember", "on")];
    browser.post("/auth/second-factor", &members).await;
    assert_eq!(browser.cookie("hallpass.device"), None);
}
