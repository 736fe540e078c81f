//! A transaction on a connection of a pool: the same for every server.

use std::fmt;
use std::future::Future;

use async_trait::async_trait;
use deadpool::managed::Manager;

use super::{Session, Statement};
use crate::error::{Error, ScriptError};
use crate::pool::{Lease, Link, Pool};
use crate::rows::Rows;

/// What a transaction needs of a connection.
pub(super) trait Speaker: Link {
    /// Runs a statement in an open transaction.
    fn exec_in_transaction(
        &mut self,
        statement: Statement<'_>,
    ) -> impl Future<Output = Result<Rows, Error>> + Send;

    /// Runs a text without values and without rows.
    fn command(&mut self, text: &'static str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Runs the statements of a text one after the other.
    fn script(&mut self, text: &str) -> impl Future<Output = Result<(), ScriptError>> + Send;
}

/// Runs a script on a connection of its own.
pub(super) async fn script<M>(pool: &Pool<M>, text: &str) -> Result<(), ScriptError>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    let mut lease = pool.acquire().await?;
    // The script may leave a transaction open, which goes no further than here.
    lease.set_in_transaction(true);
    // And what it set of the session ends with the connection.
    lease.close();
    let done = lease.start()?.script(text).await;
    let ended = done
        .as_ref()
        .copied()
        .map_err(|failed| failed.error.clone());
    drop(lease.finish(ended));
    done
}

/// Begins a transaction by the server's commands for it.
pub(super) async fn begin<M>(
    pool: &Pool<M>,
    commands: &[&'static str],
) -> Result<Box<dyn Session>, Error>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    let mut session = Open {
        lease: pool.acquire().await?,
    };
    session.lease.set_in_transaction(true);
    for command in commands {
        if let Err(error) = session.command(command).await {
            // What the first command set must not be met by the next caller.
            session.lease.close();
            return Err(error);
        }
    }
    Ok(Box::new(session))
}

/// A connection with a transaction open; the lease rolls back when dropped.
struct Open<M>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    lease: Lease<M>,
}

impl<M> Open<M>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    async fn command(&mut self, text: &'static str) -> Result<(), Error> {
        let result = self.lease.start()?.command(text).await;
        self.lease.finish(result)
    }

    async fn end(&mut self, text: &'static str) -> Result<(), Error> {
        self.command(text).await?;
        self.lease.set_in_transaction(false);
        Ok(())
    }
}

#[async_trait]
impl<M> Session for Open<M>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        let result = self.lease.start()?.exec_in_transaction(statement).await;
        self.lease.finish(result)
    }

    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        let done = self.lease.start()?.script(text).await;
        let ended = done
            .as_ref()
            .copied()
            .map_err(|failed| failed.error.clone());
        // The lease learns of a lost connection; the caller gets the whole error.
        drop(self.lease.finish(ended));
        done
    }

    async fn commit(mut self: Box<Self>) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    fn close(mut self: Box<Self>) {
        self.lease.close();
    }
}

impl<M> fmt::Debug for Open<M>
where
    M: Manager<Type: Speaker, Error = Error> + 'static,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Open")
            .field("lease", &self.lease)
            .finish()
    }
}
