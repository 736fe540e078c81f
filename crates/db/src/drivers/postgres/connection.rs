//! One connection: opening, preparing, running, stopping.

mod listening;
mod train;

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use futures_core::Stream as _;
use hallpass_sql::{Access, Value};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Settings;
use super::codec::{Bound, Decoded, Reader};
use super::statements::{Prepared, Statements};
use super::{errors, tls};
use crate::connect_error::ConnectError;
use crate::drivers::Statement;
use crate::drivers::pooled::Speaker;
use crate::drivers::received::Received;
use crate::error::{Error, ErrorKind, ScriptError};
use crate::options::Options;
use crate::pool::Link;
use crate::rows::Rows;
pub(super) use train::{Ran, Step};

/// A statement that nobody waits for any more may go on for so long before it is stopped.
const NEARLY_DONE: Duration = Duration::from_millis(50);

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    settings: Arc<Settings>,
    tls: MakeRustlsConnect,
    statement_cache: usize,
}

impl Connector {
    pub(super) fn new(settings: Settings, options: &Options) -> Result<Self, ConnectError> {
        Ok(Self {
            tls: tls::connector(&settings.trust)?,
            settings: Arc::new(settings),
            statement_cache: options.statement_cache,
        })
    }

    /// A connection on which the server itself stops a statement that runs longer than `limit`.
    pub(super) async fn connect_with_limit(&self, limit: Duration) -> Result<Connection, Error> {
        let connection = self.connect().await;
        let connection = connection.map_err(|error| errors::of_connecting(&error))?;
        let limit = format!("SET statement_timeout = {}", limit.as_millis().max(1));
        connection.run_text(&limit).await?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, tokio_postgres::Error> {
        let (client, driver) = self.settings.config.connect(self.tls.clone()).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                let error = errors::of_text(&error);
                tracing::debug!(%error, "a connection to PostgreSQL ended");
            }
        });
        client.batch_execute(&self.settings.at_start).await?;
        Ok(Connection {
            client,
            driver: driver.abort_handle(),
            tls: self.tls.clone(),
            statements: Mutex::new(Statements::new(self.statement_cache)),
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Connector({})", self.settings.target)
    }
}

impl Manager for Connector {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        // Boxed: connecting takes kilobytes, and every call that asks the pool would have room for them.
        let connection = Box::pin(self.connect()).await;
        connection.map_err(|error| errors::of_connecting(&error))
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        if connection.is_closed() {
            return Err(RecycleError::message("the server closed it"));
        }
        Ok(())
    }
}

/// A connection with the statements prepared on it. Several callers may use it at the same time: the server runs what
/// it is sent in that order.
pub(super) struct Connection {
    client: Client,
    driver: AbortHandle,
    tls: MakeRustlsConnect,
    statements: Mutex<Statements>,
}

/// Why a statement failed, as far as running it again is concerned.
#[derive(Debug)]
enum Failure {
    /// It was prepared when tables or types looked otherwise, and did nothing. It is forgotten now.
    Stale(Error),
    Final(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Stale(error) | Self::Final(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Connection {
    /// Runs a statement on its own: one that was prepared when tables looked otherwise is prepared anew.
    pub(super) async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let result = match self.exec_once(statement).await {
            // The statement was refused before it did anything, so running it again is safe.
            Err(Failure::Stale(_)) => self.exec_once(statement).await,
            other => other,
        };
        result.map_err(Failure::into_error)
    }

    async fn exec_once(&self, statement: Statement<'_>) -> Result<Rows, Failure> {
        let known = self.statements().find(statement.text);
        let (prepared, known) = match known {
            Some(prepared) => (prepared, true),
            None => (self.prepare(statement.text).await?, false),
        };
        let bound = bind(&prepared, statement.values)?;
        let Statement { access, most, .. } = statement;
        let result = self.run(&prepared, bound, access, most).await;
        result.map_err(|failure| match failure {
            RunError::Database(error) => self.explain(&error, statement.text, known),
            RunError::Ours(error) => Failure::Final(error),
        })
    }

    /// Whether it was lost or closed; the driver watches the socket, so the server need not be asked.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Closes the socket at once. Whoever waits for an answer learns that the connection is lost.
    pub(super) fn cut(&self) {
        self.driver.abort();
    }

    /// Runs a text without values and without rows.
    pub(super) async fn run_text(&self, text: &str) -> Result<(), Error> {
        let done = self.client.batch_execute(text).await;
        done.map_err(|error| errors::of_running(&error))
    }

    fn statements(&self) -> MutexGuard<'_, Statements> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn explain(&self, error: &tokio_postgres::Error, text: &str, known: bool) -> Failure {
        if known && errors::is_stale(error) {
            // Whatever made this one stale (a migration, DISCARD ALL) may have met the others too.
            self.statements().clear();
            self.client.clear_type_cache();
            return Failure::Stale(errors::of_stale(error));
        }
        self.statements().remove(text);
        Failure::Final(errors::of_running(error))
    }

    async fn prepare(&self, text: &str) -> Result<Arc<Prepared>, Error> {
        let statement = self
            .client
            .prepare(text)
            .await
            .map_err(|error| errors::of_text(&error))?;
        let prepared = Arc::new(Prepared::new(statement)?);
        self.statements().insert(text, Arc::clone(&prepared));
        Ok(prepared)
    }

    async fn run(
        &self,
        prepared: &Prepared,
        bound: Vec<Bound<'_>>,
        access: Access,
        most: Option<u64>,
    ) -> Result<Rows, RunError> {
        if prepared.columns.is_empty() {
            let affected = self.client.execute_raw(&prepared.statement, bound).await?;
            return Ok(Rows {
                affected: if access == Access::Write { affected } else { 0 },
                ..Rows::default()
            });
        }
        let mut received = Received::of(most);
        let mut rows = Vec::new();
        let mut answered = pin!(self.client.query_raw(&prepared.statement, bound).await?);
        while let Some(row) = poll_fn(|context| answered.as_mut().poll_next(context)).await {
            let row = row?;
            received.add(row.raw_size_bytes())?;
            rows.push(decode(prepared, &row)?);
        }
        Ok(Rows {
            columns: Arc::clone(&prepared.column_names),
            affected: if access == Access::Write {
                rows.len() as u64
            } else {
                0
            },
            rows,
            inserted_id: None,
            bytes: received.bytes(),
        })
    }
}

enum RunError {
    Database(tokio_postgres::Error),
    Ours(Error),
}

impl From<tokio_postgres::Error> for RunError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn bind<'a>(prepared: &Prepared, values: &[&'a Value]) -> Result<Vec<Bound<'a>>, Error> {
    let types = prepared.statement.params();
    if types.len() != values.len() {
        let detail = format!(
            "the statement has {} placeholders and {} values",
            types.len(),
            values.len()
        );
        return Err(Error::new(ErrorKind::Other, detail));
    }
    let pairs = types.iter().zip(values);
    pairs
        .map(|(parameter_type, value)| Bound::new(parameter_type, value))
        .collect()
}

fn decode(prepared: &Prepared, row: &tokio_postgres::Row) -> Result<Vec<Value>, Error> {
    let decode_column = |(position, codec): (usize, &Reader)| {
        let raw: Decoded<'_> = row
            .try_get(position)
            .map_err(|error| errors::of_running(&error))?;
        codec.decode(raw)
    };
    prepared
        .columns
        .iter()
        .enumerate()
        .map(decode_column)
        .collect()
}

impl Speaker for Connection {
    /// A stale statement has failed the transaction; running all of it again finds it prepared afresh.
    async fn exec_in_transaction(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.exec_once(statement).await.map_err(Failure::into_error)
    }

    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        Ok(self.run_text(text).await?)
    }
}

impl Link for Connection {
    /// What is nearly done may end by itself. What must be stopped takes the connection with it: the server acts on a
    /// cancellation when it likes, and a late one would hit the statement of the next caller.
    async fn clean(&mut self, running: bool) -> bool {
        // Waits its turn behind what runs. Outside of a transaction it is a notice.
        let mut undone = pin!(self.client.batch_execute("ROLLBACK"));
        if !running {
            return undone.await.is_ok();
        }
        if let Ok(undone) = timeout(NEARLY_DONE, &mut undone).await {
            return undone.is_ok();
        }
        let token = self.client.cancel_token();
        if let Err(error) = token.cancel_query(self.tls.clone()).await {
            let error = errors::of_connecting(&error);
            tracing::debug!(%error, "a statement that nobody waits for could not be stopped");
            return false;
        }
        // The connection counts as in use until the statement is over.
        _ = undone.await;
        false
    }
}
