//! Reads `hallpass.toml`. Unknown keys are errors: a misspelt setting must not be silently without effect.
//!
//! SECURITY: messages name the place and never show the line; the line may hold a secret.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::keys;
use super::problem::{Problem, Trouble};
use super::source::{Given, Place, ProviderTable, Settings};

/// What the text of a file says.
pub(super) struct Contents {
    pub(super) settings: Settings,
    /// In their order there.
    pub(super) providers: Vec<ProviderTable>,
    /// Endpoints of webhooks, in their order.
    pub(super) webhooks: Vec<ProviderTable>,
    /// Everything that is wrong with it.
    pub(super) troubles: Vec<Trouble>,
}

/// Reads the text of a file.
pub(super) fn read(name: &str, text: &str) -> Contents {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        name,
        text,
        settings: Settings::new(),
        providers: Vec::new(),
        webhooks: Vec::new(),
        found: Vec::new(),
    };
    for error in &errors {
        let byte = error.span().map_or(text.len(), |span| span.start);
        reader.report(byte, Problem::Syntax(error.message().to_owned()));
    }
    // What was recovered from broken text may be anything.
    if errors.is_empty() {
        reader.table("", table.get_ref());
    }
    reader.found.sort_by_key(|(byte, _)| *byte);
    reader.providers.sort_by_key(|(byte, _)| *byte);
    reader.webhooks.sort_by_key(|(byte, _)| *byte);
    let place = |byte| Place::in_file(name, text, byte);
    let troubles = reader.found.into_iter();
    let troubles = troubles.map(|(byte, problem)| Trouble {
        place: place(byte),
        problem,
    });
    Contents {
        settings: reader.settings,
        providers: reader
            .providers
            .into_iter()
            .map(|(_, table)| table)
            .collect(),
        webhooks: reader
            .webhooks
            .into_iter()
            .map(|(_, table)| table)
            .collect(),
        troubles: troubles.collect(),
    }
}

/// Where the providers are.
const PROVIDERS: &str = "providers";
/// Where endpoints of webhooks are.
const WEBHOOKS: &str = "webhooks";

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    settings: Settings,
    /// The providers, and the byte each begins at.
    providers: Vec<(usize, ProviderTable)>,
    /// The endpoints of webhooks, and the byte each begins at.
    webhooks: Vec<(usize, ProviderTable)>,
    /// What is wrong, and the byte it begins at.
    found: Vec<(usize, Problem)>,
}

impl Reader<'_> {
    fn table(&mut self, parent: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if parent.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{parent}.{}", key.get_ref())
            };
            self.entry(&path, key.span().start, value.span().start, value.get_ref());
        }
    }

    fn entry(&mut self, path: &str, key_at: usize, value_at: usize, value: &DeValue<'_>) {
        match (keys::find(path), value) {
            (None, DeValue::Table(table)) if path == PROVIDERS => self.providers(table),
            (None, DeValue::Table(table)) if path == WEBHOOKS => self.webhooks(table),
            (None, _) if path == PROVIDERS || path == WEBHOOKS => self.not_a_table(path, key_at),
            (None, DeValue::Table(table)) if keys::is_table(path) => self.table(path, table),
            (None, _) if keys::is_table(path) => self.not_a_table(path, key_at),
            (None, _) => self.report(
                key_at,
                Problem::UnknownKey {
                    key: path.to_owned(),
                    nearest: keys::nearest(path),
                },
            ),
            (Some(key), DeValue::Table(table)) if keys::PAIRS.contains(&path) => {
                self.pairs(key.path, key_at, table);
            }
            (Some(key), value) => match texts(value, key.list) {
                Some(texts) => {
                    let place = Place::in_file(self.name, self.text, key_at);
                    self.settings.insert(key.path, Given { texts, place });
                }
                None => self.report(
                    value_at,
                    Problem::WrongKind {
                        key: key.path,
                        list: key.list,
                    },
                ),
            },
        }
    }

    /// What stands by name, as the list has it.
    fn pairs(&mut self, path: &'static str, key_at: usize, table: &DeTable<'_>) {
        let mut texts = Vec::new();
        for (name, value) in table {
            match text(value.get_ref()) {
                Some(value) => texts.push(format!("{}={value}", name.get_ref())),
                None => {
                    let key = format!("{path}.{}", name.get_ref());
                    self.report(name.span().start, Problem::NotAText { key });
                }
            }
        }
        let place = Place::in_file(self.name, self.text, key_at);
        self.settings.insert(path, Given { texts, place });
    }

    fn not_a_table(&mut self, path: &str, key_at: usize) {
        let key = path.to_owned();
        self.report(key_at, Problem::NotATable { key });
    }

    /// One table each; which keys it may hold is known to `providers`.
    fn providers(&mut self, tables: &DeTable<'_>) {
        for (name, value) in tables {
            let at = name.span().start;
            let DeValue::Table(table) = value.get_ref() else {
                self.not_a_table(&format!("{PROVIDERS}.{}", name.get_ref()), at);
                continue;
            };
            let mut provider = ProviderTable {
                id: name.get_ref().to_string(),
                place: Place::in_file(self.name, self.text, at),
                settings: BTreeMap::new(),
            };
            self.provider_entries("", table, &mut provider);
            self.providers.push((at, provider));
        }
    }

    /// One table each, whose entries may be lists; which keys it may hold is known to `webhooks`.
    fn webhooks(&mut self, tables: &DeTable<'_>) {
        for (name, value) in tables {
            let at = name.span().start;
            let DeValue::Table(table) = value.get_ref() else {
                self.not_a_table(&format!("{WEBHOOKS}.{}", name.get_ref()), at);
                continue;
            };
            let mut settings = BTreeMap::new();
            for (key, value) in table {
                let place = Place::in_file(self.name, self.text, key.span().start);
                let path = key.get_ref().to_string();
                match texts(value.get_ref(), true) {
                    Some(texts) => {
                        settings.insert(path, Given { texts, place });
                    }
                    None => self.report(key.span().start, Problem::NotAText { key: path }),
                }
            }
            let table = ProviderTable {
                id: name.get_ref().to_string(),
                place: Place::in_file(self.name, self.text, at),
                settings,
            };
            self.webhooks.push((at, table));
        }
    }

    /// The entries of a provider's table, and of the tables within it.
    fn provider_entries(
        &mut self,
        parent: &str,
        table: &DeTable<'_>,
        provider: &mut ProviderTable,
    ) {
        for (key, value) in table {
            let path = format!("{parent}{}", key.get_ref());
            let place = Place::in_file(self.name, self.text, key.span().start);
            match value.get_ref() {
                DeValue::Table(table) if parent.is_empty() => {
                    self.provider_entries(&format!("{path}."), table, provider);
                }
                value => match text(value) {
                    Some(text) => {
                        let texts = vec![text];
                        provider.settings.insert(path, Given { texts, place });
                    }
                    None => self.report(key.span().start, Problem::NotAText { key: path }),
                },
            }
        }
    }

    fn report(&mut self, byte: usize, problem: Problem) {
        self.found.push((byte, problem));
    }
}

/// The value as text; whether `"3000"` or `3000` was written makes no difference.
fn texts(value: &DeValue<'_>, list: bool) -> Option<Vec<String>> {
    match value {
        DeValue::Array(items) if list => items.iter().map(|item| text(item.get_ref())).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let troubles = read("hallpass.toml", text).troubles;
        troubles.iter().map(Trouble::to_string).collect()
    }

    #[test]
    fn settings_are_read_whether_text_or_number() {
        let Contents {
            settings, troubles, ..
        } = read(
            "hallpass.toml",
            "port = 8080\ntrust_host = true\nsecret = [\"new\", \"old\"]\n[email]\nport = \"587\"\n",
        );
        assert!(troubles.is_empty(), "{troubles:?}");
        let texts = |path| settings.get(path).map(|given| given.texts.clone());
        assert_eq!(texts("port"), Some(vec!["8080".to_owned()]));
        assert_eq!(texts("trust_host"), Some(vec!["true".to_owned()]));
        assert_eq!(
            texts("secret"),
            Some(vec!["new".to_owned(), "old".to_owned()])
        );
        assert_eq!(texts("email.port"), Some(vec!["587".to_owned()]));
    }

    #[test]
    fn unknown_keys_name_file_line_and_nearest_key() {
        assert_eq!(
            messages(
                "app = \"todos\"\nprot = 3000\n\n[email]\n  fron = \"a@b.c\"\n[nothing_like_it]\nx = 1\n"
            ),
            [
                "hallpass.toml:2:1: unknown key `prot`",
                "hallpass.toml:5:3: unknown key `email.fron`",
                "hallpass.toml:6:2: unknown key `nothing_like_it`",
            ]
        );
        let troubles = read("hallpass.toml", "prot = 1").troubles;
        assert_eq!(troubles[0].problem.help(), "did you mean `port`?");
    }

    #[test]
    fn wrong_kinds_are_named() {
        let rows = [
            (
                "port = [1]",
                "hallpass.toml:1:8: `port` must be one text, number or boolean",
            ),
            ("\nemail = 3", "hallpass.toml:2:1: `email` must be a table"),
            (
                "secret = [[1]]",
                "hallpass.toml:1:10: `secret` must be a text or a list of texts",
            ),
            (
                "port = 1.5",
                "hallpass.toml:1:8: `port` must be one text, number or boolean",
            ),
        ];
        for (text, message) in rows {
            assert_eq!(messages(text), [message], "{text}");
        }
    }

    #[test]
    fn broken_text_names_the_place_and_never_shows_the_line() {
        let all = messages("port = 3000\nsecret = \"planted-secret\n");
        assert!(!all.is_empty());
        assert!(all[0].starts_with("hallpass.toml:2:"), "{all:?}");
        assert!(!all.concat().contains("planted"), "{all:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,80}") {
            read("hallpass.toml", &text);
        }

        #[test]
        fn no_toml_like_text_panics(text in "[a-z.\\[\\]=\"'\n# 0-9{},\\\\]{0,80}") {
            read("hallpass.toml", &text);
        }
    }
}
