//! The sign-in engine: a function from request to response.
//!
//! [`Auth::handle`] answers everything below the base path; [`Auth::session`] tells an application who is signed
//! in. Both take the messages of the `http` crate, so any web framework can carry them.
//!
//! Invariant: no web framework, no SQL, no globals, no clock or randomness of its own. The world outside comes in
//! through traits: [`Adapter`](adapter::Adapter), [`Transport`](mail::Transport), [`Clock`](environment::Clock),
//! [`Random`](environment::Random). A session is believed only after it was verified, and whoever holds a
//! [`Session`] holds the proof.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use hallpass_auth::Auth;
//! use hallpass_auth::mail::mailbox::Mailbox;
//! use hallpass_auth::origin::Origin;
//! use hallpass_auth::providers::EmailProvider;
//! use hallpass_auth::secret::Secret;
//! use hallpass_auth::secrets::Secrets;
//! # #[cfg(feature = "testing")]
//! use hallpass_auth::testing::{clock::FixedClock, memory::MemoryAdapter, random::SeededRandom};
//!
//! # #[cfg(not(feature = "testing"))]
//! # fn main() {}
//! # #[cfg(feature = "testing")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
//! let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::MIN);
//! let auth = Auth::builder()
//!     .secrets(Secrets::new([Secret::new("at least 32 random characters, really")])?)
//!     .environment(clock, Arc::new(SeededRandom::new(42)))
//!     .origin(Origin::parse("https://app.example.com")?)
//!     .adapter(MemoryAdapter::new())
//!     .provider(EmailProvider::new("email", "login@example.com", Arc::new(mailbox)))
//!     .build()?;
//!
//! let request = http::Request::get("/api/auth/session").body(Bytes::new())?;
//! let response = auth.handle(request).await;
//! assert_eq!(response.body(), "null");
//! # Ok(())
//! # }
//! ```
//!
//! Where things are: `dispatch` is the table of routes, `flows` what they do, `linking` whom an identity belongs to,
//! `error` what goes wrong and who learns of it. To add a way to sign in, see [`providers`]; an event, [`events`]; what is written down of failures, [`witness`];
//! a cookie, [`cookies`]; a limit, [`limit`].
//!
//! Features: `smtp` and `http` carry mail, `redis` counts for limits ([`limit`]), `testing` has what tests need ([`testing`]).

pub mod account;
pub mod adapter;
mod authenticated;
mod bearer;
mod builder;
pub mod callbacks;
pub mod cleanup;
pub mod client;
mod config;
mod context;
pub mod cookies;
mod describe;
pub mod directory;
mod dispatch;
pub mod environment;
mod error;
pub mod events;
mod flows;
pub mod identifier;
pub mod jwe;
pub mod limit;
pub mod linked;
mod linking;
pub mod mail;
pub mod oauth;
pub mod one_time;
pub mod origin;
pub mod outgoing;
pub mod pages;
pub mod passkey;
pub mod password;
pub mod path;
pub mod providers;
pub mod redirect;
mod request;
mod response;
mod routes;
pub mod second_factor;
pub mod secret;
pub mod secrets;
pub mod session;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod token;
mod unproven;
pub mod variables;
pub mod verification;
mod visit;
pub mod witness;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, Uri};
use sha2::{Digest as _, Sha256};

pub use authenticated::{Session, SessionError, SessionRead, SessionUser, Unavailable};
pub use builder::AuthBuilder;
pub use config::{ChangingWaysIn, ConfigError, Pages, Strictness};
pub use request::BODY_LIMIT;
pub use unproven::BeforeProof;

use crate::bearer::Bearer;
use crate::context::{Context, World};
use crate::cookies::Jar;
use crate::cookies::session::SessionCookie;
use crate::flows::session::Purpose;
use crate::limit::LimitedAction;
use crate::origin::Origin;

/// The sign-in engine. Clones are cheap and share everything.
#[derive(Debug, Clone)]
pub struct Auth {
    context: Context,
}

impl Auth {
    /// Describes the routes that are configured: a part of an OpenAPI 3.1 document, with `tags`, `paths` and `components`.
    pub fn describe(&self) -> serde_json::Value {
        describe::part(&self.context)
    }

    /// Begins a configuration.
    pub fn builder() -> AuthBuilder {
        AuthBuilder::new()
    }

    fn new(world: World) -> Self {
        Self {
            context: Context::of(world),
        }
    }

    /// Where the routes are: begins with `/` and does not end with it; empty for the root.
    pub fn base_path(&self) -> &str {
        &self.context.settings.base_path
    }

    /// Whether people have pages for their accounts, `account` and those below it.
    pub fn has_account_pages(&self) -> bool {
        self.context.accounts.is_some()
    }

    /// Whether people see where they are signed in, at `sessions`.
    pub fn lists_sessions(&self) -> bool {
        self.context.directory.is_some()
    }

    /// Answers a request below the base path; whatever it holds gets an answer.
    ///
    /// Of bodies longer than [`BODY_LIMIT`] hand in a byte more than that and no more.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        dispatch::handle(&self.context, request).await
    }

    /// Who is signed in, for any request to the application.
    ///
    /// Whatever is wrong with the request, its cookies or the stored session means nobody. The cookie is renewed only
    /// from time to time ([`SessionSettings::update_age`](session::SessionSettings::update_age)); the session route
    /// does it always.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unavailable`] when it cannot be told now: answer 503.
    pub async fn session(&self, parts: &Parts) -> Result<SessionRead, SessionError> {
        let ctx = &self.context;
        let Some(origin) = self.trusted_origin(parts) else {
            return Ok(SessionRead::default());
        };
        let jar = Jar::parse(&parts.headers);
        let request = flows::session::Request {
            cookies: ctx.cookies.of(&origin),
            jar: &jar,
            headers: &parts.headers,
            extensions: &parts.extensions,
        };
        let found = flows::session::read(ctx, request, Purpose::Know).await;
        found.map(Into::into).map_err(SessionError::Unavailable)
    }

    /// Whether the request shows the token of a session in `Authorization: Bearer`, and has no session cookie: whatever that
    /// holds, it counts before. Then [`bearer_session`](Self::bearer_session) says whose it is.
    ///
    /// Source: contract authjs §3.5.
    pub fn bears_token(&self, parts: &Parts) -> bool {
        Bearer::of(&parts.headers) != Bearer::Absent && !self.has_session_cookie(parts)
    }

    /// Whether the request holds a session cookie, or a piece of one, whatever it is worth.
    pub fn has_session_cookie(&self, parts: &Parts) -> bool {
        let ctx = &self.context;
        let Ok(origin) = request::origin(parts, &ctx.settings.origins) else {
            return false;
        };
        let spec = &ctx.cookies.of(&origin).specs.session_token;
        SessionCookie::read(&Jar::parse(&parts.headers), spec)
            .value()
            .is_some()
    }

    /// Who is signed in by the token in `Authorization: Bearer`: the same as the cookie's, so that it ends when that ends. No
    /// cookies follow from it, and a token that holds the session itself is not renewed.
    ///
    /// For programs. No page that somebody fills in may take it for a sign-in: ask [`session`](Self::session) there.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unavailable`] when it cannot be told now: answer 503.
    pub async fn bearer_session(&self, parts: &Parts) -> Result<Option<Session>, SessionError> {
        let ctx = &self.context;
        let (Bearer::Token(token), Some(origin)) =
            (Bearer::of(&parts.headers), self.trusted_origin(parts))
        else {
            return Ok(None);
        };
        let request = flows::session::Request {
            cookies: ctx.cookies.of(&origin),
            jar: &Jar::default(),
            headers: &parts.headers,
            extensions: &parts.extensions,
        };
        let found = flows::session::read_shown(ctx, request, token).await;
        let found = found.map_err(SessionError::Unavailable)?;
        Ok(found.into_proof().0)
    }

    /// Whether the session that a request showed, by its cookie or by a token in its header, still goes on, and whose it is:
    /// for answers that go on for long, again and again. That is no use of the session: nothing is extended, renewed or told,
    /// so that it runs out as if nobody had looked.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unavailable`] when it cannot be told now.
    pub async fn watched_session(&self, parts: &Parts) -> Result<Option<Session>, SessionError> {
        let ctx = &self.context;
        let Some(origin) = self.trusted_origin(parts) else {
            return Ok(None);
        };
        let shown = if self.bears_token(parts) {
            match Bearer::of(&parts.headers) {
                Bearer::Token(token) => Some(token),
                _ => return Ok(None),
            }
        } else {
            None
        };
        let jar = Jar::parse(&parts.headers);
        let request = flows::session::Request {
            cookies: ctx.cookies.of(&origin),
            jar: &jar,
            headers: &parts.headers,
            extensions: &parts.extensions,
        };
        let found = flows::session::watch(ctx, request, shown).await;
        found.map_err(SessionError::Unavailable)
    }

    /// What tells the session that a request shows from every other: for requests of which it is the same,
    /// [`watched_session`](Self::watched_session) gives the same at one moment. Nothing where none is shown.
    ///
    /// SECURITY: a hash, so that whoever keeps it holds no token.
    pub fn watched_key(&self, parts: &Parts) -> Option<[u8; 32]> {
        let ctx = &self.context;
        let origin = request::origin(parts, &ctx.settings.origins).ok()?;
        let spec = &ctx.cookies.of(&origin).specs.session_token;
        let shown = match Bearer::of(&parts.headers) {
            Bearer::Token(token) if self.bears_token(parts) => Some(token),
            _ => None,
        };
        let jar = Jar::parse(&parts.headers);
        let token = match shown {
            Some(token) => token,
            None => SessionCookie::of(ctx.settings.session.strategy, &jar, spec)
                .value()?
                .to_owned(),
        };
        let mut hash = Sha256::new();
        // Another `Auth` may know other sessions by the same token, and another cookie is sealed in another way.
        let world = std::ptr::from_ref::<World>(ctx);
        hash.update(world.addr().to_le_bytes());
        hash.update([u8::from(self.bears_token(parts))]);
        hash.update(spec.name().len().to_le_bytes());
        hash.update(spec.name());
        hash.update(token);
        Some(hash.finalize().into())
    }

    fn trusted_origin(&self, parts: &Parts) -> Option<Origin> {
        let origin = request::origin(parts, &self.context.settings.origins);
        if origin.is_err() {
            tracing::warn!("a session was not read because the host of the request is not trusted");
        }
        origin.ok()
    }

    /// Forgets that an address (or the id of an account) was tried too often with wrong passwords or codes, by whomever. For
    /// those who help people that were locked out.
    pub async fn forgive_failures(&self, address: &str) {
        let guessed = [
            LimitedAction::Password,
            LimitedAction::Reauthenticate,
            LimitedAction::SecondFactor,
        ];
        for action in guessed {
            self.context.limits.forgive(action, None, address).await;
        }
    }

    /// Whether a request may change something: reading always may, everything else only when no other site made
    /// the browser send it (by `Sec-Fetch-Site`, else by `Origin`).
    pub fn is_same_origin(&self, parts: &Parts) -> bool {
        request::is_same_origin(parts, &self.context.settings.origins)
    }

    /// Whether another site made the browser send a request, be it to read: no page of ours, and nobody who typed its address.
    /// Stricter than [`is_same_origin`](Self::is_same_origin), for what only programs and our own pages ask.
    pub fn is_from_elsewhere(&self, parts: &Parts) -> bool {
        !request::is_ours(parts, &self.context.settings.origins)
    }

    /// Where a request comes from, as witnesses are told it: for what an application writes down itself.
    pub fn whence(&self, parts: &Parts) -> witness::Whence {
        witness::Whence::of(parts, &self.context.settings.proxies)
    }

    /// The 503 page for people, for requests to the application that [`session`](Self::session) could not judge.
    /// `None` when the host of the request is not trusted.
    pub fn unavailable_page(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let origin = request::origin(parts, &self.context.settings.origins).ok()?;
        let reply = flows::pages::unavailable(&self.context, &origin).unavailable();
        Some(reply.into_response(response::RedirectForm::Plain))
    }

    /// Where a signed-out person should go to come back to this address: the sign-in page with `callbackUrl`. Of an
    /// address that is too long for one, they come back to the first page.
    pub fn sign_in_url(&self, back: &Uri) -> String {
        let base = self.base_path();
        let own = format!("{base}/signin");
        let page = self.context.settings.pages.sign_in.as_deref();
        let back = back.path_and_query().map_or("/", |path| path.as_str());
        let fits = back.len() <= redirect::MAX_BACK_BYTES;
        let back = if fits { back } else { "/" };
        flows::pages::with_query(page.unwrap_or(&own), &[("callbackUrl", back)])
    }
}
