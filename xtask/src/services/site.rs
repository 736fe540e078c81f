//! Where one server lives: folder, port, password and the account that runs it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::account::Account;

/// What a server needs to know to start.
#[derive(Debug)]
pub(crate) struct Site {
    folder: PathBuf,
    account: Account,
    stop: &'static str,
    pub(super) port: u16,
    pub(super) password: String,
}

impl Site {
    /// A new folder that the account owns, and a free port. The folder goes when the second value is dropped.
    pub(super) fn prepare(stop: &'static str) -> Result<(Self, TempDir)> {
        let account = Account::unprivileged()?;
        let folder = tempfile::Builder::new().prefix("hallpass-").tempdir()?;
        account.own(folder.path())?;
        let port = free_port()?;
        let site = Self {
            folder: folder.path().to_path_buf(),
            account,
            stop,
            port,
            password: password(),
        };
        Ok((site, folder))
    }

    /// The folder of the server's data.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Writes a file that the account may read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        std::fs::write(&file, text)?;
        self.account.own(&file)?;
        Ok(file)
    }

    /// A path inside the folder, for the server to make.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A command run by the account in the folder, ended by the kernel when this process dies.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = self.account.command(program, self.stop);
        // The account may not be allowed to see the current folder.
        command
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .env("TMPDIR", &self.folder);
        command
    }
}

/// A port of the loopback interface that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
    Ok(listener.local_addr()?.port())
}

/// A password nobody else on the machine can guess: these servers listen where every local user can reach them.
fn password() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ() {
        assert_ne!(password(), password());
        assert_eq!(password().len(), 32);
    }

    #[test]
    fn a_folder_goes_with_its_site() {
        let (site, folder) = Site::prepare("TERM").unwrap();
        let file = site.write("secret", "text").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
        drop(folder);
        assert!(!file.exists());
    }
}
