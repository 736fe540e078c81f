//! The same conversation with Auth.js and with Hallpass.
//!
//! Every request goes to both, each with the cookies that it set itself. Status, headers, cookies and bodies must be the
//! same; pages by their structure. What differs on purpose stands in `deviations`, with the reason: a difference that
//! is not listed fails the test, and so does a listed one that is gone.

mod deviations;
mod difference;
mod page;
mod script;
mod seen;
mod setup;
mod side;
mod step;

use std::rc::Rc;

use hallpass_db::testing::sqlite;

use self::difference::Difference;
use self::setup::Setup;
use self::side::{Server, Side};
use crate::harness::MailService;

const SETUPS: &[Setup] = &[
    Setup {
        name: "tokens",
        url: "http://app.test/api/auth",
        strategy: "jwt",
    },
    Setup {
        name: "database",
        url: "http://app.test/api/auth",
        strategy: "database",
    },
    Setup {
        name: "tokens, https",
        url: "https://app.test/auth",
        strategy: "jwt",
    },
    Setup {
        name: "database, https",
        url: "https://app.test/auth",
        strategy: "database",
    },
];

/// Speaks with both, and gives what differed.
async fn converse(setup: Setup) -> Vec<Difference> {
    let database = sqlite().await;
    let mail = MailService::start().await;
    let authjs = setup.authjs();
    let tokens = Rc::new(setup.tokens(&authjs).await);
    let hallpass = setup.hallpass(&database.address, &mail);
    let mut theirs = Side::new(setup, Server::AuthJs(authjs), &tokens);
    let mut ours = Side::new(setup, Server::Hallpass(hallpass, mail), &tokens);
    let mut found = Vec::new();
    for scene in script::scenes() {
        theirs.forget();
        ours.forget();
        for step in &scene.steps {
            let (their, our) = tokio::join!(theirs.play(step), ours.play(step));
            let place = format!("{} / {} / {}", setup.name, scene.name, step.name);
            found.extend(difference::between(&place, &their, &our));
        }
    }
    found
}

#[tokio::test]
async fn both_answer_alike() {
    let mut found = Vec::new();
    for setup in SETUPS {
        found.extend(converse(*setup).await);
    }
    deviations::judge(&found);
}
