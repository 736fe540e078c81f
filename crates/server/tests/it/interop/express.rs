//! An Express application with `@auth/express`: its protected pages open with sessions of Hallpass.

use hallpass_db::testing::sqlite;

use super::address::Address;
use super::authjs::Options;
use super::browser::Person;
use super::server::Server;
use super::wire::{Reply, Request};

const HTTP: Address = Address("http://app.test/api/auth");
const HTTPS: Address = Address("https://app.test/api/auth");
const SECRET: &str = "a-secret-that-both-know-0123456789abcdef";

/// The page behind the session, as the proxy passes the request on.
async fn protected(person: &mut Person, application: &Server, address: Address) -> Reply {
    let scheme = if address.is_secure() { "https" } else { "http" };
    let request = Request::new("GET", "/protected").header("x-forwarded-proto", scheme);
    person.send(application, request).await
}

#[tokio::test]
async fn protected_pages_open_with_sessions_of_either() {
    for (address, strategy) in [(HTTP, "database"), (HTTP, "jwt"), (HTTPS, "jwt")] {
        let database = sqlite().await;
        let theirs = Options::at(address.0, SECRET)
            .with("frame", "express")
            .with("adapter", "drizzle-sqlite")
            .with("database", database.address.replacen("sqlite:", "file:", 1))
            .with("create", true)
            .with("strategy", strategy)
            .start();
        let application = Server::AuthJs(theirs);
        let variables = [("AUTH_SECRET", SECRET), ("AUTH_SESSION_STRATEGY", strategy)];
        let hallpass = Server::hallpass(address, &database.address, &variables).await;

        let mut ann = Person::new(address);
        let before = protected(&mut ann, &application, address).await;
        assert_eq!(before.status, 401, "{before:?}");
        ann.sign_in(&hallpass, "ann@example.com").await;
        let opened = protected(&mut ann, &application, address).await;
        assert_eq!(
            opened.status, 200,
            "{strategy} at {}: {opened:?}",
            address.0
        );
        assert!(opened.body.contains("ann@example.com"), "{opened:?}");

        ann.post(&hallpass, "/signout", &[]).await;
        let after = protected(&mut ann, &application, address).await;
        assert_eq!(after.status, 401, "{after:?}");
    }
}

#[tokio::test]
async fn sessions_of_the_application_are_sessions_here() {
    let database = sqlite().await;
    let theirs = Options::at(HTTP.0, SECRET)
        .with("frame", "express")
        .with("adapter", "drizzle-sqlite")
        .with("database", database.address.replacen("sqlite:", "file:", 1))
        .with("create", true)
        .start();
    let application = Server::AuthJs(theirs);
    let variables = [("AUTH_SECRET", SECRET)];
    let hallpass = Server::hallpass(HTTP, &database.address, &variables).await;
    let mut ann = Person::new(HTTP);
    ann.sign_in(&application, "ann@example.com").await;
    assert_eq!(
        ann.email(&hallpass).await.as_deref(),
        Some("ann@example.com")
    );
    assert_eq!(protected(&mut ann, &application, HTTP).await.status, 200);
    ann.post(&application, "/signout", &[]).await;
    assert_eq!(ann.email(&hallpass).await, None);
}
