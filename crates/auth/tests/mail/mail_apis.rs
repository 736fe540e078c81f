//! The transports over HTTP APIs against scripted servers: what each sends, and what it makes of answers. What all have in
//! common is tried in `resend.rs`.

use std::sync::Arc;
use std::time::Duration;

use hallpass_auth::mail::forwardemail::ForwardEmail;
use hallpass_auth::mail::loops::Loops;
use hallpass_auth::mail::mailgun::Mailgun;
use hallpass_auth::mail::mandrill::Mandrill;
use hallpass_auth::mail::postmark::Postmark;
use hallpass_auth::mail::sendgrid::SendGrid;
use hallpass_auth::mail::{ApiSettings, Message, Retry, SendError, Transport};
use hallpass_auth::secret::Secret;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{ADDRESS, LINK, SECRET, message, shown};

const SERVICES: [&str; 6] = [
    "sendgrid",
    "postmark",
    "mailgun",
    "forwardemail",
    "loops",
    "mandrill",
];

fn settings(base: &str) -> ApiSettings {
    ApiSettings {
        base: Some(base.to_owned()),
        retry: Retry {
            tries: 2,
            timeout: Duration::from_secs(10),
            first_pause: Duration::from_millis(1),
            deadline: Duration::from_secs(30),
        },
        ..ApiSettings::new(Secret::new(SECRET))
    }
}

fn transport(service: &str, base: &str) -> Arc<dyn Transport> {
    let settings = settings(base);
    match service {
        "sendgrid" => Arc::new(SendGrid::new(&settings).unwrap()),
        "postmark" => Arc::new(Postmark::new(&settings).unwrap()),
        "mailgun" => Arc::new(Mailgun::new(&settings).unwrap()),
        "forwardemail" => Arc::new(ForwardEmail::new(&settings).unwrap()),
        "loops" => Arc::new(Loops::new(&settings, "template-1").unwrap()),
        _ => Arc::new(Mandrill::new(&settings).unwrap()),
    }
}

/// The answer with which a service takes a message.
fn taken(service: &str) -> ResponseTemplate {
    match service {
        "sendgrid" => ResponseTemplate::new(202),
        "postmark" => json_answer(
            200,
            json!({ "ErrorCode": 0, "Message": "OK", "MessageID": "x" }),
        ),
        "mailgun" => json_answer(
            200,
            json!({ "id": "<x@example.com>", "message": "Queued." }),
        ),
        "forwardemail" => json_answer(200, json!({ "id": "x", "status": "queued" })),
        "loops" => json_answer(200, json!({ "success": true })),
        _ => json_answer(
            200,
            json!([{ "_id": "x", "email": ADDRESS, "status": "queued" }]),
        ),
    }
}

fn json_answer(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// What a send to a server that always answers like this ends in, and what the server was asked.
async fn send(
    service: &str,
    answer: ResponseTemplate,
    message: &Message,
) -> (Result<(), SendError>, Vec<Request>) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let sent = transport(service, &server.uri()).send(message).await;
    (sent, server.received_requests().await.unwrap())
}

async fn outcome(service: &str, answer: ResponseTemplate) -> (SendError, String, usize) {
    let (sent, requests) = send(service, answer, &message()).await;
    let error = sent.expect_err(service);
    let text = shown(&error);
    (error, text, requests.len())
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn every_service_gets_one_post_of_its_shape_with_the_key_in_its_place() {
    let (text, html) = (message().text, message().html);
    let (from, subject) = ("Example <login@example.com>", "Sign in to app.example.com");
    let bearer = format!("Bearer {SECRET}");
    let rows = [
        (
            "sendgrid",
            "/v3/mail/send",
            ("authorization", bearer.clone()),
            json!({
                "personalizations": [{ "to": [{ "email": ADDRESS }] }],
                "from": { "email": "login@example.com", "name": "Example" },
                "subject": subject,
                "content": [
                    { "type": "text/plain", "value": text },
                    { "type": "text/html", "value": html },
                ],
                "tracking_settings": {
                    "click_tracking": { "enable": false, "enable_text": false },
                    "open_tracking": { "enable": false },
                },
            }),
        ),
        (
            "postmark",
            "/email",
            ("x-postmark-server-token", SECRET.to_owned()),
            json!({
                "From": from, "To": ADDRESS, "Subject": subject, "TextBody": text, "HtmlBody": html,
                "MessageStream": "outbound", "TrackLinks": "None", "TrackOpens": false,
            }),
        ),
        (
            "forwardemail",
            "/v1/emails",
            ("authorization", "Basic cGxhbnRlZC1zZWNyZXQ6".to_owned()),
            json!({ "from": from, "to": ADDRESS, "subject": subject, "text": text, "html": html }),
        ),
        (
            "loops",
            "/api/v1/transactional",
            ("authorization", bearer),
            json!({
                "transactionalId": "template-1", "email": ADDRESS,
                "dataVariables": { "url": LINK, "subject": subject, "text": text },
            }),
        ),
        (
            "mandrill",
            "/api/1.0/messages/send",
            ("content-type", "application/json".to_owned()),
            json!({
                "key": SECRET,
                "message": {
                    "from_email": "login@example.com", "from_name": "Example",
                    "to": [{ "email": ADDRESS, "type": "to" }],
                    "subject": subject, "text": text, "html": html,
                    "track_clicks": false, "track_opens": false, "view_content_link": false,
                },
            }),
        ),
    ];
    for (service, path, (name, value), body) in rows {
        let (sent, requests) = send(service, taken(service), &message()).await;
        sent.unwrap();
        let [request] = requests.as_slice() else {
            panic!("{service}: one request")
        };
        assert_eq!(request.url.path(), path, "{service}");
        assert_eq!(header(request, name), value, "{service}");
        assert_eq!(request.body_json::<Value>().unwrap(), body, "{service}");
    }
}

#[tokio::test]
async fn mailgun_gets_a_form_below_the_domain_of_the_sender() {
    let (sent, requests) = send("mailgun", taken("mailgun"), &message()).await;
    sent.unwrap();
    let request = &requests[0];
    assert_eq!(request.url.path(), "/v3/example.com/messages");
    assert_eq!(
        header(request, "authorization"),
        "Basic YXBpOnBsYW50ZWQtc2VjcmV0"
    );
    let body = std::str::from_utf8(&request.body).unwrap();
    let form = form_urlencoded::parse(body.as_bytes()).into_owned();
    let form: Vec<(String, String)> = form.collect();
    let value = |name: &str| {
        form.iter()
            .find(|(found, _)| found == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(value("to"), ADDRESS);
    assert_eq!(value("text"), message().text);
    assert_eq!(value("o:tracking"), "no");
    for from in ["x@../admin", "x@a/b", "x@", "x"] {
        let message = Message {
            from: from.to_owned(),
            ..message()
        };
        let (sent, requests) = send("mailgun", taken("mailgun"), &message).await;
        assert!(matches!(sent, Err(SendError::Invalid { .. })), "{from}");
        assert!(requests.is_empty(), "{from}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_what_each_service_says() {
    let rows = [
        (
            "sendgrid",
            401,
            json!({ "errors": [{ "message": SECRET }] }),
            "the key is missing or wrong — check it",
            1,
        ),
        (
            "sendgrid",
            403,
            json!({}),
            "sending from this address is not allowed — verify it, or its domain, as a sender",
            1,
        ),
        (
            "postmark",
            422,
            json!({ "ErrorCode": 10, "Message": LINK }),
            "the key is missing or wrong — check it",
            1,
        ),
        (
            "postmark",
            422,
            json!({ "ErrorCode": 406, "Message": ADDRESS }),
            "the recipient is inactive there, after a bounce or a complaint",
            1,
        ),
        (
            "postmark",
            200,
            json!({ "ErrorCode": 300 }),
            "the message is not valid — check the from address",
            1,
        ),
        (
            "mailgun",
            404,
            json!({ "message": ADDRESS }),
            "the domain of the from address is none of the account — add it, or set the region",
            1,
        ),
        (
            "loops",
            404,
            json!({ "success": false }),
            "there is no published mail with this transactional id — check it",
            1,
        ),
        (
            "mandrill",
            500,
            json!({ "status": "error", "name": "Invalid_Key", "message": SECRET }),
            "the key is missing or wrong — check it",
            1,
        ),
        (
            "mandrill",
            200,
            json!([{ "status": "rejected", "reject_reason": "spam" }]),
            "the recipient or the sender was rejected — check the lists and domains of the account",
            1,
        ),
        (
            "mandrill",
            500,
            json!({ "status": "error", "name": "GeneralError" }),
            "the service has a problem of its own — try again later",
            2,
        ),
        (
            "forwardemail",
            429,
            json!({}),
            "too many requests — the account's rate limit",
            2,
        ),
    ];
    for (service, status, body, remedy, tries) in rows {
        let (_, text, requests) = outcome(service, json_answer(status, body)).await;
        assert!(
            text.ends_with(&format!("answered {status}: {remedy}")),
            "{service}: {text}"
        );
        assert_eq!(requests, tries, "{service} {status}");
    }
}

#[tokio::test]
async fn no_service_takes_another_server_s_success_for_its_own() {
    for service in SERVICES {
        for answer in [
            ResponseTemplate::new(200).set_body_string("<html>planted</html>"),
            json_answer(200, json!({ "planted": 1 })),
            json_answer(200, json!([])),
            ResponseTemplate::new(200),
            ResponseTemplate::new(202).set_body_bytes(vec![b'1'; 1 << 20]),
        ] {
            let (error, text, requests) = outcome(service, answer).await;
            assert!(
                matches!(error, SendError::Refused { .. }),
                "{service}: {text}"
            );
            assert_eq!(requests, 1, "{service}");
        }
    }
}

#[tokio::test]
async fn no_service_is_sent_a_message_that_nobody_can_send() {
    let spoilt = Message {
        to: "planted@evil.example,x@example.com".to_owned(),
        ..message()
    };
    for service in SERVICES {
        let (sent, requests) = send(service, taken(service), &spoilt).await;
        shown(&sent.expect_err(service));
        assert!(requests.is_empty(), "{service}");
    }
}

#[test]
fn keys_are_never_printed_and_settings_that_cannot_work_are_refused() {
    let good = settings("https://mail.example");
    let printed = format!(
        "{good:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        SendGrid::new(&good).unwrap(),
        Postmark::new(&good).unwrap(),
        Mailgun::new(&good).unwrap(),
        ForwardEmail::new(&good).unwrap(),
        Loops::new(&good, "t").unwrap(),
        Mandrill::new(&good).unwrap(),
    );
    assert!(!printed.contains("planted"), "{printed}");
    for base in ["", "planted", "ftp://planted", "https://planted/?x=1"] {
        assert!(SendGrid::new(&settings(base)).is_err(), "{base}");
    }
    let broken = ApiSettings::new(Secret::new("planted\n"));
    shown(&Postmark::new(&broken).expect_err("no header"));
}
