//! Snapshots that no test asserts any more, or that nobody accepted, are mistakes.
//!
//! insta writes every snapshot it reads to the file named in [`VARIABLE`]; what it never names is stale.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use tempfile::NamedTempFile;

use crate::{layers, shell};

const VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Where a test run notes the snapshots it read.
#[derive(Debug)]
pub(super) struct References(NamedTempFile);

impl References {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(NamedTempFile::new()?))
    }

    /// Lets a test command note its snapshots, and never write one.
    pub(super) fn announce(&self, command: &mut Command) {
        command.env(VARIABLE, self.0.path());
        command
            .env("INSTA_UPDATE", "no")
            .env_remove("INSTA_FORCE_PASS");
    }

    fn read(&self) -> Result<BTreeSet<PathBuf>> {
        let text = std::fs::read_to_string(self.0.path())?;
        Ok(text
            .lines()
            .filter_map(|line| Path::new(line).canonicalize().ok())
            .collect())
    }
}

/// Fails when a snapshot in the repository was not read by the test run, or waits to be accepted.
pub(super) fn check(references: &References) -> Result<()> {
    let found = layers::files(&shell::root())?;
    let wrong = stale(&found, &references.read()?);
    if wrong.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = wrong
        .iter()
        .map(|file| format!("\n  {}", file.display()))
        .collect();
    bail!(
        "snapshots that no test asserts, or that wait for review; delete or accept them:{}",
        list.concat()
    );
}

fn stale<'a>(found: &'a [PathBuf], read: &BTreeSet<PathBuf>) -> Vec<&'a PathBuf> {
    let is_wrong = |file: &&PathBuf| match file.extension().and_then(|extension| extension.to_str())
    {
        Some("snap") => !file.canonicalize().is_ok_and(|file| read.contains(&file)),
        Some("new" | "pending-snap") => file.to_string_lossy().contains("snap"),
        _ => false,
    };
    found.iter().filter(is_wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_and_unaccepted_snapshots_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "read.snap",
            "unread.snap",
            "read.snap.new",
            ".mod.rs.pending-snap",
            "notes.new",
        ];
        let found: Vec<_> = names
            .iter()
            .map(|name| folder.path().canonicalize().unwrap().join(name))
            .collect();
        found
            .iter()
            .for_each(|file| std::fs::write(file, "").unwrap());
        let read = found.iter().take(1).cloned().collect();
        let wrong: Vec<_> = stale(&found, &read)
            .into_iter()
            .filter_map(|file| file.file_name())
            .collect();
        assert_eq!(
            wrong,
            ["unread.snap", "read.snap.new", ".mod.rs.pending-snap"]
        );
    }
}
