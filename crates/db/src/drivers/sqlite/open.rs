//! Finds, makes and opens the file.

use std::fs::OpenOptions;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::worker::{Workers, Writer};
use super::{Sqlite, like, values};
use crate::connect_error::ConnectError;
use crate::error::{Error, ErrorKind};
use crate::options::Options;
use crate::url::{Address, unknown_parameter};

/// More would only wait for the disk and hold memory.
const MAX_READERS: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Memory,
    File(PathBuf),
}

pub(crate) async fn open(address: &str, options: Options) -> Result<Sqlite, ConnectError> {
    let place = place(address)?;
    let opening = start(&place, &options);
    let opened = tokio::time::timeout(options.connect_timeout, opening).await;
    opened.unwrap_or_else(|_| {
        Err(ConnectError::Timeout {
            target: format!("SQLite at `{}`", shown(&place).display()),
            after: options.connect_timeout,
        })
    })
}

/// Reads `sqlite:path`, `sqlite://path`, `file:path`, `file:///path`, `:memory:` after either scheme or alone.
fn place(address: &str) -> Result<Place, ConnectError> {
    let address = Address::parse(address)?;
    for (name, _) in &address.parameters {
        // Prisma's addresses carry it; one connection writes here in any case.
        if name != "connection_limit" {
            return Err(unknown_parameter(name));
        }
    }
    let base = address.base;
    let path = base
        .strip_prefix("sqlite:")
        .or_else(|| base.strip_prefix("file:"))
        .unwrap_or(base);
    let path = path.strip_prefix("//").unwrap_or(path);
    match path {
        "" => Err(ConnectError::InvalidAddress {
            reason: "it names no file",
        }),
        ":memory:" => Ok(Place::Memory),
        path => Ok(Place::File(PathBuf::from(path))),
    }
}

fn shown(place: &Place) -> PathBuf {
    match place {
        Place::Memory => PathBuf::from(":memory:"),
        Place::File(path) => path.clone(),
    }
}

async fn start(place: &Place, options: &Options) -> Result<Sqlite, ConnectError> {
    let failed = |source| ConnectError::File {
        path: shown(place),
        source,
    };
    if let Place::File(path) = place {
        check_folder(path)?;
        let path = path.clone();
        tokio::task::spawn_blocking(move || make_file(&path))
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Other, "the file could not be made")))
            .map_err(failed)?;
    }
    let settings = Settings::of(options);
    // The writer first: it turns WAL on, which the readers then find.
    let writer = workers(place, settings, Role::Writer, 1)
        .await
        .map_err(failed)?;
    let readers = match place {
        Place::Memory => None,
        Place::File(_) => {
            let count = options.max_connections.clamp(1, MAX_READERS);
            let readers = workers(place, settings, Role::Reader, count).await;
            Some(readers.map_err(failed)?)
        }
    };
    Ok(Sqlite {
        writer: Writer::new(writer),
        readers,
        acquire_timeout: options.acquire_timeout,
    })
}

fn check_folder(path: &Path) -> Result<(), ConnectError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(ConnectError::NoFolder {
                folder: folder.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// Makes the file readable by its owner only: it holds sessions. SQLite gives the files beside it the same rights.
fn make_file(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == IoErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::new(ErrorKind::Unavailable, error.to_string())),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

#[derive(Clone, Copy)]
struct Settings {
    busy_timeout: Duration,
    statement_cache: usize,
}

impl Settings {
    fn of(options: &Options) -> Self {
        Self {
            busy_timeout: options.acquire_timeout,
            statement_cache: options.statement_cache,
        }
    }
}

async fn workers(
    place: &Place,
    settings: Settings,
    role: Role,
    count: usize,
) -> Result<Workers, Error> {
    let place = place.clone();
    let open = move || patiently(&place, settings, role).map_err(|error| values::error(&error));
    let name = match role {
        Role::Writer => "sqlite-write",
        Role::Reader => "sqlite-read",
    };
    Workers::start(name, count, open).await
}

/// Connects, and tries again while another process is in the way: changing the journal mode, as each does that opens
/// a new file, does not wait by itself.
fn patiently(place: &Place, settings: Settings, role: Role) -> rusqlite::Result<Connection> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match connect(place, settings, role) {
            Err(error) if is_busy(&error) && waited < settings.busy_timeout => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            result => return result,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn connect(place: &Place, settings: Settings, role: Role) -> rusqlite::Result<Connection> {
    // Without SQLITE_OPEN_URI: a path is a path, whatever signs it has.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match place {
        Place::Memory => Connection::open_in_memory()?,
        Place::File(path) => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(settings.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(settings.statement_cache);
    if role == Role::Writer {
        // Answers with the mode, which for a memory database stays another.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Functions that a crafted file's schema could call stay harmless.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "query_only", role == Role::Reader)?;
    // A cached statement keeps its plan, whatever is bound to it: otherwise SQLite plans anew for every value where
    // the file has statistics, which costs more than the read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    like::install(&connection)?;
    // Reading proves that the file is a database.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_files() {
        let cases = [
            ("sqlite:dev.db", "dev.db"),
            ("sqlite:./dev.db", "./dev.db"),
            ("sqlite://dev.db", "dev.db"),
            ("sqlite:///var/dev.db", "/var/dev.db"),
            ("sqlite:/var/dev.db", "/var/dev.db"),
            ("file:./dev.db", "./dev.db"),
            ("file:///var/dev.db", "/var/dev.db"),
            ("file:dev.db?connection_limit=1", "dev.db"),
        ];
        for (address, path) in cases {
            assert_eq!(
                place(address).unwrap(),
                Place::File(PathBuf::from(path)),
                "{address}"
            );
        }
        for address in [
            "sqlite::memory:",
            "file::memory:",
            ":memory:",
            "sqlite://:memory:",
        ] {
            assert_eq!(place(address).unwrap(), Place::Memory, "{address}");
        }
    }

    #[test]
    fn addresses_without_a_file_or_with_unknown_parameters_are_refused() {
        assert!(matches!(
            place("sqlite:"),
            Err(ConnectError::InvalidAddress { .. })
        ));
        assert!(
            matches!(place("file:a.db?mode=ro"), Err(ConnectError::UnknownParameter { name }) if name == "mode")
        );
    }
}
