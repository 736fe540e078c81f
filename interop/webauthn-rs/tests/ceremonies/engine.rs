//! The engine, as a browser meets it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hallpass_auth::Auth;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::origin::Origin;
use hallpass_auth::passkey::Authenticator;
use hallpass_auth::providers::{Newcomers, PasskeyProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{Request, Response};
use serde_json::Value;

pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// An application that admits whoever has a key, and one browser.
pub(crate) struct Engine {
    auth: Auth,
    store: MemoryAdapter,
    cookies: BTreeMap<String, String>,
}

impl Engine {
    pub(crate) fn new() -> Self {
        let store = MemoryAdapter::new();
        let secret = Secret::new("a secret of tests, of at least 32 characters");
        let provider = PasskeyProvider::passkey().newcomers(Newcomers::Admitted);
        let auth = Auth::builder()
            .secrets(Secrets::new([secret]).unwrap())
            .environment(
                Arc::new(FixedClock::at("2026-01-01T00:00:00Z")),
                Arc::new(SeededRandom::new(1)),
            )
            .origin(Origin::parse(ORIGIN).unwrap())
            .limits(LimitRules::none())
            .adapter(store.clone())
            .passkeys(store.clone())
            .provider(provider)
            .build()
            .unwrap();
        Self {
            auth,
            store,
            cookies: BTreeMap::new(),
        }
    }

    /// Begins a ceremony.
    pub(crate) async fn options(&mut self, action: &str) -> Value {
        let path = format!("/webauthn-options/passkey?action={action}&email=ada%40example.com");
        let answer = self.send("GET", &path, String::new()).await;
        let said: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(said["action"], action, "{said}");
        said["options"].clone()
    }

    /// Ends it; whether the engine believes the answer.
    pub(crate) async fn finish(&mut self, action: &str, answer: &Value) -> bool {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("action", action)
            .append_pair("data", &answer.to_string())
            .finish();
        let answer = self.send("POST", "/callback/passkey", form).await;
        let target = answer.headers().get(LOCATION).unwrap().to_str().unwrap();
        let is_believed = !target.contains("error=");
        let has_session = self.cookies.contains_key("authjs.session-token");
        assert_eq!(is_believed, has_session, "{target}");
        is_believed
    }

    /// Another browser.
    pub(crate) fn forget_everything(&mut self) {
        self.cookies.clear();
    }

    /// The one key that is kept.
    pub(crate) fn key(&self) -> Authenticator {
        self.store.passkeys().remove(0).authenticator
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> Response<Bytes> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}/api/auth{path}"))
            .header(COOKIE, cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap();
        let answer = self.auth.handle(request).await;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
            if value.is_empty() {
                self.cookies.remove(name);
            }
        }
        answer
    }
}
