//! From settings to an [`Auth`], checked.

mod checks;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;

use crate::Auth;
use crate::account::{Accounts, Registration};
use crate::adapter::Adapter;
use crate::callbacks::{
    CallbackError, Callbacks, Claims, ClaimsCause, Layered, SessionSource, SignInAttempt,
    SignInDecision,
};
use crate::client::TrustedProxies;
use crate::config::{ChangingWaysIn, ConfigError, Pages, Settings, Strictness};
use crate::context::{CookieSets, NewSessionToken, World};
use crate::cookies::{CookieOverrides, CookieSecurity};
use crate::directory::manage::Directory;
use crate::directory::{DirectorySettings, SessionDirectory};
use crate::environment::{Clock, Random, Tasks};
use crate::events::{Closure, Event, EventListener};
use crate::jwe::Keys;
use crate::limit::{LimitRules, Limiter, Limits};
use crate::linked::{LeaseStore, Linked};
use crate::oauth::OAuth;
use crate::one_time::OneTimeKeys;
use crate::origin::{HostTrust, Origin, OriginSettings, Scheme};
use crate::outgoing::HttpClient;
use crate::pages::{Theme, content_security_policy};
use crate::passkey::{PasskeyStore, Passkeys};
use crate::password::{PasswordSettings, Passwords};
use crate::providers::Provider;
use crate::second_factor::{SecondFactor, SecondFactorSettings};
use crate::secret::{Secret, SessionToken};
use crate::secrets::Secrets;
use crate::session::{SessionSettings, Strategy};
use crate::unproven::BeforeProof;
use crate::variables::Variables;
use crate::witness::Witness;

/// Collects the configuration of an [`Auth`]. Needed are [`secrets`](Self::secrets) and
/// [`environment`](Self::environment); everything else has a default.
#[must_use]
pub struct AuthBuilder {
    secrets: Option<Secrets>,
    environment: Option<(Arc<dyn Clock>, Arc<dyn Random>)>,
    base_path: Option<String>,
    origin: Option<Origin>,
    trust: Option<HostTrust>,
    variables: Option<Variables>,
    store: Option<Arc<dyn Adapter>>,
    accounts: Option<Accounts>,
    directory: Option<Arc<dyn SessionDirectory>>,
    directory_settings: DirectorySettings,
    providers: Vec<Provider>,
    strategy: Option<Strategy>,
    max_age: Option<Duration>,
    update_age: Option<Duration>,
    token_max_age: Option<Duration>,
    new_session_token: Option<Box<NewSessionToken>>,
    pages: Pages,
    theme: Theme,
    cookies: CookieOverrides,
    cookie_security: Option<CookieSecurity>,
    callbacks: Layered,
    listeners: Vec<Arc<dyn EventListener>>,
    tasks: Option<Arc<dyn Tasks>>,
    witnesses: Vec<Arc<dyn Witness>>,
    limits: LimitRules,
    limiter: Option<Arc<dyn Limiter>>,
    leases: Option<Arc<dyn LeaseStore>>,
    server_keys: Vec<Secret>,
    proxies: TrustedProxies,
    passkeys: Option<Arc<dyn PasskeyStore>>,
    passwords: Option<PasswordSettings>,
    registration: Option<Registration>,
    second_factor: Option<SecondFactorSettings>,
    strict: Strictness,
    changing_ways_in: Option<ChangingWaysIn>,
    before_proof: BeforeProof,
    http: Option<Arc<dyn HttpClient>>,
    redirect_proxy: Option<String>,
}

impl AuthBuilder {
    pub(crate) fn new() -> Self {
        Self {
            secrets: None,
            environment: None,
            base_path: None,
            origin: None,
            trust: None,
            variables: None,
            store: None,
            accounts: None,
            directory: None,
            directory_settings: DirectorySettings::default(),
            providers: Vec::new(),
            strategy: None,
            max_age: None,
            update_age: None,
            token_max_age: None,
            new_session_token: None,
            pages: Pages::default(),
            theme: Theme::default(),
            cookies: CookieOverrides::default(),
            cookie_security: None,
            callbacks: Layered::default(),
            listeners: Vec::new(),
            tasks: None,
            witnesses: Vec::new(),
            limits: LimitRules::default(),
            limiter: None,
            leases: None,
            server_keys: Vec::new(),
            proxies: TrustedProxies::default(),
            passkeys: None,
            passwords: None,
            registration: None,
            second_factor: None,
            strict: Strictness::default(),
            changing_ways_in: None,
            before_proof: BeforeProof::default(),
            http: None,
            redirect_proxy: None,
        }
    }

    /// Takes over what the environment variables of Auth.js say: secrets, base path, public origin and trust. What is
    /// configured here as well wins over them.
    ///
    /// The host of a request is believed only where `AUTH_TRUST_HOST` is `true` or `1`, which is stricter than
    /// Auth.js: set `AUTH_URL`, or say that a proxy sets the headers.
    pub fn variables(self, variables: &Variables) -> Self {
        Self {
            variables: Some(variables.clone()),
            ..self
        }
    }

    /// The secrets, newest first.
    pub fn secrets(self, secrets: Secrets) -> Self {
        Self {
            secrets: Some(secrets),
            ..self
        }
    }

    /// What tells the time and gives random bytes.
    pub fn environment(self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            environment: Some((clock, random)),
            ..self
        }
    }

    /// Where the routes are; `/api/auth` by default.
    pub fn base_path(self, base_path: impl Into<String>) -> Self {
        Self {
            base_path: Some(base_path.into()),
            ..self
        }
    }

    /// The public origin. Without it the host of each request counts, where it is trusted.
    pub fn origin(self, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// Whether the host of a request is believed where no origin is configured. By default it is not.
    pub fn trust_host(self, trust: HostTrust) -> Self {
        Self {
            trust: Some(trust),
            ..self
        }
    }

    /// The store of users and sessions.
    pub fn adapter(self, adapter: impl Adapter) -> Self {
        Self {
            store: Some(Arc::new(adapter)),
            ..self
        }
    }

    /// Keeps what is known of each session, so that people can see theirs and end them.
    pub fn session_directory(self, directory: impl SessionDirectory) -> Self {
        Self {
            directory: Some(Arc::new(directory)),
            ..self
        }
    }

    /// How sessions are listed and ended.
    pub fn session_directory_settings(self, settings: DirectorySettings) -> Self {
        Self {
            directory_settings: settings,
            ..self
        }
    }

    /// Lets people prove their address, change it and their password, choose another when it is forgotten, and delete
    /// their account.
    pub fn accounts(self, accounts: Accounts) -> Self {
        Self {
            accounts: Some(accounts),
            ..self
        }
    }

    /// Adds a way to sign in.
    pub fn provider(mut self, provider: impl Into<Provider>) -> Self {
        self.providers.push(provider.into());
        self
    }

    /// Where sessions live. By default in the store when there is one, else in the cookie.
    pub fn session_strategy(self, strategy: Strategy) -> Self {
        Self {
            strategy: Some(strategy),
            ..self
        }
    }

    /// How long a session lives without being used; 30 days by default.
    pub fn session_max_age(self, max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            ..self
        }
    }

    /// How often at most the end of a stored session is moved; once a day by default.
    pub fn session_update_age(self, update_age: Duration) -> Self {
        Self {
            update_age: Some(update_age),
            ..self
        }
    }

    /// How long a token in the cookie can be read; as long as a session by default.
    pub fn token_max_age(self, max_age: Duration) -> Self {
        Self {
            token_max_age: Some(max_age),
            ..self
        }
    }

    /// Makes the tokens of stored sessions. They must be as hard to guess as 16 random bytes.
    pub fn session_token_with(
        self,
        generate: impl Fn() -> SessionToken + Send + Sync + 'static,
    ) -> Self {
        Self {
            new_session_token: Some(Box::new(generate)),
            ..self
        }
    }

    /// Pages of the application's own.
    pub fn pages(self, pages: Pages) -> Self {
        Self { pages, ..self }
    }

    /// The look of the built-in pages and mails.
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// Changes names and attributes of cookies.
    pub fn cookies(self, cookies: CookieOverrides) -> Self {
        Self { cookies, ..self }
    }

    /// Whether cookies are for https only. By default that follows from the origin.
    pub fn cookie_security(self, security: CookieSecurity) -> Self {
        Self {
            cookie_security: Some(security),
            ..self
        }
    }

    /// The application's callbacks. Closures win over them, in whatever order they are set.
    pub fn callbacks(mut self, callbacks: impl Callbacks) -> Self {
        self.callbacks.set_base(callbacks);
        self
    }

    /// [`Callbacks::sign_in`] as a closure.
    pub fn on_sign_in<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(SignInAttempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<SignInDecision, CallbackError>> + Send + 'static,
    {
        self.callbacks.set_sign_in(callback);
        self
    }

    /// [`Callbacks::redirect`] as a closure.
    pub fn on_redirect<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(String, Origin) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, CallbackError>> + Send + 'static,
    {
        self.callbacks.set_redirect(callback);
        self
    }

    /// [`Callbacks::claims`] as a closure.
    pub fn on_claims<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(Claims, ClaimsCause) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Claims>, CallbackError>> + Send + 'static,
    {
        self.callbacks.set_claims(callback);
        self
    }

    /// [`Callbacks::session`] as a closure.
    pub fn on_session<F, R>(mut self, callback: F) -> Self
    where
        F: Fn(Value, SessionSource) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, CallbackError>> + Send + 'static,
    {
        self.callbacks.set_session(callback);
        self
    }

    /// What runs listeners that are not waited for: those who hear of a registration that strangers must not learn of. Without it
    /// they are waited for too, and take time that a registration with a known address does not take.
    pub fn tasks(mut self, tasks: impl Tasks) -> Self {
        self.tasks = Some(Arc::new(tasks));
        self
    }

    /// Adds a listener.
    pub fn listener(mut self, listener: impl EventListener) -> Self {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// Adds a witness: it hears where events come from, and what was tried in vain.
    pub fn witness(mut self, witness: impl Witness) -> Self {
        self.witnesses.push(Arc::new(witness));
        self
    }

    /// Adds a closure as listener.
    pub fn on_event<F, R>(self, closure: F) -> Self
    where
        F: Fn(Event) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), CallbackError>> + Send + 'static,
    {
        self.listener(Closure::new(closure))
    }

    /// How often what may be tried; see [`limit`](crate::limit). By default [`LimitRules::default`].
    pub fn limits(self, limits: LimitRules) -> Self {
        Self { limits, ..self }
    }

    /// The proxies whose word on where a request comes from is believed; by default none. Each client is counted for
    /// itself only where a request carries a [`PeerAddress`](crate::client::PeerAddress).
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// What counts for the limits where several processes must count together. By default each process counts for
    /// itself.
    pub fn limiter(self, limiter: Arc<dyn Limiter>) -> Self {
        Self {
            limiter: Some(limiter),
            ..self
        }
    }

    /// Where several processes on one store agree on who renews a token of another service. Without it, each does by itself,
    /// and services that take a refresh token only once may take them all back.
    pub fn leases(self, leases: impl LeaseStore) -> Self {
        Self {
            leases: Some(Arc::new(leases)),
            ..self
        }
    }

    /// Keys with which servers of the application ask for tokens of people at other services (`POST access-token`); each at
    /// least 32 random characters. Without any the route is not there. Several are for replacing one.
    pub fn server_keys(self, keys: impl IntoIterator<Item = Secret>) -> Self {
        Self {
            server_keys: keys.into_iter().collect(),
            ..self
        }
    }

    /// Keeps passkeys. Signing in with them takes a [`PasskeyProvider`](crate::providers::PasskeyProvider) too. The store is
    /// the one of [`adapter`](Self::adapter).
    pub fn passkeys(self, store: impl PasskeyStore) -> Self {
        Self {
            passkeys: Some(Arc::new(store)),
            ..self
        }
    }

    /// Keeps passwords. Signing in with them takes a [`PasswordProvider`](crate::providers::PasswordProvider) too.
    pub fn passwords(self, passwords: PasswordSettings) -> Self {
        Self {
            passwords: Some(passwords),
            ..self
        }
    }

    /// What becomes of what a user had before anybody proved the address; by default it is removed.
    pub fn before_proof(self, before_proof: BeforeProof) -> Self {
        Self {
            before_proof,
            ..self
        }
    }

    /// Lets people register themselves, with a password.
    pub fn registration(self, registration: Registration) -> Self {
        Self {
            registration: Some(registration),
            ..self
        }
    }

    /// Lets people set up a second factor, and asks for it. Takes [`accounts`](Self::accounts), which send the mails, and
    /// [`session_directory`](Self::session_directory), which tells sessions apart.
    pub fn second_factor(self, settings: SecondFactorSettings) -> Self {
        Self {
            second_factor: Some(settings),
            ..self
        }
    }

    /// Whether what Auth.js refuses is refused too.
    pub fn strictness(self, strict: Strictness) -> Self {
        Self { strict, ..self }
    }

    /// What adding and removing a way to sign in takes; a recent sign-in by default, where there is a
    /// [`session_directory`](Self::session_directory).
    pub fn changing_ways_in(self, changing_ways_in: ChangingWaysIn) -> Self {
        Self {
            changing_ways_in: Some(changing_ways_in),
            ..self
        }
    }

    /// What asks other services. Providers with OAuth need it.
    pub fn http_client(self, client: Arc<dyn HttpClient>) -> Self {
        Self {
            http: Some(client),
            ..self
        }
    }

    /// A deployment of ours whose address services know in place of this one's: its full URL up to the base path
    /// (`AUTH_REDIRECT_PROXY_URL`). Both share the secrets, and both need an [`origin`](Self::origin).
    pub fn redirect_proxy(self, url: impl Into<String>) -> Self {
        Self {
            redirect_proxy: Some(url.into()),
            ..self
        }
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] says what is wrong and what to do.
    pub fn build(self) -> Result<Auth, ConfigError> {
        let settled = self.settled()?;
        let secrets = settled.secrets.clone().ok_or(ConfigError::MissingSecret)?;
        let (clock, random) = settled
            .environment
            .clone()
            .ok_or(ConfigError::MissingEnvironment)?;
        checks::pages(&settled.pages)?;
        checks::server_keys(&settled.server_keys)?;
        checks::accounts(settled.accounts.as_ref())?;
        checks::providers(&settled.providers, settled.store.is_some())?;
        checks::services(&settled.providers, settled.http.is_some())?;
        let redirect_proxy = checks::redirect_proxy(
            settled.redirect_proxy.as_deref(),
            &settled.providers,
            settled.origin.is_some(),
        )?;
        checks::leaves_services(&settled.providers, settled.directory.is_some())?;
        checks::passwords(
            &settled.providers,
            settled.passwords.as_ref(),
            settled.second_factor.as_ref(),
        )?;
        checks::passkeys(
            &settled.providers,
            settled.passkeys.as_deref(),
            settled.origin.as_ref(),
        )?;
        checks::registration(
            settled.registration.is_some(),
            settled.passwords.is_some() && settled.accounts.is_some(),
        )?;
        checks::second_factor(
            settled.second_factor.as_ref(),
            settled.accounts.is_some() && settled.directory.is_some(),
        )?;
        checks::strict(&settled.providers, settled.strategy, settled.strict)?;
        checks::shared_links(&settled.providers, &secrets)?;
        let session = settled.session_settings()?;
        checks::ends_sessions(
            settled.accounts.as_ref(),
            session.strategy,
            settled.directory.is_some(),
        )?;
        let changing_ways_in =
            checks::changing_ways_in(settled.changing_ways_in, settled.directory.is_some())?;
        let cookies = CookieSets::new(settled.only_security(), &settled.cookies, &secrets)?;
        let policy = HeaderValue::try_from(content_security_policy(&settled.theme));
        let settings = Settings {
            base_path: checks::base_path(settled.base_path.as_deref().unwrap_or("/api/auth"))?,
            origins: OriginSettings {
                configured: settled.origin,
                trust: settled.trust.unwrap_or(HostTrust::Untrusted),
            },
            proxies: settled.proxies,
            before_proof: settled.before_proof,
            token_max_age: settled.token_max_age.unwrap_or(session.max_age),
            session,
            pages: settled.pages,
            theme: settled.theme,
            // A theme holds no character that a header could not.
            page_policy: policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
            secrets,
            strict: settled.strict,
            changing_ways_in,
            redirect_proxy,
        };
        // SPEC: contract §2.3: the salt of states.
        let state_keys = Keys::derive(&settings.secrets, "encodedState");
        warn_of_no_origin(&settings.origins);
        let oauth = settled
            .http
            .map(|http| OAuth::new(http, Arc::clone(&clock), Arc::clone(&random)));
        let one_time_keys = OneTimeKeys::derive(&settings.secrets);
        let linked = Linked::new(&settings.secrets, settled.leases, settled.server_keys);
        let offers_passkeys = settled
            .providers
            .iter()
            .any(|provider| matches!(provider, Provider::Passkey(_)));
        let passkeys = settled
            .passkeys
            .filter(|_| offers_passkeys)
            .map(|store| Passkeys::new(store, &settings.secrets));
        let limits = Limits::new(
            settled.limits,
            &settings.secrets,
            Arc::clone(&clock),
            settled.limiter,
        );
        let passwords = settled
            .passwords
            .map(|passwords| Passwords::new(passwords, Arc::clone(&random)));
        let second_factor = settled
            .second_factor
            .map(|second| SecondFactor::new(second, &settings.secrets));
        Ok(Auth::new(World {
            settings,
            cookies,
            providers: settled.providers,
            store: settled.store,
            one_time_keys,
            oauth,
            state_keys,
            linked,
            accounts: settled.accounts,
            directory: settled
                .directory
                .map(|store| Directory::new(store, settled.directory_settings)),
            callbacks: settled.callbacks,
            listeners: settled.listeners,
            witnesses: settled.witnesses,
            clock,
            random,
            tasks: settled.tasks,
            limits,
            passkeys,
            passwords,
            registration: settled.registration,
            second_factor,
            new_session_token: settled.new_session_token,
        }))
    }

    /// With what the variables say where nothing is configured, in whatever order both were given.
    fn settled(mut self) -> Result<Self, ConfigError> {
        let Some(variables) = self.variables.take() else {
            return Ok(self);
        };
        if let Some(variable) = variables.unusable_url {
            return Err(ConfigError::Url(variable));
        }
        Ok(Self {
            secrets: self.secrets.or(variables.secrets),
            base_path: self.base_path.or(Some(variables.base_path)),
            origin: self.origin.or(variables.origin),
            redirect_proxy: self.redirect_proxy.or(variables.redirect_proxy_url),
            // SECURITY: not `trust`, by which a bare environment believes every host (GHSA-pgx2-m66h-x29f).
            trust: self.trust.or(Some(variables.declared_trust)),
            ..self
        })
    }

    fn session_settings(&self) -> Result<SessionSettings, ConfigError> {
        let strategy = match (self.strategy, &self.store) {
            (Some(Strategy::Database), None) => return Err(ConfigError::StrategyNeedsStore),
            (Some(strategy), _) => strategy,
            (None, Some(_)) => Strategy::Database,
            (None, None) => Strategy::Jwt,
        };
        for (name, span) in [
            ("session_max_age", self.max_age),
            ("token_max_age", self.token_max_age),
        ] {
            if span.is_some_and(|span| span.as_secs() == 0) {
                return Err(ConfigError::ZeroDuration(name));
            }
        }
        let defaults = SessionSettings::new(strategy);
        Ok(SessionSettings {
            max_age: self.max_age.unwrap_or(defaults.max_age),
            update_age: self.update_age.unwrap_or(defaults.update_age),
            ..defaults
        })
    }

    /// Which set of cookies is the only one needed, where that is known.
    fn only_security(&self) -> Option<CookieSecurity> {
        let by_origin = |origin: &Origin| match origin.scheme() {
            Scheme::Http => CookieSecurity::Plain,
            Scheme::Https => CookieSecurity::Secure,
        };
        self.cookie_security
            .or_else(|| self.origin.as_ref().map(by_origin))
    }
}

/// Without either every request is refused (`UntrustedHost`), and the visitor is not told why.
fn warn_of_no_origin(origins: &OriginSettings) {
    if origins.configured.is_none() && origins.trust == HostTrust::Untrusted {
        tracing::warn!(
            "no public URL is configured, so every sign-in request will be refused: set AUTH_URL to the address \
             that people use, such as https://app.example.com, or AUTH_TRUST_HOST=true behind a proxy that sets \
             Host, X-Forwarded-Host and X-Forwarded-Proto itself"
        );
    }
}

impl fmt::Debug for AuthBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthBuilder")
            .field("base_path", &self.base_path)
            .field("origin", &self.origin)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
