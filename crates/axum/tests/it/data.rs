//! The data over HTTP, as whoever is signed in.

use std::io;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures_util::stream;
use hallpass_axum::{layer, model_routes, rest_routes};
use hallpass_data::http::{DataService, HttpLimits, HttpOptions};
use hallpass_data::{Client, ClientOptions, Source};
use serde_json::{Value, json};

use crate::{Answer, App, TOKEN, app, auth_of, signed_in};

const SCHEMA: &str = r#"
    model User {
      id   String @id
      name String
      @@allow('all', true)
    }
    model Todo {
      id      Int    @id
      text    String
      ownerId String
      @@allow('all', auth().id == ownerId)
    }
"#;

async fn client() -> Client {
    let now = || "2026-01-01T00:00:00Z".parse().unwrap();
    let source = Source {
        name: "schema.zmodel",
        text: SCHEMA,
    };
    let options = ClientOptions::new(now, |bytes: &mut [u8]| bytes.fill(7));
    hallpass_data::open("sqlite::memory:", &[source], options)
        .await
        .unwrap()
}

/// Ada's application, with data.
async fn with_data() -> App {
    with_bodies_of(1000).await
}

/// The same, with bodies of so many bytes.
async fn with_bodies_of(body_bytes: usize) -> App {
    let app = app().await;
    let options = HttpOptions {
        limits: HttpLimits {
            body_bytes,
            ..HttpLimits::default()
        },
        ..HttpOptions::default()
    };
    let service = DataService::new(client().await, options).unwrap();
    let auth = auth_of(&app.store);
    let router = Router::new()
        .merge(model_routes(&service, "/api/model"))
        .merge(rest_routes(&service, "/api/rest"))
        .layer(layer(&auth));
    App { router, ..app }
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

impl App {
    async fn create(&self, headers: &[(&str, &str)], owner: &str) -> Answer {
        let todo = json!({"data": {"id": 1, "text": "milk", "ownerId": owner}});
        let body = Body::from(todo.to_string());
        self.send(Method::POST, "/api/model/todo/create", headers, body)
            .await
    }

    async fn count(&self, headers: &[(&str, &str)]) -> Value {
        let answer = self.get("/api/model/todo/count", headers).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        body.get("data").cloned().unwrap()
    }
}

#[tokio::test]
async fn everybody_has_what_is_theirs() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = [(name, cookie.as_str()), JSON];
    let foreign = app.create(&ada, "2").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(
        foreign.body.contains("rejected-by-policy"),
        "{}",
        foreign.body
    );
    // The session was renewed, and the cookie travels back.
    assert!(foreign.header(header::SET_COOKIE).contains(TOKEN));
    assert_eq!(app.create(&[JSON], "1").await.status, StatusCode::FORBIDDEN);
    let own = app.create(&ada, "1").await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.body);
    assert_eq!(own.header(header::CACHE_CONTROL), "private, no-store");
    assert_eq!(app.count(&ada).await, json!(1));
    assert_eq!(app.count(&[]).await, json!(0));
    let stale = [("cookie", "authjs.session-token=other")];
    assert_eq!(app.count(&stale).await, json!(0));
}

#[tokio::test]
async fn resources_are_of_whoever_asks() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = [(name, cookie.as_str()), JSON];
    assert_eq!(app.create(&ada, "1").await.status, StatusCode::CREATED);
    let listed = app.get("/api/rest/todo", &ada).await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    let body: Value = serde_json::from_str(&listed.body).unwrap();
    assert_eq!(body["data"][0]["attributes"]["text"], "milk");
    let nobodys = app.get("/api/rest/todo", &[]).await;
    let body: Value = serde_json::from_str(&nobodys.body).unwrap();
    assert_eq!(body["data"], json!([]));
    assert_eq!(
        app.get("/api/rest/user", &ada).await.status,
        StatusCode::NOT_FOUND
    );
    let own = [ada[0], ("sec-fetch-site", "cross-site")];
    let delete = app.send(Method::DELETE, "/api/rest/todo/1", &own, Body::empty());
    assert_eq!(delete.await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_somebody_has_already_is_not_sent_again() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = (name, cookie.as_str());
    let path = "/api/model/todo/findMany";
    let first = app.get(path, &[ada]).await;
    let tag = first.header(header::ETAG).to_owned();
    assert!(!tag.is_empty());
    let again = app.get(path, &[ada, ("if-none-match", &tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(again.body, "");
    assert_eq!(
        app.create(&[ada, JSON], "1").await.status,
        StatusCode::CREATED
    );
    let changed = app.get(path, &[ada, ("if-none-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
}

/// Each line of the header counts, and nobody's validator is good for what somebody else sees.
#[tokio::test]
async fn validators_are_of_what_is_sent() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = (name, cookie.as_str());
    assert_eq!(
        app.create(&[ada, JSON], "1").await.status,
        StatusCode::CREATED
    );
    for path in ["/api/model/todo/findMany", "/api/rest/todo"] {
        let first = app.get(path, &[ada]).await;
        let tag = ("if-none-match", first.header(header::ETAG));
        let other = ("if-none-match", "\"other\"");
        let both = app.get(path, &[ada, other, tag]).await;
        assert_eq!(both.status, StatusCode::NOT_MODIFIED, "{path}");
        let nobodys = app.get(path, &[tag]).await;
        assert_eq!(nobodys.status, StatusCode::OK, "{path}");
        assert!(!nobodys.body.contains("milk"), "{path}: {}", nobodys.body);
        assert_ne!(nobodys.header(header::ETAG), tag.1);
    }
}

/// A body whose sender goes away in the middle, or that comes in pieces to its end.
fn in_pieces(pieces: &[&str], breaks: bool) -> Body {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok((*piece).to_owned())).collect();
    let broken = breaks.then(|| Err(io::Error::from(io::ErrorKind::ConnectionReset)));
    Body::from_stream(stream::iter(pieces.into_iter().chain(broken)))
}

#[tokio::test]
async fn a_body_that_breaks_off_is_none() {
    let milk = [
        "{\"data\": {\"id\": 1, ",
        "",
        "\"text\": \"milk\", \"ownerId\": \"1\"}}",
    ];
    // As large as can be: nothing of that size is made.
    for bytes in [1000, usize::MAX] {
        let app = with_bodies_of(bytes).await;
        let (name, cookie) = signed_in();
        let ada = [(name, cookie.as_str()), JSON];
        for (path, said) in [
            (
                "/api/model/todo/create",
                json!({"error": {"message": "the request body broke off"}}),
            ),
            (
                "/api/rest/todo",
                json!({"errors": [{
                    "status": 400, "code": "invalid-payload", "title": "the request body broke off",
                }]}),
            ),
        ] {
            // Be it whole as JSON.
            for pieces in [&milk[..], &milk[..1], &[]] {
                let answer = app.send(Method::POST, path, &ada, in_pieces(pieces, true));
                let answer = answer.await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
                let body: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(body, said);
            }
        }
        assert_eq!(app.count(&ada).await, json!(0));
        let path = "/api/model/todo/create";
        let whole = app.send(Method::POST, path, &ada, in_pieces(&milk, false));
        assert_eq!(whole.await.status, StatusCode::CREATED, "{bytes}");
    }
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = [(name, cookie.as_str()), JSON];
    // What was too large before it broke off is too large.
    let large = ["{\"data\": \"", &"x".repeat(900), &"x".repeat(900)];
    let path = "/api/model/todo/create";
    let answer = app.send(Method::POST, path, &ada, in_pieces(&large, true));
    assert_eq!(answer.await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn other_sites_cannot_change_anything() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let cookie = (name, cookie.as_str());
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = app.create(&[cookie, JSON, (header, value)], "1").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header}: {value}");
        let headers = [cookie, (header, value)];
        let path = "/api/model/todo/deleteMany";
        let delete = app.send(Method::DELETE, path, &headers, Body::empty());
        assert_eq!(delete.await.status, StatusCode::FORBIDDEN);
    }
    for form in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "",
    ] {
        let answer = app.create(&[cookie, ("content-type", form)], "1").await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{form}");
    }
    assert_eq!(app.count(&[cookie]).await, json!(0));
    let own = [cookie, JSON, ("sec-fetch-site", "same-origin")];
    assert_eq!(app.create(&own, "1").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn only_what_is_exposed_and_small_is_answered() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    let ada = [(name, cookie.as_str()), JSON];
    // A table of sign-in, whatever its rules.
    let closed = app.get("/api/model/user/findMany", &ada).await;
    assert_eq!(closed.status, StatusCode::BAD_REQUEST);
    assert!(closed.body.contains("unknown model name: user"));
    let large = Body::from(format!("{{\"data\": \"{}\"}}", "x".repeat(1000)));
    let path = "/api/model/todo/create";
    let answer = app.send(Method::POST, path, &ada, large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for path in ["/api/model", "/api/model/", "/api/models/todo/count"] {
        let answer = app.get(path, &ada).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let encoded = app.get("/api/model/todo%2Fcount", &ada).await;
    assert_eq!(encoded.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_unreachable_store_is_503() {
    let app = with_data().await;
    let (name, cookie) = signed_in();
    app.store.go_away();
    let answer = app.get("/api/model/todo/count", &[(name, &cookie)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_layer_is_needed() {
    let service = DataService::new(client().await, HttpOptions::default()).unwrap();
    let app = App {
        router: model_routes(&service, "/api/model"),
        ..app().await
    };
    let answer = app.get("/api/model/todo/count", &[]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}
