//! Debian packages, installed without their services.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::privileged;
use crate::shell;

/// Asked by every Debian package before it starts its service.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs packages; where that is not allowed, says what to install and how.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if shell::find_program("apt-get", &[]).is_none() {
        bail!(
            "this machine has no apt-get; install the programs of the Debian packages {list} another way"
        );
    }
    if privileged("true").is_none() {
        bail!(
            "installing needs root; run `sudo apt-get install --no-install-recommends {list}` and try again"
        );
    }
    let _policy = NoServices::begin()?;
    // Mirrors move: an index that cannot be renewed is often good enough.
    if let Err(error) = apt_get(&["update", "--quiet"]) {
        eprintln!("    {error:#}; going on with the index there is");
    }
    let mut args = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
    args.extend(packages);
    apt_get(&args).with_context(|| format!("cannot install {list}"))
}

fn apt_get(args: &[&str]) -> Result<()> {
    let mut command = privileged("env").context("root is gone")?;
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ]);
    shell::run(command.args(args))
}

/// Keeps packages from starting their services for as long as it lives.
#[derive(Debug)]
struct NoServices {
    written: bool,
}

impl NoServices {
    fn begin() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Self::check_existing();
        }
        write_policy(&policy(std::process::id()))?;
        Ok(Self { written: true })
    }

    /// A policy that is there belongs to the machine: it is asked, never replaced.
    fn check_existing() -> Result<Self> {
        let answer = Command::new(POLICY).args(["postgresql", "start"]).status();
        if answer.ok().and_then(|status| status.code()) != Some(101) {
            bail!(
                "{POLICY} lets packages start services, and tests want none; install the packages by hand"
            );
        }
        Ok(Self { written: false })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.written
            && let Some(mut command) = privileged("rm")
        {
            shell::succeeds(command.args(["-f", POLICY]));
        }
    }
}

/// Forbids (101) while this process lives, so that even one that is killed leaves no lasting ban behind.
fn policy(id: u32) -> String {
    format!(
        "#!/bin/sh\n# Written by cargo xtask for one installation.\n[ -d /proc/{id} ] && exit 101\nexit 0\n"
    )
}

fn write_policy(text: &str) -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(&file, text)?;
    let mut command = privileged("install").context("root is gone")?;
    command.args(["-m", "755"]).arg(file.path()).arg(POLICY);
    shell::output(&mut command)
        .context("cannot keep packages from starting services")
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: u32) -> Option<i32> {
        let status = Command::new("sh").args(["-c", &policy(id)]).status();
        status.unwrap().code()
    }

    #[test]
    fn services_are_forbidden_only_while_the_installing_process_lives() {
        assert_eq!(answer(std::process::id()), Some(101));
        assert_eq!(answer(u32::MAX), Some(0));
    }
}
