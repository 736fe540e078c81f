//! The Python packages of `interop/schemathesis`: installed exactly as `requirements.txt` says, by their hashes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Where the packages are, within the folder that pins them.
const ENVIRONMENT: &str = ".venv";
const PINNED: &str = "requirements.txt";
/// The copy of the pins that the environment was made from.
const STAMP: &str = ".venv/.installed-requirements.txt";

/// The folder with the pins.
pub(crate) fn folder() -> PathBuf {
    shell::root().join("interop/schemathesis")
}

/// The Python that has the packages.
pub(crate) fn interpreter() -> PathBuf {
    folder().join(ENVIRONMENT).join("bin/python")
}

/// A Python that can make environments: Debian keeps that apart.
pub(super) fn find() -> Option<PathBuf> {
    let python = shell::find_program("python3", &[])?;
    let can = shell::succeeds(Command::new(&python).args(["-c", "import ensurepip, venv"]));
    can.then_some(python)
}

/// Makes the environment anew where it is missing or older than the pins.
pub(crate) fn install() -> Result<()> {
    install_in(&folder())
}

fn install_in(folder: &Path) -> Result<()> {
    if is_current(folder)? {
        return Ok(());
    }
    let python = find().context("python3 with its module venv is missing")?;
    let mut make = Command::new(python);
    make.args(["-m", "venv", "--clear", ENVIRONMENT]);
    shell::run(make.current_dir(folder))?;
    let mut install = Command::new(folder.join(ENVIRONMENT).join("bin/python"));
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    install.args(["--require-hashes", "--requirement", PINNED]);
    shell::run(install.current_dir(folder))
        .with_context(|| format!("cannot install {}", folder.display()))?;
    std::fs::copy(folder.join(PINNED), folder.join(STAMP))?;
    Ok(())
}

fn is_current(folder: &Path) -> Result<bool> {
    let pins = folder.join(PINNED);
    let Ok(wanted) = std::fs::read(&pins) else {
        bail!("{} is missing", pins.display());
    };
    Ok(std::fs::read(folder.join(STAMP)).is_ok_and(|installed| installed == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_current_as_long_as_the_pins_are_those_it_was_made_from() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_current(folder.path()).is_err());
        std::fs::write(folder.path().join(PINNED), "a==1").unwrap();
        assert!(!is_current(folder.path()).unwrap());
        std::fs::create_dir(folder.path().join(ENVIRONMENT)).unwrap();
        std::fs::write(folder.path().join(STAMP), "a==1").unwrap();
        assert!(is_current(folder.path()).unwrap());
        std::fs::write(folder.path().join(PINNED), "a==2").unwrap();
        assert!(!is_current(folder.path()).unwrap());
    }
}
