//! What the change log is about, and where users are told of: the settings under `[changes]` and `[sync]`.

use std::time::Duration;

use hallpass::auth::secret::Secret;
use hallpass::changes::{Deletion, Retention};

use super::problem::Problem;
use super::read::{Choices, Reader, names};
use super::source::Place;
use super::{keys, span};

/// How often the change log is looked at unless a setting says otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where users are told of, and how.
#[derive(Debug, Clone)]
pub(crate) struct Sync {
    /// What becomes of what is told of users who go.
    pub(crate) deletion: Deletion,
    /// Other databases that are told, by name.
    pub(crate) targets: Vec<Target>,
    /// How often the change log is looked at.
    pub(crate) interval: Duration,
}

/// A database that is told of users.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// By which it is called everywhere.
    pub(crate) name: String,
    /// Where it is, password included.
    pub(crate) url: Secret,
}

impl Reader {
    /// The models that are tracked beside the users and those with `@@track`.
    pub(super) fn track(&mut self) -> Vec<String> {
        let (texts, _) = self.texts("changes.track");
        names(&texts)
    }

    /// What of the log is kept; everything unless something is said.
    pub(super) fn retention(&mut self) -> Retention {
        Retention {
            age: self.parsed("changes.keep", span::interval).flatten(),
            most: self.parsed("changes.most", count),
            most_bytes: self.parsed("changes.most_bytes", count),
        }
    }

    /// Where users are told of, and how.
    pub(super) fn sync(&mut self) -> Sync {
        let interval = self.parsed("sync.interval", span::interval).flatten();
        Sync {
            deletion: self.choice("sync.deletion", &DELETIONS).unwrap_or_default(),
            targets: self.targets(),
            interval: interval.unwrap_or(INTERVAL),
        }
    }

    /// A variable holds all of them, with blanks between: addresses may have commas.
    fn targets(&mut self) -> Vec<Target> {
        let (texts, place) = self.texts(keys::TARGETS);
        let words: Vec<&str> = match place {
            Place::Variable(_) => texts
                .iter()
                .flat_map(|text| text.split_whitespace())
                .collect(),
            _ => texts.iter().map(String::as_str).collect(),
        };
        let mut targets: Vec<Target> = Vec::new();
        for word in words {
            match target(word) {
                None => {
                    self.report::<()>(place.clone(), Problem::NotATarget);
                }
                Some(target) if targets.iter().any(|one| one.name == target.name) => {
                    self.report::<()>(place.clone(), Problem::TwoTargets(target.name));
                }
                Some(target) => targets.push(target),
            }
        }
        targets
    }
}

/// What becomes of what is told of users who go.
const DELETIONS: Choices<Deletion> = Choices {
    text: "`soft` and `hard`",
    rows: &[("soft", Deletion::Soft), ("hard", Deletion::Hard)],
};

/// How addresses of databases begin.
const SCHEMES: [&str; 6] = [
    "postgres://",
    "postgresql://",
    "mysql://",
    "mariadb://",
    "sqlite:",
    "file:",
];

/// `billing=postgres://…`.
fn target(text: &str) -> Option<Target> {
    let (name, url) = text.split_once('=')?;
    let (name, url) = (name.trim(), url.trim());
    let is_known = SCHEMES.iter().any(|scheme| url.starts_with(scheme));
    (is_name(name) && is_known).then(|| Target {
        name: name.to_owned(),
        url: Secret::new(url),
    })
}

/// Whether this can name a target: it stands in tables, in measurements and on the command line.
pub(super) fn is_name(text: &str) -> bool {
    let plain =
        |sign: u8| sign.is_ascii_lowercase() || sign.is_ascii_digit() || b"-_".contains(&sign);
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

fn count(text: &str) -> Result<u64, Problem> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Problem::NotANumber(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn sync(text: &str, variables: &[(&str, &str)]) -> Result<Sync, Vec<String>> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.sync).map_err(|error| {
            let troubles = error.0.iter();
            troubles.map(ToString::to_string).collect()
        })
    }

    fn targets(text: &str, variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let targets = sync(text, variables).unwrap().targets.into_iter();
        let pair = |one: Target| (one.name, one.url.expose().to_owned());
        targets.map(pair).collect()
    }

    #[test]
    fn targets_stand_in_a_table_in_a_list_or_in_one_variable() {
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        let both = [
            pair("billing", "postgres://u:p@one,two/db?sslmode=require"),
            pair("crm-2", "sqlite:./crm.db"),
        ];
        let table = "[sync.targets]\nbilling = 'postgres://u:p@one,two/db?sslmode=require'\ncrm-2 = 'sqlite:./crm.db'";
        assert_eq!(targets(table, &[]), both);
        let list = "[sync]\ntargets = ['billing=postgres://u:p@one,two/db?sslmode=require', 'crm-2=sqlite:./crm.db']";
        assert_eq!(targets(list, &[]), both);
        let variable = "billing=postgres://u:p@one,two/db?sslmode=require  crm-2=sqlite:./crm.db";
        assert_eq!(targets("", &[("HALLPASS_SYNC_TARGETS", variable)]), both);
        assert_eq!(
            targets(table, &[("HALLPASS_SYNC_TARGETS", "x=sqlite:y")]).len(),
            1
        );
        assert!(targets("", &[]).is_empty());
    }

    #[test]
    fn what_is_no_target_is_named_and_not_shown() {
        for (text, message) in [
            (
                "sync.targets = 'postgres://u:planted@h/d?a=b'",
                "not a name and the address",
            ),
            (
                "sync.targets = 'billing=redis://planted'",
                "not a name and the address",
            ),
            (
                "[sync.targets]\nBilling = 'postgres://planted'",
                "not a name and the address",
            ),
            (
                "[sync.targets]\n'a b' = 'postgres://planted'",
                "not a name and the address",
            ),
            (
                "sync.targets = ['a=sqlite:planted', 'a=sqlite:planted']",
                "are called `a`",
            ),
            (
                "[sync.targets]\na = ['planted']",
                "`sync.targets.a` must be one text",
            ),
            ("[sync]\ninterval = 'often'", "is not a span of time"),
        ] {
            let troubles = sync(text, &[]).unwrap_err().join("; ");
            assert!(troubles.contains(message), "{text}: {troubles}");
            assert!(!troubles.contains("planted"), "{troubles}");
        }
        let kept = sync("sync.targets = 'a=postgres://u:planted@h/d'", &[]).unwrap();
        assert!(!format!("{kept:?}").contains("planted"));
    }

    #[test]
    fn the_log_is_looked_at_every_second_unless_said() {
        assert_eq!(sync("", &[]).unwrap().interval, INTERVAL);
        let minute = [("HALLPASS_SYNC_INTERVAL", "1m")];
        assert_eq!(sync("", &minute).unwrap().interval, Duration::from_secs(60));
    }
}
