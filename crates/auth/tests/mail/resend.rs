//! The Resend transport against a scripted HTTP server.

use std::time::Duration;

use hallpass_auth::mail::resend::{Resend, Settings};
use hallpass_auth::mail::{Message, Retry, SendError, Transport};
use hallpass_auth::secret::Secret;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{ADDRESS, LINK, SECRET, message, shown};

const RETRY: Retry = Retry {
    tries: 3,
    timeout: Duration::from_secs(10),
    first_pause: Duration::from_millis(1),
    deadline: Duration::from_secs(30),
};

fn resend(base: &str, retry: Retry) -> Resend {
    Resend::new(&Settings {
        base: base.to_owned(),
        retry,
        ..Settings::new(Secret::new(SECRET))
    })
    .unwrap()
}

fn taken() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" }))
}

/// As the service does, the answer quotes what it was given.
fn refused(status: u16, name: &str) -> ResponseTemplate {
    let message = format!("{ADDRESS} {LINK} {SECRET}");
    ResponseTemplate::new(status)
        .set_body_json(json!({ "statusCode": status, "name": name, "message": message }))
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// What a send to a server that always answers like this ends in, and after how many requests.
async fn outcome(answer: ResponseTemplate) -> (SendError, String, usize) {
    let server = answering(answer).await;
    let error = resend(&server.uri(), RETRY)
        .send(&message())
        .await
        .expect_err("refused");
    let text = shown(&error).replace(&server.address().to_string(), "HOST");
    (error, text, requests(&server).await.len())
}

#[tokio::test]
async fn a_mail_is_one_post_with_the_key_and_the_whole_message() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .and(header("authorization", format!("Bearer {SECRET}").as_str()))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "from": "Example <login@example.com>",
            "to": [ADDRESS],
            "subject": "Sign in to app.example.com",
            "text": message().text,
            "html": message().html,
        })))
        .respond_with(taken())
        .expect(1)
        .mount(&server)
        .await;
    resend(&format!("{}/", server.uri()), RETRY)
        .send(&message())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lasting_refusal_is_explained_and_not_tried_again() {
    let rows = [
        (
            401,
            "missing_api_key",
            "the key is missing or wrong — check it",
        ),
        (
            401,
            "restricted_api_key",
            "the key may not send — make one with sending access",
        ),
        (
            403,
            "invalid_api_key",
            "the key is not valid — make a new one",
        ),
        (
            403,
            "validation_error",
            "sending from this address is not allowed — verify the domain of the from address",
        ),
        (
            404,
            "not_found",
            "there is no mail service at this address — check the base address",
        ),
        (
            409,
            "invalid_idempotent_request",
            "another message was sent under the same key",
        ),
        (
            422,
            "validation_error",
            "the message is not valid — check the from address",
        ),
        (
            429,
            "daily_quota_exceeded",
            "the quota of the account is used up — raise it or wait",
        ),
        (418, "planted", "the message was refused"),
    ];
    for (status, name, remedy) in rows {
        let (error, text, requests) = outcome(refused(status, name)).await;
        assert!(
            matches!(error, SendError::Refused { .. }),
            "{status} {name}"
        );
        assert_eq!(
            text,
            format!("the mail service refused the message: HOST answered {status}: {remedy}")
        );
        assert_eq!(requests, 1, "{status} {name}");
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_until_the_tries_are_used_up() {
    for (status, name) in [
        (500, "application_error"),
        (503, "x"),
        (429, "rate_limit_exceeded"),
        (409, "concurrent_idempotent_requests"),
    ] {
        let (error, text, requests) = outcome(refused(status, name)).await;
        assert!(matches!(error, SendError::Unreachable { .. }), "{status}");
        assert!(
            text.starts_with(&format!(
                "the mail service could not be reached: HOST answered {status}: "
            )),
            "{text}"
        );
        assert_eq!(requests, 3, "{status}");
    }
}

#[tokio::test]
async fn an_error_answer_that_is_not_json_is_explained_by_its_status() {
    let (_, text, _) =
        outcome(ResponseTemplate::new(502).set_body_string("<html>planted</html>")).await;
    assert!(
        text.ends_with("HOST answered 502: the service has a problem of its own — try again later"),
        "{text}"
    );
}

#[tokio::test]
async fn every_try_carries_the_same_idempotency_key_and_every_message_another() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(refused(500, "x"))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(taken())
        .mount(&server)
        .await;
    let resend = resend(&server.uri(), RETRY);
    resend.send(&message()).await.unwrap();
    resend
        .send(&Message {
            text: "another".to_owned(),
            ..message()
        })
        .await
        .unwrap();
    let requests = requests(&server).await;
    let keys: Vec<_> = requests
        .iter()
        .map(|request| request.headers["idempotency-key"].to_str().unwrap())
        .collect();
    let [first, second, third, another] = keys[..] else {
        panic!("four requests: {keys:?}")
    };
    assert_eq!((first, first), (second, third));
    assert_ne!(first, another);
    assert!(first.len() <= 256 && !first.contains("planted"));
}

#[tokio::test]
async fn the_pause_the_service_asks_for_is_kept() {
    let server = MockServer::start().await;
    let busy = refused(429, "rate_limit_exceeded").insert_header("retry-after", "1");
    Mock::given(method("POST"))
        .respond_with(busy)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(taken())
        .mount(&server)
        .await;
    let started = std::time::Instant::now();
    resend(&server.uri(), RETRY).send(&message()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_ends_the_tries_at_once() {
    let busy =
        |pause: &str| refused(429, "rate_limit_exceeded").insert_header("retry-after", pause);
    for pause in ["3600", "18446744073709551615"] {
        let (error, _, requests) = outcome(busy(pause)).await;
        assert!(matches!(error, SendError::Unreachable { .. }));
        assert_eq!(requests, 1, "{pause}");
    }
    for pause in ["planted", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_eq!(outcome(busy(pause)).await.2, 3, "{pause}");
    }
}

#[tokio::test]
async fn a_service_that_hangs_costs_no_more_than_the_timeouts() {
    let server = answering(taken().set_delay(Duration::from_secs(60))).await;
    let retry = Retry {
        tries: 2,
        timeout: Duration::from_secs(1),
        ..RETRY
    };
    let error = resend(&server.uri(), retry)
        .send(&message())
        .await
        .expect_err("given up");
    let reason = format!(
        "the mail service could not be reached: {} did not answer within 1 s",
        server.address()
    );
    assert_eq!(shown(&error), reason);
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn an_answer_no_mail_service_gives_is_no_success() {
    let answers = [
        ResponseTemplate::new(200).set_body_string("<html>planted</html>"),
        ResponseTemplate::new(200).set_body_json(json!({ "planted": 1 })),
        ResponseTemplate::new(200).set_body_json(json!([])),
        ResponseTemplate::new(200).set_body_json(Value::Null),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1 << 20]),
    ];
    for answer in answers {
        let (error, text, requests) = outcome(answer).await;
        assert!(matches!(error, SendError::Refused { .. }));
        assert!(
            text.ends_with(
                "HOST answered 200 but not as a mail service does — check the base address"
            ),
            "{text}"
        );
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(taken()).await;
    let redirect = ResponseTemplate::new(307)
        .insert_header("location", format!("{}/emails", elsewhere.uri()).as_str());
    let (error, text, _) = outcome(redirect).await;
    assert!(matches!(error, SendError::Refused { .. }));
    assert!(
        text.ends_with(
            "HOST answered 307: it redirects, which is not followed — check the base address"
        ),
        "{text}"
    );
    assert!(requests(&elsewhere).await.is_empty());
}

#[tokio::test]
async fn nobody_listening_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = resend(&format!("http://{address}"), RETRY)
        .send(&message())
        .await
        .expect_err("given up");
    let reason = format!("could not connect to {address} — check network and base address");
    assert_eq!(
        shown(&error),
        format!("the mail service could not be reached: {reason}")
    );
}

#[tokio::test]
async fn a_message_that_nobody_can_send_never_reaches_the_service() {
    let server = answering(taken()).await;
    let spoilt = Message {
        to: "planted@evil.example,x@example.com".to_owned(),
        ..message()
    };
    let error = resend(&server.uri(), RETRY)
        .send(&spoilt)
        .await
        .expect_err("refused");
    shown(&error);
    assert!(requests(&server).await.is_empty());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let settings = |base: &str, key: &str| Settings {
        base: base.to_owned(),
        ..Settings::new(Secret::new(key))
    };
    for base in [
        "",
        "planted",
        "ftp://planted",
        "https://planted/?x=1",
        "/planted",
    ] {
        let error = Resend::new(&settings(base, "key")).expect_err(base);
        assert_eq!(
            shown(&error),
            "the base address of the mail service must be an `https://` address"
        );
    }
    let error =
        Resend::new(&settings("https://api.resend.com", "planted\n")).expect_err("no header");
    shown(&error);
}

#[test]
fn the_key_is_never_printed() {
    let settings = Settings::new(Secret::new(SECRET));
    let printed = format!("{settings:?} {:?}", Resend::new(&settings).unwrap());
    assert!(!printed.contains("planted"), "{printed}");
}
