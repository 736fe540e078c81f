//! Passkeys in Chromium, with an authenticator that `WebDriver` plays.

use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use tempfile::tempdir;
use url::{ParseError, Url};

use super::authenticator::{add_authenticator, count_keys};
use super::driver::{Browser, Driver, Look};
use super::journey::{find, link, see, sign_out};
use super::{NARROW, WIDE};
use crate::harness::{Binary, Visitor};

const ANN: &str = "ann@example.com";

/// Has the browser run a script before those of each page, or lets it be. Source: the Chrome `DevTools` Protocol, domain Page.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (Method::POST, Some(body.to_string()))
    }
}

/// From the next page on the browser is one that offers no keys in fields; the virtual authenticator would choose one at once.
pub(super) async fn forbid_autofill(page: &Client) -> Value {
    let source = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;";
    let add = DevTools(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    );
    page.issue_cmd(add).await.unwrap()
}

async fn allow_autofill(page: &Client, forbidden: Value) {
    let remove = DevTools("Page.removeScriptToEvaluateOnNewDocument", forbidden);
    page.issue_cmd(remove).await.unwrap();
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_until_it_is_removed() {
    run(WIDE).await;
}

#[tokio::test]
async fn the_same_on_a_narrow_screen() {
    run(NARROW).await;
}

async fn run(look: Look) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let base = &hallpass.base;
    let browser = Browser::open(&driver, look).await;
    let page = &browser.client;

    sign_in_by_mail(page, base).await;
    let authenticator = add_authenticator(page).await;
    add_a_passkey(&browser, base).await;
    assert_eq!(count_keys(page, &authenticator).await, 1);

    page.goto(base).await.unwrap();
    sign_out(&browser).await;
    let forbidden = forbid_autofill(page).await;
    sign_in_by_the_button(&browser, base).await;
    sign_out(&browser).await;
    allow_autofill(page, forbidden).await;
    sign_in_by_the_field(page, base).await;
    remove_it(&browser, base).await;
    page.goto(base).await.unwrap();
    sign_out(&browser).await;
    forbid_autofill(page).await;
    be_refused(&browser, base).await;
    browser.close().await;
}

/// The link was asked for elsewhere, so that it asks for a click.
async fn sign_in_by_mail(page: &Client, base: &str) {
    let elsewhere = Visitor::new(base);
    elsewhere.ask_for_link(ANN).await;
    page.goto(&elsewhere.newest_link().await).await.unwrap();
    find(page, "form button").await.click().await.unwrap();
    see(page, "Welcome, ").await;
}

async fn add_a_passkey(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/account"))
        .await
        .unwrap();
    link(page, "Passkeys").await.click().await.unwrap();
    see(page, "You have no passkey yet.").await;
    browser.picture("30-no-passkey").await;
    find(page, "#submitButton-passkey")
        .await
        .click()
        .await
        .unwrap();
    see(page, "The passkey is added.").await;
    browser.picture("31-passkey-added").await;

    let name = find(page, "input[name=name]").await;
    name.clear().await.unwrap();
    name.send_keys("Ann's telephone").await.unwrap();
    find(page, "form[action$='/passkeys/rename'] button")
        .await
        .click()
        .await
        .unwrap();
    see(page, "The passkey has another name.").await;
    browser.picture("32-passkey-named").await;

    // The device has one for this account, and says so.
    find(page, "#submitButton-passkey")
        .await
        .click()
        .await
        .unwrap();
    see(page, "This device has a passkey for this account already.").await;
}

async fn sign_in_by_the_button(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/signin")).await.unwrap();
    see_offered(page).await;
    browser.picture("33-sign-in-with-passkey").await;
    find(page, "#submitButton-passkey:not(:disabled)")
        .await
        .click()
        .await
        .unwrap();
    see(page, "Welcome, ").await;
}

async fn see_offered(page: &Client) {
    find(page, "#passkey-form:not([hidden])").await;
}

/// The virtual authenticator is somebody who chooses the offered key as soon as there is one.
async fn sign_in_by_the_field(page: &Client, base: &str) {
    page.goto(&format!("{base}/api/auth/signin")).await.unwrap();
    see(page, "Welcome, ").await;
}

async fn remove_it(browser: &Browser, base: &str) {
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
    browser.picture("34-passkey-removed").await;
}

/// The device still has the key, and offers it; the server knows it no more.
async fn be_refused(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/signin")).await.unwrap();
    see_offered(page).await;
    find(page, "#submitButton-passkey:not(:disabled)")
        .await
        .click()
        .await
        .unwrap();
    see(page, "This passkey is not known here.").await;
    browser.keep("35-unknown-passkey").await;
    page.goto(base).await.unwrap();
    link(page, "Sign In").await;
}
