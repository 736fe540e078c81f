use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use axum::routing::{get, post};

use super::*;
use crate::http::health;

fn site(hosts: Hosts) -> Site {
    let forwarded = async |headers: HeaderMap| headers.contains_key("x-forwarded-host").to_string();
    let pages = Router::new()
        .route("/", get(async || "hello"))
        .route("/forwarded", get(forwarded))
        .route(
            "/panic",
            get(async || -> &'static str { panic!("planted") }),
        )
        .route("/length", post(async |body: Bytes| body.len().to_string()));
    Site::of(None, None, pages, (hosts, health::routes(async || false)))
}

async fn send(hosts: Hosts, request: Request<Body>) -> Response {
    site(hosts).answer(request).await
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn ask(host: &str, path: &str) -> Request<Body> {
    Request::get(path)
        .header("host", host)
        .header("x-forwarded-host", "evil.com")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    for path in ["/", "/nowhere", "/panic", "/health", "/ready"] {
        let response = send(Hosts::Any, ask("a.example.com", path)).await;
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "x-frame-options",
        ] {
            assert!(response.headers().contains_key(name), "{name} on {path}");
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    for (length, status) in [(body::LIMIT, 200), (body::LIMIT + 1, 413)] {
        let body = || Body::from(vec![b'a'; length]);
        let chunked = Body::from_stream(body().into_data_stream());
        for body in [body(), chunked] {
            let request = Request::post("/length")
                .header("host", "localhost")
                .body(body)
                .unwrap();
            assert_eq!(send(Hosts::Any, request).await.status(), status, "{length}");
        }
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_ours_and_says_nothing() {
    let response = send(Hosts::Any, ask("a", "/panic")).await;
    assert_eq!(response.status(), 500);
    assert!(!text(response).await.contains("planted"));
}

#[tokio::test]
async fn without_a_public_address_only_names_of_this_machine_are_answered() {
    assert_eq!(
        send(Hosts::Loopback, ask("localhost:3000", "/"))
            .await
            .status(),
        200
    );
    assert_eq!(
        send(Hosts::Loopback, ask("evil.com", "/")).await.status(),
        421
    );
    assert_eq!(
        send(Hosts::Loopback, ask("evil.com", "/nowhere"))
            .await
            .status(),
        421
    );
    assert_eq!(send(Hosts::Any, ask("evil.com", "/")).await.status(), 200);
    // What watches over us calls us by whatever name it likes.
    assert_eq!(
        send(Hosts::Loopback, ask("10.0.0.7:3000", "/health"))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn without_a_public_address_nobody_forwards() {
    let seen = async |hosts| text(send(hosts, ask("localhost", "/forwarded")).await).await;
    assert_eq!(seen(Hosts::Loopback).await, "false");
    assert_eq!(seen(Hosts::Any).await, "true");
}

#[tokio::test]
async fn readiness_is_the_databases_liveness_is_ours() {
    let response = send(Hosts::Any, ask("a", "/health")).await;
    assert_eq!(
        (response.status().as_u16(), text(response).await.as_str()),
        (200, r#"{"status":"ok"}"#)
    );
    let response = send(Hosts::Any, ask("a", "/ready")).await;
    let status = response.status();
    assert_eq!(
        (status.as_u16(), text(response).await.as_str()),
        (503, r#"{"status":"unavailable"}"#)
    );
}

#[test]
fn sign_in_has_its_base_path_and_what_is_below() {
    for (path, base, below) in [
        ("/api/auth", "/api/auth", true),
        ("/api/auth/session", "/api/auth", true),
        ("/api/auth/session", "/api/auth/", true),
        ("/api/auth//session", "/api/auth", true),
        ("/api/auth/", "/api/auth", true),
        ("/api/authority", "/api/auth", false),
        ("/api", "/api/auth", false),
        ("/", "/api/auth", false),
        ("/session", "", true),
        ("/session", "/", true),
    ] {
        assert_eq!(is_below(path, base), below, "{path} below {base}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_given_up() {
    let endless = get(async || std::future::pending::<&'static str>().await);
    let site = Site::of_pages(Router::new().route("/endless", endless));
    let response = site.answer(ask("a", "/endless")).await;
    assert_eq!(response.status(), 503);
}
