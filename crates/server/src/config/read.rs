//! From given texts to typed settings.

use std::net::{IpAddr, SocketAddr};

use hallpass::Readers;
use hallpass::auth::BeforeProof;
use hallpass::auth::Strictness;
use hallpass::auth::directory::KeepNetwork;
use hallpass::auth::providers::Confirm;
use hallpass::auth::providers::oauth::OAuthProvider;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::auth::session::Strategy;
use hallpass::data::{DialectVersion, Growth};
use url::Url;

use super::environment::{self, Environment};
use super::file;
use super::keys::NEWER_SECRETS;
use super::mail::SERVICES;
use super::problem::{Problem, Trouble};
use super::providers;
use super::source::{Given, Place, ProviderTable, Settings};
use super::span;
use super::{App, CLEANUP, Config, ConfigError, Database, Mail, MailServer, MailService};

/// The settings of this file and this environment.
pub(super) fn config(
    name: &str,
    text: &str,
    environment: &Environment,
) -> Result<Config, ConfigError> {
    let mut reader = Reader::of(name, text, environment);
    let config = reader.config(environment);
    reader.finish(config)
}

/// What this file and this environment say of the database.
pub(super) fn database(
    name: &str,
    text: &str,
    environment: &Environment,
) -> Result<Database, ConfigError> {
    let mut reader = Reader::of(name, text, environment);
    let database = reader.database(environment);
    reader.finish(database)
}

/// The secrets of this file and this environment.
pub(super) fn secrets(
    name: &str,
    text: &str,
    environment: &Environment,
) -> Result<Vec<Secret>, ConfigError> {
    let mut reader = Reader::of(name, text, environment);
    let secrets = reader.any_secrets();
    reader.finish(Some(secrets))
}

/// The providers that this environment sets up.
pub(super) fn providers(environment: &Environment) -> Result<Vec<OAuthProvider>, ConfigError> {
    let mut reader = Reader {
        settings: Settings::new(),
        troubles: Vec::new(),
        providers: providers::tables(Vec::new(), environment),
        webhooks: Vec::new(),
    };
    let providers = reader.providers();
    reader.finish(Some(providers))
}

/// The environment wins, key by key. A mail service is one thing: a variable that names one puts aside what the
/// file says of the other.
fn overlay(settings: &mut Settings, mut winners: Settings) {
    let names = |service: &&[&str]| service.iter().any(|path| winners.contains_key(path));
    let (named, others): (Vec<&[&str]>, Vec<&[&str]>) = SERVICES.into_iter().partition(names);
    if !named.is_empty() {
        settings.retain(|path, _| !others.iter().any(|service| service.contains(path)));
    }
    let [server, ..] = SERVICES;
    // A whole address and single parts say the same thing in two ways; only one may speak.
    if winners.contains_key("email.server") {
        settings.retain(|path, _| !server.contains(path));
    } else if winners.contains_key("email.host") {
        settings.remove("email.server");
    }
    keep_older_secrets(settings, &mut winners);
    settings.extend(winners);
}

/// Variables that name newer secrets alone put nothing aside: what the file holds goes on opening what it sealed.
fn keep_older_secrets(settings: &Settings, winners: &mut Settings) {
    if let (Some(newer), Some(older)) = (winners.get_mut("secret"), settings.get("secret"))
        && matches!(newer.place, Place::Variable(name) if NEWER_SECRETS.contains(&name))
    {
        newer.texts.extend_from_slice(&older.texts);
    }
}

pub(super) struct Reader {
    settings: Settings,
    troubles: Vec<Trouble>,
    /// The providers that file or environment name.
    pub(super) providers: Vec<Result<ProviderTable, Trouble>>,
    /// The endpoints of webhooks that the file names.
    pub(super) webhooks: Vec<ProviderTable>,
}

impl Reader {
    fn of(name: &str, text: &str, environment: &Environment) -> Self {
        let file::Contents {
            mut settings,
            mut troubles,
            providers: tables,
            webhooks,
        } = file::read(name, text);
        let (from_environment, more) = environment::read(environment);
        troubles.extend(more);
        overlay(&mut settings, from_environment);
        Self {
            settings,
            troubles,
            providers: providers::tables(tables, environment),
            webhooks,
        }
    }

    fn finish<T>(self, read: Option<T>) -> Result<T, ConfigError> {
        match read {
            Some(read) if self.troubles.is_empty() => Ok(read),
            _ => Err(ConfigError(self.troubles)),
        }
    }

    /// `None` only when a trouble was reported.
    fn database(&mut self, environment: &Environment) -> Option<Database> {
        let app = self.choice("app", &APPS).unwrap_or(App::Todos);
        let url = self.database_url();
        let tables = self.tables(app);
        let password_field = self.text("password.field");
        let dialect = self.dialect();
        let chose_algorithm = self.chose_algorithm();
        let track = self.track();
        let retention = self.retention();
        let sync = self.sync();
        let webhooks = self.webhooks(environment);
        let secrets = self.any_secrets();
        Some(Database {
            url: url?,
            tables: tables?,
            password_field,
            dialect,
            chose_algorithm,
            track,
            retention,
            sync,
            webhooks,
            secrets,
        })
    }

    /// SECURITY: GHSA-pgx2-m66h-x29f: a link that chooses a password anew leads to a configured address, never to one
    /// that a request names.
    fn account_pages(&mut self, is_address_known: bool) -> bool {
        let place = self.place("account.pages");
        match self.choice("account.pages", &SWITCHES) {
            Some(true) if !is_address_known => {
                self.report::<()>(place, Problem::AccountPagesWithoutUrl);
                false
            }
            Some(wanted) => wanted,
            None => is_address_known,
        }
    }

    /// The settings; `None` only when a trouble was reported.
    fn config(&mut self, environment: &Environment) -> Option<Config> {
        let app = self.choice("app", &APPS).unwrap_or(App::Todos);
        let api_docs = self.choice("api.docs", &API_DOCS).unwrap_or_default();
        let console = self.console();
        let host = self
            .parsed("host", host)
            .unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let port = self.parsed("port", port).unwrap_or(3000);
        let url = self.parsed("url", origin);
        let trust_host = self.choice("trust_host", &SWITCHES).unwrap_or(false);
        let strategy = self
            .choice("session.strategy", &STRATEGIES)
            .unwrap_or(Strategy::Database);
        let confirm = self
            .choice("email.confirm", &CONFIRMS)
            .unwrap_or(Confirm::Auto);
        let account_pages = self.account_pages(url.is_some() || !trust_host);
        let second_factor = self.second_factor(account_pages);
        let strict = self.choice("strict", &STRICTNESS);
        let growth = self.choice("database.add_columns", &GROWTHS);
        let passwords = self.passwords();
        let passkeys = self.passkeys();
        let cleanup = self.parsed("cleanup", span::interval);
        let before_proof = self.before_proof();
        let sessions = self.sessions();
        let mail = self.mail();
        let redirect_proxy = self.text("redirect_proxy_url");
        let providers = self.providers();
        let linked = self.linked();
        let data = self.data();
        let retention = self.retention();
        let sync = self.sync();
        let metrics = self.parsed("metrics.listen", socket);
        let webhooks = self.webhooks(environment);
        let audit = self.audit(sessions.directory.network == KeepNetwork::Yes);
        let secrets = self.secrets();
        let fields = self.fields(secrets.as_ref());
        let database_url = self.database_url();
        let limits = self.limits(database_url.as_ref());
        let tables = self.tables(app);
        Some(Config {
            app,
            api_docs,
            console,
            host,
            port,
            url,
            trust_host,
            secrets: secrets?,
            database_url: database_url?,
            tables: tables?,
            fields: fields?,
            strategy,
            sessions,
            mail,
            confirm,
            account_pages,
            second_factor,
            strict: strict.unwrap_or_default(),
            growth: growth.unwrap_or_default(),
            passwords,
            passkeys,
            cleanup: cleanup.unwrap_or(Some(CLEANUP)),
            before_proof,
            limits: limits?,
            redirect_proxy,
            providers,
            linked,
            data,
            retention,
            sync,
            metrics,
            webhooks,
            audit,
        })
    }

    /// Those that are there, for what needs none.
    fn any_secrets(&mut self) -> Vec<Secret> {
        let (mut texts, _) = self.texts("secret");
        texts.extend(self.texts("accepted_secret").0);
        let texts = texts.into_iter().filter(|text| !text.trim().is_empty());
        texts.map(Secret::new).collect()
    }

    /// `None` only when a trouble was reported.
    fn secrets(&mut self) -> Option<Secrets> {
        let used = self.used_secrets();
        let (accepted, place) = self.texts("accepted_secret");
        if accepted.iter().any(|text| text.trim().is_empty()) {
            return self.report(place, Problem::EmptySecret);
        }
        let Ok(used) = Secrets::new(used?) else {
            return self.report(Place::Nowhere, Problem::NoSecret);
        };
        Some(used.accepting(accepted.into_iter().map(Secret::new)))
    }

    fn used_secrets(&mut self) -> Option<Vec<Secret>> {
        let Some(given) = self
            .settings
            .remove("secret")
            .filter(|given| !given.texts.is_empty())
        else {
            return self.report(Place::Nowhere, Problem::NoSecret);
        };
        if given.texts.iter().any(|text| text.trim().is_empty()) {
            return self.report(given.place, Problem::EmptySecret);
        }
        Some(given.texts.into_iter().map(Secret::new).collect())
    }

    fn database_url(&mut self) -> Option<Secret> {
        let url = self.text("database_url").map(Secret::new);
        if url.is_none() {
            self.report::<()>(Place::Nowhere, Problem::NoDatabase);
        }
        url
    }

    /// Which answers the rules and the data over HTTP give where generations of the language disagree.
    pub(super) fn dialect(&mut self) -> DialectVersion {
        self.choice("data.dialect", &DIALECTS).unwrap_or_default()
    }

    fn before_proof(&mut self) -> BeforeProof {
        let keeps = self.choice("linking.before_proof", &BEFORE_PROOF);
        let providers = self.settings.remove("linking.verifying_providers");
        match (keeps, providers) {
            (Some(true), _) => BeforeProof::Keep,
            (_, None) => BeforeProof::default(),
            (_, Some(given)) => BeforeProof::Remove {
                verifying_providers: names(&given.texts),
            },
        }
    }

    fn mail(&mut self) -> Option<Mail> {
        let server = self.mail_server();
        let key = self.text("email.resend_key").map(Secret::new);
        let url = self.text("email.resend_url");
        let from_place = self.place("email.from");
        let from = self.text("email.from");
        let server = server.map(MailService::Server);
        let resend = key.map(|key| MailService::Resend { key, url });
        let apis = self.mail_apis().into_iter().map(MailService::Api);
        let mut services = server.into_iter().chain(resend).chain(apis);
        let service = services.next()?;
        if services.next().is_some() {
            return self.report(Place::Nowhere, Problem::TwoMailServices);
        }
        let Some(from) = from else {
            return self.report(Place::Nowhere, Problem::NoSender);
        };
        if !looks_like_a_sender(&from) {
            return self.report(from_place, Problem::InvalidSender);
        }
        Some(Mail { from, service })
    }

    fn mail_server(&mut self) -> Option<MailServer> {
        let server = self.place("email.server");
        if let Some(url) = self.text("email.server") {
            self.refuse_parts(&server);
            return Some(MailServer::Url(Secret::new(url)));
        }
        let parts = ["email.port", "email.user", "email.password"];
        let stray = parts
            .into_iter()
            .find(|path| self.settings.contains_key(path));
        let Some(host) = self.text("email.host") else {
            let stray = stray?;
            return self.report(self.place(stray), Problem::NoMailHost(stray));
        };
        Some(MailServer::Parts {
            host,
            port: self.parsed("email.port", port),
            user: self.text("email.user"),
            password: self.text("email.password").map(Secret::new),
        })
    }

    /// A part beside a whole address would have no effect. Where the environment gives both, the whole one counts, as
    /// nodemailer's users know it.
    fn refuse_parts(&mut self, server: &Place) {
        for part in ["email.host", "email.port", "email.user", "email.password"] {
            let place = self.place(part);
            let both_variables =
                matches!((&place, server), (Place::Variable(_), Place::Variable(_)));
            if self.text(part).is_some() && !both_variables {
                let problem = Problem::PartBesideServer {
                    part,
                    server: server.clone(),
                };
                self.report::<()>(place, problem);
            }
        }
    }

    pub(super) fn place(&self, path: &str) -> Place {
        self.settings
            .get(path)
            .map_or(Place::Nowhere, |given| given.place.clone())
    }

    /// The text of a setting; an empty one is not set.
    pub(super) fn text(&mut self, path: &'static str) -> Option<String> {
        self.settings
            .remove(path)?
            .texts
            .pop()
            .filter(|text| !text.trim().is_empty())
    }

    pub(super) fn parsed<T>(
        &mut self,
        path: &'static str,
        parse: fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let Given { texts, place } = self.settings.remove(path)?;
        match parse(texts.first()?.trim()) {
            Ok(value) => Some(value),
            Err(problem) => self.report(place, problem),
        }
    }

    /// All texts of a setting, and where it is.
    pub(super) fn texts(&mut self, path: &'static str) -> (Vec<String>, Place) {
        match self.settings.remove(path) {
            Some(Given { texts, place }) => (texts, place),
            None => (Vec::new(), Place::Nowhere),
        }
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        path: &'static str,
        choices: &Choices<T>,
    ) -> Option<T> {
        let Given { texts, place } = self.settings.remove(path)?;
        let text = texts.first()?.trim();
        let chosen = choices
            .rows
            .iter()
            .find(|(name, _)| text.eq_ignore_ascii_case(name));
        match chosen {
            Some((_, value)) => Some(*value),
            None => self.report(
                place,
                Problem::NoSuchChoice {
                    value: text.to_owned(),
                    choices: choices.text,
                },
            ),
        }
    }

    pub(super) fn trouble(&mut self, trouble: Trouble) {
        self.troubles.push(trouble);
    }

    pub(super) fn report<T>(&mut self, place: Place, problem: Problem) -> Option<T> {
        self.troubles.push(Trouble { place, problem });
        None
    }
}

/// The words a setting may hold.
pub(super) struct Choices<T: 'static> {
    pub(super) text: &'static str,
    pub(super) rows: &'static [(&'static str, T)],
}

const APPS: Choices<App> = Choices {
    text: "`todos`, `team` and `none`",
    rows: &[
        ("todos", App::Todos),
        ("team", App::Team),
        ("none", App::None),
    ],
};

// SECURITY: it names models and fields and says the access rules, so that nobody reads it unasked.
const API_DOCS: Choices<Option<Readers>> = Choices {
    text: "`off`, `signed-in` and `open`",
    rows: &[
        ("off", None),
        ("signed-in", Some(Readers::SignedIn)),
        ("open", Some(Readers::Everybody)),
    ],
};

const DIALECTS: Choices<DialectVersion> = Choices {
    text: "`2` and `3`",
    rows: &[("2", DialectVersion::Two), ("3", DialectVersion::Three)],
};

const STRATEGIES: Choices<Strategy> = Choices {
    text: "`database` and `jwt`",
    rows: &[("database", Strategy::Database), ("jwt", Strategy::Jwt)],
};

const CONFIRMS: Choices<Confirm> = Choices {
    text: "`auto`, `always` and `never`",
    rows: &[
        ("auto", Confirm::Auto),
        ("always", Confirm::Always),
        ("never", Confirm::Never),
    ],
};

/// Whether everything stays.
const BEFORE_PROOF: Choices<bool> = Choices {
    text: "`remove` and `keep`",
    rows: &[("remove", false), ("keep", true)],
};

/// The names in these texts, each of which may hold several with commas between them.
pub(super) fn names(texts: &[String]) -> Vec<String> {
    let names = texts.iter().flat_map(|text| text.split(','));
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

const STRICTNESS: Choices<Strictness> = Choices {
    text: "`true` and `false`",
    rows: &[
        ("true", Strictness::AsAuthJs),
        ("false", Strictness::Extended),
    ],
};

const GROWTHS: Choices<Growth> = Choices {
    text: "`true` and `false`",
    rows: &[("true", Growth::Columns), ("false", Growth::Tables)],
};

// SECURITY: Auth.js takes every text for true, `false` too. Whoever writes `false` means it.
pub(super) const SWITCHES: Choices<bool> = Choices {
    text: "`true` and `false`",
    rows: &[
        ("true", true),
        ("1", true),
        ("yes", true),
        ("false", false),
        ("0", false),
        ("no", false),
    ],
};

/// An address to listen on.
///
/// # Errors
/// [`Problem::NotAHost`] when it is no address.
pub(crate) fn host(text: &str) -> Result<IpAddr, Problem> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::from([127, 0, 0, 1]));
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_err(|_| Problem::NotAHost(text.to_owned()))
}

fn port(text: &str) -> Result<u16, Problem> {
    text.parse().map_err(|_| Problem::NotAPort(text.to_owned()))
}

fn socket(text: &str) -> Result<SocketAddr, Problem> {
    text.parse()
        .map_err(|_| Problem::NotASocket(text.to_owned()))
}

fn origin(text: &str) -> Result<Url, Problem> {
    let url = Url::parse(text).map_err(|_| Problem::NotAnOrigin)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
        Ok(url)
    } else {
        Err(Problem::NotAnOrigin)
    }
}

/// Whether this is `address` or `Name <address>`. The mail service judges the rest.
fn looks_like_a_sender(text: &str) -> bool {
    let address = match text.trim().strip_suffix('>') {
        Some(named) => named.rsplit_once('<').map(|(_, address)| address),
        None => Some(text.trim()),
    };
    let parts = address.and_then(|address| address.split_once('@'));
    parts.is_some_and(|(local, domain)| {
        let odd = |text: &str| {
            text.is_empty()
                || text.contains(|letter: char| {
                    letter.is_whitespace() || letter.is_control() || "@<>,".contains(letter)
                })
        };
        !odd(local) && !odd(domain)
    }) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests;
