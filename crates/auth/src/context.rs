//! The world of every flow: settings, store, ways to sign in, callbacks, listeners, time and randomness.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::request::Parts;
use jiff::Timestamp;

use crate::account::Accounts;
use crate::account::Registration;
use crate::adapter::Adapter;
use crate::callbacks::{Callbacks, Layered};
use crate::config::Settings;
use crate::cookies::sealed::SealedCookie;
use crate::cookies::{CookieOverrides, CookieSecurity, CookieSettingsError, Cookies};
use crate::directory::DirectoryError;
use crate::directory::manage::Directory;
use crate::environment::{Clock, Random, Task, Tasks};
use crate::error::{Error, ErrorType, log_only};
use crate::events::{Event, EventListener};
use crate::jwe::Keys;
use crate::limit::Limits;
use crate::linked::Linked;
use crate::oauth::OAuth;
use crate::one_time::OneTimeKeys;
use crate::origin::{Origin, Scheme};
use crate::passkey::Passkeys;
use crate::password::Passwords;
use crate::providers::{PasskeyProvider, Provider};
use crate::second_factor::SecondFactor;
use crate::secret::SessionToken;
use crate::secrets::Secrets;
use crate::witness::{FailedAttempt, Whence, Witness};

pub(crate) type NewSessionToken = dyn Fn() -> SessionToken + Send + Sync;

/// The first argument of every flow: the world, and where the request came from that is answered. Clones are cheap.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    world: Arc<World>,
    /// For witnesses, and for nobody who decides.
    whence: Whence,
}

/// What is the same for every request.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) cookies: CookieSets,
    pub(crate) providers: Vec<Provider>,
    pub(crate) store: Option<Arc<dyn Adapter>>,
    pub(crate) directory: Option<Directory>,
    /// What people do with their accounts, where that is configured.
    pub(crate) accounts: Option<Accounts>,
    /// Second factors, where they are configured.
    pub(crate) second_factor: Option<SecondFactor>,
    pub(crate) one_time_keys: OneTimeKeys,
    /// What is kept for accounts of other services.
    pub(crate) linked: Linked,
    pub(crate) callbacks: Layered,
    pub(crate) listeners: Vec<Arc<dyn EventListener>>,
    /// Hear where events come from as well, and of failures.
    pub(crate) witnesses: Vec<Arc<dyn Witness>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// Runs what is not waited for, where something does.
    pub(crate) tasks: Option<Arc<dyn Tasks>>,
    pub(crate) limits: Limits,
    pub(crate) passkeys: Option<Passkeys>,
    pub(crate) passwords: Option<Passwords>,
    pub(crate) registration: Option<Registration>,
    pub(crate) new_session_token: Option<Box<NewSessionToken>>,
    /// Speaks with other services, where there is a client for HTTP.
    pub(crate) oauth: Option<OAuth>,
    /// What the state of a sign-in at another service is sealed with.
    pub(crate) state_keys: Keys,
}

/// The cookies for http and for https, and the keys of those that are sealed. Which of them a request gets follows
/// from its origin.
#[derive(Debug)]
pub(crate) struct CookieSets {
    plain: Arc<CookieSet>,
    secure: Arc<CookieSet>,
}

/// The cookies of one scheme.
#[derive(Debug)]
pub(crate) struct CookieSet {
    pub(crate) specs: Cookies,
    pub(crate) session_keys: Keys,
    pub(crate) link_request: SealedCookie,
    pub(crate) second_factor_setup: SealedCookie,
    pub(crate) checks: CheckCookies,
    /// The challenge of a passkey ceremony.
    pub(crate) challenge: SealedCookie,
}

/// What a sign-in at another service leaves in the browser until it comes back.
#[derive(Debug)]
pub(crate) struct CheckCookies {
    pub(crate) state: SealedCookie,
    pub(crate) pkce: SealedCookie,
    pub(crate) nonce: SealedCookie,
    /// What the service posted.
    pub(crate) posted: SealedCookie,
}

impl CookieSets {
    /// The names that the cookie of a session may have: one, where the scheme is known.
    pub(crate) fn session_names(&self) -> Vec<&str> {
        let sets = [&self.secure, &self.plain];
        let mut names = sets.map(|set| set.specs.session_token.name()).to_vec();
        names.dedup();
        names
    }

    /// `only` one set, where it is known which is needed, else both.
    pub(crate) fn new(
        only: Option<CookieSecurity>,
        overrides: &CookieOverrides,
        secrets: &Secrets,
    ) -> Result<Self, CookieSettingsError> {
        let set = |security| CookieSet::new(security, overrides, secrets).map(Arc::new);
        let (plain, secure) = match only {
            Some(security) => {
                let set = set(security)?;
                (Arc::clone(&set), set)
            }
            None => (set(CookieSecurity::Plain)?, set(CookieSecurity::Secure)?),
        };
        Ok(Self { plain, secure })
    }

    pub(crate) fn of(&self, origin: &Origin) -> &CookieSet {
        match origin.scheme() {
            Scheme::Http => &self.plain,
            Scheme::Https => &self.secure,
        }
    }
}

impl CookieSet {
    fn new(
        security: CookieSecurity,
        overrides: &CookieOverrides,
        secrets: &Secrets,
    ) -> Result<Self, CookieSettingsError> {
        let specs = Cookies::new(security, overrides)?;
        Ok(Self {
            session_keys: Keys::derive(secrets, specs.session_token.name()),
            link_request: SealedCookie::new(&specs.link_request, secrets),
            second_factor_setup: SealedCookie::new(&specs.second_factor_setup, secrets),
            challenge: SealedCookie::new(&specs.webauthn_challenge, secrets),
            checks: CheckCookies {
                state: SealedCookie::new(&specs.state, secrets),
                pkce: SealedCookie::new(&specs.pkce_code_verifier, secrets),
                nonce: SealedCookie::new(&specs.nonce, secrets),
                posted: SealedCookie::new(&specs.posted_callback, secrets),
            },
            specs,
        })
    }
}

impl Deref for Context {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Context {
    /// Of no request.
    pub(crate) fn of(world: World) -> Self {
        Self {
            world: Arc::new(world),
            whence: Whence::default(),
        }
    }

    /// Of this one.
    pub(crate) fn of_request(&self, parts: &Parts) -> Self {
        let mut ctx = self.clone();
        if self.has_witnesses() {
            ctx.whence = Whence::of(parts, &self.settings.proxies);
        }
        ctx
    }

    /// Tells every listener, then every witness. A listener that fails is logged. Without anybody who hears no event is made.
    pub(crate) async fn tell(&self, event: impl FnOnce() -> Event) {
        if !self.has_listeners() && !self.has_witnesses() {
            return;
        }
        let event = event();
        self.tell_listeners(&event).await;
        for witness in &self.witnesses {
            witness.happened(&event, &self.whence);
        }
    }

    /// The same, and no listener is waited for: where the time that they take would tell a stranger what happened.
    pub(crate) async fn tell_later(&self, event: impl FnOnce() -> Event) {
        if !self.has_listeners() && !self.has_witnesses() {
            return;
        }
        let event = event();
        for witness in &self.witnesses {
            witness.happened(&event, &self.whence);
        }
        let world = Arc::clone(&self.world);
        let task: Task = Box::pin(async move { world.tell_listeners(&event).await });
        let left = match &self.tasks {
            Some(tasks) => tasks.begin(task).err(),
            None => Some(task),
        };
        if let Some(task) = left {
            task.await;
        }
    }

    /// Tells every witness what was tried in vain.
    pub(crate) fn note_failed(&self, attempt: &FailedAttempt<'_>) {
        for witness in &self.witnesses {
            witness.failed(attempt, &self.whence);
        }
    }
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn store(&self) -> Result<&dyn Adapter, Error> {
        self.store.as_deref().ok_or(Error::NoStore)
    }

    pub(crate) fn directory(&self) -> Result<&Directory, DirectoryError> {
        self.directory.as_ref().ok_or(DirectoryError::NotConfigured)
    }

    pub(crate) fn passwords(&self) -> Result<&Passwords, Error> {
        self.passwords.as_ref().ok_or(Error::NoPasswords)
    }

    /// The providers of passkeys, in their order.
    pub(crate) fn passkey_providers(&self) -> impl Iterator<Item = &PasskeyProvider> {
        self.providers.iter().filter_map(|provider| match provider {
            Provider::Passkey(provider) => Some(&**provider),
            _ => None,
        })
    }

    pub(crate) fn passkeys(&self) -> Result<&Passkeys, Error> {
        self.passkeys.as_ref().ok_or(Error::NoPasskeys)
    }

    /// The provider of a path.
    pub(crate) fn provider(&self, id: &str) -> Result<&Provider, Error> {
        self.providers
            .iter()
            .find(|provider| provider.id() == id)
            .ok_or(Error::UnknownProvider)
    }

    pub(crate) fn new_session_token(&self) -> SessionToken {
        match &self.new_session_token {
            Some(generate) => generate(),
            None => SessionToken::generate(&*self.random),
        }
    }

    /// Where a person is sent who should go to `target`: the redirect callback decides.
    pub(crate) async fn redirect_target(
        &self,
        target: &str,
        origin: &Origin,
    ) -> Result<String, Error> {
        Ok(self.callbacks.redirect(target, origin).await?)
    }

    /// Whether events are heard by anybody.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Whether anybody writes down what happens.
    pub(crate) fn has_witnesses(&self) -> bool {
        !self.witnesses.is_empty()
    }

    /// Tells every listener that a session was read: too often for witnesses. Without listeners no event is made.
    pub(crate) async fn tell_read(&self, event: impl FnOnce() -> Event) {
        if self.has_listeners() {
            self.tell_listeners(&event()).await;
        }
    }

    async fn tell_listeners(&self, event: &Event) {
        for listener in &self.listeners {
            if let Err(error) = listener.on_event(event).await {
                log_only(ErrorType::EventError, &error.kind);
            }
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("settings", &self.settings)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
