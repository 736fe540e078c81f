//! Names of the schema as Rust has them.

use std::collections::HashMap;
use std::fmt;

/// Words that are names only as `r#word`.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that are no names in any form.
const RESERVED: &[&str] = &["_", "Self", "crate", "self", "super"];

/// Methods that clients have, of their own or of every value. A table of this name gets [`TABLE`] behind it.
const METHODS: &[&str] = &[
    "apply_row_security",
    "as_ref",
    "attribute",
    "attributed_to",
    "batch",
    "borrow",
    "borrow_mut",
    "call",
    "call_procedure",
    "can_hold",
    "catalog",
    "change_to_add_time_zone",
    "change_to_remove_violations",
    "changes_to_keep",
    "changes_to_mend",
    "clone",
    "clone_into",
    "close",
    "complete_person",
    "count",
    "counts_upserted_rows",
    "create",
    "create_missing",
    "create_missing_tables",
    "delete",
    "delete_many",
    "dialect",
    "eq",
    "explain",
    "find_first",
    "find_many",
    "find_person",
    "find_unique",
    "fitted",
    "fmt",
    "for_user",
    "found",
    "has_row_security",
    "hold",
    "into",
    "keeps",
    "key",
    "limits",
    "lookups_of_rules",
    "make",
    "new",
    "procedure",
    "query_for_mending",
    "query_for_violations",
    "raw",
    "row_security",
    "schema",
    "to_owned",
    "to_string",
    "transaction",
    "transaction_with",
    "transaction_within",
    "try_into",
    "type_id",
    "update",
    "update_many",
    "upsert",
    "violations",
    "wakes",
    "with_limits",
];

/// What stands behind the name of a table whose name a client's method has.
const TABLE: &str = "_table";

/// `createdAt` as a function or field: `created_at`.
pub(crate) fn snake(name: &str) -> String {
    plain(&snake_words(name))
}

/// The method of clients for a model.
pub(crate) fn table(model: &str) -> String {
    let name = snake_words(model);
    if METHODS.contains(&name.as_str()) {
        return name + TABLE;
    }
    plain(&name)
}

/// As a name, whatever word it is.
fn plain(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else if RESERVED.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

fn snake_words(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        if letter.is_ascii_uppercase() && begins_word(before, after) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Whether a word begins with the capital between these: `userId`, `userIDCard`.
fn begins_word(before: Option<&char>, after: Option<&char>) -> bool {
    let Some(before) = before.filter(|before| **before != '_') else {
        return false;
    };
    !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase)
}

/// `todo_item`, `TODO_ITEM` and `todoItem` as a type or a variant: `TodoItem`.
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for part in name.split('_') {
        let is_loud = !part.bytes().any(|byte| byte.is_ascii_lowercase());
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        let rest = letters.as_str();
        camel.push_str(&if is_loud {
            rest.to_ascii_lowercase()
        } else {
            rest.to_owned()
        });
    }
    let is_name = camel.starts_with(|first: char| first.is_ascii_alphabetic());
    match (is_name, camel.as_str()) {
        (true, name) => plain(name),
        (false, "") => "__".to_owned(),
        (false, name) => format!("_{name}"),
    }
}

/// Two things that would have one name in Rust.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    first: String,
    second: String,
    name: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} and {} are both `{}` in Rust: rename one of them (`@map` and `@@map` keep the name in the database)",
            self.first, self.second, self.name
        )
    }
}

/// The names of one scope, each of one thing.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    known: HashMap<String, String>,
}

impl Scope {
    /// Takes a name for something: `` model `Todo` ``.
    pub(crate) fn take(&mut self, name: &str, what: String) -> Result<(), Clash> {
        match self.known.get(name) {
            Some(first) => Err(Clash {
                first: first.clone(),
                second: what,
                name: name.to_owned(),
            }),
            None => {
                self.known.insert(name.to_owned(), what);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_those_of_rust() {
        for (name, snaked, cameled) in [
            ("createdAt", "created_at", "CreatedAt"),
            ("userID", "user_id", "UserID"),
            ("HTTPServer", "http_server", "HTTPServer"),
            ("access_token", "access_token", "AccessToken"),
            ("IN_PROGRESS", "in_progress", "InProgress"),
            ("USER", "user", "User"),
            ("oauth2Token", "oauth2_token", "Oauth2Token"),
            ("type", "r#type", "Type"),
            ("self", "self_", "Self_"),
            ("_", "__", "__"),
            ("_2fa", "_2fa", "_2fa"),
            ("a__b", "a__b", "AB"),
            ("X", "x", "X"),
        ] {
            assert_eq!(snake(name), snaked, "{name}");
            assert_eq!(camel(name), cameled, "{name}");
        }
    }

    #[test]
    fn a_table_gives_way_to_a_method_of_clients() {
        assert_eq!(table("Todo"), "todo");
        assert_eq!(table("Transaction"), "transaction_table");
        assert_eq!(table("Match"), "r#match");
    }

    #[test]
    fn one_name_is_of_one_thing() {
        let mut scope = Scope::default();
        assert_eq!(scope.take("foo_bar", "field `fooBar`".to_owned()), Ok(()));
        let clash = scope.take("foo_bar", "field `foo_bar`".to_owned());
        assert_eq!(
            clash.unwrap_err().to_string(),
            "field `fooBar` and field `foo_bar` are both `foo_bar` in Rust: rename one of them (`@map` and `@@map` keep the \
             name in the database)"
        );
    }

    /// A method of clients comes before that of the trait, so a table of its name could not be reached.
    #[test]
    fn every_method_of_clients_is_known() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/src");
        let mut methods = BTreeSet::new();
        read_methods(&data, &mut methods);
        assert!(
            methods.contains("for_user") && methods.contains("call"),
            "{methods:?}"
        );
        let unknown: Vec<_> = methods
            .iter()
            .filter(|name| !METHODS.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    fn read_methods(directory: &Path, methods: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_methods(&path, methods);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let mut is_client = false;
            for line in text.lines() {
                if !line.starts_with([' ', '}', '/', '#']) && !line.is_empty() {
                    is_client = line.starts_with("impl Client ");
                }
                let public = line.trim_start().strip_prefix("pub ").filter(|_| is_client);
                let method = public.map(|item| item.trim_start_matches("async "));
                let method = method.and_then(|item| item.strip_prefix("fn "));
                let end = |name: &str| name.find(['(', '<']);
                if let Some((method, end)) = method.and_then(|name| Some((name, end(name)?))) {
                    methods.extend(method.get(..end).map(str::to_owned));
                }
            }
        }
    }
}
