//! `cargo xtask check-layers`: the arrows between crates, the purity of the pure ones, and rules about source text and pages.
//!
//! All mistakes of a run are told together. To let a crate use another, change its row in `arrows.rs` and the design.

mod arrows;
mod literals;
mod pages;
mod purity;
mod sources;
mod workspace;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::workspace::Workspace;
use crate::shell;

/// Folders that hold nothing of ours.
const FOREIGN: &[&str] = &["target", "node_modules"];

/// `cargo xtask check-layers`.
pub(crate) fn run() -> Result<()> {
    let metadata = shell::output(&mut shell::cargo([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let workspace = Workspace::parse(&metadata)?;
    let root = shell::root();
    let mut mistakes = arrows::check(&workspace);
    mistakes.extend(purity::check(&workspace)?);
    let files = files(&root)?;
    mistakes.extend(sources::check(&root, &files)?);
    mistakes.extend(pages::check(&root, &files)?);
    if mistakes.is_empty() {
        eprintln!("    {} crates, every arrow allowed", workspace.crates.len());
        return Ok(());
    }
    let list: Vec<_> = mistakes
        .iter()
        .map(|mistake| format!("\n  {mistake}"))
        .collect();
    bail!("{} layer mistake(s):{}", mistakes.len(), list.concat());
}

/// Every file of the repository that is ours, in order.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_foreign(&name.to_string_lossy()) {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_foreign(name: &str) -> bool {
    FOREIGN.contains(&name)
        || (name.starts_with('.') && ![".ci", ".config", ".cargo", ".github"].contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_and_fetched_files_are_not_ours() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "src/lib.rs",
            "target/a.rs",
            "interop/x/node_modules/b.js",
            ".git/config",
            ".ci/run",
        ] {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        assert_eq!(
            files(root.path()).unwrap(),
            [root.path().join(".ci/run"), root.path().join("src/lib.rs")]
        );
    }
}
