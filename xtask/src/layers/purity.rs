//! `sql`, `zmodel` and `auth` decide and do not act: their trees hold no runtime, socket, file or driver crate.

use anyhow::Result;

use super::workspace::Workspace;
use crate::shell;

/// A crate that must stay pure, and its features that are allowed not to be.
#[derive(Debug)]
struct Pure {
    name: &'static str,
    transports: &'static [&'static str],
}

const PURE: &[Pure] = &[
    Pure {
        name: "hallpass-sql",
        transports: &[],
    },
    Pure {
        name: "hallpass-zmodel",
        transports: &[],
    },
    Pure {
        name: "hallpass-auth",
        transports: &["default", "smtp", "http", "redis"],
    },
];

/// Crates that bring a runtime, open sockets or files, or talk to a database.
const REFUSED: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "curl",
    "deadpool",
    "getrandom",
    "h2",
    "hyper",
    "hyper-util",
    "lettre",
    "libsqlite3-sys",
    "memmap2",
    "mio",
    "mysql",
    "mysql_async",
    "native-tls",
    "notify",
    "polling",
    "postgres",
    "quinn",
    "redis",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "sqlx-core",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "tokio-rustls",
    "tower-http",
    "tungstenite",
    "ureq",
    "walkdir",
];

/// Every crate of a pure tree that does not belong there.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut mistakes = Vec::new();
    for pure in PURE.iter().filter(|pure| workspace.has(pure.name)) {
        mistakes.extend(refused(pure.name, &tree(workspace, pure)?));
    }
    Ok(mistakes)
}

/// The normal dependencies with every feature but the transports; macros run at build time and are left out.
fn tree(workspace: &Workspace, pure: &Pure) -> Result<String> {
    let features = pure_features(workspace, pure).join(",");
    let mut command = shell::cargo(["tree", "--package", pure.name, "--no-default-features"]);
    command.args([
        "--features",
        &features,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ]);
    shell::output(command.args(["--format", "{p}"]))
}

fn pure_features<'a>(workspace: &'a Workspace, pure: &Pure) -> Vec<&'a str> {
    let declared = workspace
        .find(pure.name)
        .into_iter()
        .flat_map(|one| one.features.keys());
    declared
        .map(String::as_str)
        .filter(|feature| !pure.transports.contains(feature))
        .collect()
}

fn refused(name: &str, tree: &str) -> Vec<String> {
    let mut found: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    found.retain(|package| REFUSED.contains(package));
    found.sort_unstable();
    found.dedup();
    let say = |package: &str| {
        format!(
            "`{name}` does no I/O, but `{package}` is in its tree: `cargo tree -p {name} -i {package}`"
        )
    };
    found.into_iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_in_a_pure_tree_is_told_once() {
        let tree = "hallpass-auth v0.1.0 (/work)\nhttp v1.0.0\ntokio v1.0.0\nbytes v1.0.0\ntokio v1.0.0 (*)\n";
        assert_eq!(
            refused("hallpass-auth", tree),
            [
                "`hallpass-auth` does no I/O, but `tokio` is in its tree: `cargo tree -p hallpass-auth -i tokio`"
            ]
        );
    }

    #[test]
    fn message_types_and_futures_are_pure() {
        assert!(
            refused(
                "hallpass-auth",
                "http v1.0.0\nurl v2.0.0\nfutures-util v0.3.0\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn only_the_transports_are_left_out() {
        let workspace = Workspace::parse(
            r#"{"packages":[{"name":"hallpass-auth","features":{"default":[],"smtp":[],"http":[],"testing":[]}}]}"#,
        );
        let pure = PURE
            .iter()
            .find(|pure| pure.name == "hallpass-auth")
            .unwrap();
        assert_eq!(pure_features(&workspace.unwrap(), pure), ["testing"]);
    }
}
