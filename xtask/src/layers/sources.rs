//! Rules about source text: where SQL may stand, and that no file names a package registry.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::literals::{Literal, literals};

/// Where SQL text belongs: the emitter, the triggers, the catalogue queries of the drivers, and the databases that tests
/// make and drop.
const SQL_PLACES: &[&str] = &[
    "crates/sql/",
    "crates/changes/",
    "crates/db/src/drivers/",
    "crates/db/src/testing",
];

/// Upper case alone tells these are SQL; in lower case the second word must follow.
const STATEMENTS: &[(&str, &str)] = &[
    ("select", " from "),
    ("insert", " into "),
    ("update", " set "),
    ("delete", " from "),
    ("create", " table "),
    ("create", " index "),
    ("create", " trigger "),
    ("alter", " table "),
    ("drop", " table "),
    ("truncate", " table "),
];

/// Hosts of package registries: tools know theirs. Written in two parts, for this file is checked too.
const REGISTRIES: &[&str] = &[
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("//crates", ".io"),
    concat!("pypi", ".org"),
    concat!("files.pythonhosted", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Cargo writes the name of its registry into every entry.
const MAY_NAME_REGISTRIES: &[&str] = &["Cargo.lock", "fuzz/Cargo.lock"];

/// Files this large are data.
const LIMIT: u64 = 4 << 20;

/// Every line that breaks a rule.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut mistakes = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .unwrap_or(file)
            .to_string_lossy()
            .replace('\\', "/");
        if let Some(text) = read(file)? {
            mistakes.extend(check_file(&name, &text));
        }
    }
    Ok(mistakes)
}

/// The text of a file; `None` where it is not text, or went away meanwhile.
fn read(file: &Path) -> Result<Option<String>> {
    let Ok(metadata) = file.metadata() else {
        return Ok(None);
    };
    if metadata.len() > LIMIT {
        return Ok(None);
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8(bytes).ok())
}

fn check_file(name: &str, text: &str) -> Vec<String> {
    let mut mistakes = registries(name, text);
    if must_not_hold_sql(name) {
        mistakes.extend(statements(name, text));
    }
    mistakes
}

fn registries(name: &str, text: &str) -> Vec<String> {
    if MAY_NAME_REGISTRIES.contains(&name) {
        return Vec::new();
    }
    let named = |line: &str| REGISTRIES.iter().find(|host| line.contains(**host));
    let lines = text
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| Some((number, named(line)?)));
    // One is enough: a lock file would name it a thousand times.
    let first = lines.take(1).map(|(number, host)| {
        format!("{name}:{number}: names the package registry `{host}`; leave the host to the tool's settings")
    });
    first.collect()
}

/// Shipped code outside the folders of SQL.
fn must_not_hold_sql(name: &str) -> bool {
    let shipped = name.ends_with(".rs")
        && name.contains("/src/")
        && ["crates/", "examples/"]
            .iter()
            .any(|place| name.starts_with(place));
    let is_test =
        name.ends_with("/tests.rs") || name.contains("/tests/") || name.contains("/src/suite/");
    shipped && !is_test && !SQL_PLACES.iter().any(|place| name.starts_with(place))
}

fn statements(name: &str, text: &str) -> Vec<String> {
    // Tests stand last and may name the SQL they expect.
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let say = |literal: Literal<'_>| {
        let start: String = literal.text.trim_start().chars().take(30).collect();
        format!(
            "{name}:{}: holds the SQL text `{start}…`; only `sql`, `changes` and the drivers of `db` write SQL",
            literal.line
        )
    };
    literals(shipped)
        .into_iter()
        .filter(|literal| is_statement(literal.text))
        .map(say)
        .collect()
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start();
    let spaced = text
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        + " ";
    STATEMENTS.iter().any(|(verb, second)| {
        let upper = text.starts_with(&format!("{} ", verb.to_uppercase()));
        upper
            || (text.starts_with(verb)
                && spaced.starts_with(&format!("{verb} "))
                && spaced.contains(second))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_text_is_recognised_and_english_is_not() {
        for text in [
            "SELECT 1",
            "  INSERT INTO t",
            "select a\n from b",
            "delete from t",
            "CREATE UNIQUE INDEX i",
            "update t set a = 1",
        ] {
            assert!(is_statement(text), "{text}");
        }
        for text in [
            "select a provider",
            "Update your address",
            "selected from a list",
            "delete the todo",
            "create",
            "Select one from these",
        ] {
            assert!(!is_statement(text), "{text}");
        }
    }

    #[test]
    fn sql_stands_only_in_its_folders_and_in_tests() {
        let source = "fn f() { g(\"SELECT 1\") }";
        assert_eq!(
            check_file("crates/data/src/client.rs", source),
            [
                "crates/data/src/client.rs:1: holds the SQL text `SELECT 1…`; only `sql`, `changes` and the drivers of `db` write SQL"
            ]
        );
        for name in [
            "crates/sql/src/emit.rs",
            "crates/db/src/drivers/sqlite.rs",
            "crates/db/tests/it.rs",
            "crates/data/src/tests.rs",
            "crates/data/src/suite/finding.rs",
            "bench/src/main.rs",
        ] {
            assert!(check_file(name, source).is_empty(), "{name}");
        }
        let tested = "fn f() {}\n#[cfg(test)]\nmod tests { const A: &str = \"SELECT 1\"; }";
        assert!(check_file("crates/data/src/client.rs", tested).is_empty());
    }

    #[test]
    fn a_registry_is_named_by_no_file_but_cargos_own() {
        let text = format!(
            "\n\"resolved\": \"https://{}/x\"\n",
            concat!("registry.npmjs", ".org")
        );
        let mistakes = check_file("interop/client/package-lock.json", &text);
        assert!(
            mistakes
                .concat()
                .starts_with("interop/client/package-lock.json:2: names the package registry"),
            "{mistakes:?}"
        );
        assert!(
            check_file(
                "Cargo.lock",
                concat!("registry+https://github.com/rust-lang/crates", ".io-index")
            )
            .is_empty()
        );
    }
}
