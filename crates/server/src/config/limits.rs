//! How often what may be tried, who counts, and which proxies are believed: the table `[limits]`.

use hallpass::auth::client::TrustedProxies;
use hallpass::auth::limit::LimitRules;
use hallpass::auth::secret::Secret;

use super::problem::Problem;
use super::read::{Choices, Reader};
use super::source::Place;

/// The settings of limits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    /// How often what may be tried.
    pub(crate) rules: LimitRules,
    /// Who counts.
    pub(crate) store: LimitStore,
    /// Whose word on where a request comes from is believed.
    pub(crate) proxies: TrustedProxies,
}

/// Who counts.
#[derive(Debug, Clone, Default)]
pub(crate) enum LimitStore {
    /// Each process for itself.
    #[default]
    Memory,
    /// All processes on one database together.
    Database,
    /// All processes on this Redis together.
    Redis(Secret),
}

/// The words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Memory,
    Database,
    Redis,
}

const STORES: Choices<Word> = Choices {
    text: "`memory`, `database` and `redis`",
    rows: &[
        ("memory", Word::Memory),
        ("database", Word::Database),
        ("redis", Word::Redis),
    ],
};

impl Reader {
    pub(super) fn limits(&mut self, database_url: Option<&Secret>) -> Option<Limits> {
        let rules = self.rules();
        let proxies = self.proxies();
        let store = self.store(database_url);
        Some(Limits {
            rules: rules?,
            store: store?,
            proxies: proxies?,
        })
    }

    fn rules(&mut self) -> Option<LimitRules> {
        let (lines, place) = self.texts("limits.quotas");
        let mut rules = LimitRules::default();
        for line in lines {
            rules = match rules.rule(&line) {
                Ok(rules) => rules,
                Err(invalid) => return self.report(place, Problem::Limit(invalid)),
            };
        }
        Some(rules)
    }

    /// A variable holds all of them, with commas or blanks between.
    fn proxies(&mut self) -> Option<TrustedProxies> {
        let (texts, place) = self.texts("limits.trusted_proxies");
        let words = texts.iter().flat_map(|text| text.split([',', ' ']));
        match TrustedProxies::parse(words.filter(|word| !word.is_empty())) {
            Ok(proxies) => Some(proxies),
            Err(invalid) => self.report(place, Problem::Proxy(invalid)),
        }
    }

    /// On a database server several processes may run, and counting together costs nobody anything to set up.
    fn store(&mut self, database_url: Option<&Secret>) -> Option<LimitStore> {
        let is_named = self.place("limits.store") != Place::Nowhere;
        let word = self.choice("limits.store", &STORES);
        if is_named && word.is_none() {
            return None;
        }
        let place = self.place("limits.redis_url");
        let url = self.text("limits.redis_url").map(Secret::new);
        let is_file = |url: &Secret| {
            let url = url.expose();
            url.starts_with("sqlite:") || url.starts_with("file:")
        };
        match (word, url) {
            (Some(Word::Memory), _) => Some(LimitStore::Memory),
            (Some(Word::Database), _) => Some(LimitStore::Database),
            (Some(Word::Redis), Some(url)) => Some(LimitStore::Redis(url)),
            (Some(Word::Redis), None) => self.report(place, Problem::NoRedis),
            (None, _) if database_url.is_some_and(is_file) => Some(LimitStore::Memory),
            (None, _) => Some(LimitStore::Database),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::config;
    use super::*;
    use crate::config::{Config, Environment};

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let needed = [
            ("AUTH_SECRET", "a"),
            ("DATABASE_URL", "postgres://localhost/x"),
        ];
        let environment = Environment::of(&[&needed, variables].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map_err(|error| {
            let troubles = error.0.iter();
            troubles.map(ToString::to_string).collect()
        })
    }

    #[test]
    fn who_counts_follows_from_the_database_unless_it_is_said() {
        let sqlite = ("DATABASE_URL", "sqlite:./x.db");
        let redis = "[limits]\nstore = \"redis\"\nredis_url = \"redis://localhost\"";
        for (text, variables, expected) in [
            ("", &[][..], "Database"),
            ("", &[sqlite], "Memory"),
            ("limits.store = \"database\"", &[sqlite], "Database"),
            ("limits.store = \"memory\"", &[], "Memory"),
            (redis, &[], "Redis(Secret(..))"),
            (redis, &[("HALLPASS_LIMITS_STORE", "memory")], "Memory"),
            (
                "limits.store = \"redis\"",
                &[("REDIS_URL", "redis://a")],
                "Redis(Secret(..))",
            ),
            ("", &[("REDIS_URL", "redis://a")], "Database"),
        ] {
            let config = read(text, variables).unwrap();
            assert_eq!(format!("{:?}", config.limits.store), expected, "{text}");
        }
    }

    #[test]
    fn proxies_stand_in_a_list_or_in_one_variable() {
        let expected = TrustedProxies::parse(["10.0.0.0/8", "fd00::1"]).unwrap();
        let text = "[limits]\ntrusted_proxies = [\"10.0.0.0/8\", \"fd00::1\"]";
        let variable = [("HALLPASS_TRUSTED_PROXIES", "10.0.0.0/8, fd00::1")];
        for config in [read(text, &[]), read("", &variable)] {
            assert_eq!(config.unwrap().limits.proxies, expected);
        }
    }

    #[test]
    fn limits_that_cannot_be_used_are_named_with_their_place() {
        for (text, message) in [
            (
                "limits.quotas = [\"mail per client: 1/1m\"]",
                "hallpass.toml:1:8: `mail` is nothing that is limited",
            ),
            (
                "limits.trusted_proxies = \"nginx\"",
                "hallpass.toml:1:8: `nginx` is no address and no network",
            ),
            (
                "limits.store = \"redis\"",
                "limits are to be counted in a Redis, and none is named",
            ),
            (
                "limits.store = \"mars\"",
                "hallpass.toml:1:8: `mars` is not one of `memory`, `database` and `redis`",
            ),
        ] {
            assert_eq!(read(text, &[]).unwrap_err(), [message], "{text}");
        }
    }
}
