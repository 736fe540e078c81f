//! What is the same for connections of every server.

use std::future::Future;

use deadpool::managed::Manager;

use super::Statement;
use crate::error::{Error, ScriptError};
use crate::pool::{Link, Pool};
use crate::rows::Rows;

/// What a transaction needs of a connection.
pub(super) trait Speaker: Link {
    /// Runs a statement in an open transaction.
    fn exec_in_transaction(
        &mut self,
        statement: Statement<'_>,
    ) -> impl Future<Output = Result<Rows, Error>> + Send;

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
