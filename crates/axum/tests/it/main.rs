//! An axum application with the layer, the routes and the extractor, over the memory adapter.

#![expect(clippy::unwrap_used, reason = "tests stop at what they do not expect")]

mod data;

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use hallpass_auth::Auth;
use hallpass_auth::adapter::{Adapter, NewUser, SessionRecord, UserId};
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::origin::HostTrust;
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::secret::{Secret, SessionToken};
use hallpass_auth::secrets::Secrets;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_axum::{Links, Session, layer, routes};
use serde_json::{Value, json};
use tower::ServiceExt;

const TOKEN: &str = "3e6a2b60-0000-4000-8000-000000000001";

struct App {
    router: Router,
    store: MemoryAdapter,
}

/// An application with one user, Ada, who is signed in with [`TOKEN`].
async fn app() -> App {
    let store = MemoryAdapter::new();
    let ada = store
        .create_user(NewUser {
            proposed_id: UserId("1".to_owned()),
            name: Some("Ada".to_owned()),
            email: Some("ada@example.com".to_owned()),
            email_verified: None,
            image: None,
            extra: serde_json::Map::new(),
        })
        .await
        .unwrap();
    let session = SessionRecord {
        session_token: SessionToken::new(TOKEN),
        user_id: ada.id,
        expires: "2026-01-20T00:00:00Z".parse().unwrap(),
    };
    store.create_session(session).await.unwrap();
    let auth = auth_of(&store);
    let shop = Router::new()
        .route("/cart", get(closed))
        .route("/links", get(links));
    let router = Router::new()
        .route("/open", get(open).post(open))
        .route("/closed", get(closed).post(closed))
        .route("/twice", get(twice))
        .route("/links", get(links))
        .route("/cached", get(cached))
        .route("/removed", get(removed))
        .nest("/shop", shop)
        .merge(routes(&auth))
        .layer(layer(&auth));
    App { router, store }
}

fn auth_of(store: &MemoryAdapter) -> Auth {
    auth_with(store, Confirm::Auto)
}

fn auth_with(store: &MemoryAdapter, confirm: Confirm) -> Auth {
    let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
    let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::MIN);
    Auth::builder()
        .secrets(Secrets::new([Secret::new("a-secret-of-the-tests-0123456789")]).unwrap())
        .environment(clock, Arc::new(SeededRandom::new(1)))
        .trust_host(HostTrust::Trusted)
        .adapter(store.clone())
        .provider(
            EmailProvider::new("email", "app@example.com", Arc::new(mailbox)).confirm(confirm),
        )
        .build()
        .unwrap()
}

async fn cached(
    _session: Option<Session>,
) -> ([(header::HeaderName, &'static str); 1], &'static str) {
    (
        [(header::CACHE_CONTROL, "public, max-age=600")],
        "the same for all?",
    )
}

async fn removed(_session: Session) -> ([(header::HeaderName, &'static str); 1], &'static str) {
    (
        [(header::SET_COOKIE, "authjs.session-token=; Max-Age=0")],
        "bye",
    )
}

async fn open(session: Option<Session>) -> String {
    session.map_or("nobody".to_owned(), |session| {
        session.display_name().to_owned()
    })
}

async fn closed(session: Session) -> Json<Value> {
    Json(json!({ "id": session.user_id(), "email": session.user().email }))
}

async fn twice(first: Session, second: Option<Session>) -> String {
    format!("{} {}", first.display_name(), second.is_some())
}

async fn links(links: Links) -> String {
    let Links {
        sign_in,
        sign_out,
        account,
        sessions,
    } = links;
    let [account, sessions] = [account, sessions].map(|link| link.unwrap_or("-".to_owned()));
    format!("{sign_in} {sign_out} {account} {sessions}")
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl App {
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "app.example:3000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        read(response).await
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Body::empty()).await
    }
}

async fn read(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

fn signed_in() -> (&'static str, String) {
    (
        "cookie",
        format!("__Secure-authjs.session-token={TOKEN}; authjs.session-token={TOKEN}"),
    )
}

#[tokio::test]
async fn session_reaches_the_handler_and_the_cookie_travels_back() {
    let app = app().await;
    let (name, value) = signed_in();
    let answer = app.get("/closed", &[(name, &value)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["email"], "ada@example.com");
    let cookie = answer.header(header::SET_COOKIE);
    assert!(
        cookie.contains(TOKEN) && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    assert_eq!(app.get("/open", &[(name, &value)]).await.body, "Ada");
}

#[tokio::test]
async fn nobody_gets_past_a_required_session() {
    let app = app().await;
    let stale = format!("authjs.session-token={TOKEN}x");
    for cookie in [
        "",
        "authjs.session-token=",
        stale.as_str(),
        "authjs.session-token=%ff;;=;a",
    ] {
        let answer = app.get("/closed", &[("cookie", cookie)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cookie}");
        assert_eq!(answer.body, r#"{"error":"Unauthorized"}"#);
        assert_eq!(app.get("/open", &[("cookie", cookie)]).await.body, "nobody");
    }
}

#[tokio::test]
async fn people_are_sent_to_the_sign_in_page_and_back() {
    let app = app().await;
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let answer = app.get("/closed?tab=1&x=%2F", &[html]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.header(header::LOCATION),
        "/api/auth/signin?callbackUrl=%2Fclosed%3Ftab%3D1%26x%3D%252F"
    );
    // A form cannot be repeated by following a link, so the way back is the start page.
    let answer = app
        .send(Method::POST, "/closed", &[html], Body::empty())
        .await;
    assert_eq!(
        answer.header(header::LOCATION),
        "/api/auth/signin?callbackUrl=%2F"
    );
}

#[tokio::test]
async fn other_sites_cannot_act_for_the_person() {
    let app = app().await;
    let (name, value) = signed_in();
    let cases: &[(&str, &str, StatusCode)] = &[
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        (
            "origin",
            "https://app.example:3000.evil.example",
            StatusCode::FORBIDDEN,
        ),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("x-other", "a program without a browser", StatusCode::OK),
    ];
    for (header, content, expected) in cases {
        for path in ["/closed", "/open"] {
            let headers = [(name, value.as_str()), (*header, *content)];
            let answer = app.send(Method::POST, path, &headers, Body::empty()).await;
            assert_eq!(answer.status, *expected, "{path} {header}: {content}");
        }
    }
    // Reading is not acting: a link from another site shows the page.
    let headers = [(name, value.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(app.get("/closed", &headers).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unreachable_store_is_503_and_signs_nobody_out() {
    let app = app().await;
    let (name, value) = signed_in();
    app.store.go_away();
    let answer = app.get("/closed", &[(name, &value)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.starts_with(r#"{"error":"#), "{}", answer.body);
    assert_eq!(answer.header(header::SET_COOKIE), "");
    let page = app
        .get("/open", &[(name, &value), ("accept", "text/html")])
        .await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("<html"), "{}", page.body);
    assert!(!page.header(header::RETRY_AFTER).is_empty());
    app.store.come_back();
    assert_eq!(
        app.get("/closed", &[(name, &value)]).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn session_is_read_once_a_request() {
    let app = app().await;
    let (name, value) = signed_in();
    let answer = app.get("/twice", &[(name, &value)]).await;
    assert_eq!(answer.body, "Ada true");
    assert_eq!(answer.headers.get_all(header::SET_COOKIE).iter().count(), 1);
}

#[tokio::test]
async fn routes_answer_below_their_base_and_nowhere_else() {
    let app = app().await;
    let answer = app.get("/api/auth/csrf", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.starts_with(r#"{"csrfToken":""#));
    for base in ["/api/auth", "/api/auth/"] {
        assert_eq!(app.get(base, &[]).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        app.get("/api/auth/nope", &[]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        app.get("/api/authsession", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let head = app
        .send(Method::HEAD, "/api/auth/session", &[], Body::empty())
        .await;
    assert_eq!(head.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn links_lead_to_the_routes_and_back() {
    let answer = app().await.get("/links?a=1", &[]).await;
    let expected = "/api/auth/signin?callbackUrl=%2Flinks%3Fa%3D1 /api/auth/signout - -";
    assert_eq!(answer.body, expected);
    // Nothing was asked about anybody, so caches may do as the application says.
    assert_eq!(answer.header(header::CACHE_CONTROL), "");
}

#[tokio::test]
async fn nested_routers_lead_back_to_the_whole_address() {
    let app = app().await;
    let html = ("accept", "text/html");
    let answer = app.get("/shop/cart?a=1", &[html]).await;
    let expected = "/api/auth/signin?callbackUrl=%2Fshop%2Fcart%3Fa%3D1";
    assert_eq!(answer.header(header::LOCATION), expected);
    let links = app.get("/shop/links", &[]).await.body;
    assert!(links.contains("callbackUrl=%2Fshop%2Flinks"), "{links}");
}

#[tokio::test]
async fn personal_answers_are_kept_by_no_cache_whatever_the_handler_says() {
    let app = app().await;
    let (name, value) = signed_in();
    for cookie in [value.as_str(), ""] {
        let answer = app.get("/cached", &[(name, cookie)]).await;
        let caching = answer.headers.get_all(header::CACHE_CONTROL).iter();
        assert_eq!(caching.collect::<Vec<_>>(), ["private, no-store"]);
    }
}

#[tokio::test]
async fn cookie_that_a_handler_removes_is_not_set_again() {
    let app = app().await;
    let cookie = format!("authjs.session-token={TOKEN}");
    let answer = app.get("/removed", &[("cookie", &cookie)]).await;
    let cookies: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["authjs.session-token=; Max-Age=0"]);
}

#[tokio::test]
async fn session_of_one_auth_is_not_believed_by_another() {
    let public = app().await;
    let admin = auth_of(&MemoryAdapter::new());
    let inner = Router::new()
        .route("/admin", get(closed))
        .layer(layer(&admin));
    let outer = auth_of(&public.store);
    let look = from_fn(|_: Option<Session>, request: Request<Body>, next: Next| next.run(request));
    let router = inner.layer(look).layer(layer(&outer));
    let app = App {
        router,
        store: public.store,
    };
    let (name, value) = signed_in();
    let answer = app.get("/admin", &[(name, &value)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn body_larger_than_a_mebibyte_is_413() {
    let app = app().await;
    for (size, expected) in [
        (1024 * 1024, StatusCode::FOUND),
        (1024 * 1024 + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = Body::from(vec![b'a'; size]);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let answer = app
            .send(Method::POST, "/api/auth/signin/email", &[form], body)
            .await;
        assert_eq!(answer.status, expected, "{size}");
    }
}

#[tokio::test]
async fn forgotten_layer_is_a_server_error_and_lets_nobody_in() {
    let router: Router = Router::new().route("/closed", get(closed));
    let request = Request::get("/closed").body(Body::empty()).unwrap();
    let answer = read(router.oneshot(request).await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// The server says who is at the other end of the connection; each client then has limits of its own.
#[tokio::test]
async fn clients_are_told_apart_by_their_connection() {
    let router: Router = routes(&auth_with(&MemoryAdapter::new(), Confirm::Never));
    let guess = async |client: &str| {
        let address: std::net::SocketAddr = client.parse().unwrap();
        let request = Request::get("/api/auth/callback/email?token=guess&email=a%40example.com")
            .header(header::HOST, "localhost")
            .extension(axum::extract::ConnectInfo(address))
            .body(Body::empty())
            .unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    for port in 1000..1050 {
        let status = guess(&format!("192.0.2.7:{port}")).await;
        assert_eq!(status, StatusCode::FOUND);
    }
    assert_eq!(guess("192.0.2.7:2000").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess("192.0.2.8:2000").await, StatusCode::FOUND);
}
