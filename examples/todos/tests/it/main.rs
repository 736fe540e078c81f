//! The application on every database, with two people.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at what they do not expect"
)]

mod ghosts;
mod place;
mod team;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use hallpass::auth::adapter::{Adapter, NewUser, SessionRecord, UserId};
use hallpass::auth::origin::HostTrust;
use hallpass::auth::secret::{Secret, SessionToken};
use hallpass::auth::secrets::Secrets;
use hallpass::{Client, DataAdapter};
use hallpass_db::testing::{TestDatabase, databases};
use serde_json::{Value, json};
use tower::ServiceExt;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

struct App {
    router: Router,
    // Dropped with the application: its end removes the database.
    _database: TestDatabase,
}

/// The application with Ada and Bob, both signed in.
async fn apps() -> Vec<App> {
    let mut apps = Vec::new();
    for database in databases().await {
        let db = hallpass::open(&database.address, todos::SCHEMA)
            .await
            .unwrap();
        for name in ["ada", "bob"] {
            sign_in(&db, name).await;
        }
        let auth = hallpass::builder(&db)
            .unwrap()
            .secrets(Secrets::new([Secret::new("a-secret-of-the-tests-0123456789")]).unwrap())
            .trust_host(HostTrust::Trusted)
            .build()
            .unwrap();
        let router = todos::app(db)
            .merge(hallpass::routes(&auth))
            .layer(hallpass::layer(&auth));
        apps.push(App {
            router,
            _database: database,
        });
    }
    apps
}

async fn sign_in(db: &Client, name: &str) {
    let store = DataAdapter::new(db).unwrap();
    let user = NewUser {
        proposed_id: UserId(name.to_owned()),
        name: Some(name.to_owned()),
        email: Some(format!("{name}@example.com")),
        email_verified: None,
        image: None,
        extra: serde_json::Map::new(),
    };
    let user = store.create_user(user).await.unwrap();
    let session = SessionRecord {
        session_token: SessionToken::new(format!("token-of-{name}")),
        user_id: user.id,
        expires: "2999-01-01T00:00:00Z".parse().unwrap(),
    };
    store.create_session(session).await.unwrap();
}

fn cookie(who: &str) -> String {
    format!("__Secure-authjs.session-token=token-of-{who}; authjs.session-token=token-of-{who}")
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl App {
    async fn send(
        &self,
        who: &str,
        method: Method,
        path: &str,
        kind: &str,
        body: String,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:3000")
            .header("cookie", cookie(who))
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A form that a page of another site sends.
    async fn send_from(&self, site: &str, who: &str, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", "localhost:3000")
            .header("origin", site)
            .header("cookie", cookie(who))
            .header("content-type", FORM);
        self.answer(request.body(Body::from(form.to_owned())).unwrap())
            .await
    }

    async fn add(&self, who: &str, content: &str) -> Answer {
        let body = json!({ "content": content }).to_string();
        self.send(who, Method::POST, "/api/todos", JSON, body).await
    }

    async fn act(&self, who: &str, method: Method, id: &str) -> Answer {
        let path = format!("/api/todos/{id}");
        self.send(who, method, &path, JSON, String::new()).await
    }

    async fn page(&self, who: &str) -> String {
        self.send(who, Method::GET, "/", "", String::new())
            .await
            .body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn todo_is_added_toggled_and_removed_as_the_guide_says() {
    for app in apps().await {
        let added = app.add("ada", "  buy milk ").await;
        assert_eq!(added.status, StatusCode::OK);
        let todo = added.json();
        assert_eq!(todo["content"], "buy milk");
        assert_eq!(todo["completed"], false);
        assert!(todo["createdAt"].as_str().unwrap().ends_with('Z'));
        let id = todo["id"].as_str().unwrap();

        for completed in [true, false] {
            let toggled = app.act("ada", Method::PATCH, id).await;
            assert_eq!(toggled.status, StatusCode::OK);
            assert_eq!(toggled.json()["completed"], completed);
        }
        assert_eq!(
            app.act("ada", Method::DELETE, id).await.status,
            StatusCode::OK
        );
        let gone = app.act("ada", Method::DELETE, id).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(gone.body, r#"{"error":"Todo not found"}"#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_the_todos_of_another() {
    for app in apps().await {
        let todo = app.add("ada", "ada's secret").await.json();
        let id = todo["id"].as_str().unwrap();
        for method in [Method::PATCH, Method::DELETE] {
            let answer = app.act("bob", method, id).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.body, r#"{"error":"Todo not found"}"#);
        }
        for action in ["toggle", "delete"] {
            let path = format!("/todos/{id}/{action}");
            app.send("bob", Method::POST, &path, FORM, String::new())
                .await;
        }
        assert!(!app.page("bob").await.contains("ada&#39;s secret"));
        let ada = app.page("ada").await;
        assert!(
            ada.contains("ada&#39;s secret") && !ada.contains("class=\"done\""),
            "{ada}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_session_writes() {
    for app in apps().await {
        let answer = app.add("eve", "x").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.body, r#"{"error":"Unauthorized"}"#);
        for method in [Method::PATCH, Method::DELETE] {
            let answer = app.act("eve", method, "1").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        assert!(app.page("eve").await.contains("Sign In"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_cannot_be_kept_is_refused_with_a_reason() {
    for app in apps().await {
        let long = "é".repeat(501);
        for (content, reason) in [
            ("", "Content is empty: say what is to be done"),
            (" \n\t ", "Content is empty: say what is to be done"),
            (long.as_str(), "Content has 501 characters: 500 at most"),
            ("a\0b", "Content holds a NUL character"),
        ] {
            let answer = app.add("ada", content).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.json(), json!({ "error": reason }));
        }
        assert_eq!(
            app.add("ada", &"é".repeat(500)).await.status,
            StatusCode::OK
        );
        assert_eq!(
            app.add("ada", "🗒️ <b>\"quoted\"</b> \\").await.status,
            StatusCode::OK
        );
        let page = app.page("ada").await;
        assert!(
            page.contains("🗒️ &#60;b&#62;&#34;quoted&#34;&#60;/b&#62; \\"),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_bodies_are_told_what_is_wrong() {
    let apps = apps().await;
    for (kind, body, status) in [
        (JSON, "{", StatusCode::BAD_REQUEST),
        (JSON, "[]", StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, r#"{"content":1}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, "{}", StatusCode::UNPROCESSABLE_ENTITY),
        ("text/plain", "x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = apps[0]
            .send("ada", Method::POST, "/api/todos", kind, body.to_owned())
            .await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["error"].is_string(), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_work_without_javascript() {
    for app in apps().await {
        let added = app
            .send(
                "ada",
                Method::POST,
                "/todos",
                FORM,
                "content=tea+%26+milk".to_owned(),
            )
            .await;
        assert_eq!(
            (added.status, added.location()),
            (StatusCode::SEE_OTHER, "/")
        );
        let page = app.page("ada").await;
        assert!(
            page.contains("Welcome, ada") && page.contains("tea &#38; milk"),
            "{page}"
        );
        let id = page
            .split("action=\"/todos/")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let toggled = app
            .send(
                "ada",
                Method::POST,
                &format!("/todos/{id}/toggle"),
                FORM,
                String::new(),
            )
            .await;
        assert_eq!(
            (toggled.status, toggled.location()),
            (StatusCode::SEE_OTHER, "/")
        );
        assert!(app.page("ada").await.contains("class=\"done\""));
        app.send(
            "ada",
            Method::POST,
            &format!("/todos/{id}/delete"),
            FORM,
            String::new(),
        )
        .await;
        assert!(app.page("ada").await.contains("Nothing to do yet"));

        let empty = app
            .send("ada", Method::POST, "/todos", FORM, "content=+".to_owned())
            .await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("role=\"alert\"") && empty.body.contains("Content is empty"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_toggles_at_once_is_lost_on_no_database() {
    for app in apps().await {
        let todo = app.add("ada", "busy").await.json();
        let id = todo["id"].as_str().unwrap();
        let toggles = (0..8).map(|_| app.act("ada", Method::PATCH, id));
        for answer in futures_util::future::join_all(toggles).await {
            assert_eq!(answer.status, StatusCode::OK);
        }
        // Eight toggles are none, if none is lost.
        assert!(!app.page("ada").await.contains("class=\"done\""));
    }
}
