//! One setup of both servers: what they are told, and what the requests need to know of it.

use std::collections::HashMap;

use hallpass::auth::jwe::Keys;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use serde_json::{Value, json};

use crate::harness::{Binary, MailService, Running};
use crate::interop::authjs::{AuthJs, Options};

pub(super) const SECRET: &str = "a-secret-that-both-know-0123456789abcdef";

/// What differs between setups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    pub(super) name: &'static str,
    /// The public address of the routes.
    pub(super) url: &'static str,
    pub(super) strategy: &'static str,
}

/// The names of the cookies.
pub(super) struct Names {
    pub(super) session: String,
    pub(super) csrf: String,
    pub(super) callback_url: String,
}

impl Setup {
    pub(super) fn origin(&self) -> &str {
        self.url.trim_end_matches(self.base())
    }

    pub(super) fn base(&self) -> &'static str {
        let (_, rest) = self.url.split_once("://").expect("an address");
        &rest[rest.find('/').expect("a path")..]
    }

    pub(super) fn host(&self) -> &str {
        self.origin().split("://").nth(1).expect("an address")
    }

    pub(super) fn names(&self) -> Names {
        let (secure, host) = if self.url.starts_with("https") {
            ("__Secure-", "__Host-")
        } else {
            ("", "")
        };
        Names {
            session: format!("{secure}authjs.session-token"),
            csrf: format!("{host}authjs.csrf-token"),
            callback_url: format!("{secure}authjs.callback-url"),
        }
    }

    /// What opens session tokens.
    pub(super) fn keys(&self) -> Keys {
        let secrets = Secrets::new([Secret::new(SECRET)]).expect("a secret");
        Keys::derive(&secrets, &self.names().session)
    }

    pub(super) fn authjs(&self) -> AuthJs {
        Options::at(self.url, SECRET)
            .with("strategy", self.strategy)
            .with("adapter", "memory")
            .start()
    }

    pub(super) fn hallpass(&self, database: &str, mail: &MailService) -> Running {
        Binary::serve(database)
            .variable("AUTH_SECRET", SECRET)
            .variable("AUTH_URL", self.url)
            .variable("AUTH_SESSION_STRATEGY", self.strategy)
            .variable("HALLPASS_APP", "none")
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .variable("EMAIL_CONFIRM", "never")
            .start()
    }

    /// The tokens that requests name as `{made:…}`.
    pub(super) async fn tokens(&self, authjs: &AuthJs) -> HashMap<&'static str, String> {
        let ann = json!({ "name": "Ann", "email": "ann@example.com", "picture": "https://example.com/a.png", "sub": "1" });
        let with = |name: &str, value: Value| {
            let mut claims = ann.clone();
            claims[name] = value;
            claims
        };
        let session = self.names().session;
        let secret = json!(SECRET);
        let rows = [
            ("ann", &session, ann.clone(), secret.clone()),
            (
                "two",
                &session,
                with("pad", "x".repeat(3_000).into()),
                secret.clone(),
            ),
            (
                "three",
                &session,
                with("pad", "x".repeat(6_000).into()),
                secret.clone(),
            ),
            ("bare", &session, json!({}), secret.clone()),
            (
                "numbers",
                &session,
                json!({ "name": 1, "email": null, "sub": 7 }),
                secret.clone(),
            ),
            (
                "unicode",
                &session,
                with("name", "Ünïcödé 🪴".into()),
                secret.clone(),
            ),
            (
                "foreign secret",
                &session,
                ann.clone(),
                json!("another-secret-0123456789abcdef-000000"),
            ),
            (
                "foreign salt",
                &"authjs.state".to_owned(),
                ann.clone(),
                secret,
            ),
        ];
        let mut made = HashMap::new();
        for (name, salt, claims, secret) in rows {
            made.insert(name, authjs.encode(salt, &secret, &claims).await);
        }
        made
    }
}
