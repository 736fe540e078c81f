//! The console in Chromium: without JavaScript, light and dark, wide and on a telephone, by keyboard.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::driver::{Browser, Driver, Look};
use super::{NARROW, WIDE};
use crate::console::place::{ADMINISTRATORS, Place};

/// A row that somebody may not delete, with a text that fits on no line.
async fn furnish(place: &Place) -> (String, String) {
    for address in ["ann@example.com", "bob@example.com"] {
        place.signed_in(address).await;
    }
    let long =
        "A-word-without-a-single-blank-in-it-that-fits-on-no-line-of-a-small-telephone ".repeat(3);
    for (id, title, owner) in [
        (1, "Buy milk, bread and the good butter", "ann@example.com"),
        (2, long.as_str(), "ann@example.com"),
        (3, "Call the plumber", "bob@example.com"),
    ] {
        place.note(id, title, owner).await;
    }
    place
        .run("UPDATE \"Note\" SET \"done\" = TRUE WHERE \"id\" = 2")
        .await;
    place
        .run("UPDATE \"User\" SET \"name\" = 'Ann Lee' WHERE \"email\" = 'ann@example.com'")
        .await;
    (
        place.id_of("ann@example.com").await,
        place.id_of("bob@example.com").await,
    )
}

async fn run(look: Look) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let place = Place::start(ADMINISTRATORS).await;
    let (ann, bob) = furnish(&place).await;
    let browser = Browser::open(&driver, look).await;
    let page = &browser.client;
    let base = &place.running.base;
    sign_in(&browser, &place).await;
    for (name, path) in [
        ("models", format!("/console?as={ann}")),
        ("rows", format!("/console/models/Note?as={ann}")),
        ("no-rows", "/console/models/Note".to_owned()),
        (
            "row-seen",
            format!("/console/models/Note/row?row.id=2&as={ann}"),
        ),
        (
            "row-unseen",
            format!("/console/models/Note/row?row.id=2&as={bob}"),
        ),
        ("people", "/console/people?model=Note".to_owned()),
    ] {
        page.goto(&format!("{base}{path}")).await.unwrap();
        browser.picture(&format!("console-{name}")).await;
    }
    page.goto(&format!("{base}/console/models/Nothing"))
        .await
        .unwrap();
    browser.keep("console-missing").await;
    by_keyboard(&browser, base).await;
    browser.close().await;
}

/// From the console to the sign-in page, by a mailed link, and back.
async fn sign_in(browser: &Browser, place: &Place) {
    let page = &browser.client;
    let console = format!("{}/console", place.running.base);
    page.goto(&console).await.unwrap();
    let input = Locator::Css("input[name=email]");
    let input = page.wait().for_element(input).await.unwrap();
    input.send_keys("root@example.com").await.unwrap();
    let button = page.find(Locator::Id("submitButton")).await.unwrap();
    button.click().await.unwrap();
    let asked = Locator::XPath("//*[contains(text(), 'Check your email')]");
    page.wait().for_element(asked).await.unwrap();
    page.goto(&place.newest_link().await).await.unwrap();
    let url = page.current_url().await.unwrap();
    assert_eq!(url.as_str(), console);
}

/// From the list to why somebody sees a row, with a keyboard alone.
async fn by_keyboard(browser: &Browser, base: &str) {
    let page = &browser.client;
    page.goto(&format!("{base}/console/models/Note"))
        .await
        .unwrap();
    let press = async |keys: &str| {
        let focused = page.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    };
    let tab = String::from(char::from(Key::Tab));
    let enter = String::from(char::from(Key::Enter));
    press(&tab).await;
    assert_eq!(focused(browser).await, "To the content");
    press(&enter).await;
    press(&tab).await;
    assert_eq!(focused(browser).await, "Models");
    page.find(Locator::Id("as"))
        .await
        .unwrap()
        .send_keys(&format!("ann@example.com{enter}"))
        .await
        .unwrap();
    let why = page
        .wait()
        .for_element(Locator::LinkText("Why?"))
        .await
        .unwrap();
    why.send_keys(&enter).await.unwrap();
    let heading = page
        .wait()
        .for_element(Locator::Css("h1 .key"))
        .await
        .unwrap();
    assert_eq!(heading.text().await.unwrap(), "1");
}

async fn focused(browser: &Browser) -> String {
    let element = browser.client.active_element().await.unwrap();
    element.text().await.unwrap()
}

#[tokio::test]
async fn the_console_on_a_wide_screen_without_javascript() {
    run(Look {
        name: "wide-without-javascript",
        javascript: false,
        ..WIDE
    })
    .await;
}

#[tokio::test]
async fn the_console_on_a_wide_dark_screen() {
    run(Look {
        name: "wide-dark",
        dark: true,
        ..WIDE
    })
    .await;
}

#[tokio::test]
async fn the_console_on_a_telephone() {
    run(NARROW).await;
}

#[tokio::test]
async fn the_console_on_a_dark_telephone() {
    run(Look {
        name: "narrow-dark",
        dark: true,
        ..NARROW
    })
    .await;
}
