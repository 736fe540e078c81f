//! The SELECT through rusqlite: as it is usually done beside an async server, and as cheaply as it can be done.

use std::cell::RefCell;
use std::sync::Mutex;

use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};

use crate::{Read, SELECT, Session};

/// The readers of `hallpass-db`.
const READERS: usize = 4;

/// A few connections, used on threads that may block.
pub(crate) struct Pool {
    state: std::sync::Arc<PoolState>,
}

struct PoolState {
    idle: Mutex<Vec<Connection>>,
    permits: tokio::sync::Semaphore,
}

impl Pool {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let idle = (0..READERS)
            .map(|_| open(url))
            .collect::<Result<Vec<_>>>()?;
        let state = PoolState {
            idle: Mutex::new(idle),
            permits: tokio::sync::Semaphore::new(READERS),
        };
        Ok(Self {
            state: std::sync::Arc::new(state),
        })
    }
}

impl Pool {
    /// Does something with one of the connections, on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _permit = self.state.permits.acquire().await?;
        let state = std::sync::Arc::clone(&self.state);
        tokio::task::spawn_blocking(move || state.run(work)).await?
    }
}

impl PoolState {
    fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let lock = || {
            self.idle
                .lock()
                .map_err(|_| anyhow::anyhow!("a reader has panicked"))
        };
        let connection = lock()?.pop().context("no connection is idle")?;
        let done = work(&connection);
        lock()?.push(connection);
        done
    }
}

impl Read for Pool {
    async fn read(&self, token: String) -> Result<Option<Session>> {
        self.run(move |connection| find(connection, &token)).await
    }
}

/// A connection for each thread that answers.
pub(crate) struct InPlace {
    url: String,
}

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

impl InPlace {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }

    fn find(&self, token: &str) -> Result<Option<Session>> {
        CONNECTION.with_borrow_mut(|slot| {
            let connection = match slot {
                Some(connection) => connection,
                None => slot.insert(open(&self.url)?),
            };
            find(connection, token)
        })
    }
}

impl Read for InPlace {
    async fn read(&self, token: String) -> Result<Option<Session>> {
        self.find(&token)
    }
}

/// A connection that one thread at a time uses.
pub(crate) fn open(url: &str) -> Result<Connection> {
    let file = url.strip_prefix("sqlite:").unwrap_or(url);
    // The pool gives each connection to one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(file, flags).with_context(|| format!("cannot open {file}"))?;
    // In an analysed database SQLite would otherwise plan a statement again for every value bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn find(connection: &Connection, token: &str) -> Result<Option<Session>> {
    // Prepared once: rusqlite finds it by its text.
    let mut statement = connection.prepare_cached(&format!("{SELECT}?1"))?;
    Ok(statement.query_row([token], session).optional()?)
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        name: row.get("name")?,
        email: row.get("email")?,
        image: row.get("image")?,
        expires: row.get("expires")?,
    })
}
