//! Who may use whom. An arrow to anything not listed is a mistake.

use super::workspace::{Crate, Dependency, Kind, Workspace};

/// What one crate may use of ours.
#[derive(Debug)]
struct Row {
    name: &'static str,
    uses: &'static [&'static str],
    /// More, in its tests only.
    tests: &'static [&'static str],
}

const fn row(
    name: &'static str,
    uses: &'static [&'static str],
    tests: &'static [&'static str],
) -> Row {
    Row { name, uses, tests }
}

const ARROWS: &[Row] = &[
    row("hallpass-sql", &[], &[]),
    row("hallpass-zmodel", &[], &[]),
    row("hallpass-auth", &[], &[]),
    row("hallpass-db", &["hallpass-sql"], &[]),
    row(
        "hallpass-data",
        &["hallpass-zmodel", "hallpass-db", "hallpass-sql"],
        &[],
    ),
    row(
        "hallpass-changes",
        &[
            "hallpass-data",
            "hallpass-zmodel",
            "hallpass-db",
            "hallpass-sql",
        ],
        &[],
    ),
    row(
        "hallpass-adapter",
        &["hallpass-auth", "hallpass-data", "hallpass-zmodel"],
        &["hallpass-db"],
    ),
    row(
        "hallpass-axum",
        &["hallpass-auth", "hallpass-data", "hallpass-changes"],
        &[],
    ),
    // Runs while applications are compiled.
    row("hallpass-typed-macros", &["hallpass-zmodel"], &[]),
    row(
        "hallpass-typed",
        &["hallpass-data", "hallpass-typed-macros"],
        &[],
    ),
    row(
        "hallpass",
        &[
            "hallpass-axum",
            "hallpass-adapter",
            "hallpass-changes",
            "hallpass-data",
            "hallpass-auth",
            "hallpass-typed",
        ],
        // Makes and drops the databases that it is tested on.
        &["hallpass-db"],
    ),
    row("todos", &["hallpass"], &["hallpass-db"]),
    row(
        "hallpass-server",
        &["hallpass-axum", "hallpass", "todos"],
        // Makes and drops the databases that the binary is tested on; `testing` of `auth` has authenticators in software.
        &["hallpass-db", "hallpass-auth"],
    ),
    // Developer tooling. The benchmark seals session tokens as a sign-in would, reads schemas, and measures the engine in
    // process beside the same statements through the same driver, and writes with the triggers of the log and without.
    row(
        "hallpass-bench",
        &[
            "hallpass-auth",
            "hallpass-changes",
            "hallpass-data",
            "hallpass-db",
            "hallpass-sql",
            "hallpass-zmodel",
        ],
        &[],
    ),
    // Drives the engine for suites of others, each of whose tests has a database of its own.
    row(
        "hallpass-harness",
        &[
            "hallpass-data",
            "hallpass-db",
            "hallpass-sql",
            "hallpass-zmodel",
        ],
        &[],
    ),
    row("xtask", &[], &[]),
];

/// Database drivers and their pools.
const DRIVERS: &[&str] = &[
    "deadpool",
    "deadpool-postgres",
    "diesel",
    "libsqlite3-sys",
    "mysql",
    "mysql_async",
    "postgres",
    "rusqlite",
    "sea-orm",
    "sqlx",
    "tokio-postgres",
    "tokio-postgres-rustls",
    "tokio-rusqlite",
];

/// Who may name a driver: `db`, and the benchmark, whose bare servers are the yardstick that `db` is measured by.
const MAY_NAME_DRIVERS: &[&str] = &["hallpass-db", "hallpass-bench"];

/// Every arrow that is not allowed.
pub(super) fn check(workspace: &Workspace) -> Vec<String> {
    workspace
        .crates
        .iter()
        .flat_map(|one| check_crate(workspace, one))
        .collect()
}

fn check_crate(workspace: &Workspace, one: &Crate) -> Vec<String> {
    let Some(row) = ARROWS.iter().find(|row| row.name == one.name) else {
        return vec![format!(
            "`{}` has no row in xtask/src/layers/arrows.rs",
            one.name
        )];
    };
    let wrong = one
        .dependencies
        .iter()
        .filter_map(|used| check_arrow(workspace, row, used));
    wrong.collect()
}

fn check_arrow(workspace: &Workspace, row: &Row, used: &Dependency) -> Option<String> {
    let name = used.name.as_str();
    if DRIVERS.contains(&name) && !MAY_NAME_DRIVERS.contains(&row.name) {
        return Some(format!(
            "`{}` names the database driver `{name}`; only `hallpass-db` may",
            row.name
        ));
    }
    let allowed =
        row.uses.contains(&name) || (used.kind == Some(Kind::Dev) && row.tests.contains(&name));
    // A crate's tests may name the crate itself, to switch a feature on.
    if !workspace.has(name) || allowed || name == row.name {
        return None;
    }
    let place = if used.kind == Some(Kind::Dev) {
        " in its tests"
    } else {
        ""
    };
    Some(format!(
        "`{}` must not use `{name}`{place}: the design has no such arrow",
        row.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of crates that use what is named: `name`, or `name?` in tests.
    fn workspace(crates: &[(&str, &[&str])]) -> Workspace {
        let parse = |word: &&str| Dependency {
            name: word.trim_end_matches('?').to_owned(),
            kind: word.ends_with('?').then_some(Kind::Dev),
        };
        let make = |(name, uses): &(&str, &[&str])| Crate {
            name: (*name).to_owned(),
            features: Default::default(),
            dependencies: uses.iter().map(parse).collect(),
        };
        Workspace {
            crates: crates.iter().map(make).collect(),
        }
    }

    fn mistakes(name: &str, uses: &[&str]) -> Vec<String> {
        let ours = [
            "hallpass-sql",
            "hallpass-db",
            "hallpass-auth",
            "hallpass-data",
            "hallpass-server",
        ];
        let mut crates: Vec<(&str, &[&str])> = vec![(name, uses)];
        crates.extend(
            ours.iter()
                .filter(|one| **one != name)
                .map(|one| (*one, &[][..])),
        );
        check(&workspace(&crates))
    }

    #[test]
    fn the_arrows_of_the_design_are_allowed() {
        assert!(mistakes("hallpass-data", &["hallpass-db", "hallpass-sql", "serde"]).is_empty());
        assert!(
            mistakes(
                "hallpass-db",
                &["hallpass-sql", "rusqlite", "tokio-postgres"]
            )
            .is_empty()
        );
    }

    #[test]
    fn an_arrow_upward_is_a_mistake() {
        assert_eq!(
            mistakes("hallpass-sql", &["hallpass-db"]),
            ["`hallpass-sql` must not use `hallpass-db`: the design has no such arrow"]
        );
        assert_eq!(mistakes("hallpass-axum", &["hallpass-db"]).len(), 1);
    }

    #[test]
    fn tests_use_more_only_where_it_is_listed() {
        assert!(mistakes("hallpass-adapter", &["hallpass-db?"]).is_empty());
        assert_eq!(mistakes("hallpass-adapter", &["hallpass-db"]).len(), 1);
        assert_eq!(
            mistakes("hallpass-auth", &["hallpass-data?"]),
            [
                "`hallpass-auth` must not use `hallpass-data` in its tests: the design has no such arrow"
            ]
        );
    }

    #[test]
    fn only_db_and_the_benchmark_name_a_driver() {
        assert_eq!(
            mistakes("hallpass-data", &["rusqlite?"]),
            ["`hallpass-data` names the database driver `rusqlite`; only `hallpass-db` may"]
        );
        assert!(mistakes("hallpass-bench", &["tokio-postgres"]).is_empty());
    }

    #[test]
    fn an_unknown_crate_asks_for_a_row() {
        assert_eq!(
            mistakes("hallpass-extra", &[]),
            ["`hallpass-extra` has no row in xtask/src/layers/arrows.rs"]
        );
    }

    #[test]
    fn the_table_points_downward() {
        for (place, row) in ARROWS.iter().enumerate() {
            let below: Vec<_> = ARROWS.iter().take(place).map(|row| row.name).collect();
            assert!(
                row.uses.iter().all(|used| below.contains(used)),
                "{} points upward",
                row.name
            );
        }
    }
}
