//! The client against services that follow the standards, and against all others.

mod client_authentication;
mod discovery;
mod id_token;
mod identify;
mod keys;
mod logout_token;
mod properties;
mod refresh;
mod revoke;
mod token_answer;
mod userinfo;

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{CodeGrant, Identity, OAuth, OAuthError};
use crate::providers::oauth::{OAuthClient, OAuthProvider, ProfileSource, SigningAlgorithm};
use crate::secret::Secret;
use crate::testing::clock::FixedClock;
use crate::testing::http::ScriptedHttp;
use crate::testing::random::SeededRandom;
use crate::testing::signer::Signer;

const ISSUER: &str = "https://id.example.com";
const DOCUMENT: &str = "https://id.example.com/.well-known/openid-configuration";
const TOKEN: &str = "https://id.example.com/token";
const USERINFO: &str = "https://id.example.com/userinfo";
const KEYS: &str = "https://id.example.com/keys";
const SECRET: &str = "planted-secret-of-at-least-32-bytes";
const NONCE: &str = "planted-nonce";

/// 2026-01-01T00:00:00Z, when every test begins.
const NOW: i64 = 1_767_225_600;

/// A client, and the other servers.
struct Bench {
    http: Arc<ScriptedHttp>,
    clock: Arc<FixedClock>,
    oauth: OAuth,
    signer: Signer,
}

impl Bench {
    fn new() -> Self {
        let http = Arc::new(ScriptedHttp::new());
        let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
        let random = Arc::new(SeededRandom::new(42));
        Self {
            oauth: OAuth::new(http.clone(), clock.clone(), random),
            http,
            clock,
            signer: Signer::new(SigningAlgorithm::Es256, "first"),
        }
    }

    /// A service that published its document.
    fn with_document() -> Self {
        let bench = Self::new();
        bench.http.json(DOCUMENT, &document());
        bench
    }

    /// A service that published its document and its keys.
    fn with_keys() -> Self {
        let bench = Self::with_document();
        bench.http.json(KEYS, &bench.signer.key_set());
        bench
    }

    /// The service gives tokens with this `id_token`.
    fn gives(&self, id_token: &str) {
        let mut answer = tokens();
        answer["id_token"] = json!(id_token);
        self.http.forget(TOKEN);
        self.http.json(TOKEN, &answer);
    }

    /// The service gives tokens with an `id_token` of these claims.
    fn gives_claims(&self, claims: &Value) {
        self.gives(&self.signer.sign(claims));
    }

    async fn identify(&self, provider: &OAuthProvider) -> Result<Identity, OAuthError> {
        self.oauth.identify(provider, grant()).await
    }
}

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": TOKEN,
        "userinfo_endpoint": USERINFO,
        "jwks_uri": KEYS,
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
    })
}

fn tokens() -> Value {
    json!({ "access_token": "planted-access", "token_type": "Bearer" })
}

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": "client",
        "sub": "person-1",
        "exp": NOW + 300,
        "iat": NOW,
        "nonce": NONCE,
        "name": "Ada",
        "email": "ada@example.com",
    })
}

/// The claims with one changed; null takes it away.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => members.shift_remove(name),
        value => members.insert(name.to_owned(), value),
    };
    claims
}

fn provider() -> OAuthProvider {
    let client = OAuthClient::new("client", Secret::new(SECRET));
    OAuthProvider::oidc("example", ISSUER, client)
}

/// The same service where its profile is asked of the userinfo endpoint.
fn asking() -> OAuthProvider {
    let mut provider = provider();
    provider.profile_source = ProfileSource::UserInfo;
    provider
}

/// A service with OAuth 2 alone.
fn plain() -> OAuthProvider {
    let client = OAuthClient::new("client", Secret::new(SECRET));
    OAuthProvider::oauth(
        "plain",
        ["https://id.example.com/authorize", TOKEN, USERINFO],
        client,
    )
}

fn grant() -> CodeGrant<'static> {
    CodeGrant {
        code: "planted-code",
        redirect_uri: "https://app.example.com/api/auth/callback/example",
        verifier: Some("planted-verifier"),
        nonce: Some(NONCE),
        posted_user: None,
    }
}

/// The error's texts, after a look for planted secrets.
fn shown(error: &OAuthError) -> String {
    let text = format!("{error} {error:?}");
    for planted in ["planted", "ada@example.com"] {
        assert!(!text.contains(planted), "`{planted}` leaked: {text}");
    }
    error.to_string()
}
