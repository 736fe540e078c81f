//! The settings of `hallpass serve`, from `hallpass.toml` and the environment; the environment wins.
//!
//! Everything is parsed here, once. All problems are found in one run and named by file, line and key, or by
//! variable. Nothing outside this module reads the environment.

mod audit;
mod changes;
mod console;
mod data;
mod environment;
mod fields;
mod file;
mod keys;
mod limits;
mod linked;
mod live;
mod mail;
mod passkeys;
mod passwords;
mod problem;
mod providers;
mod read;
mod rest;
mod second_factor;
mod sessions;
mod source;
mod span;
mod tables;
mod webhooks;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hallpass::Readers;
use hallpass::auth::BeforeProof;
use hallpass::auth::Strictness;
use hallpass::auth::providers::Confirm;
use hallpass::auth::providers::oauth::OAuthProvider;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::changes::Retention;
use hallpass::data::{DialectVersion, Growth};
use url::Url;

pub(crate) use audit::Audit;
pub(crate) use changes::{Sync, Target};
pub(crate) use console::{Console, Role};
pub(crate) use data::Data;
pub(crate) use environment::Environment;
pub(crate) use fields::Fields;
pub(crate) use limits::{LimitStore, Limits};
pub(crate) use linked::Linked;
pub(crate) use mail::{MailApi, MailApiService, Region};
pub(crate) use passkeys::Passkeys;
pub(crate) use passwords::Passwords;
pub(crate) use problem::{Trouble, rest_style};

pub(crate) use read::host;
pub(crate) use second_factor::SecondFactor;
pub(crate) use sessions::Sessions;
pub(crate) use tables::Tables;
pub(crate) use webhooks::Webhook;

use problem::Problem;
use source::Place;

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "hallpass.toml";

/// The settings.
#[derive(Debug)]
pub(crate) struct Config {
    /// What is shown at `/`.
    pub(crate) app: App,
    /// Who may read how the API is described, if anybody.
    pub(crate) api_docs: Option<Readers>,
    /// Who may enter the console; without, there is none.
    pub(crate) console: Option<Console>,
    /// Where to listen.
    pub(crate) host: IpAddr,
    /// Where to listen.
    pub(crate) port: u16,
    /// The address that people use.
    pub(crate) url: Option<Url>,
    /// Whether the address may be taken from the request's headers.
    pub(crate) trust_host: bool,
    /// What signs and encrypts, and what is accepted beside.
    pub(crate) secrets: Secrets,
    /// Where the database is, password included.
    pub(crate) database_url: Secret,
    /// What the sign-in tables look like.
    pub(crate) tables: Tables,
    /// What fields of the schema may ask for.
    pub(crate) fields: Fields,
    /// Where sessions live.
    pub(crate) strategy: Strategy,
    /// How sessions are listed, ended, and kept.
    pub(crate) sessions: Sessions,
    /// Who carries mail; without, nobody can sign in.
    pub(crate) mail: Option<Mail>,
    /// When a link asks for a click.
    pub(crate) confirm: Confirm,
    /// Whether people have pages for their accounts.
    pub(crate) account_pages: bool,
    /// Who needs a second factor.
    pub(crate) second_factor: SecondFactor,
    /// Whether what Auth.js refuses is refused too.
    pub(crate) strict: Strictness,
    /// Whether columns that rows can do without are added to tables that are there.
    pub(crate) growth: Growth,
    /// How passwords are kept; without, nobody signs in with one.
    pub(crate) passwords: Option<Passwords>,
    /// Sign-in by passkeys; without, nobody signs in with one.
    pub(crate) passkeys: Option<Passkeys>,
    /// How often expired rows are removed, if ever.
    pub(crate) cleanup: Option<Duration>,
    /// What becomes of what a user had before the address was proven.
    pub(crate) before_proof: BeforeProof,
    /// How often what may be tried.
    pub(crate) limits: Limits,
    /// A deployment of ours whose address services know in place of this one's.
    pub(crate) redirect_proxy: Option<String>,
    /// Services where people have accounts, in the order in which they are offered.
    pub(crate) providers: Vec<OAuthProvider>,
    /// What becomes of the tokens that they give.
    pub(crate) linked: Linked,
    /// The data over HTTP.
    pub(crate) data: Data,
    /// What the change log keeps.
    pub(crate) retention: Retention,
    /// Where users are told of, and how.
    pub(crate) sync: Sync,
    /// Where measurements can be read, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// Servers that are told what happens to users.
    pub(crate) webhooks: Vec<Webhook>,
    /// What the audit trail keeps; without, there is none.
    pub(crate) audit: Option<Audit>,
}

/// How often expired rows are removed unless a setting says otherwise.
pub(crate) const CLEANUP: Duration = Duration::from_secs(3_600);

/// What is shown at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum App {
    /// The todo application.
    Todos,
    /// The same with the team board.
    Team,
    /// Nothing: the server stands beside an application of its own.
    None,
}

impl App {
    /// Whether it brings its tables along.
    pub(crate) fn has_tables(self) -> bool {
        self != Self::None
    }
}

/// Who carries mail, and from whom.
#[derive(Debug)]
pub(crate) struct Mail {
    /// The sender.
    pub(crate) from: String,
    /// The service.
    pub(crate) service: MailService,
}

/// Who carries mail.
#[derive(Debug)]
pub(crate) enum MailService {
    /// A mail server.
    Server(MailServer),
    /// Resend.
    Resend {
        /// The API key.
        key: Secret,
        /// Another base address than Resend's own.
        url: Option<String>,
    },
    /// Another service with an HTTP API.
    Api(MailApi),
}

/// A mail server, named in one of two ways.
#[derive(Debug)]
pub(crate) enum MailServer {
    /// By an address with everything in it.
    Url(Secret),
    /// By its parts.
    Parts {
        /// Its name.
        host: String,
        /// Its port, if not the usual one.
        port: Option<u16>,
        /// Who we are to it.
        user: Option<String>,
        /// And the proof.
        password: Option<Secret>,
    },
}

/// Everything that is wrong with the settings.
#[derive(Debug)]
pub(crate) struct ConfigError(pub(crate) Vec<Trouble>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the configuration cannot be used")
    }
}

impl std::error::Error for ConfigError {}

/// Where the database is, and what its tables look like: all that a command needs that only looks at them.
#[derive(Debug)]
pub(crate) struct Database {
    /// Where the database is, password included.
    pub(crate) url: Secret,
    /// What the sign-in tables look like.
    pub(crate) tables: Tables,
    /// The field of the `User` model that holds passwords, if not `password`.
    pub(crate) password_field: Option<String>,
    /// Which answers the rules give where generations of the language disagree.
    pub(crate) dialect: DialectVersion,
    /// Whether anything says what new passwords are hashed with.
    pub(crate) chose_algorithm: bool,
    /// Models that the change log is about beside those that say so.
    pub(crate) track: Vec<String>,
    /// What the change log keeps.
    pub(crate) retention: Retention,
    /// Where users are told of, and how.
    pub(crate) sync: Sync,
    /// Servers that are told what happens to users.
    pub(crate) webhooks: Vec<Webhook>,
    /// The newest first, those that are only accepted last; none where commands do without.
    pub(crate) secrets: Vec<Secret>,
}

/// Reads file and environment. Without a file named, `hallpass.toml` is read if it is there.
///
/// # Errors
/// [`ConfigError`] with every problem of both.
pub(crate) fn load(named: Option<&Path>, environment: &Environment) -> Result<Config, ConfigError> {
    let (name, text) = read_file(named)?;
    read::config(&name, &text, environment)
}

/// Reads from file and environment what concerns the database.
///
/// # Errors
/// [`ConfigError`] with every problem of both that concerns it.
pub(crate) fn database(
    named: Option<&Path>,
    environment: &Environment,
) -> Result<Database, ConfigError> {
    let (name, text) = read_file(named)?;
    read::database(&name, &text, environment)
}

/// Reads the secrets from file and environment, the newest first, those that are only accepted last; none is no error here.
///
/// # Errors
/// [`ConfigError`] with what is wrong with both.
pub(crate) fn secrets(
    named: Option<&Path>,
    environment: &Environment,
) -> Result<Vec<Secret>, ConfigError> {
    let (name, text) = read_file(named)?;
    read::secrets(&name, &text, environment)
}

/// The providers that the environment alone sets up, for `hallpass dev`.
///
/// # Errors
/// [`ConfigError`] with every problem of theirs.
pub(crate) fn providers_of(environment: &Environment) -> Result<Vec<OAuthProvider>, ConfigError> {
    read::providers(environment)
}

/// The name and text of the file.
fn read_file(named: Option<&Path>) -> Result<(String, String), ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            String::new()
        }
        Err(error) => {
            let problem = match error.kind() {
                std::io::ErrorKind::NotFound => Problem::NoFile { name },
                reason => Problem::Unreadable { name, reason },
            };
            return Err(ConfigError(vec![Trouble {
                place: Place::Nowhere,
                problem,
            }]));
        }
    };
    Ok((name, text))
}

/// All names of settings: of variables, and the last part of each key of the file.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let keys = keys::KEYS.iter().flat_map(|key| {
        let last = key.path.rsplit('.').next();
        key.variables.iter().copied().chain(last)
    });
    keys.chain(
        keys::NEWER_SECRETS
            .iter()
            .copied()
            .filter(|name| !name.ends_with("_2")),
    )
}

/// The settings of this environment alone.
#[cfg(test)]
pub(crate) fn of_environment(environment: &Environment) -> Result<Config, ConfigError> {
    read::config(DEFAULT_FILE, "", environment)
}
