//! An application over the guide's schema, with every way to sign in, and browsers that visit it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use hallpass::auth::mail::mailbox::Mailbox;
use hallpass::auth::origin::HostTrust;
use hallpass::auth::password::{Algorithm, HasherOptions, PasswordSettings, Rules};
use hallpass::auth::providers::oauth::{OAuthClient, OAuthProvider};
use hallpass::auth::providers::{Confirm, EmailProvider, PasswordProvider};
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::auth::testing::http::ScriptedHttp;
use hallpass::data::{ArgValue, Operation, Reply};
use hallpass::system::SystemClock;
use hallpass::{Client, DataAdapter, DataError, Db};
use hallpass_db::testing::TestDatabase;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const ORIGIN: &str = "http://localhost:3000";
const AUTHORIZE: &str = "https://id.example.com/authorize";
const TOKEN: &str = "https://id.example.com/token";
const USERINFO: &str = "https://api.example.com/me";

/// The application on one database.
pub(crate) struct Application {
    router: Router,
    mailbox: Mailbox,
    /// With full access, to see what stands in the tables.
    pub(crate) client: Client,
}

impl Application {
    pub(crate) async fn open(test: &TestDatabase, strategy: Strategy) -> Self {
        let schema = include_str!("guide.zmodel");
        let client = hallpass::open(&test.address, schema).await.unwrap();
        let mailbox = Mailbox::new(Arc::new(SystemClock), NonZeroUsize::new(10).unwrap());
        let adapter = DataAdapter::new(&client).unwrap();
        let adapter = adapter.password_field("password").unwrap();
        // As the fields are hashed: applications beside compare with bcrypt.
        let hasher = HasherOptions {
            algorithm: Algorithm::Bcrypt { cost: 10 },
            ..HasherOptions::default()
        };
        let passwords = PasswordSettings::new(adapter.clone())
            .hasher(hasher)
            .rules(Rules {
                min_length: 15,
                ..Rules::default()
            });
        let oauth = OAuthClient::new("cid", Secret::new("client-secret"));
        let email = EmailProvider::new("email", "app@example.com", Arc::new(mailbox.clone()));
        let auth = hallpass::builder_over(adapter)
            .secrets(Secrets::new([Secret::new("a-secret-of-the-tests-0123456789")]).unwrap())
            .trust_host(HostTrust::Trusted)
            .session_strategy(strategy)
            .http_client(service())
            .provider(email.confirm(Confirm::Never))
            .provider(OAuthProvider::oauth(
                "example",
                [AUTHORIZE, TOKEN, USERINFO],
                oauth,
            ))
            .passwords(passwords)
            .provider(PasswordProvider::new("password"))
            .build()
            .unwrap();
        let router = Router::new()
            .route("/users", get(users).post(sign_up))
            .route("/posts", get(posts).post(publish))
            .with_state(client.clone())
            .merge(hallpass::routes(&auth))
            .layer(hallpass::layer(&auth));
        Self {
            router,
            mailbox,
            client,
        }
    }

    /// The link of the last mail.
    fn link(&self) -> String {
        let mails = self.mailbox.list();
        let text = &mails.first().unwrap().message.text;
        let link = text.lines().find(|line| line.starts_with("http"));
        link.unwrap().strip_prefix(ORIGIN).unwrap().to_owned()
    }
}

/// Another service, which says of whoever comes that it is Cat.
fn service() -> Arc<ScriptedHttp> {
    let http = ScriptedHttp::new();
    http.json(TOKEN, &json!({"access_token": "a", "token_type": "Bearer"}));
    let cat = json!({"id": 42, "name": "Cat", "email": "cat@example.com", "picture": "https://example.com/cat.png"});
    http.json(USERINFO, &cat);
    Arc::new(http)
}

async fn call(
    db: &Db,
    model: &str,
    operation: Operation,
    args: Value,
) -> Result<Json<Reply>, DataError> {
    Ok(Json(
        db.call(model, operation, &ArgValue::from_json(args)?)
            .await?,
    ))
}

async fn users(db: Db) -> Result<Json<Reply>, DataError> {
    call(&db, "User", Operation::FindMany, json!({})).await
}

async fn sign_up(db: Db, Json(data): Json<Value>) -> Result<Json<Reply>, DataError> {
    call(&db, "User", Operation::Create, json!({"data": data})).await
}

async fn posts(db: Db) -> Result<Json<Reply>, DataError> {
    let args =
        json!({"orderBy": {"id": "asc"}, "include": {"author": {"select": {"email": true}}}});
    call(&db, "Post", Operation::FindMany, args).await
}

async fn publish(db: Db, Json(data): Json<Value>) -> Result<Json<Reply>, DataError> {
    call(&db, "Post", Operation::Create, json!({"data": data})).await
}

/// Keeps cookies as a browser does.
pub(crate) struct Browser<'a> {
    application: &'a Application,
    cookies: Vec<(String, String)>,
}

/// A response, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(application: &'a Application) -> Self {
        Self {
            application,
            cookies: Vec::new(),
        }
    }

    async fn send(&mut self, method: Method, path: &str, kind: &str, body: String) -> Answer {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let response = self
            .application
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value));
            }
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "text/plain", String::new())
            .await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, "application/json", body.to_string())
            .await
    }

    async fn form(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        let csrf = self.get("/api/auth/csrf").await.json()["csrfToken"].clone();
        let mut body = format!("csrfToken={}", csrf.as_str().unwrap());
        for (name, value) in members {
            body.push_str(&format!("&{name}={}", value.replace('@', "%40")));
        }
        self.send(
            Method::POST,
            path,
            "application/x-www-form-urlencoded",
            body,
        )
        .await
    }

    pub(crate) async fn by_mail(&mut self, email: &str) -> Answer {
        self.form("/api/auth/signin/email", &[("email", email)])
            .await;
        let link = self.application.link();
        self.get(&link).await
    }

    pub(crate) async fn by_password(&mut self, email: &str, password: &str) -> Answer {
        let members = [("email", email), ("password", password)];
        self.form("/api/auth/callback/password", &members).await
    }

    pub(crate) async fn by_service(&mut self) -> Answer {
        let away = self.form("/api/auth/signin/example", &[]).await;
        let state = away.location().split("state=").nth(1).unwrap();
        let state = state.split('&').next().unwrap().to_owned();
        self.get(&format!(
            "/api/auth/callback/example?code=THECODE&state={state}"
        ))
        .await
    }

    pub(crate) async fn session(&mut self) -> Value {
        self.get("/api/auth/session").await.json()
    }
}
