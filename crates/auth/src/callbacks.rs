//! Where an application has its say: who may sign in, where people are sent, what stands in a session.
//!
//! A trait with a default for each callback; for small needs the builder takes closures instead. A callback that
//! fails never lets anybody in: contract authjs §7 says what happens for each.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::adapter::{Account, AdapterError, SessionRecord, User};
use crate::origin::Origin;
use crate::providers::Credentials;
use crate::redirect;

/// Why a callback failed.
///
/// Made by `?` from any error. An [`AdapterError::Unavailable`] is recognised and answered with 503, everything else
/// fails the step that called.
pub struct CallbackError {
    pub(crate) kind: CallbackFailure,
}

/// What the engine tells apart.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallbackFailure {
    #[error("a callback could not reach the database")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    #[error("a callback failed")]
    Failed(#[source] Box<dyn StdError + Send + Sync>),
}

impl CallbackError {
    /// Something that a callback needs is away and may come back: answered with 503.
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind: CallbackFailure::Unavailable(source.into()),
        }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for CallbackError {
    fn from(error: E) -> Self {
        let boxed: Box<dyn StdError + Send + Sync> = Box::new(error);
        let away = matches!(boxed.downcast_ref(), Some(AdapterError::Unavailable(_)));
        Self {
            kind: if away {
                CallbackFailure::Unavailable(boxed)
            } else {
                CallbackFailure::Failed(boxed)
            },
        }
    }
}

impl fmt::Debug for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind, formatter)
    }
}

/// The claims of a session token.
pub type Claims = Map<String, Value>;

/// Somebody is about to sign in.
#[derive(Clone)]
pub struct SignInAttempt {
    /// The stored user, or what would be stored.
    pub user: User,
    /// How the person proves who it is.
    pub account: Account,
    /// What another service says of the person, as it says it: the claims of the token, or the answer of its API.
    pub profile: Option<Value>,
    /// What was submitted, where the person signs in by credentials. Without the password where Hallpass itself judges it.
    pub credentials: Option<Credentials>,
    /// At which point of the sign-in.
    pub step: SignInStep,
}

/// Without the profile, which holds addresses, and the values of credentials.
impl fmt::Debug for SignInAttempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignInAttempt")
            .field("user", &self.user)
            .field("account", &self.account)
            .field("credentials", &self.credentials)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// The callback is asked at both points of a sign-in by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInStep {
    /// A link was asked for; nothing is proven yet, and no mail has left.
    VerificationRequest,
    /// The person has proven who it is.
    Proven,
}

/// The answer to a [`SignInAttempt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInDecision {
    /// Go on.
    Allow,
    /// The error page `AccessDenied`.
    Deny,
    /// Somewhere else, without session; goes through the redirect callback.
    Redirect(String),
}

/// Why the claims of a token are looked at.
#[derive(Clone)]
pub enum ClaimsCause {
    /// A sign-in: the claims are new.
    SignIn {
        /// Who signed in.
        user: Box<User>,
        /// How.
        account: Box<Account>,
        /// What another service says of the person, as it says it.
        profile: Option<Value>,
        /// Whether the user was created by it (`trigger` is `signUp` then, else `signIn`).
        is_new_user: bool,
    },
    /// A session is read.
    Read,
    /// The application asked to change the session (`trigger` is `update`).
    Update {
        /// What it sent. Anybody signed in can send anything here.
        data: Option<Value>,
    },
}

impl fmt::Debug for ClaimsCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SignIn { .. } => "SignIn",
            Self::Read => "Read",
            Self::Update { .. } => "Update",
        })
    }
}

/// What a session is shown from.
#[derive(Clone)]
pub enum SessionSource {
    /// A token in the cookie.
    Token(Claims),
    /// Rows in the store.
    Rows {
        /// The session.
        session: SessionRecord,
        /// Its user.
        user: Box<User>,
        /// What the application sent to change the session, where it did.
        update: Option<Value>,
    },
}

impl fmt::Debug for SessionSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Token(_) => "Token",
            Self::Rows { .. } => "Rows",
        })
    }
}

/// What an application decides.
#[async_trait]
pub trait Callbacks: Send + Sync + 'static {
    /// Whether this person may sign in. Asked before anything is written, and for a link before it is sent.
    async fn sign_in(&self, attempt: &SignInAttempt) -> Result<SignInDecision, CallbackError> {
        let _ = attempt;
        Ok(SignInDecision::Allow)
    }

    /// Where to go when `url` was asked for. The result is used as it is: check it as
    /// [`redirect::default_rule`] does.
    async fn redirect(&self, url: &str, base: &Origin) -> Result<String, CallbackError> {
        Ok(redirect::default_rule(url, base)?)
    }

    /// The claims to keep in the token; `None` ends the session.
    async fn claims(
        &self,
        claims: Claims,
        cause: &ClaimsCause,
    ) -> Result<Option<Claims>, CallbackError> {
        let _ = cause;
        Ok(Some(claims))
    }

    /// What `GET session` shows. Everything in it reaches the browser.
    async fn session(&self, body: Value, source: &SessionSource) -> Result<Value, CallbackError> {
        let _ = source;
        Ok(body)
    }
}

/// Every default.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults;

impl Callbacks for Defaults {}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, CallbackError>> + Send>>;
type SignInFn = dyn Fn(SignInAttempt) -> Answer<SignInDecision> + Send + Sync;
type RedirectFn = dyn Fn(String, Origin) -> Answer<String> + Send + Sync;
type ClaimsFn = dyn Fn(Claims, ClaimsCause) -> Answer<Option<Claims>> + Send + Sync;
type SessionFn = dyn Fn(Value, SessionSource) -> Answer<Value> + Send + Sync;

/// Callbacks of a trait, some of them replaced by closures.
#[derive(Clone)]
pub(crate) struct Layered {
    base: Arc<dyn Callbacks>,
    /// The application has given a base of its own.
    has_base: bool,
    sign_in: Option<Arc<SignInFn>>,
    redirect: Option<Arc<RedirectFn>>,
    claims: Option<Arc<ClaimsFn>>,
    session: Option<Arc<SessionFn>>,
}

impl Default for Layered {
    fn default() -> Self {
        Self {
            base: Arc::new(Defaults),
            has_base: false,
            sign_in: None,
            redirect: None,
            claims: None,
            session: None,
        }
    }
}

impl Layered {
    pub(crate) fn set_base(&mut self, base: impl Callbacks) {
        self.base = Arc::new(base);
        self.has_base = true;
    }

    /// Whether nobody has a say in what sessions show, so that nothing need be made ready for a say.
    pub(crate) fn leaves_sessions(&self) -> bool {
        !self.has_base && self.session.is_none()
    }

    pub(crate) fn set_sign_in<F, R>(&mut self, callback: F)
    where
        F: Fn(SignInAttempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<SignInDecision, CallbackError>> + Send + 'static,
    {
        self.sign_in = Some(Arc::new(move |attempt| Box::pin(callback(attempt))));
    }

    pub(crate) fn set_redirect<F, R>(&mut self, callback: F)
    where
        F: Fn(String, Origin) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, CallbackError>> + Send + 'static,
    {
        self.redirect = Some(Arc::new(move |url, base| Box::pin(callback(url, base))));
    }

    pub(crate) fn set_claims<F, R>(&mut self, callback: F)
    where
        F: Fn(Claims, ClaimsCause) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Claims>, CallbackError>> + Send + 'static,
    {
        self.claims = Some(Arc::new(move |claims, cause| {
            Box::pin(callback(claims, cause))
        }));
    }

    pub(crate) fn set_session<F, R>(&mut self, callback: F)
    where
        F: Fn(Value, SessionSource) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, CallbackError>> + Send + 'static,
    {
        self.session = Some(Arc::new(move |body, source| {
            Box::pin(callback(body, source))
        }));
    }
}

#[async_trait]
impl Callbacks for Layered {
    async fn sign_in(&self, attempt: &SignInAttempt) -> Result<SignInDecision, CallbackError> {
        match &self.sign_in {
            Some(callback) => callback(attempt.clone()).await,
            None => self.base.sign_in(attempt).await,
        }
    }

    async fn redirect(&self, url: &str, base: &Origin) -> Result<String, CallbackError> {
        match &self.redirect {
            Some(callback) => callback(url.to_owned(), base.clone()).await,
            None => self.base.redirect(url, base).await,
        }
    }

    async fn claims(
        &self,
        claims: Claims,
        cause: &ClaimsCause,
    ) -> Result<Option<Claims>, CallbackError> {
        match &self.claims {
            Some(callback) => callback(claims, cause.clone()).await,
            None => self.base.claims(claims, cause).await,
        }
    }

    async fn session(&self, body: Value, source: &SessionSource) -> Result<Value, CallbackError> {
        match &self.session {
            Some(callback) => callback(body, source.clone()).await,
            None => self.base.session(body, source).await,
        }
    }
}

impl fmt::Debug for Layered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Layered").finish_non_exhaustive()
    }
}
