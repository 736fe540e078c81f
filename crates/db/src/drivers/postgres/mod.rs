//! PostgreSQL, Neon included.
//!
//! A call costs one round trip once its statement is prepared on the connection. Values are bound in the
//! types that the server infers for the placeholders, and columns are read by their type: see `codec`.

mod address;
mod codec;
mod connection;
mod errors;
mod numeric;
mod statements;
mod tls;

use async_trait::async_trait;
use hallpass_sql::Dialect;

use self::connection::{Connector, Failure};
use crate::connect_error::ConnectError;
use crate::drivers::{Driver, Session, Statement, pooled};
use crate::error::Error;
use crate::options::Options;
use crate::pool::Pool;
use crate::rows::Rows;

/// A pool of connections to one PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: Pool<Connector>,
}

/// Reads the address and opens a first connection, which proves the database reachable.
pub(crate) async fn open(address: &str, options: Options) -> Result<Postgres, ConnectError> {
    let settings = address::parse(address)?;
    let options = Options {
        max_connections: options.max_connections.min(settings.max_connections),
        ..options
    };
    let target = settings.target.clone();
    let failed = |source| ConnectError::Server {
        target: target.clone(),
        source,
    };
    let connector = Connector::new(settings, &options)?;
    let pool = Pool::new(connector, &options).map_err(failed)?;
    let first = tokio::time::timeout(options.connect_timeout, pool.acquire()).await;
    let first = first.map_err(|_| ConnectError::Timeout {
        target: target.clone(),
        after: options.connect_timeout,
    })?;
    drop(first.map_err(failed)?);
    Ok(Postgres { pool })
}

#[async_trait]
impl Driver for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.start()?;
        let result = match connection.exec(statement).await {
            // The statement was refused before it did anything, so running it again is safe.
            Err(Failure::Stale(_)) => connection
                .exec(statement)
                .await
                .map_err(Failure::into_error),
            other => other.map_err(Failure::into_error),
        };
        lease.finish(result)
    }

    async fn begin(&self) -> Result<Box<dyn Session>, Error> {
        pooled::begin(&self.pool, "BEGIN").await
    }

    async fn close(&self) {
        self.pool.close();
    }
}
