//! `interop/authjs`: the unmodified `@auth/core` as an application beside Hallpass runs it.

use serde_json::{Value, json};

use super::node::{Node, installed};
use super::wire::{self, Reply, Request};

/// How Auth.js is set up; the members are those of `server.mjs`.
#[derive(Clone)]
pub(super) struct Options(Value);

impl Options {
    /// On these routes, such as `http://app.test/api/auth`.
    pub(super) fn at(url: &str, secret: &str) -> Self {
        Self(json!({ "url": url, "secret": secret }))
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    pub(super) fn start(&self) -> AuthJs {
        if self.0["adapter"]
            .as_str()
            .is_some_and(|name| name.starts_with("prisma"))
        {
            installed("prisma");
        }
        AuthJs {
            node: Node::start("authjs", &self.0),
        }
    }
}

/// Auth.js, running.
pub(super) struct AuthJs {
    node: Node,
}

impl AuthJs {
    pub(super) fn port(&self) -> u16 {
        self.node.port
    }

    /// The link of the next mail.
    pub(super) fn next_link(&self) -> String {
        let mail = self.node.next("mail");
        mail["url"].as_str().expect("a mail has a link").to_owned()
    }

    /// A token made by `encode` of `next-auth/jwt`.
    pub(super) async fn encode(&self, salt: &str, secret: &Value, claims: &Value) -> String {
        let body = json!({ "token": claims, "salt": salt, "secret": secret });
        let token = self.tool("encode", &body, &[]).await;
        token.as_str().expect("a token").to_owned()
    }

    /// One of the routes of `tools.mjs`.
    pub(super) async fn tool(&self, name: &str, body: &Value, headers: &[(&str, &str)]) -> Value {
        let mut request = Request::new("POST", &format!("/peer/{name}"))
            .header("host", "localhost")
            .body("application/json", body.to_string());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let Reply { status, body, .. } = wire::send(self.port(), &request).await;
        assert_eq!(status, 200, "{name}: {body}");
        serde_json::from_str(&body).expect("tools answer with JSON")
    }
}
