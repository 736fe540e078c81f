//! The SMTP transport against Nodemailer's server.

use std::time::Duration;

use hallpass_auth::mail::smtp::{Security, Settings, Smtp};
use hallpass_auth::mail::{Message, Retry, SendError, Transport};
use hallpass_auth::secret::Secret;
use serde_json::{Value, json};

use super::smtp_server::{Server, count};
use super::{ADDRESS, LINK, SECRET, message, shown};

/// Quick pauses; timeouts far beyond what a healthy step takes.
const RETRY: Retry = Retry {
    tries: 3,
    timeout: Duration::from_secs(10),
    first_pause: Duration::from_millis(1),
    deadline: Duration::from_secs(30),
};

fn settings(server: &Server) -> Settings {
    Settings {
        port: Some(server.port),
        retry: RETRY,
        ..Settings::new("localhost")
    }
}

fn trusting(server: &Server) -> Settings {
    Settings {
        extra_ca_pem: Some(server.certificate.clone()),
        ..settings(server)
    }
}

fn with_user(settings: Settings, password: &str) -> Settings {
    Settings {
        user: Some("jo".to_owned()),
        password: Some(Secret::new(password)),
        ..settings
    }
}

async fn send(settings: &Settings) -> Result<(), SendError> {
    Smtp::new(settings).unwrap().send(&message()).await
}

fn failing(at: &str, code: u16, times: u32) -> Value {
    // As real servers do, the answer quotes the recipient and the link.
    json!([{ "at": at, "code": code, "times": times, "text": format!("no: <{ADDRESS}> {LINK} {SECRET}") }])
}

#[tokio::test]
async fn a_mail_arrives_with_both_parts_and_one_recipient() {
    let server = Server::start(json!({ "mode": "plain" }));
    send(&settings(&server)).await.unwrap();
    let mail = server.next("mail");
    assert_eq!(
        mail["envelope"],
        json!({ "from": "login@example.com", "to": [ADDRESS] })
    );
    assert_eq!(
        mail["from"],
        json!({ "name": "Example", "address": "login@example.com" })
    );
    assert_eq!(mail["to"], json!([{ "name": "", "address": ADDRESS }]));
    assert_eq!(mail["subject"], "Sign in to app.example.com");
    assert_eq!(
        mail["text"].as_str().unwrap().trim_end(),
        message().text.trim_end()
    );
    assert_eq!(mail["html"].as_str().unwrap().trim_end(), message().html);
    let mut headers: Vec<_> = mail["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "content-type",
            "date",
            "from",
            "message-id",
            "mime-version",
            "subject",
            "to"
        ]
    );
    assert!(
        mail["messageId"]
            .as_str()
            .unwrap()
            .ends_with("@example.com>")
    );
    assert_eq!(mail["secure"], false);
}

#[tokio::test]
async fn text_outside_ascii_and_long_lines_arrive_unchanged() {
    let server = Server::start(json!({ "mode": "plain" }));
    let original = Message {
        from: "Zoë Ünïcode 日本 <login@example.com>".to_owned(),
        subject: "Sign in to zürich.example ✓".to_owned(),
        text: format!("Grüße\n.\n..dots\n{}\n", "x".repeat(3000)),
        ..message()
    };
    Smtp::new(&settings(&server))
        .unwrap()
        .send(&original)
        .await
        .unwrap();
    let mail = server.next("mail");
    assert_eq!(mail["from"]["name"], "Zoë Ünïcode 日本");
    assert_eq!(mail["subject"], original.subject.as_str());
    assert_eq!(
        mail["text"].as_str().unwrap().trim_end(),
        original.text.trim_end()
    );
}

#[tokio::test]
async fn starttls_and_tls_protect_credentials_and_mail() {
    for (mode, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = Server::start(json!({ "mode": mode, "user": "jo", "password": "right" }));
        let settings = Settings {
            security: Some(security),
            ..with_user(trusting(&server), "right")
        };
        send(&settings).await.unwrap();
        let mail = server.next("mail");
        assert_eq!(
            (&mail["secure"], &mail["user"]),
            (&json!(true), &json!("jo")),
            "{mode}"
        );
    }
}

#[tokio::test]
async fn starttls_is_taken_where_it_is_offered() {
    let server = Server::start(json!({ "mode": "starttls" }));
    send(&trusting(&server)).await.unwrap();
    assert_eq!(server.next("mail")["secure"], true);
}

#[tokio::test]
async fn plaintext_is_plaintext_when_asked_for() {
    let server = Server::start(json!({ "mode": "starttls" }));
    send(&Settings {
        security: Some(Security::Plaintext),
        ..settings(&server)
    })
    .await
    .unwrap();
    assert_eq!(server.next("mail")["secure"], false);
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_credentials() {
    let server = Server::start(json!({ "mode": "plain", "user": "jo", "password": SECRET }));
    let settings = Settings {
        security: Some(Security::StartTls),
        ..with_user(settings(&server), SECRET)
    };
    let error = send(&settings).await.expect_err("refused");
    assert_eq!(
        shown(&error),
        "the mail service refused the message: the server offers no STARTTLS — use `smtps://` (port 465), \
         or `?tls=none` on a network you trust"
    );
    assert_eq!(count(&server.stop(), "mail"), 0);
}

#[tokio::test]
async fn a_certificate_nobody_knows_is_not_trusted() {
    for (mode, security) in [("starttls", None), ("tls", Some(Security::Tls))] {
        let server = Server::start(json!({ "mode": mode }));
        let error = send(&Settings {
            security,
            ..settings(&server)
        })
        .await
        .expect_err("refused");
        assert!(matches!(error, SendError::Refused { .. }));
        let reason = format!(
            "the mail service refused the message: the certificate of localhost:{} is signed by no known \
             authority — add it as an extra trusted certificate",
            server.port
        );
        assert_eq!(shown(&error), reason);
        assert_eq!(count(&server.stop(), "mail"), 0);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let server = Server::start(json!({ "mode": "tls" }));
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        security: Some(Security::Tls),
        ..trusting(&server)
    };
    let error = send(&settings).await.expect_err("refused");
    assert!(
        shown(&error).contains("is for another name — use the host name it was made for"),
        "{error}"
    );
}

#[tokio::test]
async fn speaking_tls_to_a_plain_port_says_what_to_check() {
    let server = Server::start(json!({ "mode": "plain" }));
    let settings = Settings {
        security: Some(Security::Tls),
        ..settings(&server)
    };
    let error = send(&settings).await.expect_err("refused");
    assert!(
        shown(&error).ends_with("— check port and encryption"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_tried_again() {
    let server = Server::start(json!({ "mode": "starttls", "user": "jo", "password": "right" }));
    let settings = with_user(trusting(&server), SECRET);
    let error = send(&settings).await.expect_err("refused");
    assert_eq!(
        shown(&error),
        "the mail service refused the message: the server answered 535 5.7.8: authentication failed — check user and password"
    );
    assert_eq!(count(&server.stop(), "connection"), 1);
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    for (at, code) in [
        ("connect", 421),
        ("mail", 421),
        ("rcpt", 450),
        ("data", 451),
        ("auth", 454),
    ] {
        let server = Server::start(json!({
            "mode": "plain", "user": "jo", "password": "right", "script": failing(at, code, 2),
        }));
        let result = send(&with_user(settings(&server), "right")).await;
        assert!(result.is_ok(), "{at} {code}: {result:?}");
        let events = server.stop();
        assert_eq!(
            (count(&events, "mail"), count(&events, "connection")),
            (1, 3),
            "{at} {code}"
        );
    }
}

#[tokio::test]
async fn tries_end_with_the_last_answer() {
    let server = Server::start(json!({ "mode": "plain", "script": failing("rcpt", 450, 99) }));
    let error = send(&settings(&server)).await.expect_err("given up");
    assert_eq!(
        shown(&error),
        "the mail service could not be reached: the server answered 450: the mailbox is not available now"
    );
    assert_eq!(count(&server.stop(), "connection"), 3);
}

#[tokio::test]
async fn a_lasting_refusal_is_not_tried_again_and_quotes_nothing() {
    let rows = [
        (
            "rcpt",
            550,
            "550: the mailbox does not exist or the server's policy forbids it",
        ),
        (
            "mail",
            553,
            "553: an address is not allowed — check the from address",
        ),
        (
            "data",
            554,
            "554: the message was refused — check the server's rules for this from address",
        ),
        ("rcpt", 559, "559: the message was refused"),
    ];
    for (at, code, reason) in rows {
        let server = Server::start(json!({ "mode": "plain", "script": failing(at, code, 99) }));
        let error = send(&settings(&server)).await.expect_err("refused");
        assert_eq!(
            shown(&error),
            format!("the mail service refused the message: the server answered {reason}")
        );
        assert_eq!(count(&server.stop(), "connection"), 1, "{at} {code}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_named() {
    let server = Server::start(json!({ "mode": "plain", "script": failing("rcpt", 999, 99) }));
    let error = send(&settings(&server)).await.expect_err("given up");
    let reason = format!(
        "localhost:{} does not answer as a mail server — check host and port",
        server.port
    );
    assert_eq!(
        shown(&error),
        format!("the mail service could not be reached: {reason}")
    );
}

#[tokio::test]
async fn an_enhanced_code_explains_more() {
    let script = json!([{ "at": "mail", "code": 550, "text": format!("5.7.60 {ADDRESS} may not send as this") }]);
    let server = Server::start(json!({ "mode": "plain", "script": script }));
    let error = send(&settings(&server)).await.expect_err("refused");
    assert_eq!(
        shown(&error),
        "the mail service refused the message: the server answered 550 5.7.60: \
         the server does not let this user send as this from address"
    );
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_is_tried_again() {
    let script = json!([{ "at": "data", "drop": true, "times": 1 }]);
    let server = Server::start(json!({ "mode": "plain", "script": script }));
    send(&settings(&server)).await.unwrap();
    let events = server.stop();
    assert_eq!(
        (count(&events, "mail"), count(&events, "connection")),
        (1, 2)
    );
}

#[tokio::test]
async fn connections_that_are_always_lost_are_named() {
    let script = json!([{ "at": "data", "drop": true }]);
    let server = Server::start(json!({ "mode": "plain", "script": script }));
    let error = send(&settings(&server)).await.expect_err("given up");
    let reason = format!(
        "the mail service could not be reached: the connection to localhost:{} was lost",
        server.port
    );
    assert_eq!(shown(&error), reason);
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_timeouts() {
    for (at, words) in [
        ("connect", "could not connect to"),
        ("rcpt", "did not answer"),
        ("data", "did not answer"),
    ] {
        let server =
            Server::start(json!({ "mode": "plain", "script": [{ "at": at, "hang": true }] }));
        let retry = Retry {
            tries: 1,
            timeout: Duration::from_secs(1),
            ..RETRY
        };
        let error = send(&Settings {
            retry,
            ..settings(&server)
        })
        .await
        .expect_err("given up");
        let text = shown(&error);
        assert!(
            text.contains(words) && text.ends_with("within 1 s"),
            "{at}: {text}"
        );
        assert_eq!(count(&server.stop(), "connection"), 1, "{at}");
    }
}

#[tokio::test]
async fn the_deadline_ends_all_tries() {
    let server =
        Server::start(json!({ "mode": "plain", "script": [{ "at": "rcpt", "hang": true }] }));
    let retry = Retry {
        tries: 1000,
        deadline: Duration::from_millis(300),
        ..RETRY
    };
    let error = send(&Settings {
        retry,
        ..settings(&server)
    })
    .await
    .expect_err("given up");
    assert_eq!(
        shown(&error),
        "the mail service could not be reached: no answer within 0.3 s"
    );
}

#[tokio::test]
async fn a_try_that_hung_leaves_nothing_for_the_next() {
    let script = json!([{ "at": "data", "hang": true, "times": 1 }]);
    let server = Server::start(json!({ "mode": "plain", "script": script }));
    let retry = Retry {
        timeout: Duration::from_secs(1),
        ..RETRY
    };
    send(&Settings {
        retry,
        ..settings(&server)
    })
    .await
    .unwrap();
    let events = server.stop();
    assert_eq!(
        (count(&events, "mail"), count(&events, "connection")),
        (1, 2)
    );
}

#[tokio::test]
async fn nobody_listening_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let settings = Settings {
        port: Some(port),
        retry: RETRY,
        ..Settings::new("127.0.0.1")
    };
    let error = send(&settings).await.expect_err("given up");
    assert!(matches!(error, SendError::Unreachable { .. }));
    assert!(
        shown(&error).ends_with(&format!(
            "127.0.0.1:{port} refused the connection — check host and port"
        )),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_named() {
    let settings = Settings {
        retry: Retry { tries: 1, ..RETRY },
        ..Settings::new("mail.invalid")
    };
    let error = send(&settings).await.expect_err("given up");
    assert!(
        shown(&error)
            .ends_with("could not connect to mail.invalid:587 — check host, port and network"),
        "{error}"
    );
}

#[tokio::test]
async fn one_connection_carries_several_mails() {
    let server = Server::start(json!({ "mode": "plain" }));
    let smtp = Smtp::new(&settings(&server)).unwrap();
    for _ in 0..3 {
        smtp.send(&message()).await.unwrap();
    }
    let events = server.stop();
    assert_eq!(
        (count(&events, "mail"), count(&events, "connection")),
        (3, 1)
    );
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_replaced() {
    let script = json!([{ "at": "idle", "drop": true, "times": 1 }]);
    let server = Server::start(json!({ "mode": "plain", "script": script }));
    let once = Settings {
        retry: Retry { tries: 1, ..RETRY },
        ..settings(&server)
    };
    let smtp = Smtp::new(&once).unwrap();
    smtp.send(&message()).await.unwrap();
    smtp.send(&message()).await.unwrap();
    let events = server.stop();
    assert_eq!(
        (count(&events, "mail"), count(&events, "connection")),
        (2, 2)
    );
}

#[tokio::test]
async fn no_more_connections_are_open_than_allowed() {
    let server = Server::start(json!({ "mode": "plain" }));
    let two = Settings {
        max_connections: 2.try_into().unwrap(),
        ..settings(&server)
    };
    let smtp = std::sync::Arc::new(Smtp::new(&two).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let smtp = std::sync::Arc::clone(&smtp);
        tasks.spawn(async move { smtp.send(&message()).await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
    let events = server.stop();
    assert_eq!(count(&events, "mail"), 8);
    assert!(count(&events, "connection") <= 2, "{events:?}");
}

#[tokio::test]
async fn a_retried_mail_keeps_its_message_id() {
    let server = Server::start(json!({ "mode": "plain" }));
    let smtp = Smtp::new(&settings(&server)).unwrap();
    smtp.send(&message()).await.unwrap();
    smtp.send(&message()).await.unwrap();
    smtp.send(&Message {
        text: "another".to_owned(),
        ..message()
    })
    .await
    .unwrap();
    let [first, again, another] = [
        server.next("mail"),
        server.next("mail"),
        server.next("mail"),
    ];
    assert_eq!(first["messageId"], again["messageId"]);
    assert_ne!(first["messageId"], another["messageId"]);
}

#[tokio::test]
async fn a_message_that_nobody_can_send_never_reaches_the_server() {
    let server = Server::start(json!({ "mode": "plain" }));
    let smtp = Smtp::new(&settings(&server)).unwrap();
    let spoilt = [
        Message {
            subject: "x\r\nBcc: planted@evil.example".to_owned(),
            ..message()
        },
        Message {
            to: "planted@evil.example>\r\nRCPT TO:<x@y.example".to_owned(),
            ..message()
        },
        Message {
            to: "planted..x@-".to_owned(),
            ..message()
        },
        Message {
            from: "planted".to_owned(),
            ..message()
        },
    ];
    for message in spoilt {
        let error = smtp.send(&message).await.expect_err("refused");
        assert!(matches!(error, SendError::Invalid { .. }));
        shown(&error);
    }
    assert_eq!(count(&server.stop(), "connection"), 0);
}

#[tokio::test]
async fn the_ehlo_name_can_be_set() {
    let server = Server::start(json!({ "mode": "plain" }));
    let url = format!("smtp://localhost:{}?name=app.example.com", server.port);
    let named = Settings {
        retry: RETRY,
        ..Settings::from_url(&url).unwrap()
    };
    send(&named).await.unwrap();
    assert_eq!(server.next("mail")["helo"], "app.example.com");
}
