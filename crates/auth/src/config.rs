//! Settings: what a checked configuration holds, and why one is refused.
//!
//! What Auth.js finds out with every request (contract authjs §1.2) and what can be known at start is refused at
//! start, with what to do about it. Only what depends on the request is left to `dispatch`.

use std::time::Duration;

use http::HeaderValue;

use crate::adapter::AccountType;
use crate::client::TrustedProxies;
use crate::cookies::CookieSettingsError;
use crate::flows::oauth::RedirectProxy;
use crate::origin::OriginSettings;
use crate::pages::Theme;
use crate::secrets::Secrets;
use crate::session::{SessionSettings, Strategy};
use crate::unproven::BeforeProof;

/// Pages of the application's own, in place of the built-in ones. Each is a path (`/login`) or an absolute URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    /// Offers the ways to sign in.
    pub sign_in: Option<String>,
    /// Asks whether to sign out.
    pub sign_out: Option<String>,
    /// Says what went wrong; gets `error`.
    pub error: Option<String>,
    /// Says that a mail is under way.
    pub verify_request: Option<String>,
    /// Greets users who were created by signing in; gets `callbackUrl`.
    pub new_user: Option<String>,
}

impl Pages {
    /// Each with its name.
    pub(crate) fn each(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("sign_in", self.sign_in.as_deref()),
            ("sign_out", self.sign_out.as_deref()),
            ("error", self.error.as_deref()),
            ("verify_request", self.verify_request.as_deref()),
            ("new_user", self.new_user.as_deref()),
        ]
    }
}

/// Whether what Auth.js refuses is refused too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// What is safe and useful works, though Auth.js refuses it: sessions in the store for credentials.
    #[default]
    Extended,
    /// Credentials get a token in the cookie, whatever the strategy is, as with Auth.js.
    AsAuthJs,
}

/// What adding and removing a way to sign in takes: an account at a service, a passkey.
///
/// An authenticator app, and removing an account at a service, take the password or a recent sign-in in any case. Whoever has
/// a second factor proves that one in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangingWaysIn {
    /// A sign-in of the last ten minutes. By default where there is a
    /// [session directory](crate::AuthBuilder::session_directory), which knows when a session began.
    AfterRecentSignIn,
    /// A session of any age, as with Auth.js: whoever copied one can add a way in of their own.
    InAnySession,
}

/// What flows need to know.
// INVARIANT: made by the builder alone, which checks it.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) secrets: Secrets,
    /// Begins with `/` and does not end with it; empty for the root.
    pub(crate) base_path: String,
    pub(crate) origins: OriginSettings,
    pub(crate) proxies: TrustedProxies,
    pub(crate) before_proof: BeforeProof,
    pub(crate) session: SessionSettings,
    /// How long the time of a token is, which may differ from the session's.
    pub(crate) token_max_age: Duration,
    pub(crate) pages: Pages,
    pub(crate) theme: Theme,
    /// Under which the built-in pages of this theme work.
    pub(crate) page_policy: HeaderValue,
    pub(crate) strict: Strictness,
    pub(crate) changing_ways_in: ChangingWaysIn,
    pub(crate) redirect_proxy: Option<RedirectProxy>,
}

impl Settings {
    /// Whether credentials begin sessions that are kept in the store. SPEC: contract §5.2: with Auth.js they get a token
    /// in the cookie, whatever the strategy is.
    pub(crate) fn keeps_credentials_in_store(&self) -> bool {
        self.session.strategy == Strategy::Database && self.strict == Strictness::Extended
    }
}

/// Why a configuration cannot be used. [`help`](ConfigError::help) says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Auth.js: `MissingSecret`.
    #[error("no secret is configured")]
    MissingSecret,
    /// Nothing tells the time or gives random bytes.
    #[error("no clock and source of randomness are configured")]
    MissingEnvironment,
    /// Auth.js: `MissingAdapter`.
    #[error("the provider `{provider}` ({kind:?}) needs a store")]
    ProviderNeedsStore {
        /// The provider's id.
        provider: String,
        /// Its kind.
        kind: AccountType,
    },
    /// Auth.js: `MissingAdapter`.
    #[error("the session strategy `database` needs a store")]
    StrategyNeedsStore,
    /// Auth.js: `UnsupportedStrategy`.
    #[error("credentials alone cannot begin sessions that are kept in the store")]
    UnsupportedStrategy,
    /// A provider checks passwords, and none are kept.
    #[error("the provider `{0}` checks passwords, and no passwords are kept")]
    ProviderNeedsPasswords(String),
    /// Auth.js: `MissingAdapterMethods`.
    #[error("the provider `{0}` needs a store of passkeys")]
    ProviderNeedsPasskeys(String),
    /// The store cannot keep what passkeys need.
    #[error("the store cannot keep passkeys: {reason}")]
    Passkeys {
        /// What it lacks.
        reason: String,
    },
    /// Auth.js: `DuplicateConditionalUI`.
    #[error("the providers `{one}` and `{other}` both offer passkeys while an address is typed")]
    DuplicateAutofill {
        /// A provider's id.
        one: String,
        /// The other's.
        other: String,
    },
    /// Browsers would refuse it.
    #[error("passkeys cannot be for `{0}`, which is no domain that the site is in")]
    RelyingParty(String),
    /// Any name below the domain could use its passkeys.
    #[error("passkeys are for `{0}`, and no public URL says which site of it this is")]
    RelyingPartyNeedsOrigin(String),
    /// People cannot register where no passwords are kept or no mail is sent.
    #[error("people are to register themselves, and passwords or accounts are missing")]
    RegistrationNeedsMore,
    /// Passwords that may be shorter than anybody should allow, or limits that contradict each other.
    #[error("passwords of {min} to {max} characters are no sound rule")]
    PasswordLength {
        /// The fewest characters.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Short passwords where nothing else need be proven.
    #[error("a password of {min} characters may be all that somebody proves")]
    PasswordLengthAlone {
        /// The fewest characters.
        min: usize,
    },
    /// A cost that is no cost, or more than is bearable.
    #[error("the cost of hashing passwords is out of bounds")]
    PasswordCost,
    /// The store cannot keep what accounts need.
    #[error("the store cannot keep the links of accounts: {reason}")]
    Accounts {
        /// What it lacks.
        reason: String,
    },
    /// Changing a password would leave sessions in cookies alive.
    #[error("accounts with the session strategy `jwt` need a session directory")]
    AccountsNeedDirectory,
    /// A second factor rests on mails and on a list of sessions.
    #[error("a second factor needs accounts and a session directory")]
    SecondFactorNeedsMore,
    /// The store cannot keep second factors.
    #[error("the store cannot keep second factors: {reason}")]
    SecondFactor {
        /// What the store says.
        reason: String,
    },
    /// Two ways to sign in under one name.
    #[error("there are two providers with the id `{0}`")]
    DuplicateProvider(String),
    /// The id cannot stand in a path.
    #[error("`{0}` cannot be the id of a provider")]
    ProviderId(String),
    /// The base path cannot stand in a URL.
    #[error("`{0}` cannot be the base path")]
    BasePath(String),
    /// A variable holds no URL. Names the variable.
    #[error("`{0}` is no http or https URL")]
    Url(&'static str),
    /// Links of one could be used at the other, though only one asks for a click.
    #[error(
        "the providers `{one}` and `{other}` accept each other's links and differ in `confirm`"
    )]
    SharedLinks {
        /// A provider's id.
        one: String,
        /// The other's.
        other: String,
    },
    /// A provider is at another service, and nothing can ask that service.
    #[error("the provider `{0}` needs a client for HTTP")]
    ProviderNeedsHttp(String),
    /// Signing out is to go on at a service, and nothing keeps which sessions began there.
    #[error("signing out at the provider `{0}` needs a session directory")]
    SignOutThereWithoutDirectory(String),
    /// A recent sign-in is asked for, and nothing keeps when sessions began.
    #[error("a recent sign-in can be asked for only with a session directory")]
    RecentSignInNeedsDirectory,
    /// Auth.js: `InvalidEndpoints`.
    #[error("the provider `{provider}` has no issuer and no {endpoint} endpoint")]
    InvalidEndpoints {
        /// The provider's id.
        provider: String,
        /// Which address is missing.
        endpoint: &'static str,
    },
    /// An address of a provider that no request can be sent to.
    #[error("an address of the provider `{0}` is no http or https URL")]
    ProviderAddress(String),
    /// A provider that checks nothing would take anybody's answer for an answer to us.
    #[error("the provider `{0}` is exempt from every check")]
    ProviderWithoutChecks(String),
    /// A private key that signs nothing with its algorithm.
    #[error("the private key of the provider `{0}` cannot sign with its algorithm")]
    ProviderKey(String),
    /// Tokens signed with a short secret can be forged (RFC 7518 §3.2).
    #[error("the client secret of the provider `{0}` is too short for HS256")]
    ProviderSecretTooShort(String),
    /// The provider's client cannot prove who it is.
    #[error("the client of the provider `{provider}` has no {lacks}")]
    ProviderClient {
        /// The provider's id.
        provider: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// Behind a redirect proxy it must be known for sure where we are.
    #[error("a redirect proxy needs a configured origin")]
    ProxyNeedsOrigin,
    /// A page is neither a path nor a URL.
    #[error("the page `{name}` leads nowhere: `{value}`")]
    Page {
        /// Which.
        name: &'static str,
        /// What is configured.
        value: String,
    },
    /// A key for `POST access-token` that could be guessed.
    #[error("a key of servers is shorter than 32 characters")]
    ShortServerKey,
    /// A time of zero.
    #[error("`{0}` is zero")]
    ZeroDuration(&'static str),
    /// A cookie that browsers would refuse.
    #[error(transparent)]
    Cookie(#[from] CookieSettingsError),
}

impl ConfigError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::MissingSecret => {
                "set AUTH_SECRET to at least 32 random characters, as `openssl rand -base64 33` prints them"
            }
            Self::MissingEnvironment => {
                "call `environment` with a clock and a source of randomness"
            }
            Self::ProviderNeedsStore { .. } => {
                "call `adapter`: users, and links sent by mail, are kept in the database"
            }
            Self::StrategyNeedsStore => "call `adapter`, or choose the strategy `jwt`",
            Self::UnsupportedStrategy => {
                "choose the strategy `jwt`, add another way to sign in, or leave strict compatibility with Auth.js"
            }
            Self::ProviderNeedsPasswords(_) => "call `passwords` with a store that keeps them",
            Self::ProviderNeedsPasskeys(_) => "call `passkeys` with a store that keeps them",
            Self::Passkeys { .. } => "add what is missing, or leave the provider out",
            Self::DuplicateAutofill { .. } => "call `without_autofill` on one of them",
            Self::RelyingParty(_) => {
                "use the host of the public URL, or a domain above it, in lower case and without port"
            }
            Self::RelyingPartyNeedsOrigin(_) => {
                "set the public URL (AUTH_URL), or leave the domain out: it is the host of the page then"
            }
            Self::RegistrationNeedsMore => {
                "call `passwords` and `accounts` as well; `hallpass serve` needs a mail service for it"
            }
            Self::PasswordLength { .. } => "allow at least 128 characters and ask for at least 8",
            Self::PasswordLengthAlone { .. } => {
                "ask for 15 characters at least (`min_length` of passwords), or ask everybody for a second factor (`require = \"always\"` \
                 under `[second_factor]`, `Require::Always`), which makes 8 enough: NIST SP 800-63B-4"
            }
            Self::PasswordCost => {
                "use 8 KiB to 128 MiB and 1 to 16 passes for Argon2id, and 4 to 15 for bcrypt"
            }
            Self::Accounts { .. } => "add what is missing, or do not call `accounts`",
            Self::AccountsNeedDirectory => {
                "call `session_directory` on the builder, or use the session strategy `database`"
            }
            Self::SecondFactorNeedsMore => {
                "call `accounts` and `session_directory` as well; `hallpass serve` needs a mail service for it"
            }
            Self::SecondFactor { .. } => "add what is missing, or do not call `second_factor`",
            Self::DuplicateProvider(_) => "give one of them another id",
            Self::ProviderId(_) => "use letters, digits, `-` and `_`",
            Self::BasePath(_) => {
                "write it like `/api/auth`: no query, no blanks, no part like `..` or `:id`"
            }
            Self::Url(_) => {
                "write the address that people use in full, such as `https://app.example.com`, or unset the variable"
            }
            Self::SharedLinks { .. } => {
                "give both the same `confirm`, or one of them a secret of its own with `EmailProvider::secret`"
            }
            Self::ShortServerKey => "make one with `openssl rand -base64 33`",
            Self::ProviderNeedsHttp(_) => {
                "call `http_client`, for which `outgoing::ReqwestClient` (feature `http`) is made"
            }
            Self::SignOutThereWithoutDirectory(_) => {
                "call `session_directory`, or leave out `sign_out_there` and `TokenRevocation::AlsoAtSignOut`"
            }
            Self::RecentSignInNeedsDirectory => {
                "call `session_directory`, or leave out `changing_ways_in`"
            }
            Self::InvalidEndpoints { .. } => {
                "name the issuer, or all of the authorization, token and userinfo endpoints"
            }
            Self::ProviderAddress(_) => "write addresses in full, such as `https://id.example.com`",
            Self::ProviderWithoutChecks(_) => {
                "let PKCE, state or nonce be checked: at least one keeps others from answering for the service"
            }
            Self::ProviderKey(_) => {
                "give the key as PKCS#8 in PEM (`-----BEGIN PRIVATE KEY-----`), and its own algorithm: ES256 for P-256, RS256 for RSA of 2048 bits or more, EdDSA for Ed25519"
            }
            Self::ProviderSecretTooShort(_) => {
                "let the service make one of at least 32 bytes, or let it sign with a key of its own, such as RS256"
            }
            Self::ProviderClient { .. } => {
                "set it, or choose another `ClientAuthentication`, such as `None` for a public client"
            }
            Self::ProxyNeedsOrigin => {
                "set AUTH_URL, or call `origin`: others could have answers sent to themselves otherwise"
            }
            Self::Page { .. } => "write a path like `/login`, or a URL with `https://`",
            Self::ZeroDuration(_) => "leave it out for the default, or set at least a second",
            Self::Cookie(_) => {
                "change the cookie's settings, or say with `cookie_security` whether the site uses https"
            }
        }
    }
}
