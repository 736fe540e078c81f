//! Connections to a server, each held by one caller at a time.
//!
//! INVARIANT: a connection in the pool has no statement running and no transaction open. A [`Lease`] that
//! is dropped in such a state is cleaned in the background first, and closed if that fails, so a future
//! that is dropped at any point leaves nothing to the next caller.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Object, PoolConfig, PoolError, QueueMode, TimeoutType, Timeouts};

use crate::error::{Error, ErrorKind};
use crate::options::Options;

/// A connection that fails to become clean in this time is closed.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(5);

/// What the pool needs of a connection.
pub(crate) trait Link: Send + 'static {
    /// Stops the statement that runs, if one does, and ends the transaction. Whether the connection may be
    /// used again.
    fn clean(&mut self, running: bool) -> impl Future<Output = bool> + Send;
}

/// A bounded pool with the timeouts of [`Options`].
pub(crate) struct Pool<M: Manager> {
    inner: deadpool::managed::Pool<M>,
    timeouts: Timeouts,
}

impl<M> Pool<M>
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    pub(crate) fn new(manager: M, options: &Options) -> Result<Self, Error> {
        let timeouts = Timeouts {
            wait: Some(options.acquire_timeout),
            create: Some(options.connect_timeout),
            recycle: Some(options.acquire_timeout),
        };
        let config = PoolConfig {
            max_size: options.max_connections.max(1),
            timeouts,
            // The most recently used one has its statements and buffers warm.
            queue_mode: QueueMode::Lifo,
        };
        let inner = deadpool::managed::Pool::builder(manager)
            .config(config)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        Ok(Self { inner, timeouts })
    }

    pub(crate) async fn acquire(&self) -> Result<Lease<M>, Error> {
        let object = self
            .inner
            .get()
            .await
            .map_err(|error| self.explain(error))?;
        Ok(Lease {
            object: Some(object),
            running: false,
            in_transaction: false,
            broken: false,
        })
    }

    pub(crate) fn close(&self) {
        self.inner.close();
    }

    /// Closes the connections that lie idle.
    pub(crate) fn forget_idle(&self) {
        self.inner.retain(|_, _| false);
    }

    fn explain(&self, error: PoolError<Error>) -> Error {
        let millis = |timeout: Option<Duration>| timeout.unwrap_or_default().as_millis();
        let detail = match error {
            PoolError::Backend(error) => return error,
            PoolError::Timeout(TimeoutType::Wait) => {
                format!(
                    "no connection became free within {} ms",
                    millis(self.timeouts.wait)
                )
            }
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
                format!(
                    "the server did not answer within {} ms",
                    millis(self.timeouts.create)
                )
            }
            PoolError::Closed => "the database was closed".to_owned(),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                "the pool failed".to_owned()
            }
        };
        Error::new(ErrorKind::Unavailable, detail)
    }
}

impl<M: Manager> fmt::Debug for Pool<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("status", &self.inner.status())
            .finish()
    }
}

/// A connection held by one caller.
pub(crate) struct Lease<M>
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    /// None only while dropping.
    object: Option<Object<M>>,
    running: bool,
    in_transaction: bool,
    broken: bool,
}

impl<M> Lease<M>
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    /// The connection, to run something on; [`finish`](Self::finish) must follow. When the future in between is
    /// dropped, the lease knows that something may still run.
    pub(crate) fn start(&mut self) -> Result<&mut M::Type, Error> {
        self.running = true;
        match &mut self.object {
            Some(object) => Ok(object),
            None => Err(Error::new(
                ErrorKind::Unavailable,
                "the connection was given back",
            )),
        }
    }

    /// Takes note of how it ended.
    pub(crate) fn finish<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        let kind = result.as_ref().err().map(Error::kind);
        // The rest of the rows may still be on their way.
        self.running = kind == Some(ErrorKind::TooLarge);
        if kind == Some(ErrorKind::Unavailable) {
            self.broken = true;
            self.forget_idle();
        }
        result
    }

    /// Sets whether a transaction is open: true before it is begun, false after it has ended.
    pub(crate) fn set_in_transaction(&mut self, in_transaction: bool) {
        self.in_transaction = in_transaction;
    }

    /// Closes the connection when the lease ends; the server then rolls back.
    pub(crate) fn close(&mut self) {
        self.broken = true;
    }

    /// A server that ended one connection has often ended all (a restart). Those that lie idle would each
    /// fail one caller; opening them anew costs little.
    fn forget_idle(&self) {
        if let Some(pool) = self.object.as_ref().and_then(Object::pool) {
            pool.retain(|_, _| false);
        }
    }
}

impl<M> Drop for Lease<M>
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    fn drop(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        if self.broken {
            drop(Object::take(object));
        } else if self.running || self.in_transaction {
            clean_in_background(object, self.running);
        }
        // Otherwise dropping the object gives it back.
    }
}

fn clean_in_background<M>(mut object: Object<M>, running: bool)
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        // The program ends; the server rolls back when the connection closes.
        drop(Object::take(object));
        return;
    };
    // The connection counts as in use meanwhile: else callers who give up would open ever more.
    runtime.spawn(async move {
        if tokio::time::timeout(CLEAN_TIMEOUT, object.clean(running)).await != Ok(true) {
            drop(Object::take(object));
        }
    });
}

impl<M> fmt::Debug for Lease<M>
where
    M: Manager<Type: Link, Error = Error> + 'static,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("running", &self.running)
            .field("in_transaction", &self.in_transaction)
            .finish_non_exhaustive()
    }
}
