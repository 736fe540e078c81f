//! A password, and a passkey as the second step: set up, used, asked for anew, lost, and removed.

use std::time::Duration;

use fantoccini::{Client, Locator};
use hallpass::auth::environment::Clock;
use hallpass::auth::second_factor::{TotpSecret, TotpStep};
use hallpass::auth::time::after;
use hallpass::system::SystemClock;
use tempfile::tempdir;

use super::authenticator::{add_authenticator, count_keys, lose_authenticator};
use super::driver::{Browser, Driver, Look};
use super::journey::{find, link, see, type_code};
use super::passkeys::forbid_autofill;
use super::{NARROW, WIDE};
use crate::harness::{Binary, Visitor};

const ANN: &str = "ann@example.com";
const PASSWORD: &str = "seven purple owls at the ferry";

#[tokio::test]
async fn a_passkey_is_the_second_step_after_a_password() {
    run(WIDE).await;
}

#[tokio::test]
async fn the_same_on_a_narrow_screen() {
    run(NARROW).await;
}

#[tokio::test]
async fn the_same_on_a_narrow_dark_screen() {
    run(Look {
        name: "narrow-dark",
        dark: true,
        ..NARROW
    })
    .await;
}

async fn run(look: Look) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let base = &*hallpass.base;
    choose_a_password(base).await;
    let browser = Browser::open(&driver, look).await;
    let page = &browser.client;
    // A virtual authenticator would choose a key that a field offers at once.
    forbid_autofill(page).await;

    sign_in_by_password(page, base).await;
    see(page, "Welcome, ").await;
    let codes = set_up_two_steps(page, base).await;
    let authenticator = add_authenticator(page).await;
    add_a_passkey(&browser, base).await;
    assert_eq!(count_keys(page, &authenticator).await, 1);

    leave(&browser, base).await;
    sign_in_by_password(page, base).await;
    see(page, "Enter a code").await;
    browser.picture("41-passkey-or-code").await;
    use_the_passkey(page).await;
    see(page, "Welcome, ").await;

    step_up(&browser, base).await;

    leave(&browser, base).await;
    lose_authenticator(page, authenticator).await;
    be_let_in_by_a_recovery_code(&browser, base, codes.first().unwrap()).await;
    remove_the_lost_passkey(&browser, base).await;

    leave(&browser, base).await;
    sign_in_by_password(page, base).await;
    see(page, "Enter a code").await;
    browser.picture("46-code-alone").await;
    let offered = page.find(Locator::Css("#passkey-form")).await;
    assert!(offered.is_err(), "the last passkey is removed");
    browser.close().await;
}

/// By a mail, in another browser.
async fn choose_a_password(base: &str) {
    let ann = Visitor::new(base);
    ann.sign_in(ANN).await.assert_shows("Welcome, ");
    let csrf = |page: &crate::harness::Page| page.attribute("name=\"csrfToken\"", "value");
    let page = ann.get("/api/auth/forgot-password").await;
    let fields = [("csrfToken", &*csrf(&page)), ("email", ANN)];
    ann.post("/api/auth/forgot-password", &fields).await;
    let form = ann.get(&ann.newest_link().await).await;
    let token = form.attribute("name=\"token\"", "value");
    let fields = [
        ("csrfToken", &*csrf(&form)),
        ("token", &*token),
        ("password", PASSWORD),
    ];
    let chosen = ann.post("/api/auth/reset-password", &fields).await;
    chosen.assert_shows("Password changed");
}

async fn sign_in_by_password(page: &Client, base: &str) {
    page.goto(&format!("{base}/api/auth/signin?callbackUrl=%2F"))
        .await
        .unwrap();
    let form = "form[action$='/callback/password']";
    let email = find(page, &format!("{form} input[name=email]")).await;
    email.send_keys(ANN).await.unwrap();
    let password = find(page, &format!("{form} input[name=password]")).await;
    password.send_keys(PASSWORD).await.unwrap();
    find(page, &format!("{form} button"))
        .await
        .click()
        .await
        .unwrap();
}

/// Sets up an app; gives the recovery codes.
async fn set_up_two_steps(page: &Client, base: &str) -> Vec<String> {
    page.goto(&format!("{base}/api/auth/second-factor/setup"))
        .await
        .unwrap();
    let key = find(page, ".key").await.text().await.unwrap();
    let secret = TotpSecret::from_base32(&key.replace(' ', "")).unwrap();
    let password = find(page, "#password").await;
    password.send_keys(PASSWORD).await.unwrap();
    let now = after(SystemClock.now(), Duration::ZERO);
    type_code(page, &secret.code(TotpStep::at(now)).expose()).await;
    see(page, "Keep your recovery codes").await;
    let mut codes = Vec::new();
    for code in page.find_all(Locator::Css(".codes code")).await.unwrap() {
        codes.push(code.text().await.unwrap());
    }
    link(page, "I have kept them").await.click().await.unwrap();
    see(page, "Recovery codes left").await;
    codes
}

/// The code was proven a moment ago, so it is not asked for again.
async fn add_a_passkey(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/passkeys"))
        .await
        .unwrap();
    find(page, "#submitButton-passkey")
        .await
        .click()
        .await
        .unwrap();
    see(page, "The passkey is added.").await;
    browser.picture("40-passkey-for-two-steps").await;
}

async fn use_the_passkey(page: &Client) {
    find(page, "#passkey-form:not([hidden])").await;
    find(page, "#submitButton-passkey:not(:disabled)")
        .await
        .click()
        .await
        .unwrap();
}

/// Whoever is signed in is asked once more, and comes back to where that was needed.
async fn step_up(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!(
        "{base}/api/auth/second-factor?callbackUrl=%2Fapi%2Fauth%2Faccount"
    ))
    .await
    .unwrap();
    see(page, "Enter a code").await;
    browser.picture("42-step-up").await;
    use_the_passkey(page).await;
    see(page, "Your account").await;
    browser.picture("43-account-after-step-up").await;
}

async fn be_let_in_by_a_recovery_code(browser: &Browser, base: &str, code: &str) {
    let page = &browser.client;
    sign_in_by_password(page, base).await;
    see(page, "Enter a code").await;
    link(page, "Use a recovery code")
        .await
        .click()
        .await
        .unwrap();
    see(page, "Enter a recovery code").await;
    browser.picture("44-recovery-code").await;
    type_code(page, code).await;
    see(page, "Welcome, ").await;
}

async fn remove_the_lost_passkey(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/passkeys"))
        .await
        .unwrap();
    find(page, "form[action$='/passkeys/remove'] button")
        .await
        .click()
        .await
        .unwrap();
    see(page, "The passkey is removed.").await;
    see(page, "You have no passkey yet.").await;
    browser.picture("45-lost-passkey-removed").await;
}

/// Signs out. That leads to where the person last wanted to go, which may be a page that asks to sign in.
async fn leave(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(base).await.unwrap();
    link(page, "Sign out").await.click().await.unwrap();
    find(page, "#submitButton").await.click().await.unwrap();
    find(
        page,
        "form[action$='/callback/password'], a[href*='/signin']",
    )
    .await;
    page.goto(base).await.unwrap();
    link(page, "Sign In").await;
}
