//! A person who meets both servers under one address, with one set of cookies.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::address::Address;
use super::jar::Jar;
use super::server::Server;
use super::wire::{self, Reply, Request};

#[derive(Clone)]
pub(super) struct Person {
    address: Address,
    pub(super) jar: Jar,
}

impl Person {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            jar: Jar::default(),
        }
    }

    pub(super) async fn get(&mut self, at: &Server, path: &str) -> Reply {
        let target = format!("{}{path}", self.address.base());
        self.send(at, Request::new("GET", &target)).await
    }

    /// A form with the CSRF token.
    pub(super) async fn post(&mut self, at: &Server, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.address.names().csrf;
        if self.jar.csrf(csrf).is_empty() {
            self.get(at, "/csrf").await;
        }
        let form = Serializer::new(String::new())
            .append_pair("csrfToken", self.jar.csrf(csrf))
            .extend_pairs(fields)
            .finish();
        let target = format!("{}{path}", self.address.base());
        let request = Request::new("POST", &target);
        let request = request.body("application/x-www-form-urlencoded", form);
        self.send(at, request).await
    }

    pub(super) async fn send(&mut self, at: &Server, request: Request) -> Reply {
        let mut request = request.header("host", self.address.host());
        let cookies = self.jar.header();
        if !cookies.is_empty() {
            request = request.header("cookie", &cookies);
        }
        let reply = wire::send(at.port(), &request).await;
        self.jar.keep(&reply);
        reply
    }

    /// Asks for a link, and gives the mailed one.
    pub(super) async fn ask(&mut self, at: &Server, email: &str) -> String {
        let asked = self.post(at, "/signin/email", &[("email", email)]).await;
        let verify = format!(
            "{}/verify-request?provider=email&type=email",
            self.address.0
        );
        assert_eq!(
            asked.header("location"),
            Some(verify.as_str()),
            "{} sends a mail: {asked:?}",
            at.name()
        );
        at.link().await
    }

    /// Follows a mailed link, at whichever server.
    pub(super) async fn follow(&mut self, at: &Server, link: &str) -> Reply {
        let path = link.strip_prefix(self.address.0);
        self.get(at, path.expect("the link leads to the routes"))
            .await
    }

    /// Asks for a link and follows it there.
    pub(super) async fn sign_in(&mut self, at: &Server, email: &str) {
        let link = self.ask(at, email).await;
        let reply = self.follow(at, &link).await;
        assert_eq!(
            reply.header("location"),
            Some(self.address.origin()),
            "{} signs in: {reply:?}",
            at.name()
        );
    }

    /// What `GET session` shows.
    pub(super) async fn session(&mut self, at: &Server) -> Value {
        let reply = self.get(at, "/session").await;
        assert_eq!(reply.status, 200, "{}: {reply:?}", at.name());
        serde_json::from_str(&reply.body).expect("a session is JSON")
    }

    /// The address in the session; none when signed out.
    pub(super) async fn email(&mut self, at: &Server) -> Option<String> {
        let session = self.session(at).await;
        session["user"]["email"].as_str().map(str::to_owned)
    }

    /// The session cookie as it is.
    pub(super) fn session_cookie(&self) -> &str {
        self.jar.value(self.address.names().session)
    }
}
