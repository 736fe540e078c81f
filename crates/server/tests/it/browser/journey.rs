//! From the first page to signing out, as a person goes.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::Locator;
use fantoccini::elements::Element;
use hallpass::auth::environment::Clock;
use hallpass::auth::second_factor::{TotpSecret, TotpStep};
use hallpass::auth::time::after;
use hallpass::system::SystemClock;
use tempfile::tempdir;

use super::driver::Browser;
use crate::harness::{Binary, Visitor};

/// Longer than any line of a narrow screen.
const LONG: &str =
    "Ask-whether-a-word-without-a-single-blank-in-it-fits-on-the-screen-of-a-small-telephone";

pub(super) async fn run(browser: &Browser) {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    sign_in(browser, &hallpass.base).await;
    keep_a_list(browser).await;
    end_another_session(browser, &hallpass.base).await;
    ask_for_two_steps(browser, &hallpass.base).await;
    sign_out(browser).await;
    see_how_strong_a_password_is(browser, &hallpass.base).await;
    meet_errors(browser, &hallpass.base).await;
}

async fn sign_in(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/dev/mailbox")).await.unwrap();
    see(page, "No mail yet").await;
    browser.picture("01-empty-mailbox").await;

    page.goto(base).await.unwrap();
    browser.picture("02-signed-out").await;
    link(page, "Sign In").await.click().await.unwrap();
    find(page, "input[name=email]")
        .await
        .send_keys("ann.with.a.rather.long.name@example.com")
        .await
        .unwrap();
    browser.picture("03-sign-in").await;
    find(page, "#submitButton").await.click().await.unwrap();
    see(page, "Check your email").await;
    browser.picture("04-check-your-email").await;

    page.goto(&format!("{base}/dev/mailbox")).await.unwrap();
    browser.picture("05-mailbox").await;
    find(page, ".list a").await.click().await.unwrap();
    find(page, "#link").await;
    browser.picture("06-mail").await;
    follow_the_link_in_the_html_part(page).await;
    see(page, "Welcome, ").await;
    browser.picture("07-signed-in").await;
}

/// The frame is another document, and its link opens a window of its own, as in mail programs.
async fn follow_the_link_in_the_html_part(page: &Client) {
    find(page, "iframe").await.enter_frame().await.unwrap();
    find(page, "a[href*='/api/auth/callback/email']")
        .await
        .click()
        .await
        .unwrap();
    page.enter_parent_frame().await.unwrap();
    let mailbox = page.window().await.unwrap();
    let opened = loop {
        let windows = page.windows().await.unwrap();
        if let Some(opened) = windows.into_iter().find(|window| *window != mailbox) {
            break opened;
        }
    };
    page.close_window().await.unwrap();
    page.switch_to_window(opened).await.unwrap();
}

async fn keep_a_list(browser: &Browser) {
    let page = &browser.client;
    leave_a_mark(browser).await;
    add(page, "Buy <b>milk</b>").await;
    see(page, "Buy <b>milk</b>").await;
    add(page, LONG).await;
    find(page, "li:nth-child(2)").await;
    browser.picture("08-list").await;

    find(page, "li .toggle").await.click().await.unwrap();
    find(page, "li.done").await;
    browser.picture("09-ticked").await;
    find(page, "li.done .toggle").await.click().await.unwrap();
    find(page, "ul:not(:has(li.done))").await;

    for left in [1, 0] {
        find(page, "li .remove").await.click().await.unwrap();
        find(page, &format!("ul:not(:has(li:nth-child({})))", left + 1)).await;
    }
    see(page, "Nothing to do yet").await;
    browser.picture("10-empty-list").await;
    assert_smooth(browser).await;
}

/// Somebody else has signed in as this person.
async fn end_another_session(browser: &Browser, base: &str) {
    let elsewhere = Visitor::new(base);
    elsewhere
        .sign_in("ann.with.a.rather.long.name@example.com")
        .await;
    assert!(elsewhere.is_signed_in().await);
    let page = &browser.client;
    let back = page.current_url().await.unwrap();
    page.goto(&format!("{base}/api/auth/sessions"))
        .await
        .unwrap();
    see(page, "This one").await;
    browser.picture("14-sessions").await;
    find(page, "form[action$='/sessions/revoke'] button")
        .await
        .click()
        .await
        .unwrap();
    see(page, "The session has ended.").await;
    browser.picture("15-session-ended").await;
    assert!(!elsewhere.is_signed_in().await);
    page.goto(back.as_str()).await.unwrap();
}

/// Sets up an app, signs out, and signs in again with its code.
async fn ask_for_two_steps(browser: &Browser, base: &str) {
    let page = &browser.client;
    let overview = format!("{base}/api/auth/account/second-factor");
    page.goto(&overview).await.unwrap();
    browser.picture("17-two-steps-off").await;
    link(page, "Set up two-step sign-in")
        .await
        .click()
        .await
        .unwrap();
    let key = find(page, ".key").await.text().await.unwrap();
    let secret = TotpSecret::from_base32(&key.replace(' ', "")).unwrap();
    let code = |steps: u64| {
        let later = after(SystemClock.now(), Duration::from_secs(30 * steps));
        secret.code(TotpStep::at(later)).expose()
    };
    browser.picture("18-two-steps-set-up").await;
    type_code(page, &code(0)).await;
    see(page, "Keep your recovery codes").await;
    browser.picture("19-recovery-codes").await;
    link(page, "I have kept them").await.click().await.unwrap();
    see(page, "Recovery codes left").await;
    browser.picture("20-two-steps-on").await;

    page.goto(base).await.unwrap();
    sign_out(browser).await;
    let elsewhere = Visitor::new(base);
    elsewhere
        .ask_for_link("ann.with.a.rather.long.name@example.com")
        .await;
    page.goto(&elsewhere.newest_link().await).await.unwrap();
    find(page, "form button").await.click().await.unwrap();
    see(page, "Enter a code").await;
    browser.picture("21-code").await;
    // The code that set the app up is used; the next one counts half a minute early.
    type_code(page, &code(1)).await;
    see(page, "Welcome, ").await;
}

pub(super) async fn type_code(page: &Client, code: &str) {
    find(page, "#code").await.send_keys(code).await.unwrap();
    find(page, "form button[type=submit]")
        .await
        .click()
        .await
        .unwrap();
}

pub(super) async fn sign_out(browser: &Browser) {
    let page = &browser.client;
    link(page, "Sign out").await.click().await.unwrap();
    find(page, "#submitButton").await;
    browser.picture("11-sign-out").await;
    find(page, "#submitButton").await.click().await.unwrap();
    link(page, "Sign In").await;
}

async fn see_how_strong_a_password_is(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/api/auth/register"))
        .await
        .unwrap();
    let field = find(page, "#password").await;
    for (typed, shown) in [
        (
            "password",
            "Strength: very weak. Use at least 15 characters.",
        ),
        (" of seven purple owls", "Strength: strong"),
    ] {
        field.send_keys(typed).await.unwrap();
        if browser.look.javascript {
            see(page, shown).await;
            find(page, ".strength meter:not([hidden])").await;
        }
    }
    browser.picture("16-register").await;
    // Everything is selected and removed, by keys.
    field.send_keys("\u{e009}a\u{e009}\u{e003}").await.unwrap();
    find(page, ".strength meter[hidden]").await;
}

async fn meet_errors(browser: &Browser, base: &str) {
    let page = &browser.client;
    for (name, path) in [
        ("12-used-link", "/api/auth/error?error=Verification"),
        ("13-failed-mail", "/api/auth/signin?error=EmailSignin"),
    ] {
        page.goto(&format!("{base}{path}")).await.unwrap();
        browser.keep(name).await;
    }
}

async fn add(page: &Client, content: &str) {
    let field = find(page, "#content").await;
    field.send_keys(content).await.unwrap();
    find(page, ".add button").await.click().await.unwrap();
    // The field is emptied by the answer, however it comes.
    find(page, "#content[value='']").await;
}

/// With JavaScript the page stays the same document while the list changes.
async fn leave_a_mark(browser: &Browser) {
    if browser.look.javascript {
        browser
            .client
            .execute("window.mark = true", Vec::new())
            .await
            .unwrap();
    }
}

async fn assert_smooth(browser: &Browser) {
    let mark = browser
        .client
        .execute("return window.mark === true", Vec::new())
        .await
        .unwrap();
    assert_eq!(
        mark.as_bool(),
        Some(browser.look.javascript),
        "{}",
        browser.look.name
    );
}

/// Waits until it is there.
pub(super) async fn find(page: &Client, selector: &str) -> Element {
    match page.wait().for_element(Locator::Css(selector)).await {
        Ok(element) => element,
        Err(error) => panic!(
            "no `{selector}` on {}: {error}",
            page.current_url().await.unwrap()
        ),
    }
}

pub(super) async fn link(page: &Client, text: &str) -> Element {
    match page.wait().for_element(Locator::LinkText(text)).await {
        Ok(element) => element,
        Err(error) => panic!(
            "no link `{text}` on {}: {error}",
            page.current_url().await.unwrap()
        ),
    }
}

/// Waits until the page shows this text.
pub(super) async fn see(page: &Client, text: &str) {
    let place = format!("//body//*[text()[contains(., '{text}')]]");
    if let Err(error) = page.wait().for_element(Locator::XPath(&place)).await {
        panic!(
            "no `{text}` on {}: {error}",
            page.current_url().await.unwrap()
        );
    }
}
