//! MySQL and MariaDB, told apart by what the server says of its version.
//!
//! The driver prepares statements and keeps them by their text. Sessions run in UTC, in strict mode and at
//! READ COMMITTED, and an update counts the rows it matched, as on the other databases.

mod address;
mod codec;
mod connection;
mod errors;
mod transaction;

use async_trait::async_trait;
use hallpass_sql::{Dialect, Isolation};

use self::connection::Connector;
use crate::connect_error::ConnectError;
use crate::drivers::{Driver, Session, Statement, pooled};
use crate::error::{Error, ScriptError};
use crate::options::Options;
use crate::pool::Pool;
use crate::rows::Rows;

/// A pool of connections to one MySQL or MariaDB database.
#[derive(Debug)]
pub(crate) struct MySql {
    pool: Pool<Connector>,
    dialect: Dialect,
}

/// Reads the address and opens a first connection, which proves the database reachable.
pub(crate) async fn open(address: &str, options: Options) -> Result<MySql, ConnectError> {
    let settings = address::parse(address, options.statement_cache)?;
    let options = Options {
        max_connections: options.max_connections.min(settings.max_connections),
        ..options
    };
    let target = settings.target.clone();
    let failed = |source| ConnectError::Server {
        target: target.clone(),
        source,
    };
    let pool = Pool::new(Connector::new(settings), &options).map_err(failed)?;
    let first = tokio::time::timeout(options.connect_timeout, dialect(&pool)).await;
    let dialect = first.map_err(|_| ConnectError::Timeout {
        target: target.clone(),
        after: options.connect_timeout,
    })?;
    Ok(MySql {
        dialect: dialect.map_err(failed)?,
        pool,
    })
}

async fn dialect(pool: &Pool<Connector>) -> Result<Dialect, Error> {
    let mut lease = pool.acquire().await?;
    let version = lease.start()?.version().await;
    let version = lease.finish(version)?;
    Ok(if version.contains("MariaDB") {
        Dialect::MariaDb
    } else {
        Dialect::MySql
    })
}

#[async_trait]
impl Driver for MySql {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let mut lease = self.pool.acquire().await?;
        let result = lease.start()?.exec(statement).await;
        lease.finish(result)
    }

    async fn begin(&self, isolation: Option<Isolation>) -> Result<Box<dyn Session>, Error> {
        const START: &str = "START TRANSACTION";
        // Without a word about the session, it holds for the next transaction only.
        let commands: &[_] = match isolation {
            None => &[START],
            Some(Isolation::ReadCommitted) => {
                &["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", START]
            }
            Some(Isolation::RepeatableRead) => {
                &["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", START]
            }
            Some(Isolation::Serializable) => {
                &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", START]
            }
        };
        transaction::begin(&self.pool, commands).await
    }

    async fn script(&self, text: &str) -> Result<(), ScriptError> {
        pooled::script(&self.pool, text).await
    }

    async fn close(&self) {
        self.pool.close();
    }
}
