//! The same conversation with Auth.js and with Hallpass.
//!
//! Every request goes to both, each with the cookies that it set itself. Status, headers, cookies and bodies must be the
//! same; pages by their structure. What differs on purpose stands in `deviations`, with the reason: a difference that
//! is not listed fails the test, and so does a listed one that is gone.

mod deviations;
mod devices;
mod difference;
mod library;
mod page;
mod rows;
mod script;
mod seen;
mod services;
mod setup;
mod side;
mod step;

use std::rc::Rc;

use futures_util::stream::{self, StreamExt as _};
use hallpass_db::testing::sqlite;

use self::difference::Difference;
use self::services::Services;
use self::setup::{CustomPages, Setup};
use self::side::Side;
use crate::harness::service::Service;
use crate::interop::address::Address;
use crate::interop::server::Server;

const HTTP: Address = Address("http://app.test/api/auth");
const HTTPS: Address = Address("https://app.test/auth");

const fn setup(name: &'static str, address: Address, strategy: &'static str) -> Setup {
    Setup {
        name,
        address,
        strategy,
        credentials: false,
        pages: None,
        services: None,
        passkeys: false,
    }
}

const SETUPS: &[Setup] = &[
    setup("tokens", HTTP, "jwt"),
    setup("database", HTTP, "database"),
    setup("tokens, https", HTTPS, "jwt"),
    setup("database, https", HTTPS, "database"),
    Setup {
        credentials: true,
        ..setup("credentials", HTTP, "jwt")
    },
    Setup {
        credentials: true,
        ..setup("credentials, database", HTTPS, "database")
    },
    Setup {
        pages: Some(CustomPages {
            sign_in: "/login",
            error: "/oops",
        }),
        ..setup("pages", HTTP, "database")
    },
    Setup {
        pages: Some(CustomPages {
            sign_in: "/login?from=auth",
            error: "/oops?a=b",
        }),
        ..setup("pages with a query", HTTPS, "jwt")
    },
    Setup {
        services: Some(Services::Honest),
        ..setup("services", HTTP, "jwt")
    },
    Setup {
        services: Some(Services::Honest),
        ..setup("services, database", HTTPS, "database")
    },
    Setup {
        services: Some(Services::Lying),
        ..setup("services that misbehave", HTTP, "database")
    },
    Setup {
        passkeys: true,
        ..setup("passkeys", HTTPS, "jwt")
    },
    Setup {
        passkeys: true,
        ..setup("passkeys, database", HTTP, "database")
    },
];

/// Speaks with both, and gives what differed.
async fn converse(setup: Setup) -> Vec<Difference> {
    let database = sqlite().await;
    let service = Service::start().await;
    let authjs = setup.authjs(&service);
    let tokens = Rc::new(setup.tokens(&authjs).await);
    let hallpass = setup.hallpass(&database.address, &service).await;
    let mut theirs = Side::new(setup, Server::AuthJs(authjs), &tokens, service.port());
    let mut ours = Side::new(setup, hallpass, &tokens, service.port());
    let mut found = Vec::new();
    for scene in script::scenes(&setup) {
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
    // Not all at once: each is two servers.
    let conversations = stream::iter(SETUPS).map(|setup| converse(*setup));
    let found: Vec<Vec<Difference>> = conversations.buffered(3).collect().await;
    deviations::judge(&found.concat());
}
