//! PostgreSQL, Neon included.
//!
//! A call costs one round trip once its statement is prepared on the connection, and a transaction one more: see
//! `transaction`. Values are bound in the
//! types that the server infers for the placeholders, and columns are read by their type: see `codec`.

mod address;
mod array;
mod codec;
mod connection;
mod errors;
mod numeric;
mod pipelines;
mod statements;
mod texts;
mod tls;
mod transaction;

use async_trait::async_trait;
use hallpass_sql::{Access, Dialect, Isolation, Value};

use self::connection::Connector;
use self::pipelines::Pipelines;
use self::transaction::Open;
use crate::connect_error::ConnectError;
use crate::drivers::{Driver, Session, Statement, pooled};
use crate::error::{Error, ErrorKind, ScriptError};
use crate::listener::Listener;
use crate::local::Local;
use crate::options::Options;
use crate::pool::Pool;
use crate::rows::Rows;

/// The connections to one PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// Held by one caller at a time.
    pool: Pool<Connector>,
    /// Shared by all.
    pipelines: Pipelines,
    connector: Connector,
}

/// With fewer connections none is shared: transactions need them.
const FEWEST: usize = 4;

/// Reads the address and opens a first connection, which proves the database reachable.
pub(crate) async fn open(address: &str, options: Options) -> Result<Postgres, ConnectError> {
    let settings = address::parse(address)?;
    let max_connections = options.max_connections.min(settings.max_connections);
    let shared = if max_connections < FEWEST {
        0
    } else {
        max_connections / 2
    };
    let options = Options {
        max_connections: max_connections - shared,
        ..options
    };
    let target = settings.target.clone();
    let failed = |source| ConnectError::Server {
        target: target.clone(),
        source,
    };
    let connector = Connector::new(settings, &options)?;
    let pipelines = Pipelines::new(connector.clone(), shared, &options);
    let pool = Pool::new(connector.clone(), &options).map_err(failed)?;
    let first = tokio::time::timeout(options.connect_timeout, pool.acquire()).await;
    let first = first.map_err(|_| ConnectError::Timeout {
        target: target.clone(),
        after: options.connect_timeout,
    })?;
    drop(first.map_err(failed)?);
    Ok(Postgres {
        pool,
        pipelines,
        connector,
    })
}

#[async_trait]
impl Driver for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let mut lease = self.pool.acquire().await?;
        let result = lease.start()?.exec(statement).await;
        lease.finish(result)
    }

    async fn exec_with(&self, local: Local<'_>, statement: Statement<'_>) -> Result<Rows, Error> {
        transaction::exec_with(&self.pool, local, statement).await
    }

    async fn look_up(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let Some(turn) = self.pipelines.turn() else {
            return self.exec(statement).await;
        };
        match turn.exec(statement).await {
            // It reads, so that it can run again: without the limit, or on a connection that lives.
            Err(error) if error.kind() == ErrorKind::Timeout => self.exec(statement).await,
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                self.pool.forget_idle();
                self.exec(statement).await
            }
            result => result,
        }
    }

    async fn begin(&self, isolation: Option<Isolation>) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(Open::begin(&self.pool, isolation).await?))
    }

    async fn script(&self, text: &str) -> Result<(), ScriptError> {
        pooled::script(&self.pool, text).await
    }

    async fn listen(&self, channel: &str) -> Result<Option<Listener>, Error> {
        self.connector.listen(channel).await.map(Some)
    }

    async fn notify(&self, channel: &str, message: &str) -> Result<bool, Error> {
        let (channel, message) = (Value::from(channel), Value::from(message));
        let statement = Statement {
            // The function gives `void`, which the driver has no value for.
            text: "SELECT CAST(pg_notify($1, $2) AS TEXT)",
            access: Access::Write,
            values: &[&channel, &message],
            most: None,
        };
        self.exec(statement).await.map(|_| true)
    }

    async fn close(&self) {
        self.pipelines.close();
        self.pool.close();
    }
}
