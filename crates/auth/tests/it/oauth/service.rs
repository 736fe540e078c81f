//! A service where people have accounts, by script, and browsers that go there and back.

use std::sync::Arc;

use hallpass_auth::adapter::UserId;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::http::ScriptedHttp;
use hallpass_auth::{AuthBuilder, testing::memory::MemoryAdapter};
use serde_json::{Value, json};
use url::Url;

use crate::app::{Answer, App, Browser, Setup};

pub(crate) const BOTH: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];
pub(crate) const AUTHORIZE: &str = "https://id.example.com/authorize";
pub(crate) const TOKEN: &str = "https://id.example.com/token";
pub(crate) const USERINFO: &str = "https://api.example.com/me";

/// A service with OAuth 2.
pub(crate) fn provider(id: &str) -> OAuthProvider {
    let client = OAuthClient::new("cid", Secret::new("client-secret"));
    OAuthProvider::oauth(id, [AUTHORIZE, TOKEN, USERINFO], client)
}

/// The service as it answers.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) http: Arc<ScriptedHttp>,
}

impl Service {
    /// Gives a token for every code, and says that it is Ada.
    pub(crate) fn new() -> Self {
        let service = Self {
            http: Arc::new(ScriptedHttp::new()),
        };
        service.http.json(
            TOKEN,
            &json!({
                "access_token": "access-1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-1",
                "scope": "openid email", "session_state": "s", "unknown": "u",
                "userId": "evil", "provider": "evil", "providerAccountId": "evil", "type": "evil",
            }),
        );
        service.knows(&ada());
        service
    }

    /// From now on it says that whoever comes is this person.
    pub(crate) fn knows(&self, profile: &Value) {
        self.http.forget(USERINFO);
        self.http.json(USERINFO, profile);
    }

    /// How often a code was exchanged.
    pub(crate) fn exchanges(&self) -> usize {
        self.http.requests_to(TOKEN).len()
    }
}

pub(crate) fn ada() -> Value {
    json!({ "id": 42, "name": "Ada", "email": "Ada@Example.com", "picture": "https://example.com/ada.png" })
}

pub(crate) fn bob() -> Value {
    json!({ "id": "7", "name": "Bob", "email": "bob@example.com" })
}

/// An application with the providers `example` and `other`, both of the service.
pub(crate) fn app(strategy: Strategy) -> (App, Service) {
    app_with(Setup::of(strategy), |builder, _| builder)
}

pub(crate) fn app_with(
    setup: Setup,
    change: impl FnOnce(AuthBuilder, MemoryAdapter) -> AuthBuilder,
) -> (App, Service) {
    let providers = [provider("example"), provider("other")];
    app_of(setup, providers, change)
}

pub(crate) fn app_of(
    setup: Setup,
    providers: impl IntoIterator<Item = OAuthProvider>,
    change: impl FnOnce(AuthBuilder, MemoryAdapter) -> AuthBuilder,
) -> (App, Service) {
    let service = Service::new();
    let app = setup.app_with_store(|builder, store| {
        let builder = builder.http_client(service.http.clone());
        let builder = providers.into_iter().fold(builder, AuthBuilder::provider);
        change(builder, store)
    });
    (app, service)
}

impl Browser {
    /// Begins a sign-in; gives the address to which the browser is sent.
    pub(crate) async fn leave(&mut self, provider: &str) -> Url {
        let path = format!("/auth/signin/{provider}");
        let answer = self.post(&path, &[("callbackUrl", "/done")]).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        Url::parse(answer.location()).unwrap()
    }

    /// Goes to the service and agrees; gives the path to which the service sends the browser.
    pub(crate) async fn agree(&mut self, provider: &str) -> String {
        let url = self.leave(provider).await;
        back(provider, &url)
    }

    /// Goes to the service, agrees and comes back.
    pub(crate) async fn sign_in_at(&mut self, provider: &str) -> Answer {
        let path = self.agree(provider).await;
        self.get(&path).await
    }

    pub(crate) async fn session_email(&mut self) -> Value {
        self.session().await["user"]["email"].clone()
    }
}

/// The path to which the service sends a browser that agreed.
pub(crate) fn back(provider: &str, url: &Url) -> String {
    let state = parameter(url, "state").unwrap_or_default();
    format!("/auth/callback/{provider}?code=THECODE&state={state}")
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
}

pub(crate) fn id_of(app: &App, email: &str) -> UserId {
    let users = app.store.users();
    let user = users
        .iter()
        .find(|user| user.email.as_deref() == Some(email));
    user.expect("the user").id.clone()
}
