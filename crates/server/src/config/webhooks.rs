//! Servers that are told what happens to users: the tables below `[webhooks]`.
//!
//! The secrets of an endpoint may stand in a variable instead: `HALLPASS_WEBHOOK_BILLING_SECRETS`, with blanks between.

use std::fmt;

use hallpass::changes::webhooks::{EventKind, SigningSecret};
use url::Url;

use super::changes::is_name;
use super::environment::Environment;
use super::problem::{Problem, Trouble, variable_part};
use super::read::{Reader, SWITCHES};
use super::source::{Given, Place, ProviderTable};

/// The settings of one endpoint.
const KEYS: [&str; 4] = ["url", "secrets", "events", "private"];

/// An endpoint.
#[derive(Clone)]
pub(crate) struct Webhook {
    /// By which it is called everywhere.
    pub(crate) name: String,
    /// Where messages are sent. Not shown: receivers like to put secrets there.
    pub(crate) url: Url,
    /// What messages are signed with. INVARIANT: never empty.
    pub(crate) secrets: Vec<SigningSecret>,
    /// What it is told of.
    pub(crate) events: Vec<EventKind>,
    /// What its address may reach.
    pub(crate) network: Network,
}

// SECURITY: without the address.
impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("name", &self.name)
            .field("events", &self.events)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// What an address may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// The public internet, by `https`.
    Public,
    /// Whatever this machine reaches, by `http` too.
    Any,
}

impl Reader {
    /// The endpoints. One with a trouble is left out, and the trouble is reported.
    pub(super) fn webhooks(&mut self, environment: &Environment) -> Vec<Webhook> {
        let mut webhooks = Vec::new();
        for table in std::mem::take(&mut self.webhooks) {
            match webhook(table, environment) {
                Ok(webhook) => webhooks.push(webhook),
                Err(trouble) => self.trouble(trouble),
            }
        }
        webhooks
    }
}

fn webhook(mut table: ProviderTable, environment: &Environment) -> Result<Webhook, Trouble> {
    let name = table.id.clone();
    let place = table.place.clone();
    let trouble = |place: &Place, problem| Trouble {
        place: place.clone(),
        problem,
    };
    if !is_name(&name) {
        return Err(trouble(&place, Problem::WebhookName(name)));
    }
    let unknown = table
        .settings
        .iter()
        .find(|(key, _)| !KEYS.contains(&key.as_str()));
    if let Some((key, given)) = unknown {
        let key = format!("webhooks.{name}.{key}");
        let problem = Problem::UnknownKey { key, nearest: None };
        return Err(trouble(&given.place, problem));
    }
    let variable = format!("HALLPASS_WEBHOOK_{}_SECRETS", variable_part(&name));
    if let Some(text) = environment.of_provider(&variable)? {
        let texts = text.split_whitespace().map(str::to_owned).collect();
        let place = Place::ProviderVariable(variable);
        table
            .settings
            .insert("secrets".to_owned(), Given { texts, place });
    }
    let needs = |key| {
        trouble(
            &place,
            Problem::WebhookNeeds {
                name: name.clone(),
                key,
            },
        )
    };
    let network = network(&mut table)?;
    let given = table.settings.remove("url").ok_or_else(|| needs("url"))?;
    let url = url(&given, network).map_err(|problem| trouble(&given.place, problem))?;
    let given = table
        .settings
        .remove("secrets")
        .filter(|given| !given.texts.is_empty())
        .ok_or_else(|| needs("secrets"))?;
    let secrets: Result<Vec<_>, _> = given
        .texts
        .iter()
        .map(|text| SigningSecret::parse(text))
        .collect();
    let secrets = secrets.map_err(|_| trouble(&given.place, Problem::NotAWebhookSecret))?;
    Ok(Webhook {
        events: events(table.settings.remove("events"))?,
        name,
        url,
        secrets,
        network,
    })
}

fn network(table: &mut ProviderTable) -> Result<Network, Trouble> {
    let Some(given) = table.settings.remove("private") else {
        return Ok(Network::Public);
    };
    let text = given.texts.first().map_or("", String::as_str);
    let chosen = SWITCHES.rows.iter().find(|(name, _)| *name == text);
    match chosen {
        Some((_, true)) => Ok(Network::Any),
        Some((_, false)) => Ok(Network::Public),
        None => Err(Trouble {
            place: given.place,
            problem: Problem::NoSuchChoice {
                value: text.to_owned(),
                choices: SWITCHES.text,
            },
        }),
    }
}

/// SECURITY: what can be told from the address alone is told at the start; names are checked when they are connected to.
fn url(given: &Given, network: Network) -> Result<Url, Problem> {
    let text = given.texts.first().map_or("", String::as_str);
    let url = Url::parse(text.trim()).map_err(|_| Problem::NotAnOrigin)?;
    let reach = network.reach();
    reach
        .check(&url)
        .map_err(|_| Problem::WebhookOutOfReach)
        .map(|()| url)
}

impl Network {
    /// The same for whoever sends.
    pub(crate) fn reach(self) -> hallpass::auth::outgoing::Reach {
        match self {
            Self::Public => hallpass::auth::outgoing::Reach::Learned,
            Self::Any => hallpass::auth::outgoing::Reach::Configured,
        }
    }
}

/// All unless some are named.
fn events(given: Option<Given>) -> Result<Vec<EventKind>, Trouble> {
    let Some(Given { texts, place }) = given else {
        return Ok(EventKind::all().collect());
    };
    let kinds = texts.iter().map(|text| {
        EventKind::of(text.trim()).ok_or_else(|| Trouble {
            place: place.clone(),
            problem: Problem::NoSuchChoice {
                value: text.clone(),
                choices: "`user.created`, `user.updated`, `user.deleted`, `session.created`, `session.revoked`, \
                          `account.linked` and `account.unlinked`",
            },
        })
    });
    kinds.collect()
}

#[cfg(test)]
mod tests {
    use super::super::read::config;
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Vec<Webhook>, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.webhooks).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn an_endpoint_has_a_name_an_address_and_secrets() {
        let text = format!(
            "[webhooks.billing]\nurl = 'https://b.example.com/h?t=planted'\nsecrets = ['{SECRET}']\n\
             [webhooks.crm]\nurl = 'http://10.0.0.7/h'\nprivate = true\nevents = ['user.created', 'session.revoked']"
        );
        let both = format!("{SECRET} {SECRET}");
        let webhooks = read(&text, &[("HALLPASS_WEBHOOK_CRM_SECRETS", &both)]).unwrap();
        let [billing, crm] = webhooks.as_slice() else {
            panic!("{webhooks:?}");
        };
        assert_eq!(
            (billing.name.as_str(), billing.network),
            ("billing", Network::Public)
        );
        assert_eq!((billing.events.len(), billing.secrets.len()), (7, 1));
        assert_eq!(
            crm.events,
            [EventKind::UserCreated, EventKind::SessionRevoked]
        );
        assert_eq!((crm.network, crm.secrets.len()), (Network::Any, 2));
        let shown = format!("{webhooks:?}");
        assert!(
            !shown.contains("MfKQ") && !shown.contains("planted"),
            "{shown}"
        );
    }

    #[test]
    fn what_cannot_be_used_is_named_and_no_secret_shown() {
        let head = "[webhooks.a]\nurl = 'https://a.example.com'\n";
        for (text, message) in [
            (
                format!("[webhooks.'A b']\nsecrets = ['{SECRET}']"),
                "cannot be called `A b`",
            ),
            (
                format!("[webhooks.a]\nsecrets = ['{SECRET}']"),
                "needs `url`",
            ),
            (head.to_owned(), "needs `secrets`"),
            (format!("{head}secrets = []"), "needs `secrets`"),
            (
                format!("{head}secrets = 'planted'"),
                "this is no secret for webhooks",
            ),
            (
                format!("{head}secrets = '{SECRET}'\nevents = ['user.*']"),
                "`user.*` is not one of",
            ),
            (
                format!("{head}secrets = '{SECRET}'\nprivate = 'maybe'"),
                "`maybe` is not one of",
            ),
            (
                format!("{head}secrets = '{SECRET}'\nsecret = 'planted'"),
                "unknown key `webhooks.a.secret`",
            ),
            (
                format!("[webhooks.a]\nurl = 'http://a.example.com'\nsecrets = '{SECRET}'"),
                "is not public",
            ),
            (
                format!("[webhooks.a]\nurl = 'https://169.254.169.254/x'\nsecrets = '{SECRET}'"),
                "is not public",
            ),
            (
                format!("[webhooks.a]\nurl = 'planted'\nsecrets = '{SECRET}'"),
                "is not a web address",
            ),
            ("webhooks = 'a'".to_owned(), "`webhooks` must be a table"),
        ] {
            let error = read(&text, &[]).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
            assert!(
                !error.contains("planted") && !error.contains("MfKQ"),
                "{error}"
            );
        }
    }
}
