//! Limits that two processes share.

use hallpass_db::testing::{databases, sqlite};

use crate::harness::{Binary, MailService, Running, Visitor};

fn start(database: &str, mail: &MailService, variables: &[(&str, &str)]) -> Running {
    let binary = Binary::serve(database)
        .variable("AUTH_RESEND_KEY", "re_test")
        .variable("AUTH_RESEND_URL", &mail.url())
        .variable("EMAIL_FROM", "Todos <no-reply@example.com>");
    let variables = variables.iter();
    variables
        .fold(binary, |binary, (name, value)| binary.variable(name, value))
        .start()
}

/// Asks for a link to one address at one after the other, and says how often that was refused.
async fn refusals(servers: &[&Running], times: usize) -> usize {
    let mut refused = 0;
    for server in servers.iter().cycle().take(times) {
        let visitor = Visitor::new(&server.base);
        let page = visitor.ask_for_link("ann@example.com").await;
        if page.status == 429 {
            page.assert_shows("Too many tries");
            refused += 1;
        } else {
            page.assert_shows("Check your email");
        }
    }
    refused
}

#[tokio::test]
async fn two_processes_on_one_database_server_share_their_limits() {
    let mail = MailService::start().await;
    for test in databases().await {
        let (one, other) = (
            start(&test.address, &mail, &[]),
            start(&test.address, &mail, &[]),
        );
        // A file is for one process, unless it is told otherwise.
        let refused = if test.name == "sqlite" { 0 } else { 3 };
        let found = refusals(&[&one, &other], 8).await;
        assert_eq!(found, refused, "{}", test.name);
    }
}

#[tokio::test]
async fn two_processes_on_one_redis_share_their_limits() {
    let Some(redis) = redis() else { return };
    let mail = MailService::start().await;
    let (first, second) = (sqlite().await, sqlite().await);
    // Keys depend on the secret, so those of other tests are others.
    let secret = first.address.repeat(2);
    let variables = [
        ("HALLPASS_LIMITS_STORE", "redis"),
        ("REDIS_URL", &redis),
        ("AUTH_SECRET", &secret),
    ];
    let one = start(&first.address, &mail, &variables);
    let other = start(&second.address, &mail, &variables);
    assert_eq!(refusals(&[&one, &other], 8).await, 3);
}

/// A shared store that is away lets nobody try without end, and keeps nobody out.
#[tokio::test]
async fn a_redis_that_is_away_leaves_each_process_its_own_limits() {
    let mail = MailService::start().await;
    let test = sqlite().await;
    let variables = [
        ("HALLPASS_LIMITS_STORE", "redis"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
    ];
    let one = start(&test.address, &mail, &variables);
    assert_eq!(refusals(&[&one], 7).await, 2);
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables")]
fn redis() -> Option<String> {
    let url = std::env::var("HALLPASS_TEST_REDIS").ok();
    let is_needed = std::env::var("HALLPASS_TEST_REQUIRE").is_ok_and(|value| value == "1");
    assert!(
        url.is_some() || !is_needed,
        "HALLPASS_TEST_REDIS is not set"
    );
    url
}
