use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hallpass_sql::{Access, Bind, Dialect, Isolation, Query, Value};

use crate::catalog::{self, Catalog};
use crate::connect_error::ConnectError;
use crate::drivers::{Driver, Statement};
use crate::error::{Error, ErrorKind, ScriptError};
use crate::listener::Listener;
use crate::local::Local;
use crate::options::Options;
use crate::rows::Rows;
use crate::transaction::Transaction;
use crate::url;
use crate::within::Within;

/// A database: a pool of connections that is cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    driver: Arc<dyn Driver>,
    statement_timeout: Option<Duration>,
    patience: Duration,
}

impl Database {
    /// Opens the database at `address` and proves that it answers.
    ///
    /// | address | database |
    /// |---|---|
    /// | `postgres://user:password@host:5432/name?sslmode=require`, `postgresql://…` | PostgreSQL |
    /// | `mysql://user:password@host:3306/name`, `mariadb://…` | MySQL or MariaDB, as the server says |
    /// | `sqlite:path`, `sqlite://path`, `file:path` | SQLite; the file is made if it is missing, readable by its owner only |
    /// | `sqlite::memory:`, `:memory:` | SQLite, gone when closed |
    ///
    /// `sslmode=require`, `verify-ca` and `verify-full` all check the server's certificate and name (against
    /// the web's roots, or the file in `sslrootcert`); `prefer`, the default, encrypts when the server
    /// offers it and checks nothing. The same for MySQL with `ssl-mode`, whose default is no encryption.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] says what was tried; [`ConnectError::help`] what to do.
    pub async fn connect(address: &str, options: Options) -> Result<Self, ConnectError> {
        let statement_timeout = options.statement_timeout;
        let patience = options.acquire_timeout;
        let driver = open(address, options).await?;
        Ok(Self {
            driver,
            statement_timeout,
            patience,
        })
    }

    /// The same over a driver made of its own.
    #[cfg(feature = "testing")]
    pub(crate) fn with_driver(
        &self,
        make: impl FnOnce(Arc<dyn Driver>) -> Arc<dyn Driver>,
    ) -> Self {
        Self {
            driver: make(Arc::clone(&self.driver)),
            ..self.clone()
        }
    }

    /// The language the database speaks.
    pub fn dialect(&self) -> Dialect {
        self.driver.dialect()
    }

    /// How long a caller should wait for others who are in the way before it gives up: the time that a call waits for a
    /// connection ([`Options::acquire_timeout`]).
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Runs one statement in a transaction of its own; `values` fill the query's parameters.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn exec(&self, query: &Query, values: &[Value]) -> Result<Rows, Error> {
        self.exec_within(Within::default(), query, values).await
    }

    /// The same within bounds of its own. A statement that runs longer, or whose rows are larger, is stopped, and the
    /// connection is free again.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn exec_within(
        &self,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, Error> {
        let values = resolve(query, values)?;
        let statement = Statement::of(query, &values).within(within.bytes);
        let time = shorter(self.statement_timeout, within.time);
        limited(time, self.driver.exec(statement)).await
    }

    /// The same with a variable set, which triggers of the statement read. It costs no round trip more on PostgreSQL.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; `Other` where there are no such variables.
    pub async fn exec_with(
        &self,
        local: Local<'_>,
        time: Option<Duration>,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, Error> {
        let values = resolve(query, values)?;
        let statement = Statement::of(query, &values);
        let time = shorter(self.statement_timeout, time);
        limited(time, self.driver.exec_with(local, statement)).await
    }

    /// Runs one statement that finds a few rows by their keys; `values` fill the query's parameters.
    ///
    /// PostgreSQL gets such reads of many callers over few connections, one behind the other, so that none waits for a
    /// connection of its own. What may take longer or writes is for [`exec`](Self::exec); a write is run as there.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn look_up(&self, query: &Query, values: &[Value]) -> Result<Rows, Error> {
        self.look_up_within(Within::default(), query, values).await
    }

    /// The same within bounds of its own: see [`exec_within`](Self::exec_within).
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn look_up_within(
        &self,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, Error> {
        if query.access != Access::Read {
            return self.exec_within(within, query, values).await;
        }
        let values = resolve(query, values)?;
        let statement = Statement::of(query, &values).within(within.bytes);
        let time = shorter(self.statement_timeout, within.time);
        limited(time, self.driver.look_up(statement)).await
    }

    /// Begins a transaction that writes. On SQLite there is one at a time, and the others wait.
    ///
    /// MySQL and MariaDB run it at READ COMMITTED, so that all servers behave alike.
    ///
    /// # Errors
    ///
    /// `Unavailable` when no connection becomes free in time.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        self.begin_at(None).await
    }

    /// The same, kept from others as far as is said; [`Capability::isolations`](hallpass_sql::Capability) tells what there is.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and `Other` where the database does not have it.
    pub async fn begin_at(&self, isolation: Option<Isolation>) -> Result<Transaction, Error> {
        let known = self.dialect().capability().isolations;
        if let Some(isolation) = isolation.filter(|isolation| !known.contains(isolation)) {
            let detail = format!("{} has no {isolation} transactions", self.dialect());
            return Err(Error::new(ErrorKind::Other, detail));
        }
        let session = limited(self.statement_timeout, self.driver.begin(isolation)).await?;
        Ok(Transaction::new(
            session,
            self.dialect(),
            self.statement_timeout,
        ))
    }

    /// Begins a transaction that changes tables. On SQLite foreign keys are not kept in it, so that a table can be made
    /// anew; before the commit they are checked.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub async fn begin_change(&self) -> Result<Transaction, Error> {
        let session = limited(self.statement_timeout, self.driver.begin_change()).await?;
        Ok(Transaction::new(
            session,
            self.dialect(),
            self.statement_timeout,
        ))
    }

    /// Runs a script of a person, several statements, outside of a transaction; however long it takes.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] of the first statement that fails. Those before it have happened.
    pub async fn script(&self, text: &str) -> Result<(), ScriptError> {
        self.driver.script(text).await
    }

    /// Listens to what programs on this database tell each other on a channel, whose name is of small letters and `_`: a
    /// connection of its own. `None` where the database has nothing of the kind: SQLite, MySQL and MariaDB.
    ///
    /// Through a pooler that hands connections on after each transaction nothing may be heard.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; `Other` for a name that is none.
    pub async fn listen(&self, channel: &str) -> Result<Option<Listener>, Error> {
        require_word(channel)?;
        self.driver.listen(channel).await
    }

    /// Tells whoever [listens](Self::listen) on a channel. Says whether the database has that.
    ///
    /// Not part of any transaction of others: while one that told something commits, no other such one can.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; PostgreSQL refuses messages of 8000 bytes and more.
    pub async fn notify(&self, channel: &str, message: &str) -> Result<bool, Error> {
        require_word(channel)?;
        let told = self.driver.notify(channel, message);
        limited(self.statement_timeout, told).await
    }

    /// See [`Connection::collations`](crate::Connection::collations).
    pub(crate) async fn collations(
        &self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        self.driver.collations(columns).await
    }

    /// What tables exist in the current schema (PostgreSQL), database (MySQL) or file (SQLite).
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn catalog(&self) -> Result<Catalog, Error> {
        catalog::read(self.into(), &[]).await
    }

    /// The same, and on PostgreSQL the tables of these other schemas, and what schemas and extensions there are; on SQLite the
    /// texts that made everything.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn catalog_of(&self, schemas: &[String]) -> Result<Catalog, Error> {
        let mut catalog = catalog::read(self.into(), schemas).await?;
        catalog.places = catalog::places(self.into()).await?;
        catalog.definitions = catalog::definitions(self.into()).await?;
        Ok(catalog)
    }

    /// Ends all connections; SQLite then has everything in its one file. Later calls are `Unavailable`.
    pub async fn close(&self) {
        self.driver.close().await;
    }
}

/// SECURITY: the name of a channel stands in a statement as it is.
fn require_word(channel: &str) -> Result<(), Error> {
    let is_plain = |letter: u8| letter.is_ascii_lowercase() || letter == b'_';
    if !channel.is_empty() && channel.len() < 60 && channel.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Other,
        "a channel is called by small letters and `_`",
    ))
}

async fn open(address: &str, options: Options) -> Result<Arc<dyn Driver>, ConnectError> {
    let scheme = url::scheme(address);
    match scheme {
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => Ok(Arc::new(
            crate::drivers::postgres::open(address, options).await?,
        )),
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => Ok(Arc::new(
            crate::drivers::mysql::open(address, options).await?,
        )),
        #[cfg(feature = "sqlite")]
        _ if matches!(scheme, "sqlite" | "file") || address == ":memory:" => Ok(Arc::new(
            crate::drivers::sqlite::open(address, options).await?,
        )),
        _ => Err(url::refused(scheme)),
    }
}

/// The values in the order of the placeholders.
pub(crate) fn resolve<'a>(query: &'a Query, values: &'a [Value]) -> Result<Vec<&'a Value>, Error> {
    let value_of = |bind: &'a Bind| match bind {
        Bind::Value(value) => Ok(value),
        Bind::Parameter(position) => values.get(*position).ok_or_else(|| {
            Error::new(
                ErrorKind::Other,
                format!(
                    "the statement needs parameter {position}, and {} values were given",
                    values.len()
                ),
            )
        }),
    };
    query.binds.iter().map(value_of).collect()
}

/// The shorter of two times, where there is one.
pub(crate) fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// Drops `work` when it takes too long; the driver then stops the statement.
pub(crate) async fn limited<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(timeout) = timeout else {
        return work.await;
    };
    tokio::time::timeout(timeout, work)
        .await
        .unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Timeout,
                format!("stopped after {} ms", timeout.as_millis()),
            ))
        })
}
