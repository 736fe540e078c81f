//! A transaction on a connection of the pool.

use std::fmt;

use async_trait::async_trait;

use super::connection::Connector;
use crate::drivers::pooled::Speaker as _;
use crate::drivers::{Session, Statement};
use crate::error::{Error, ScriptError};
use crate::pool::{Lease, Pool};
use crate::rows::Rows;

/// Begins a transaction by the server's commands for it.
pub(super) async fn begin(
    pool: &Pool<Connector>,
    commands: &[&'static str],
) -> Result<Box<dyn Session>, Error> {
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
struct Open {
    lease: Lease<Connector>,
}

impl Open {
    async fn command(&mut self, text: &'static str) -> Result<(), Error> {
        let result = self.lease.start()?.command(text).await;
        self.lease.finish(result)
    }

    async fn end(&mut self, text: &'static str) -> Result<(), Error> {
        let result = self.lease.start()?.end(text).await;
        self.lease.finish(result)?;
        self.lease.set_in_transaction(false);
        Ok(())
    }
}

#[async_trait]
impl Session for Open {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        let result = self.lease.start()?.exec_in_transaction(statement).await;
        self.lease.finish(result)
    }

    async fn set_local(&mut self, name: &'static str, value: Option<&str>) -> Result<(), Error> {
        let result = self.lease.start()?.set_local(name, value).await;
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

impl fmt::Debug for Open {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Open")
            .field("lease", &self.lease)
            .finish()
    }
}
