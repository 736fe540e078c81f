//! What `cargo metadata --no-deps` says of the workspace.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The crates of the workspace with what they declare.
#[derive(Debug, Deserialize)]
pub(super) struct Workspace {
    #[serde(rename = "packages")]
    pub(super) crates: Vec<Crate>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Crate {
    pub(super) name: String,
    #[serde(default)]
    pub(super) features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// `None` for a normal dependency.
    pub(super) kind: Option<Kind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Dev,
    Build,
}

impl Workspace {
    pub(super) fn parse(metadata: &str) -> Result<Self> {
        serde_json::from_str(metadata).context("cannot read the output of `cargo metadata`")
    }

    /// Whether a package is one of ours.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|one| one.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_cargo_writes_it() {
        let workspace = Workspace::parse(
            r#"{"packages":[{"name":"hallpass-db","version":"0.1.0","features":{"sqlite":["dep:rusqlite"]},
                "dependencies":[{"name":"hallpass-sql","kind":null},{"name":"tempfile","kind":"dev"}]}],"version":1}"#,
        )
        .unwrap();
        let db = workspace.find("hallpass-db").unwrap();
        assert_eq!(
            db.dependencies
                .iter()
                .map(|one| one.kind)
                .collect::<Vec<_>>(),
            [None, Some(Kind::Dev)]
        );
        assert!(db.features.contains_key("sqlite") && !workspace.has("tempfile"));
    }

    #[test]
    fn other_output_is_an_error() {
        assert!(Workspace::parse("warning: no").is_err());
    }
}
