use std::num::NonZeroUsize;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use hallpass::auth::mail::{Message, Transport as _};
use jiff::Timestamp;
use tower::ServiceExt as _;

use super::*;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }
}

const NASTY: &str = "<script>alert(1)</script>\"'&";

async fn mailbox() -> Router {
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let mailbox = Mailbox::new(Arc::clone(&clock), NonZeroUsize::MIN.saturating_add(9));
    let message = Message {
        from: format!("{NASTY} <from@example.com>"),
        to: "to&co@example.com".to_owned(),
        subject: format!("Sign in {NASTY}"),
        text: format!("Sign in\nhttp://localhost:3000/link?a=1&b={NASTY}\n{NASTY}"),
        html: format!("<!doctype html><html><head></head><body>{NASTY}</body></html>"),
    };
    mailbox.send(&message).await.unwrap();
    routes(mailbox, clock)
}

async fn get_as(host: &str, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path)
        .header("host", host)
        .body(Body::empty())
        .unwrap();
    let response = mailbox().await.oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn everything_of_a_mail_is_escaped_on_our_pages() {
    for path in ["/dev/mailbox", "/dev/mailbox/1"] {
        let (status, headers, body) = get_as("localhost:3000", path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!body.contains("<script"), "{body}");
        assert!(body.contains("Sign in &#60;script&#62;"), "{body}");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], PAGE_POLICY);
    }
}

#[tokio::test]
async fn the_html_part_is_shown_without_scripts_and_without_our_origin() {
    let (status, headers, body) = get_as("localhost:3000", "/dev/mailbox/1/html").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains(NASTY));
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("; sandbox "),
        "{policy}"
    );
    assert!(
        !policy.contains("allow-scripts") && !policy.contains("allow-same-origin"),
        "{policy}"
    );
    assert_eq!(headers[X_FRAME_OPTIONS], "SAMEORIGIN");
}

#[tokio::test]
async fn a_mail_shows_its_link_and_its_text() {
    let (_, _, body) = get_as("127.0.0.1", "/dev/mailbox/1").await;
    assert!(
        body.contains("href=\"http://localhost:3000/link?a=1&#38;b=\" id=\"link\""),
        "{body}"
    );
    assert!(body.contains("just now"), "{body}");
    let (_, _, list) = get_as("127.0.0.1", "/dev/mailbox").await;
    assert!(list.contains("href=\"/dev/mailbox/1\""), "{list}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for id in ["2", "0", "-1", "x", "99999999999999999999"] {
        assert_eq!(
            get_as("localhost", &format!("/dev/mailbox/{id}")).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            get_as("localhost", &format!("/dev/mailbox/{id}/html"))
                .await
                .0,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn other_names_of_this_machine_are_refused() {
    for path in ["/dev/mailbox", "/dev/mailbox/1", "/dev/mailbox/1/html"] {
        let (status, _, body) = get_as("rebound.example.com", path).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
        assert!(!body.contains("example.com"), "{body}");
    }
}

#[test]
fn the_first_link_is_the_one_that_counts() {
    assert_eq!(
        first_link("Go to http://a/b\nor http://c"),
        Some("http://a/b")
    );
    assert_eq!(first_link("nothing"), None);
}
