//! The real client against servers that misbehave.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Bounds, HttpClient, HttpError, Reach, ReqwestClient};

const BOUNDS: Bounds = Bounds {
    timeout: Duration::from_secs(20),
    answer_bytes: 1000,
    reach: Reach::Configured,
};

fn get(address: &str) -> Request<Bytes> {
    Request::get(address).body(Bytes::new()).unwrap()
}

async fn send(address: &str, bounds: Bounds) -> Result<http::Response<Bytes>, HttpError> {
    ReqwestClient::new()
        .unwrap()
        .send(get(address), bounds)
        .await
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// A server that writes these bytes to whoever connects first, and then closes the connection.
fn raw_server(answer: impl FnOnce(&mut dyn Write) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        answer(&mut stream);
    });
    format!("http://{address}/")
}

#[tokio::test]
async fn requests_and_answers_pass_unchanged() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(418)
        .insert_header("x-kind", "teapot")
        .set_body_string("{}");
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(header("accept", "application/json"))
        .and(header(
            "user-agent",
            concat!("hallpass/", env!("CARGO_PKG_VERSION")),
        ))
        .and(body_string("a=b"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/token", server.uri()))
        .header("accept", "application/json")
        .body(Bytes::from_static(b"a=b"))
        .unwrap();
    let answer = ReqwestClient::new()
        .unwrap()
        .send(request, BOUNDS)
        .await
        .unwrap();
    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-kind"], "teapot");
    assert_eq!(answer.body(), "{}");
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let target = server(ResponseTemplate::new(200)).await;
    let away = ResponseTemplate::new(302).insert_header("location", target.uri());
    let server = server(away).await;
    assert_eq!(send(&server.uri(), BOUNDS).await.unwrap().status(), 302);
    assert!(target.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn answers_are_read_up_to_the_bound_and_no_further() {
    for (bytes, expected) in [(1000, Ok(1000)), (1001, Err(HttpError::TooLarge(1000)))] {
        let server = server(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; bytes])).await;
        let answer = send(&server.uri(), BOUNDS).await;
        assert_eq!(answer.map(|answer| answer.body().len()), expected);
    }
    let endless = raw_server(|stream| {
        let mut alive = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while alive.is_ok() {
            alive = stream.write_all(b"3\r\nxxx\r\n");
        }
    });
    assert_eq!(
        send(&endless, BOUNDS).await.unwrap_err(),
        HttpError::TooLarge(1000)
    );
}

#[tokio::test]
async fn slow_servers_are_not_waited_for() {
    let bounds = Bounds {
        timeout: Duration::from_millis(100),
        ..BOUNDS
    };
    let slow = server(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    assert_eq!(
        send(&slow.uri(), bounds).await.unwrap_err(),
        HttpError::Timeout
    );
    // Answers a byte at a time, for ever: the bound is on the whole of it.
    let dripping = raw_server(|stream| {
        let mut alive = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n");
        while alive.is_ok() {
            alive = stream.write_all(b"x").and_then(|()| stream.flush());
            thread::park_timeout(Duration::from_millis(20));
        }
    });
    assert_eq!(
        send(&dripping, bounds).await.unwrap_err(),
        HttpError::Timeout
    );
}

#[tokio::test]
async fn connections_that_break_are_said_to() {
    let cut = raw_server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
    });
    assert_eq!(send(&cut, BOUNDS).await.unwrap_err(), HttpError::Lost);
    let silent = raw_server(|_| ());
    assert_eq!(send(&silent, BOUNDS).await.unwrap_err(), HttpError::Lost);
    let nonsense = raw_server(|stream| {
        let _ = stream.write_all(b"I am no web server\r\n\r\n");
    });
    assert_eq!(send(&nonsense, BOUNDS).await.unwrap_err(), HttpError::Lost);
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let answer = send(&format!("http://{closed}/"), BOUNDS).await;
    assert_eq!(answer.unwrap_err(), HttpError::Unreachable);
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    for address in ["/", "ftp://example.com/", "mailto:a@example.com"] {
        let request = Request::get(address).body(Bytes::new());
        let Ok(request) = request else { continue };
        let answer = ReqwestClient::new().unwrap().send(request, BOUNDS).await;
        assert_eq!(answer.unwrap_err(), HttpError::Address, "{address}");
    }
}

#[tokio::test]
async fn cve_2026_53513_learned_addresses_reach_nothing_private() {
    let bounds = Bounds {
        reach: Reach::Learned,
        ..BOUNDS
    };
    let server = server(ResponseTemplate::new(200)).await;
    let port = server.address().port();
    for address in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://127.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        // A name is looked up, and what it means is refused.
        format!("https://localhost:{port}/"),
    ] {
        let answer = send(&address, bounds).await;
        assert_eq!(answer.unwrap_err(), HttpError::Forbidden, "{address}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    // The operator may: the service may stand beside us.
    assert_eq!(send(&server.uri(), BOUNDS).await.unwrap().status(), 200);
}
