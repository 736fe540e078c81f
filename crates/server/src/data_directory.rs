//! The directory of `hallpass dev`: the database, and a secret made once.
//!
//! SECURITY: only its owner can enter it, and it tells git to keep out.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use hallpass::auth::environment::Random;
use hallpass::auth::secret::Secret;

use crate::failure::Failure;

/// A file shorter than this was not written by us.
const MIN_SECRET_LENGTH: usize = 32;

/// The directory.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

impl DataDirectory {
    /// Opens the directory, or makes it.
    ///
    /// # Errors
    /// [`Failure::DataDirectory`] when that is not possible.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let directory = Self {
            path: path.to_owned(),
        };
        directory
            .make()
            .map_err(|source| directory.unusable(source))?;
        Ok(directory)
    }

    fn make(&self) -> io::Result<()> {
        private_directory().create(&self.path)?;
        match private_file()
            .create_new(true)
            .write(true)
            .open(self.path.join(".gitignore"))
        {
            Ok(mut file) => file.write_all(b"*\n"),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Where it is, as typed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The address of the database in it.
    ///
    /// # Errors
    /// [`Failure::DataDirectory`] when the path cannot stand in an address.
    pub(crate) fn database_url(&self) -> Result<Secret, Failure> {
        let path = self.path.join("hallpass.db");
        let path = path.to_str().filter(|path| !path.contains('?'));
        let path = path.ok_or_else(|| {
            self.unusable(io::Error::new(
                ErrorKind::InvalidFilename,
                "a path to a database must be UTF-8 without `?`",
            ))
        })?;
        Ok(Secret::new(format!("sqlite:{path}")))
    }

    /// The secret, made now if there is none. Of several processes that start at once, all get the same.
    ///
    /// # Errors
    /// [`Failure::DataDirectory`] when it can be neither read nor made, [`Failure::SecretFile`] when somebody
    /// else wrote the file.
    pub(crate) fn secret(&self, random: &dyn Random) -> Result<Secret, Failure> {
        let path = self.path.join("secret");
        let text = self
            .read_or_make(&path, random)
            .map_err(|source| self.unusable(source))?;
        let text = text.trim();
        if text.len() < MIN_SECRET_LENGTH {
            return Err(Failure::SecretFile { path });
        }
        Ok(Secret::new(text))
    }

    fn read_or_make(&self, path: &Path, random: &dyn Random) -> io::Result<String> {
        // Held until the end of the function: nobody else makes a secret meanwhile.
        let lock = private_file()
            .create(true)
            .append(true)
            .open(self.path.join("lock"))?;
        lock.lock()?;
        match read_private(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make_secret(path, random),
            found => found,
        }
    }

    /// Writes the whole file beside its place first, so that it is there whole or not at all.
    fn make_secret(&self, path: &Path, random: &dyn Random) -> io::Result<String> {
        let text = random.hex_token();
        let draft = self.path.join("secret.new");
        let mut file = private_file()
            .create(true)
            .truncate(true)
            .write(true)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        Ok(text)
    }

    fn unusable(&self, source: io::Error) -> Failure {
        Failure::DataDirectory {
            path: self.path.clone(),
            source,
        }
    }
}

fn read_private(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    keep_private(&file)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn private_directory() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Copying the directory about may have opened the file to others.
#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every system")]
fn keep_private(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use super::*;
    use hallpass::system::SystemRandom;

    fn secret(path: &Path) -> String {
        let directory = DataDirectory::open(path).unwrap();
        directory.secret(&SystemRandom).unwrap().expose().to_owned()
    }

    #[test]
    fn the_secret_is_made_once_and_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let first = secret(&path);
        assert_eq!(first.len(), 64);
        assert_eq!(secret(&path), first);
        assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn starts_at_once_agree_on_the_secret() {
        for _ in 0..20 {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("data");
            let seen: BTreeSet<String> = thread::scope(|scope| {
                let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| secret(&path))).collect();
                starts
                    .into_iter()
                    .map(|start| start.join().unwrap())
                    .collect()
            });
            assert_eq!(seen.len(), 1);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data");
        secret(&path);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("secret")), 0o600);

        fs::set_permissions(path.join("secret"), fs::Permissions::from_mode(0o644)).unwrap();
        secret(&path);
        assert_eq!(mode(&path.join("secret")), 0o600);
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        let place = tempfile::tempdir().unwrap();
        for text in ["", "short"] {
            fs::write(place.path().join("secret"), text).unwrap();
            let directory = DataDirectory::open(place.path()).unwrap();
            let failure = directory.secret(&SystemRandom).unwrap_err();
            assert!(matches!(failure, Failure::SecretFile { .. }), "{failure:?}");
        }
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let failure = DataDirectory::open(&file.join("data")).unwrap_err();
        assert!(failure.to_string().contains("data"), "{failure}");
    }
}
