//! One setup of both servers: what they are told, and what the requests need to know of it.

use std::collections::HashMap;

use hallpass::auth::jwe::Keys;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use serde_json::{Value, json};

use super::library;
use super::services::Services;
use crate::harness::service::Service;
use crate::interop::address::Address;
use crate::interop::authjs::{AuthJs, Options};
use crate::interop::server::Server;

pub(super) const SECRET: &str = "a-secret-that-both-know-0123456789abcdef";

/// What differs between setups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    pub(super) name: &'static str,
    pub(super) address: Address,
    pub(super) strategy: &'static str,
    /// Whether the application judges credentials.
    pub(super) credentials: bool,
    /// Pages of the application's own.
    pub(super) pages: Option<CustomPages>,
    /// Services where people have accounts.
    pub(super) services: Option<Services>,
    /// Whether people sign in with keys in their devices.
    pub(super) passkeys: bool,
}

/// Those that appear in redirects with a query of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct CustomPages {
    pub(super) sign_in: &'static str,
    pub(super) error: &'static str,
}

impl Setup {
    /// What opens tokens of this salt.
    pub(super) fn keys(&self, salt: &str) -> Keys {
        let secrets = Secrets::new([Secret::new(SECRET)]).expect("a secret");
        Keys::derive(&secrets, salt)
    }

    pub(super) fn authjs(&self, service: &Service) -> AuthJs {
        let mut options = Options::at(self.address.0, SECRET)
            .with("strategy", self.strategy)
            .with("adapter", "memory");
        if self.credentials {
            let password = "correct horse";
            let people = json!([
                { "email": "ann@example.com", "password": password, "id": "1", "name": "Ann" },
                { "email": "new@example.com", "password": password },
            ]);
            options = options.with("people", people);
        }
        if let Some(services) = self.services {
            let services = services.ways();
            let services: Vec<Value> = services.iter().map(|way| way.authjs(service)).collect();
            options = options.with("services", services);
        }
        if self.passkeys {
            options = options.with("passkeys", true);
        }
        if let Some(CustomPages { sign_in, error }) = self.pages {
            let pages = json!({
                "signIn": sign_in, "error": error,
                "signOut": "/bye", "verifyRequest": "/check-mail", "newUser": "/welcome",
            });
            options = options.with("pages", pages);
        }
        options.start()
    }

    /// The binary, or the library for what the binary has no settings for.
    pub(super) async fn hallpass(&self, database: &str, service: &Service) -> Server {
        let is_plain = self.pages.is_none() && self.services.is_none();
        if self.credentials || self.passkeys || !is_plain {
            return library::start(self, database, service).await;
        }
        let variables = [
            ("AUTH_SECRET", SECRET),
            ("AUTH_SESSION_STRATEGY", self.strategy),
        ];
        Server::hallpass(self.address, database, &variables).await
    }

    /// The tokens that requests name as `{made:…}`.
    pub(super) async fn tokens(&self, authjs: &AuthJs) -> HashMap<&'static str, String> {
        let ann = json!({ "name": "Ann", "email": "ann@example.com", "picture": "https://example.com/a.png", "sub": "1" });
        let with = |name: &str, value: Value| {
            let mut claims = ann.clone();
            claims[name] = value;
            claims
        };
        let session = self.address.names().session;
        let secret = json!(SECRET);
        let rows = [
            ("ann", session, ann.clone(), secret.clone()),
            (
                "two",
                session,
                with("pad", "x".repeat(3_000).into()),
                secret.clone(),
            ),
            (
                "three",
                session,
                with("pad", "x".repeat(6_000).into()),
                secret.clone(),
            ),
            ("bare", session, json!({}), secret.clone()),
            (
                "numbers",
                session,
                json!({ "name": 1, "email": null, "sub": 7 }),
                secret.clone(),
            ),
            (
                "unicode",
                session,
                with("name", "Ünïcödé 🪴".into()),
                secret.clone(),
            ),
            (
                "foreign secret",
                session,
                ann.clone(),
                json!("another-secret-0123456789abcdef-000000"),
            ),
            ("foreign salt", "authjs.state", ann.clone(), secret),
        ];
        let mut made = HashMap::new();
        for (name, salt, claims, secret) in rows {
            made.insert(name, authjs.encode(salt, &secret, &claims).await);
        }
        made
    }
}
