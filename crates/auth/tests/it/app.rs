//! An application under test, and browsers that visit it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_auth::adapter::{Adapter, NewUser, User, UserId};
use hallpass_auth::environment::Random;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::origin::HostTrust;
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::{Auth, AuthBuilder};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

pub(crate) const ORIGIN: &str = "http://localhost:3000";
pub(crate) const SECRET: &str = "vector-secret-0123456789abcdef-01";
pub(crate) const START: &str = "2026-01-01T00:00:00Z";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn secrets() -> Secrets {
    Secrets::new([Secret::new(SECRET)]).unwrap()
}

/// An application with all that its flows touch.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) auth: Auth,
    pub(crate) store: MemoryAdapter,
    pub(crate) mailbox: Mailbox,
    pub(crate) clock: Arc<FixedClock>,
}

/// What differs between applications.
pub(crate) struct Setup {
    pub(crate) strategy: Option<Strategy>,
    pub(crate) confirm: Confirm,
    pub(crate) provider_id: &'static str,
    pub(crate) random: Arc<dyn Random>,
    /// Whether sessions are listed.
    pub(crate) lists_sessions: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            strategy: None,
            confirm: Confirm::Never,
            provider_id: "nodemailer",
            random: Arc::new(SeededRandom::new(42)),
            lists_sessions: false,
        }
    }
}

impl Setup {
    pub(crate) fn jwt() -> Self {
        Self {
            strategy: Some(Strategy::Jwt),
            ..Self::default()
        }
    }

    pub(crate) fn of(strategy: Strategy) -> Self {
        Self {
            strategy: Some(strategy),
            ..Self::default()
        }
    }

    pub(crate) fn listing(strategy: Strategy) -> Self {
        Self {
            lists_sessions: true,
            ..Self::of(strategy)
        }
    }

    pub(crate) fn confirming(confirm: Confirm) -> Self {
        Self {
            confirm,
            ..Self::default()
        }
    }

    pub(crate) fn app(self) -> App {
        self.app_with(|builder| builder)
    }

    pub(crate) fn app_with(self, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> App {
        self.app_with_store(|builder, _| change(builder))
    }

    pub(crate) fn app_with_store(
        self,
        change: impl FnOnce(AuthBuilder, MemoryAdapter) -> AuthBuilder,
    ) -> App {
        let clock = Arc::new(FixedClock::at(START));
        let store = MemoryAdapter::new();
        let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::new(100).unwrap());
        let provider = EmailProvider::new(
            self.provider_id,
            "login@example.com",
            Arc::new(mailbox.clone()),
        );
        let mut builder = Auth::builder()
            .secrets(secrets())
            .environment(clock.clone(), self.random)
            .base_path("/auth")
            .trust_host(HostTrust::Trusted)
            .adapter(store.clone())
            .provider(provider.confirm(self.confirm));
        if self.lists_sessions {
            builder = builder.session_directory(store.clone());
        }
        if let Some(strategy) = self.strategy {
            builder = builder.session_strategy(strategy);
        }
        App {
            auth: change(builder, store.clone()).build().unwrap(),
            store,
            mailbox,
            clock,
        }
    }
}

impl App {
    /// The link of the last mail.
    pub(crate) fn last_link(&self) -> String {
        let mails = self.mailbox.list();
        let text = &mails.first().expect("a mail").message.text;
        text.lines().nth(1).expect("a link").to_owned()
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        Answer::of(self.auth.handle(request).await)
    }

    /// A user that was there before.
    pub(crate) async fn add_user(&self, id: &str, email: &str) -> User {
        let user = NewUser {
            proposed_id: UserId(id.to_owned()),
            name: None,
            email: Some(email.to_owned()),
            email_verified: None,
            image: None,
            extra: serde_json::Map::new(),
        };
        self.store.create_user(user).await.unwrap()
    }

    /// A browser that signed in by mail.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = Browser::new(self);
        browser.sign_in(email).await;
        browser
    }
}

pub(crate) fn get(path: &str) -> Request<Bytes> {
    Request::get(format!("{ORIGIN}{path}"))
        .body(Bytes::new())
        .unwrap()
}

pub(crate) fn form(path: &str, members: &[(&str, &str)]) -> Request<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    Request::post(format!("{ORIGIN}{path}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
        .unwrap()
}

/// A response, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    fn of(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION.as_str()).expect("a Location")
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    /// The names of the cookies that are set or deleted, in order.
    pub(crate) fn cookie_names(&self) -> Vec<&str> {
        self.set_cookies()
            .iter()
            .map(|cookie| cookie.split('=').next().unwrap())
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Asserts a redirect to this target.
    #[track_caller]
    pub(crate) fn leads_to(&self, target: &str) -> &Self {
        assert_eq!(
            (self.status, self.location()),
            (StatusCode::FOUND, target),
            "{}",
            self.body
        );
        self
    }

    /// Asserts the redirect that tells of an error.
    #[track_caller]
    pub(crate) fn fails_with(&self, page: &str, code: &str) -> &Self {
        self.leads_to(&format!("{ORIGIN}/auth/{page}?error={code}"));
        assert!(self.set_cookies().is_empty(), "errors carry no cookies");
        self
    }
}

/// Keeps cookies as a browser does.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) app: App,
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            app: app.clone(),
            cookies: Vec::new(),
        }
    }

    /// The raw value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.forget(name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.cookies.retain(|(known, _)| known != name);
    }

    pub(crate) async fn send(&mut self, mut request: Request<Bytes>) -> Answer {
        if !self.cookies.is_empty() {
            let value = self.cookie_header().parse().unwrap();
            request.headers_mut().insert(COOKIE, value);
        }
        let answer = self.app.send(request).await;
        for cookie in answer.set_cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.forget(name);
            } else {
                self.set_cookie(name, value);
            }
        }
        answer
    }

    pub(crate) fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter();
        pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    /// Follows an absolute link.
    pub(crate) async fn follow(&mut self, link: &str) -> Answer {
        self.get(link.strip_prefix(ORIGIN).expect("a link of ours"))
            .await
    }

    /// Posts without CSRF token.
    pub(crate) async fn post_bare(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        self.send(form(path, members)).await
    }

    /// Posts with the CSRF token that the page would hold.
    pub(crate) async fn post(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        let token = self.csrf().await;
        let mut all = vec![("csrfToken", token.as_str())];
        all.extend(members);
        self.post_bare(path, &all).await
    }

    pub(crate) async fn csrf(&mut self) -> String {
        let answer = self.get("/auth/csrf").await;
        answer.json()["csrfToken"].as_str().unwrap().to_owned()
    }

    /// Asks for a link.
    pub(crate) async fn ask(&mut self, email: &str) -> Answer {
        self.post("/auth/signin/nodemailer", &[("email", email)])
            .await
    }

    /// Asks for a link and follows it (where links sign in at once).
    pub(crate) async fn sign_in(&mut self, email: &str) -> Answer {
        self.ask(email).await;
        let link = self.app.last_link();
        self.follow(&link).await
    }

    /// What `GET session` shows.
    pub(crate) async fn session(&mut self) -> Value {
        self.get("/auth/session").await.json()
    }
}

/// A POST with a JSON body.
pub(crate) fn json(path: &str, body: &Value) -> Request<Bytes> {
    Request::post(format!("{ORIGIN}{path}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap()
}
