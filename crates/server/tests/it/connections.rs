//! Wrong input on the wire: the server answers or hangs up, and goes on serving others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::header::CONTENT_TYPE;
use tempfile::tempdir;

use crate::harness::{Binary, Running, Visitor};

/// What comes back for these bytes, up to the end of the connection.
fn answer_to(hallpass: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", hallpass.port())).unwrap();
    // The server may hang up while we still write.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn malformed_and_oversized_heads_are_refused() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let long = |count: usize| "a".repeat(count);
    let many: String = (0..200)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect();
    let rows = [
        ("\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), "400"),
        ("GET\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        (
            format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", long(100_000)),
            "4",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\n\r\n",
                long(100_000)
            ),
            "431",
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"),
            "431",
        ),
        (
            "GET / HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned(),
            "421",
        ),
        (
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1, 2\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(),
            "400",
        ),
    ];
    for (request, status) in rows {
        let answer = answer_to(&hallpass, request.as_bytes());
        let shown = &request[..request.len().min(60)];
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{shown:?}: {answer}"
        );
    }
    assert_eq!(
        Visitor::new(&hallpass.base).get("/health").await.status,
        200
    );
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann@example.com").await;
    let long = "a".repeat(1024 * 1024);
    for path in ["/todos", "/api/auth/signin/email", "/api/auth/session"] {
        assert_eq!(
            ann.post(path, &[("content", &long)]).await.status,
            413,
            "{path}"
        );
    }
    let json = reqwest::Client::new().post(format!("{}/api/todos", hallpass.base));
    let answer = json
        .header(CONTENT_TYPE, "application/json")
        .body(format!("{{\"content\":\"{long}\"}}"))
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 413);
}

#[tokio::test]
async fn a_person_with_a_large_jwt_cookie_is_still_read() {
    let place = tempdir().unwrap();
    let database = place.path().join("a.db");
    let hallpass = Binary::serve(&format!("sqlite:{}", database.display())).start();
    let request = reqwest::Client::new().get(format!("{}/api/auth/session", hallpass.base));
    let chunks: Vec<String> = (0..8)
        .map(|number| format!("authjs.session-token.{number}={}", "a".repeat(4000)))
        .collect();
    let answer = request
        .header("cookie", chunks.join("; "))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "null");
}

#[tokio::test]
async fn watchers_are_told_that_it_lives_and_is_ready() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    for path in ["/health", "/ready"] {
        let page = Visitor::new(&hallpass.base).get(path).await;
        assert_eq!(
            (page.status.as_u16(), page.body.as_str()),
            (200, r#"{"status":"ok"}"#)
        );
    }
}

#[tokio::test]
async fn pages_carry_the_security_headers() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    for path in [
        "/",
        "/nowhere",
        "/assets/todos.css",
        "/api/auth/signin",
        "/api/auth/session",
        "/dev/mailbox",
    ] {
        let answer = reqwest::get(format!("{}{path}", hallpass.base))
            .await
            .unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        assert!(
            header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
    }
}
