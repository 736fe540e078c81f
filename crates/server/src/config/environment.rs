//! Reads the environment variables: the names of Auth.js, and the usual ones of mail and database.
//!
//! An empty variable counts as not set: that is how `.env` files leave settings out.

use std::collections::BTreeMap;
use std::fmt;

use super::keys::{KEYS, NEWER_SECRETS};
use super::problem::{Problem, Trouble};
use super::source::{Given, Place, Settings};

/// The variables of the process, as far as they are readable text.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, Option<String>>,
}

// SECURITY: any value may be a secret.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Environment(..)")
    }
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
            .collect();
        Self { variables }
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), Some((*value).to_owned()));
        Self {
            variables: variables.iter().map(owned).collect(),
        }
    }

    /// What to log: `info`, `debug`, or by target as in `hallpass=debug`.
    pub(crate) fn log_filter(&self) -> Option<&str> {
        self.variables
            .get("RUST_LOG")?
            .as_deref()
            .filter(|filter| !filter.is_empty())
    }

    /// Whether the person wants no colours.
    pub(crate) fn no_color(&self) -> bool {
        self.variables
            .get("NO_COLOR")
            .is_some_and(|value| value.as_deref() != Some(""))
    }

    fn get(&self, name: &'static str) -> Result<Option<&str>, Trouble> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value.as_str()).filter(|value| !value.is_empty())),
            Some(None) => Err(Trouble {
                place: Place::Variable(name),
                problem: Problem::NotUnicode,
            }),
        }
    }
}

impl Environment {
    /// What a variable says whose name is made of a provider's.
    pub(super) fn of_provider(&self, name: &str) -> Result<Option<&str>, Trouble> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value.as_str()).filter(|value| !value.is_empty())),
            Some(None) => Err(Trouble {
                place: Place::ProviderVariable(name.to_owned()),
                problem: Problem::NotUnicode,
            }),
        }
    }
}

/// The settings in the environment, and everything that is wrong with them.
pub(super) fn read(environment: &Environment) -> (Settings, Vec<Trouble>) {
    let mut settings = Settings::new();
    let mut troubles = Vec::new();
    let mut get = |name| {
        environment.get(name).unwrap_or_else(|trouble| {
            troubles.push(trouble);
            None
        })
    };
    for key in KEYS {
        let found = key
            .variables
            .iter()
            .find_map(|name| Some((*name, get(name)?)));
        if let Some((name, value)) = found {
            let given = Given {
                texts: vec![value.to_owned()],
                place: Place::Variable(name),
            };
            settings.insert(key.path, given);
        }
    }
    let newer: Vec<_> = NEWER_SECRETS
        .iter()
        .filter_map(|name| Some((*name, get(name)?)))
        .collect();
    add_newer_secrets(&mut settings, &newer);
    (settings, troubles)
}

fn add_newer_secrets(settings: &mut Settings, newer: &[(&'static str, &str)]) {
    let Some((first, _)) = newer.first() else {
        return;
    };
    let secrets = settings.entry("secret").or_insert_with(|| Given {
        texts: Vec::new(),
        place: Place::Variable(first),
    });
    let texts = newer.iter().map(|(_, value)| (*value).to_owned());
    secrets.texts.splice(0..0, texts);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(variables: &[(&str, &str)], path: &str) -> Option<Vec<String>> {
        let (settings, troubles) = read(&Environment::of(variables));
        assert!(troubles.is_empty());
        settings.get(path).map(|given| given.texts.clone())
    }

    #[test]
    fn newer_secrets_stand_before_older_ones() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a [&'a str]>);
        let rows: [Row<'_>; 6] = [
            (&[], None),
            (&[("AUTH_SECRET", "")], None),
            (
                &[("AUTH_SECRET", "a"), ("NEXTAUTH_SECRET", "n")],
                Some(&["a"]),
            ),
            (
                &[("NEXTAUTH_SECRET", "n"), ("AUTH_SECRET_1", "1")],
                Some(&["1", "n"]),
            ),
            (
                &[
                    ("AUTH_SECRET", "a"),
                    ("AUTH_SECRET_1", "1"),
                    ("AUTH_SECRET_2", "2"),
                    ("AUTH_SECRET_3", "3"),
                    ("AUTH_SECRET_4", "4"),
                ],
                Some(&["3", "2", "1", "a"]),
            ),
            (&[("AUTH_SECRET_2", "2")], Some(&["2"])),
        ];
        for (variables, secrets) in rows {
            let secrets =
                secrets.map(|secrets| secrets.iter().map(|text| (*text).to_owned()).collect());
            assert_eq!(texts(variables, "secret"), secrets, "{variables:?}");
        }
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert_eq!(
            texts(&[("AUTH_URL", ""), ("NEXTAUTH_URL", "http://a")], "url"),
            Some(vec!["http://a".to_owned()])
        );
        assert_eq!(texts(&[("PORT", "")], "port"), None);
    }

    #[test]
    fn a_variable_that_is_no_text_is_reported() {
        let mut environment = Environment::default();
        environment.variables.insert("AUTH_SECRET".to_owned(), None);
        environment.variables.insert("UNRELATED".to_owned(), None);
        let (_, troubles) = read(&environment);
        let messages: Vec<_> = troubles.iter().map(Trouble::to_string).collect();
        assert_eq!(
            messages,
            ["AUTH_SECRET: the value is not readable text (UTF-8)"]
        );
    }
}
