//! The folder of migrations, as Prisma lays it out: `20260131120000_add_posts/migration.sql`, beside a
//! `migration_lock.toml` that says for which database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hallpass_sql::Dialect;
use sha2::{Digest, Sha256};

/// No migration that a person wrote is larger.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// What says for which database the migrations are.
const LOCK_FILE: &str = "migration_lock.toml";

/// A migration of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Migration {
    /// Name of its folder.
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("`{path}` cannot be used", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The migrations are for another database.
    #[error("the migrations are for {provider}, the database is {dialect}")]
    Provider {
        /// What the folder says.
        provider: String,
        /// What the database is.
        dialect: Dialect,
    },
}

/// Reads all migrations, in the order of their names; none when the folder is not there.
pub(crate) fn read(folder: &Path, dialect: Dialect) -> Result<Vec<Migration>, FolderError> {
    if !folder.try_exists().map_err(|source| of(folder, source))? {
        return Ok(Vec::new());
    }
    check_lock(folder, dialect)?;
    let mut migrations = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| of(folder, source))? {
        let entry = entry.map_err(|source| of(folder, source))?;
        let file = entry.path().join("migration.sql");
        let (Ok(name), true) = (entry.file_name().into_string(), entry.path().is_dir()) else {
            continue;
        };
        let sql = read_script(&file).map_err(|source| of(&file, source))?;
        migrations.push(Migration { name, sql });
    }
    migrations.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(migrations)
}

fn read_script(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > MAX_BYTES {
        return Err(io::Error::other("it is larger than any migration"));
    }
    fs::read_to_string(file)
}

/// Writes a migration that is not there yet.
pub(crate) fn write(
    folder: &Path,
    dialect: Dialect,
    migration: &Migration,
) -> Result<PathBuf, FolderError> {
    let own = folder.join(&migration.name);
    fs::create_dir_all(&own).map_err(|source| of(&own, source))?;
    let lock = folder.join(LOCK_FILE);
    if !lock.exists() {
        let text = format!(
            "# Says for which database these migrations are. Keep it with them.\nprovider = \"{}\"\n",
            provider(dialect)
        );
        fs::write(&lock, text).map_err(|source| of(&lock, source))?;
    }
    let file = own.join("migration.sql");
    fs::write(&file, &migration.sql).map_err(|source| of(&file, source))?;
    Ok(file)
}

fn check_lock(folder: &Path, dialect: Dialect) -> Result<(), FolderError> {
    let file = folder.join(LOCK_FILE);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(of(&file, source)),
    };
    let said = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "provider").then(|| value.trim().trim_matches('"').to_owned())
    });
    match said {
        Some(said) if said != provider(dialect) => Err(FolderError::Provider {
            provider: said,
            dialect,
        }),
        _ => Ok(()),
    }
}

fn provider(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => "sqlite",
    }
}

fn of(path: &Path, source: io::Error) -> FolderError {
    FolderError::File {
        path: path.to_owned(),
        source,
    }
}

impl Migration {
    /// What Prisma calls its checksum: SHA-256 of the file, in hexadecimal.
    pub(crate) fn checksum(&self) -> String {
        checksum(&self.sql)
    }

    /// Whether it is the script of this checksum. A version control that changes the ends of lines changes nothing.
    pub(crate) fn is(&self, known: &str) -> bool {
        let unix = self.sql.replace("\r\n", "\n");
        let dos = unix.replace('\n', "\r\n");
        [self.sql.as_str(), &unix, &dos]
            .into_iter()
            .any(|text| checksum(text) == known)
    }
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a migration made at this moment: digits, then words in small letters.
pub(crate) fn name_at(moment: jiff::Timestamp, words: &str) -> String {
    let mut plain = String::new();
    for letter in words.chars().take(100) {
        if letter.is_ascii_alphanumeric() {
            plain.push(letter.to_ascii_lowercase());
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
    }
    let plain = plain.trim_matches('_');
    let plain = if plain.is_empty() { "migration" } else { plain };
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}_{plain}", moment.strftime("%Y%m%d%H%M%S"))
}

/// The moment for a new name that sorts behind all that are there: two of one second would be in the order of their words.
pub(crate) fn moment_after(migrations: &[Migration], moment: jiff::Timestamp) -> jiff::Timestamp {
    let last = migrations.iter().filter_map(|one| {
        let digits = one.name.get(..14)?;
        let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
        let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        moment.checked_add(jiff::SignedDuration::from_secs(1)).ok()
    });
    last.max().map_or(moment, |next| next.max(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_are_names_of_folders() {
        let moment = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(name_at(moment, "Add Posts!"), "20260131120000_add_posts");
        assert_eq!(name_at(moment, "../../etc"), "20260131120000_etc");
        assert_eq!(name_at(moment, "…"), "20260131120000_migration");
    }

    #[test]
    fn a_new_name_sorts_behind_those_that_are_there() {
        let now = "2026-01-31T12:00:00.5Z".parse().unwrap();
        for (last, expected) in [
            ("20260131115959_a", "20260131120000_a"),
            ("20260131120000_z", "20260131120001_a"),
            ("20260131120059_z", "20260131120100_a"),
            ("20991231235959_z", "21000101000000_a"),
            ("0_init", "20260131120000_a"),
            ("é", "20260131120000_a"),
        ] {
            let there = Migration {
                name: last.to_owned(),
                sql: String::new(),
            };
            let moment = moment_after(&[there], now);
            assert_eq!(name_at(moment, "a"), expected, "{last}");
        }
        assert_eq!(name_at(moment_after(&[], now), "a"), "20260131120000_a");
    }

    #[test]
    fn ends_of_lines_do_not_count() {
        let text = |sql: &str| Migration {
            name: "a".to_owned(),
            sql: sql.to_owned(),
        };
        let known = text("a\nb\n").checksum();
        assert!(text("a\r\nb\r\n").is(&known));
        assert!(!text("a\nb").is(&known));
        // What `sha256sum` says.
        assert_eq!(
            text("").checksum(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
