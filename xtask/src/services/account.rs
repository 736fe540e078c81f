//! Who runs a throw-away server: database servers refuse root.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Accounts that a Debian machine has; the first that exists is taken.
const CANDIDATES: &[&str] = &["postgres", "mysql", "nobody"];

/// The account that runs a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The developer, who is not root.
    Own,
    /// Another one, because this process is root.
    Other { user: u32, group: u32 },
}

impl Account {
    /// The developer's own account or, for root, one without rights.
    pub(super) fn unprivileged() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        if setpriv().is_none() {
            bail!(
                "database servers refuse root, and `setpriv` of the package util-linux is missing"
            );
        }
        let Some(name) = CANDIDATES.iter().find(|name| number("-u", name).is_ok()) else {
            bail!(
                "database servers refuse root, and there is none of the accounts {}",
                CANDIDATES.join(", ")
            );
        };
        Ok(Self::Other {
            user: number("-u", name)?,
            group: number("-g", name)?,
        })
    }

    /// Gives a file or folder to the account.
    pub(super) fn own(self, path: &Path) -> Result<()> {
        let Self::Other { user, group } = self else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(user), Some(group))
            .with_context(|| format!("cannot give {} to the server's account", path.display()))
    }

    /// A command run by the account; the kernel sends it `stop` when this process dies, where `setpriv` can ask for it.
    pub(super) fn command(self, program: &Path, stop: &str) -> Command {
        let Some(setpriv) = setpriv() else {
            return Command::new(program);
        };
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", stop]);
        if let Self::Other { user, group } = self {
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={group}"))
                .arg("--clear-groups");
        }
        command.arg(program);
        command
    }
}

fn setpriv() -> Option<PathBuf> {
    shell::find_program("setpriv", &["/usr/bin", "/bin"])
}

fn number(option: &str, name: &str) -> Result<u32> {
    let text = shell::output(Command::new("id").args([option, name]))?;
    text.trim()
        .parse()
        .with_context(|| format!("`id` gave `{}` for {name}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_never_runs_as_root() {
        let account = Account::unprivileged().unwrap();
        let id =
            shell::output(account.command(Path::new("/usr/bin/id"), "TERM").arg("-u")).unwrap();
        assert_ne!(id.trim(), "0");
    }

    #[test]
    fn an_account_that_does_not_exist_has_no_number() {
        assert!(number("-u", "no-such-account-here").is_err());
    }
}
