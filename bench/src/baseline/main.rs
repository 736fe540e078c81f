//! The bare servers: `bench-baseline PORT constant | select URL | select-in-place URL | todos URL`.
//!
//! They show what axum, and axum with a driver, can do on this machine: no policy, no errors of a kind. The last is the todo
//! list as somebody writes it by hand.

mod postgres;
mod sqlite;
mod todos;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

const PATH: &str = "/api/auth/session";
const COOKIE: &str = "authjs.session-token=";

/// The same columns as the server reads; `?` is the token.
const SELECT: &str = r#"SELECT s."sessionToken", s."userId", s.expires, u.id, u.name, u.email, u."emailVerified", u.image
FROM "Session" AS s JOIN "User" AS u ON u.id = s."userId" WHERE s."sessionToken" = "#;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (port, routes) = match arguments.as_slice() {
        [port, "constant", ..] => (port, constant()),
        [port, "select", url] if url.starts_with("postgres") => {
            (port, select(postgres::Reader::new(url)?))
        }
        [port, "select", url] => (port, select(sqlite::Pool::open(url)?)),
        [port, "select-in-place", url] => (port, select(sqlite::InPlace::new(url))),
        [port, "todos", url] if url.starts_with("postgres") => {
            (port, todos::routes(todos::postgres::Store::new(url)?))
        }
        [port, "todos", url] => (port, todos::routes(todos::sqlite::Store::open(url)?)),
        _ => bail!(
            "usage: bench-baseline PORT constant | select URL | select-in-place URL | todos URL"
        ),
    };
    let port: u16 = port.parse().context("PORT is no port")?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

/// What is shown of a session.
#[derive(Debug)]
struct Session {
    name: Option<String>,
    email: Option<String>,
    image: Option<String>,
    expires: String,
}

/// A way to read the session of a token.
trait Read: Send + Sync + 'static {
    fn read(&self, token: String) -> impl Future<Output = Result<Option<Session>>> + Send;
}

fn constant() -> Router {
    let session = Session {
        name: Some("Person 0".to_owned()),
        email: Some("person0@example.com".to_owned()),
        image: Some("https://example.com/faces/0.png".to_owned()),
        expires: "2030-01-01T00:00:00.000Z".to_owned(),
    };
    let body: &'static str = body(Some(&session)).leak();
    Router::new().route(PATH, get(move || async move { answer(body) }))
}

fn select(reader: impl Read) -> Router {
    let reader = Arc::new(reader);
    let read = move |headers: HeaderMap| {
        let reader = Arc::clone(&reader);
        async move {
            let Some(token) = token(&headers) else {
                return answer("null");
            };
            match reader.read(token).await {
                Ok(session) => answer(body(session.as_ref())),
                Err(error) => (
                    axum::http::StatusCode::SERVICE_UNAVAILABLE,
                    format!("{error:#}"),
                )
                    .into_response(),
            }
        }
    };
    Router::new().route(PATH, get(read))
}

fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(COOKIE))
        .map(str::to_owned)
}

fn body(session: Option<&Session>) -> String {
    let Some(Session {
        name,
        email,
        image,
        expires,
    }) = session
    else {
        return "null".to_owned();
    };
    json!({ "user": { "name": name, "email": email, "image": image }, "expires": expires })
        .to_string()
}

fn answer(body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
