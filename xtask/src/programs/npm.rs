//! The npm packages of `interop/`: installed exactly as their lock files say.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// The copy of the lock file that `node_modules` was made from.
const STAMP: &str = "node_modules/.installed-lock.json";

/// The folders `interop/*` that have a `package.json`.
pub(crate) fn packages() -> Result<Vec<PathBuf>> {
    packages_in(&shell::root().join("interop"))
}

fn packages_in(interop: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(interop) else {
        return Ok(Vec::new());
    };
    let mut folders = Vec::new();
    for entry in entries {
        let folder = entry
            .with_context(|| format!("cannot read {}", interop.display()))?
            .path();
        if folder.join("package.json").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Runs `npm ci` where `node_modules` is missing or older than the lock file.
pub(crate) fn install(folders: &[PathBuf]) -> Result<()> {
    for folder in folders {
        if is_current(folder)? {
            continue;
        }
        let mut command = Command::new("npm");
        command
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder);
        shell::run(&mut command).with_context(|| format!("cannot install {}", folder.display()))?;
        std::fs::copy(folder.join("package-lock.json"), folder.join(STAMP))?;
    }
    Ok(())
}

fn is_current(folder: &Path) -> Result<bool> {
    let lock = folder.join("package-lock.json");
    let Ok(wanted) = std::fs::read(&lock) else {
        bail!(
            "{} is missing; run `npm install` in its folder and commit it",
            lock.display()
        );
    };
    Ok(std::fs::read(folder.join(STAMP)).is_ok_and(|installed| installed == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> tempfile::TempDir {
        let interop = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(interop.path().join("client/node_modules")).unwrap();
        std::fs::write(interop.path().join("client/package.json"), "{}").unwrap();
        interop
    }

    #[test]
    fn only_folders_with_a_package_count() {
        let interop = package();
        std::fs::create_dir(interop.path().join("notes")).unwrap();
        assert_eq!(
            packages_in(interop.path()).unwrap(),
            [interop.path().join("client")]
        );
        assert!(
            packages_in(&interop.path().join("absent"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_changed_lock_file_asks_for_a_new_installation() {
        let interop = package();
        let folder = interop.path().join("client");
        assert!(
            is_current(&folder)
                .unwrap_err()
                .to_string()
                .ends_with("and commit it")
        );
        std::fs::write(folder.join("package-lock.json"), "1").unwrap();
        assert!(!is_current(&folder).unwrap());
        std::fs::write(folder.join(STAMP), "1").unwrap();
        assert!(is_current(&folder).unwrap());
        std::fs::write(folder.join("package-lock.json"), "2").unwrap();
        assert!(!is_current(&folder).unwrap());
    }
}
