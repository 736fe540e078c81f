//! One connection: opening, running, stopping.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use hallpass_sql::{Access, Value};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params};

use super::address::Settings;
use super::{codec, errors};
use crate::drivers::Statement;
use crate::drivers::pooled::Speaker;
use crate::drivers::received::Received;
use crate::error::{Error, ErrorKind, ScriptError};
use crate::pool::Link;
use crate::rows::Rows;

/// The driver does not watch its socket, and servers close what lies idle (`wait_timeout`): after this long a
/// connection is asked whether it lives.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(30);

/// Opens connections.
pub(super) struct Connector {
    settings: Settings,
}

impl Connector {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings }
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
        let options = self.settings.options.clone();
        let driver = Conn::new(options.clone())
            .await
            .map_err(|error| errors::of_connecting(&error))?;
        Ok(Connection {
            driver,
            options,
            locals: Vec::new(),
        })
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<Error> {
        if connection.driver.is_disconnected() {
            return Err(RecycleError::message("the server closed it"));
        }
        if metrics.last_used() > IDLE_BEFORE_PING {
            connection
                .driver
                .ping()
                .await
                .map_err(|error| errors::of_connecting(&error))?;
        }
        Ok(())
    }
}

/// A connection, and what it takes to reach the server beside it.
pub(super) struct Connection {
    driver: Conn,
    options: Opts,
    /// Variables that were set for the transaction that runs. The server keeps them for as long as the connection lives.
    locals: Vec<String>,
}

impl Connection {
    pub(super) async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        let prepared = self
            .driver
            .prep(statement.text)
            .await
            .map_err(|error| errors::of_text(&error))?;
        if usize::from(prepared.num_params()) != statement.values.len() {
            let detail = format!(
                "the statement has {} placeholders and {} values",
                prepared.num_params(),
                statement.values.len()
            );
            return Err(Error::new(ErrorKind::Other, detail));
        }
        let values = statement
            .values
            .iter()
            .map(|value| codec::encode(value))
            .collect::<Result<Vec<_>, Error>>()?;
        let parameters = if values.is_empty() {
            Params::Empty
        } else {
            Params::Positional(values)
        };
        let failed = |error: mysql_async::Error| errors::of_running(&error);
        let mut answer = self
            .driver
            .exec_iter(prepared, parameters)
            .await
            .map_err(failed)?;
        let columns = answer.columns();
        let mut received = Received::of(statement.most);
        let mut answered = Vec::new();
        while let Some(row) = answer.next().await.map_err(failed)? {
            received.add(codec::size(&row))?;
            answered.push(row);
        }
        let matched = matched(&answer.info());
        let affected = matched.unwrap_or_else(|| answer.affected_rows());
        let inserted_id = answer.last_insert_id();
        drop(answer);
        let columns = columns.iter().flat_map(|columns| columns.iter());
        let columns: Arc<[String]> = columns
            .map(|column| column.name_str().into_owned())
            .collect();
        let rows = answered
            .into_iter()
            .map(codec::decode_row)
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Rows {
            affected: match statement.access {
                Access::Read => 0,
                // RETURNING answers with rows instead of a count.
                Access::Write if !columns.is_empty() => rows.len() as u64,
                Access::Write => affected,
            },
            columns,
            rows,
            inserted_id: inserted_id.filter(|id| *id != 0),
            bytes: received.bytes(),
        })
    }

    pub(super) async fn version(&mut self) -> Result<String, Error> {
        let version = self.driver.query_first("SELECT VERSION()").await;
        Ok(version
            .map_err(|error| errors::of_connecting(&error))?
            .unwrap_or_default())
    }

    /// Ends the session from outside: a server that waits for a lock does not notice that nobody listens.
    async fn kill(&self) -> Result<(), mysql_async::Error> {
        let mut beside = Conn::new(self.options.clone()).await?;
        beside
            .query_drop(format!("KILL {}", self.driver.id()))
            .await?;
        beside.disconnect().await
    }
}

/// How many rows an UPDATE found, which the server tells in words: it counts those that differ afterwards. The other
/// databases count what was found, and an insert that leaves the row it met must not count at all.
fn matched(info: &str) -> Option<u64> {
    let number = info.strip_prefix("Rows matched: ")?;
    number.split(' ').next()?.parse().ok()
}

impl Connection {
    /// Sets a variable that is taken away when the transaction ends.
    pub(super) async fn set_local(
        &mut self,
        name: &'static str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        // SECURITY: a name of the program, never of a caller.
        let variable = format!("@{}", name.replace('.', "_"));
        let text = format!("SET {variable} = ?");
        // Before it is set: what is not awaited to its end may be set all the same.
        if !self.locals.contains(&variable) {
            self.locals.push(variable);
        }
        let value = value.map_or(Value::Null, Value::from);
        let statement = Statement {
            text: &text,
            access: Access::Write,
            values: &[&value],
            most: None,
        };
        self.exec(statement).await.map(drop)
    }

    /// Ends a transaction, and takes its variables away in the same round trip.
    pub(super) async fn end(&mut self, text: &'static str) -> Result<(), Error> {
        if self.locals.is_empty() {
            return self.command(text).await;
        }
        let empty = self
            .locals
            .iter()
            .map(|variable| format!("{variable} = NULL"));
        let text = format!("{text}; SET {}", empty.collect::<Vec<_>>().join(", "));
        self.script(&text).await.map_err(|failed| failed.error)?;
        self.locals.clear();
        Ok(())
    }

    /// Runs a text without values and without rows.
    pub(super) async fn command(&mut self, text: &'static str) -> Result<(), Error> {
        self.driver
            .query_drop(text)
            .await
            .map_err(|error| errors::of_running(&error))
    }
}

impl Speaker for Connection {
    async fn exec_in_transaction(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.exec(statement).await
    }

    /// The server answers each statement by itself, so what was done before a failure is known.
    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        let mut done = 0;
        let failed = |done, error: mysql_async::Error| ScriptError {
            done: Some(done),
            error: errors::of_running(&error),
        };
        let begun = self.driver.query_iter(text).await;
        let mut answers = begun.map_err(|error| failed(done, error))?;
        loop {
            // Asked before the answer is read: afterwards a failure of the next one looks like the end.
            let is_last = answers.is_empty();
            while answers
                .next()
                .await
                .map_err(|error| failed(done, error))?
                .is_some()
            {}
            if is_last {
                return Ok(());
            }
            done += 1;
        }
    }
}

impl Link for Connection {
    async fn clean(&mut self, running: bool) -> bool {
        if running {
            // The driver stopped in the middle of its protocol, so the connection is lost in any case.
            if let Err(error) = self.kill().await {
                let error = errors::of_connecting(&error);
                tracing::debug!(%error, "a statement that nobody waits for could not be stopped");
            }
            return false;
        }
        self.end("ROLLBACK").await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn the_servers_words_about_an_update_are_read() {
        for (info, rows) in [
            ("Rows matched: 12  Changed: 3  Warnings: 0", Some(12)),
            ("Records: 2  Duplicates: 0  Warnings: 0", None),
            ("", None),
        ] {
            assert_eq!(matched(info), rows, "{info}");
        }
    }
}
