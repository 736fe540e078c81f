//! A transaction whose BEGIN costs no round trip of its own: it goes out in front of the first statement. So does a write
//! whose answer nobody waits for, in front of the next statement or of COMMIT.
//!
//! INVARIANT: what waits was never sent, so a transaction that is dropped before its first statement leaves a connection
//! that knows of none.
//!
//! Why this is as safe as waiting for BEGIN, and where it is not: `docs/design/db-pools.md`.

use std::fmt;

use async_trait::async_trait;
use hallpass_sql::{Access, Isolation, Value};

use super::connection::{Connector, Ran, Step};
use crate::drivers::pooled::Speaker as _;
use crate::drivers::{Session, Statement};
use crate::error::{Error, ErrorKind, ScriptError};
use crate::local::Local;
use crate::pool::{Lease, Pool};
use crate::rows::Rows;

/// A variable, until the transaction ends.
const SET_LOCAL: &str = "SELECT set_config($1, $2, true)";
/// Writes that wait to be sent, at most.
const MOST_WAITING: usize = 16;

/// A connection with a transaction open, or about to be; the lease rolls back when dropped.
pub(super) struct Open {
    lease: Lease<Connector>,
    /// Until it is sent.
    begin: Option<&'static str>,
    later: Vec<Later>,
}

/// A write that nobody waits for.
struct Later {
    text: String,
    access: Access,
    values: Vec<Value>,
}

impl Open {
    pub(super) async fn begin(
        pool: &Pool<Connector>,
        isolation: Option<Isolation>,
    ) -> Result<Self, Error> {
        let mut open = Self {
            lease: pool.acquire().await?,
            begin: Some(command(isolation)),
            later: Vec::new(),
        };
        // A server that follows another may refuse an isolation.
        if isolation.is_some() {
            open.send(None).await?;
        }
        Ok(open)
    }

    /// Whether the server knows of no transaction.
    fn is_unsent(&self) -> bool {
        self.begin.is_some()
    }

    /// Sends what waits, and this behind it; gives its rows.
    async fn send(&mut self, last: Option<Step<'_>>) -> Result<Rows, Error> {
        let later = std::mem::take(&mut self.later);
        let values: Vec<Vec<&Value>> = later
            .iter()
            .map(|later| later.values.iter().collect())
            .collect();
        let begin = self.begin.map(Step::Command);
        let later = later.iter().zip(&values).map(|(later, values)| {
            Step::Statement(Statement {
                text: &later.text,
                access: later.access,
                values,
                most: None,
            })
        });
        let steps = begin.into_iter().chain(later).chain(last).collect();
        let train = self.lease.start()?.couple(steps).await;
        let train = self.lease.finish(train)?;
        let begins = self.begin.take().is_some();
        self.lease.set_in_transaction(true);
        let ran = self.lease.start()?.run_train(train).await;
        if begins && let Some(error) = ran.first_error() {
            // Whatever state it is in, it must not be met by the next caller.
            self.lease.close();
            return self.lease.finish(Err(not_begun(error, &ran)));
        }
        self.lease.finish(ran.into_result())
    }

    async fn end(&mut self, text: &'static str) -> Result<(), Error> {
        self.send(Some(Step::Command(text))).await?;
        self.lease.set_in_transaction(false);
        Ok(())
    }
}

/// Runs one statement in a transaction of its own in which a variable is set: all of it goes out before the first answer.
pub(super) async fn exec_with(
    pool: &Pool<Connector>,
    local: Local<'_>,
    statement: Statement<'_>,
) -> Result<Rows, Error> {
    /// Where the statement stands among the steps.
    const PLACE: usize = 2;
    let mut lease = pool.acquire().await?;
    let (name, value) = (Value::from(local.name), Value::from(local.value));
    let values = [&name, &value];
    let set = Statement {
        text: SET_LOCAL,
        access: Access::Read,
        values: &values,
        most: None,
    };
    let steps = vec![
        Step::Command("BEGIN"),
        Step::Statement(set),
        Step::Statement(statement),
        Step::Command("COMMIT"),
    ];
    let train = lease.start()?.couple(steps).await;
    let train = lease.finish(train)?;
    lease.set_in_transaction(true);
    let ran = lease.start()?.run_train(train).await;
    if let Some(error) = ran.first_error() {
        lease.close();
        return lease.finish(Err(not_begun(error, &ran)));
    }
    // After an error, too: COMMIT has then undone everything.
    lease.set_in_transaction(!ran.has_ended());
    lease.finish(ran.into_rows_of(PLACE))
}

fn command(isolation: Option<Isolation>) -> &'static str {
    match isolation {
        None => "BEGIN",
        Some(Isolation::ReadCommitted) => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Some(Isolation::RepeatableRead) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Some(Isolation::Serializable) => "BEGIN ISOLATION LEVEL SERIALIZABLE",
    }
}

/// BEGIN failed. What went out behind it may have run by itself.
fn not_begun(error: &Error, ran: &Ran) -> Error {
    if ran.any_succeeded() {
        return Error::new(
            ErrorKind::Unavailable,
            "a transaction could not begin, and its first statement may have run without it",
        );
    }
    error.clone()
}

#[async_trait]
impl Session for Open {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        if !self.is_unsent() && self.later.is_empty() {
            let result = self.lease.start()?.exec_in_transaction(statement).await;
            return self.lease.finish(result);
        }
        self.send(Some(Step::Statement(statement))).await
    }

    async fn exec_later(&mut self, statement: Statement<'_>) -> Result<(), Error> {
        if self.later.len() >= MOST_WAITING {
            self.send(None).await?;
        }
        self.later.push(Later {
            text: statement.text.to_owned(),
            access: statement.access,
            values: statement.values.iter().copied().cloned().collect(),
        });
        Ok(())
    }

    async fn set_local(&mut self, name: &'static str, value: Option<&str>) -> Result<(), Error> {
        let values = [Value::from(name), Value::from(value.unwrap_or_default())];
        let [name, value] = &values;
        self.exec_later(Statement {
            text: SET_LOCAL,
            access: Access::Read,
            values: &[name, value],
            most: None,
        })
        .await
    }

    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        self.send(None).await?;
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
        if self.is_unsent() && self.later.is_empty() {
            return Ok(());
        }
        self.end("COMMIT").await
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), Error> {
        self.later.clear();
        if self.is_unsent() {
            return Ok(());
        }
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
            .finish_non_exhaustive()
    }
}
