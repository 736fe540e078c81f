//! The whole journey in Chromium: with JavaScript, without it, and on a narrow dark screen.
//!
//! Screenshots go to `target/screenshots/`. `HALLPASS_TEST_CHROMEDRIVER` and `HALLPASS_TEST_CHROMIUM` name the
//! programs; without the variables they are looked for in PATH. Without the programs the tests are left out with a
//! note, or fail where `HALLPASS_TEST_REQUIRE=1`.

pub(crate) mod authenticator;
mod console;
pub(crate) mod driver;
mod journey;
mod passkeys;
mod second_factor;
mod team;

use driver::{Browser, Driver, Look};

pub(crate) const WIDE: Look = Look {
    name: "wide",
    width: 1280,
    height: 800,
    dark: false,
    javascript: true,
};

const NARROW: Look = Look {
    name: "narrow",
    width: 360,
    height: 740,
    ..WIDE
};

async fn run(look: Look) {
    let Some(driver) = Driver::start() else {
        return;
    };
    let browser = Browser::open(&driver, look).await;
    journey::run(&browser).await;
    browser.close().await;
}

#[tokio::test]
async fn with_javascript() {
    run(WIDE).await;
}

#[tokio::test]
async fn without_javascript() {
    run(Look {
        name: "wide-without-javascript",
        javascript: false,
        ..WIDE
    })
    .await;
}

#[tokio::test]
async fn on_a_narrow_screen() {
    run(NARROW).await;
}

#[tokio::test]
async fn on_a_narrow_dark_screen() {
    run(Look {
        name: "narrow-dark",
        dark: true,
        ..NARROW
    })
    .await;
}
