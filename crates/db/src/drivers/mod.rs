//! One driver a database, each behind its feature, all behind [`Driver`] and [`Session`].
//!
//! A driver translates values, text and errors, owns its connections, and undoes what a dropped future
//! leaves behind. Timeouts, parameters and the rule that a failed statement ends its transaction are kept
//! once, in front of it.

use std::fmt::Debug;

use async_trait::async_trait;
use hallpass_sql::{Access, Dialect, Isolation, Query, Value};

use crate::error::{Error, ErrorKind, ScriptError};
use crate::listener::Listener;
use crate::local::Local;
use crate::rows::Rows;

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod pooled;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod received;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

/// A statement with its values in the order of the placeholders.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    pub(crate) access: Access,
    pub(crate) values: &'a [&'a Value],
    /// How many bytes its rows may take.
    pub(crate) most: Option<u64>,
}

impl<'a> Statement<'a> {
    /// A query whose parameters are these.
    pub(crate) fn of(query: &'a Query, values: &'a [&'a Value]) -> Self {
        Self {
            text: &query.text,
            access: query.access,
            values,
            most: None,
        }
    }

    /// The same, whose rows may take so many bytes. A write is done whatever it gives back, so it has no such bound.
    pub(crate) fn within(self, most: Option<u64>) -> Self {
        Self {
            most: most.filter(|_| self.access == Access::Read),
            ..self
        }
    }
}

/// A pool of connections to one database.
#[async_trait]
pub(crate) trait Driver: Debug + Send + Sync {
    fn dialect(&self) -> Dialect;

    /// Runs one statement in a transaction of its own.
    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error>;

    /// Runs one statement in a transaction of its own in which a variable is set.
    async fn exec_with(&self, local: Local<'_>, statement: Statement<'_>) -> Result<Rows, Error> {
        let mut session = self.begin(None).await?;
        session.set_local(local.name, Some(local.value)).await?;
        let rows = session.exec(statement).await?;
        session.commit().await?;
        Ok(rows)
    }

    /// Runs a read that takes no time. It may go out on a connection that others use at the same moment.
    async fn look_up(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.exec(statement).await
    }

    /// See [`Connection::collations`](crate::connection::Connection::collations).
    async fn collations(
        &self,
        _columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        Ok(None)
    }

    /// Takes a connection and begins a transaction on it; as far from others as usual where nothing is said.
    async fn begin(&self, isolation: Option<Isolation>) -> Result<Box<dyn Session>, Error>;

    /// The same, to change tables: what refers to a table that is made anew stays.
    async fn begin_change(&self) -> Result<Box<dyn Session>, Error> {
        self.begin(None).await
    }

    /// Runs a script outside of a transaction of ours.
    async fn script(&self, text: &str) -> Result<(), ScriptError>;

    /// See [`Database::listen`](crate::Database::listen). The channel is a plain word.
    async fn listen(&self, _channel: &str) -> Result<Option<Listener>, Error> {
        Ok(None)
    }

    /// See [`Database::notify`](crate::Database::notify).
    async fn notify(&self, _channel: &str, _message: &str) -> Result<bool, Error> {
        Ok(false)
    }

    /// Ends all connections; later calls are `Unavailable`.
    async fn close(&self);
}

/// A connection with an open transaction. Dropping it rolls back.
#[async_trait]
pub(crate) trait Session: Debug + Send {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error>;

    /// Runs a write whose answer nobody waits for. It may go out only with the next statement or with the commit, which
    /// then gives its error.
    async fn exec_later(&mut self, statement: Statement<'_>) -> Result<(), Error> {
        self.exec(statement).await.map(drop)
    }

    /// Sets a variable until the transaction ends, or empties it; nobody waits for it on its own.
    async fn set_local(&mut self, _name: &'static str, _value: Option<&str>) -> Result<(), Error> {
        Err(Error::new(
            ErrorKind::Other,
            "this database has no variables of transactions",
        ))
    }

    /// See [`Driver::collations`].
    async fn collations(
        &mut self,
        _columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        Ok(None)
    }

    /// Runs a script as part of the transaction.
    async fn script(&mut self, text: &str) -> Result<(), ScriptError>;

    async fn commit(self: Box<Self>) -> Result<(), Error>;

    async fn rollback(self: Box<Self>) -> Result<(), Error>;

    /// Rolls back and gives up the connection, so that nothing of its state comes to another caller.
    fn close(self: Box<Self>);
}
