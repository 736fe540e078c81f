//! The service that knows the passwords of breaches, over HTTP: what it is told, and what becomes of whatever it answers.
//!
//! Source: the range API of Pwned Passwords, as it is documented: `GET /range/{five digits}`, lines of `{35 digits}:{count}`, padding
//! with the count 0 where `Add-Padding: true` is sent.

use std::time::Duration;

use hallpass_auth::account::{AccountError, Refusal};
use hallpass_auth::password::{
    PasswordSettings, PwnedPasswords, PwnedSettings, Unanswered, Weakness,
};
use hallpass_auth::session::Strategy;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::account::support::{ADA, NEW, OLD, app_with_store, options};

/// SHA-1 of [`NEW`]: the part that leaves, and the part that stays.
const PREFIX: &str = "ED929";
const REST: &str = "FDC45A63B0B4660875ADAF24C2735CBE03C";

/// What stands before and behind in a real answer: other hashes, and padding.
const OTHERS: &str =
    "003D68EB55068C33ACE09247EE4C639306B:3\r\n012C192B2F16F82EA0EB9EF18D9D539B0DD:1";
const PADDING: &str =
    "FFFFFFFFFFFFFFFFFFFFA1B2C3D4E5F6071:0\r\nFFFFFFFFFFFFFFFFFFFFA1B2C3D4E5F6072:0";

/// What comes of a new password.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Taken,
    Known,
    /// As [`Unanswered`] says, and the log tells why.
    NoAnswer(&'static str),
}

async fn service(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/range/{PREFIX}")))
        .and(header("add-padding", "true"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// Whether Ada's password may become [`NEW`], and what is logged about it.
async fn change(base: &str, unanswered: Unanswered) -> (Result<(), Weakness>, String) {
    let pwned = PwnedPasswords::new(&PwnedSettings {
        base: base.to_owned(),
        timeout: Duration::from_millis(500),
    });
    let pwned = pwned.unwrap();
    let app = app_with_store(Strategy::Jwt, |builder, store| {
        let settings = PasswordSettings::new(store).hasher(options());
        builder.passwords(settings.breaches(pwned, unanswered))
    });
    app.ada().await;
    let id = app.user(ADA).id;
    let (log, _guard) = crate::logs::capture();
    let changed = app.auth.account().change_password(&id, OLD, NEW).await;
    let verdict = match changed {
        Ok(_) => Ok(()),
        Err(AccountError::Refused(Refusal::WeakPassword(weakness))) => Err(weakness),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(app.has_password(ADA, NEW).await, verdict.is_ok());
    (verdict, log.text())
}

/// Holds what is documented of each setting, whatever the service does.
async fn holds(case: &str, base: &str, expected: Outcome) {
    for unanswered in [Unanswered::Take, Unanswered::Refuse] {
        let (verdict, log) = change(base, unanswered).await;
        let should = match (expected, unanswered) {
            (Outcome::Taken, _) | (Outcome::NoAnswer(_), Unanswered::Take) => Ok(()),
            (Outcome::Known, _) => Err(Weakness::Breached),
            (Outcome::NoAnswer(_), Unanswered::Refuse) => Err(Weakness::Unchecked),
        };
        assert_eq!(verdict, should, "{case}, {unanswered:?}");
        let told =
            "a new password was not checked against breaches: the breach service gave no answer: ";
        match expected {
            Outcome::NoAnswer(reason) => {
                assert!(log.contains(&format!("{told}{reason}")), "{case}: {log}");
            }
            _ => assert!(!log.contains(told), "{case}: {log}"),
        }
        for secret in [PREFIX, REST, NEW, OLD, ADA] {
            assert!(!log.contains(secret), "{case}: {log}");
        }
    }
}

#[tokio::test]
async fn whatever_the_service_answers_is_read_strictly() {
    let text = |text: String| ResponseTemplate::new(200).set_body_string(text);
    let huge = format!("{OTHERS}\r\n").repeat(20_000);
    for (case, answer, expected) in [
        (
            "found",
            text(format!("{OTHERS}\r\n{REST}:7\r\n{PADDING}")),
            Outcome::Known,
        ),
        (
            "found in small letters",
            text(format!("{}:1\n", REST.to_lowercase())),
            Outcome::Known,
        ),
        (
            "not found",
            text(format!("{OTHERS}\r\n{PADDING}")),
            Outcome::Taken,
        ),
        (
            "a padding line",
            text(format!("{OTHERS}\r\n{REST}:0")),
            Outcome::Taken,
        ),
        ("nothing begins so", text(String::new()), Outcome::Taken),
        (
            "a page",
            text("<html>Log in to this network</html>".to_owned()),
            Outcome::NoAnswer("it answered with what is no range"),
        ),
        (
            "found, then garbage",
            text(format!("{REST}:7\r\nrate limit")),
            Outcome::NoAnswer("it answered with what is no range"),
        ),
        (
            "no text",
            ResponseTemplate::new(200).set_body_bytes([0xff, 0xfe, 0x00]),
            Outcome::NoAnswer("it answered with no text"),
        ),
        (
            "too much",
            text(huge),
            Outcome::NoAnswer("it answered with more than a range"),
        ),
        (
            "too often",
            ResponseTemplate::new(429),
            Outcome::NoAnswer("it answered 429"),
        ),
        (
            "broken",
            ResponseTemplate::new(503),
            Outcome::NoAnswer("it answered 503"),
        ),
        (
            "slow",
            text(OTHERS.to_owned()).set_delay(Duration::from_secs(30)),
            Outcome::NoAnswer("it took too long"),
        ),
    ] {
        let server = service(answer).await;
        holds(case, &server.uri(), expected).await;
        let asked = server.received_requests().await.unwrap();
        assert_eq!(asked.len(), 2, "{case}: it is asked once a password");
    }
}

#[tokio::test]
async fn a_service_that_is_down_or_leads_elsewhere_has_not_answered() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    holds("down", &address, Outcome::NoAnswer("it cannot be reached")).await;

    let elsewhere = service(ResponseTemplate::new(200).set_body_string(format!("{REST}:1"))).await;
    let location = format!("{}/range/{PREFIX}", elsewhere.uri());
    let redirect = ResponseTemplate::new(302).insert_header("location", &*location);
    let server = service(redirect).await;
    holds(
        "elsewhere",
        &server.uri(),
        Outcome::NoAnswer("it answered 302"),
    )
    .await;
    let asked = elsewhere.received_requests().await.unwrap();
    assert!(asked.is_empty(), "the digits went to somebody else");
}

/// k-anonymity: whoever keeps the service learns one of a million groups, and nothing of who asks.
#[tokio::test]
async fn five_digits_of_the_hash_leave_and_nothing_else() {
    let server = service(ResponseTemplate::new(200).set_body_string(OTHERS)).await;
    let base = format!("{}/", server.uri());
    let (verdict, _) = change(&base, Unanswered::Refuse).await;
    assert_eq!(verdict, Ok(()));
    let asked = server.received_requests().await.unwrap();
    let [request] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(request.url.path(), format!("/range/{PREFIX}"));
    assert_eq!((request.url.query(), request.body.len()), (None, 0));
    let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "add-padding", "host", "user-agent"]);
    let all = format!("{:?}", request.headers);
    for secret in [REST, NEW, "seven", ADA, "ada"] {
        assert!(!all.contains(secret), "{all}");
    }
}
