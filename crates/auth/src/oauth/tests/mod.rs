//! The client against services that follow the standards, and against all others.

mod discovery;

use std::sync::Arc;

use serde_json::{Value, json};

use super::OAuth;
use crate::providers::oauth::{OAuthClient, OAuthProvider};
use crate::secret::Secret;
use crate::testing::clock::FixedClock;
use crate::testing::http::ScriptedHttp;
use crate::testing::random::SeededRandom;

const ISSUER: &str = "https://id.example.com";
const DOCUMENT: &str = "https://id.example.com/.well-known/openid-configuration";
const TOKEN: &str = "https://id.example.com/token";
const USERINFO: &str = "https://id.example.com/userinfo";
const KEYS: &str = "https://id.example.com/keys";
const SECRET: &str = "planted-secret-of-at-least-32-bytes";

/// A client, and the other servers.
struct Bench {
    http: Arc<ScriptedHttp>,
    clock: Arc<FixedClock>,
    oauth: OAuth,
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
        }
    }

    /// A service that published its document.
    fn with_document() -> Self {
        let bench = Self::new();
        bench.http.json(DOCUMENT, &document());
        bench
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

fn provider() -> OAuthProvider {
    OAuthProvider::oidc(
        "example",
        ISSUER,
        OAuthClient::new("client", Secret::new(SECRET)),
    )
}
