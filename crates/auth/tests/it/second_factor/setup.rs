//! Setting a second factor up, and what belongs to it.

use hallpass_auth::second_factor::{Factor, Level};
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ASK, STEP, ada, app, everybody, proofs};
use crate::account::support::{ADA, OLD, STRATEGIES};
use crate::app::{Browser, ORIGIN, get};

#[tokio::test]
async fn an_app_counts_once_a_code_confirms_it_and_other_devices_are_signed_out() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = app.ada().await;
        let mut elsewhere = app.signed_in(ADA).await;
        let before = browser.cookie("authjs.session-token").unwrap().to_owned();
        let page = browser.get("/auth/second-factor/setup").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<svg class=\"qr\""));
        assert!(
            page.body
                .contains("otpauth://totp/localhost%3A3000:ada%40example.com")
        );
        assert!(app.store.totp_records().is_empty());
        let phone = browser.set_up(OLD).await;
        assert_eq!(phone.codes.len(), 10);
        assert!(browser.is_signed_in().await);
        assert!(!elsewhere.is_signed_in().await, "{strategy:?}");
        // CVE-2026-7507: the session goes on under another secret.
        let mut copy = Browser::new(&app);
        copy.set_cookie("authjs.session-token", &before);
        assert!(!copy.is_signed_in().await, "{strategy:?}");
        assert!(app.mails()[0].1.contains("Two-step sign-in is on"));
        let record = &app.store.totp_records()[0];
        assert!(!record.sealed.contains(phone.secret.to_base32().expose()));
        assert!(proofs(&app).contains(&(Factor::Mail, Some(Factor::Totp))));
    }
}

#[tokio::test]
async fn the_page_shows_the_codes_once_and_no_cache_keeps_them() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let shown = browser.get_json("/auth/second-factor/setup").await;
    let secret = shown.json()["secret"].as_str().unwrap().to_owned();
    let secret = hallpass_auth::second_factor::TotpSecret::from_base32(&secret).unwrap();
    let now = hallpass_auth::environment::Clock::now(&*app.clock);
    let step = hallpass_auth::second_factor::TotpStep::at(now);
    let code = secret.code(step).expose();
    let members = [("code", code.as_str()), ("password", OLD)];
    let answer = browser.post("/auth/second-factor/setup", &members).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body.matches("<li><code>").count(), 10);
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert!(browser.is_signed_in().await);
    assert_eq!(browser.cookie("hallpass.second-factor-setup"), None);
    let overview = browser.get("/auth/account/second-factor").await;
    assert!(!overview.body.contains("<li><code>"));
    assert!(overview.body.contains("Recovery codes left"));
}

#[tokio::test]
async fn setting_up_takes_the_password_and_a_good_code() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    for (code, password, error) in [
        ("000000", OLD, "WrongCode"),
        ("", OLD, "WrongCode"),
        ("000000", "wrong wrong wrong wrong", "WrongPassword"),
    ] {
        browser.get("/auth/second-factor/setup").await;
        let members = [("code", code), ("password", password)];
        let answer = browser
            .post_json("/auth/second-factor/setup", &members)
            .await;
        assert_eq!(answer.json()["error"], error);
    }
    browser.forget("hallpass.second-factor-setup");
    let members = [("code", "000000"), ("password", OLD)];
    let answer = browser
        .post_json("/auth/second-factor/setup", &members)
        .await;
    assert_eq!(answer.json()["error"], "SetUpAgain");
    assert!(app.store.totp_records().is_empty());
}

/// A secret that somebody chose for somebody else is not taken: the cookie is sealed for one user.
#[tokio::test]
async fn a_secret_belongs_to_the_user_for_whom_it_was_made() {
    let app = app(Strategy::Database);
    let mut mallory = app.signed_in("mallory@example.com").await;
    mallory.get("/auth/second-factor/setup").await;
    let planted = mallory.cookie("hallpass.second-factor-setup").unwrap();
    let mut browser = app.ada().await;
    browser.set_cookie("hallpass.second-factor-setup", planted);
    let members = [("code", "000000"), ("password", OLD)];
    let answer = browser
        .post_json("/auth/second-factor/setup", &members)
        .await;
    assert_eq!(answer.json()["error"], "SetUpAgain");
}

#[tokio::test]
async fn turning_off_takes_a_recent_code_and_the_password() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (mut browser, phone) = ada(&app).await;
        app.clock.advance(STEP * 30);
        let members = [("password", OLD)];
        let answer = browser.post("/auth/second-factor/remove", &members).await;
        let back = "http%3A%2F%2Flocalhost%3A3000%2Fauth%2Faccount%2Fsecond-factor";
        answer.leads_to(&format!("{ASK}?callbackUrl={back}"));
        browser.follow(answer.location()).await;
        let code = phone.code(&app);
        let answer = browser.code(&code).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account/second-factor"));
        let wrong = [("password", "wrong wrong wrong wrong")];
        let answer = browser.post("/auth/second-factor/remove", &wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let answer = browser.post("/auth/second-factor/remove", &members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account/second-factor?done=off"));
        assert!(app.mails()[0].1.contains("Two-step sign-in is off"));
        let mut other = Browser::new(&app);
        other.password().await.leads_to(ORIGIN);
    }
}

/// Supabase #2607, #2615: what a session is worth falls with the factor, whoever removes it.
#[tokio::test]
async fn supabase_2607_2615_the_level_of_a_session_follows_its_factors() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (browser, _) = ada(&app).await;
        let mut request = get("/");
        let cookies = browser.cookie_header().parse().unwrap();
        request.headers_mut().insert("cookie", cookies);
        let (parts, _) = request.into_parts();
        let session = app.auth.session(&parts).await.unwrap().session.unwrap();
        let assurance = app.auth.assurance(&session).await.unwrap();
        assert_eq!(assurance.level, Level::Two);
        let id = app.user(ADA).id;
        let status = app.auth.second_factor().status(&id).await.unwrap();
        assert_eq!(status.recovery_codes, 10);
        assert!(app.auth.second_factor().remove(&id).await.unwrap());
        assert!(!app.auth.second_factor().remove(&id).await.unwrap());
        let assurance = app.auth.assurance(&session).await.unwrap();
        assert_eq!(assurance.level, Level::One, "{strategy:?}");
    }
}

#[tokio::test]
async fn where_everybody_needs_one_it_can_be_replaced_and_not_removed() {
    let app = everybody(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA).await;
    let old = browser.set_up("").await;
    let answer = browser.post_json("/auth/second-factor/remove", &[]).await;
    assert_eq!(answer.json()["error"], "SecondFactorNeeded");
    let new = browser.set_up("").await;
    assert!(browser.is_signed_in().await);
    let mut other = Browser::new(&app);
    other.sign_in(ADA).await.leads_to(ASK);
    let code = old.code(&app);
    assert_eq!(other.code(&code).await.status, StatusCode::FORBIDDEN);
    let spent = &old.codes[0];
    assert_eq!(other.code(spent).await.status, StatusCode::FORBIDDEN);
    other.code(&new.code(&app)).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() {
    let app = app(Strategy::Database);
    let (mut browser, phone) = ada(&app).await;
    let members = [("password", OLD)];
    let answer = browser
        .post_json("/auth/second-factor/codes", &members)
        .await;
    let codes = answer.json()["recoveryCodes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    let mut other = Browser::new(&app);
    other.password().await;
    let old = &phone.codes[0];
    assert_eq!(other.code(old).await.status, StatusCode::FORBIDDEN);
    other
        .code(codes[9].as_str().unwrap())
        .await
        .leads_to(ORIGIN);
}

/// Forms of other sites do nothing.
#[tokio::test]
async fn every_form_needs_its_token() {
    let app = app(Strategy::Database);
    let (mut browser, phone) = ada(&app).await;
    let code = phone.code(&app);
    for path in ["", "/setup", "/remove", "/codes", "/devices"] {
        let path = format!("/auth/second-factor{path}");
        let members = [("code", code.as_str()), ("password", OLD)];
        let answer = browser.post_bare(&path, &members).await;
        answer.fails_with("signin", "MissingCSRF");
    }
    assert_eq!(app.store.totp_records().len(), 1);
}

#[tokio::test]
async fn without_settings_there_are_no_routes() {
    let app = crate::account::support::app(Strategy::Database);
    for path in [
        "second-factor",
        "second-factor/setup",
        "account/second-factor",
    ] {
        let answer = app.send(get(&format!("/auth/{path}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}
