//! SQLite: one file, one thread that writes, several that read.
//!
//! SQLite admits one writer at a time, and its calls block. So one thread owns the connection that writes
//! and a transaction holds it; reads go to threads of their own and, in WAL mode, wait for nobody.
//! A memory database is visible to one connection only, so there the writer reads too.

mod open;
mod values;
mod worker;

use std::time::Duration;

use async_trait::async_trait;
use hallpass_sql::{Access, Dialect, Value};
use rusqlite::Connection;

use crate::drivers::{Driver, Session, Statement};
use crate::error::{Error, ErrorKind};
use crate::rows::Rows;
pub(crate) use open::open;
use worker::{Held, Lane};

/// A pool on one SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Lane,
    /// None for a memory database.
    readers: Option<Lane>,
    acquire_timeout: Duration,
}

#[async_trait]
impl Driver for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let lane = match (&self.readers, statement.access) {
            (Some(readers), Access::Read) => readers,
            _ => &self.writer,
        };
        run(&lane.acquire(self.acquire_timeout).await?, statement).await
    }

    async fn begin(&self) -> Result<Box<dyn Session>, Error> {
        let session = Open {
            writer: self.writer.acquire(self.acquire_timeout).await?,
        };
        // A writer from the start: a transaction that reads first and writes later can fail at that point.
        session
            .writer
            .call(|connection| batch(connection, "BEGIN IMMEDIATE"))
            .await?;
        Ok(Box::new(session))
    }

    async fn close(&self) {
        // Readers first, so that the writer is the last to close and finds nobody in the way of its checkpoint.
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.writer.close().await;
    }
}

/// The writer with a transaction open.
#[derive(Debug)]
struct Open {
    writer: Held,
}

#[async_trait]
impl Session for Open {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        run(&self.writer, statement).await
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.writer
            .call(|connection| batch(connection, "COMMIT"))
            .await
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        self.writer.call(roll_back).await
    }

    /// The one connection that writes stays: SQLite has no state of a connection that outlives a transaction.
    fn close(self: Box<Self>) {}
}

impl Drop for Open {
    fn drop(&mut self) {
        // The thread takes jobs in order, so this one comes before those of the next holder.
        self.writer.send(|connection| {
            if let Err(error) = roll_back(connection) {
                tracing::warn!(%error, "an SQLite transaction could not be rolled back");
            }
        });
    }
}

/// Does nothing when the transaction is over: committed, or rolled back by SQLite itself.
fn roll_back(connection: &mut Connection) -> Result<(), Error> {
    if connection.is_autocommit() {
        return Ok(());
    }
    batch(connection, "ROLLBACK")
}

fn batch(connection: &Connection, text: &str) -> Result<(), Error> {
    connection
        .execute_batch(text)
        .map_err(|error| values::error(&error))
}

async fn run(held: &Held, statement: Statement<'_>) -> Result<Rows, Error> {
    let text = statement.text.to_owned();
    let access = statement.access;
    let bound = statement
        .values
        .iter()
        .map(|value| values::encode(value))
        .collect::<Result<Vec<_>, Error>>()?;
    held.call(move |connection| exec(connection, &text, access, bound))
        .await
}

fn exec(
    connection: &Connection,
    text: &str,
    access: Access,
    bound: Vec<rusqlite::types::Value>,
) -> Result<Rows, Error> {
    let mut prepared = connection
        .prepare_cached(text)
        .map_err(|error| values::error_of_text(&error))?;
    if prepared.parameter_count() != bound.len() {
        let detail = format!(
            "the statement has {} placeholders and {} values",
            prepared.parameter_count(),
            bound.len()
        );
        return Err(Error::new(ErrorKind::Other, detail));
    }
    for (position, value) in bound.into_iter().enumerate() {
        prepared
            .raw_bind_parameter(position + 1, value)
            .map_err(|error| values::error(&error))?;
    }
    let changes_before = connection.total_changes();
    let (columns, rows) = fetch(&mut prepared)?;
    let affected = if access == Access::Read {
        0
    } else if !columns.is_empty() {
        rows.len() as u64
    } else if connection.total_changes() == changes_before {
        // SQLite keeps the count of the last write through statements that change no rows.
        0
    } else {
        connection.changes()
    };
    Ok(Rows {
        columns,
        rows,
        affected,
        inserted_id: None,
    })
}

/// The columns' names and the rows.
fn fetch(prepared: &mut rusqlite::Statement<'_>) -> Result<(Vec<String>, Vec<Vec<Value>>), Error> {
    let mut columns = names(prepared);
    let mut rows = Vec::new();
    let mut cursor = prepared.raw_query();
    while let Some(row) = cursor.next().map_err(|error| values::error(&error))? {
        if rows.is_empty() {
            // The first step prepares the statement anew if a table has changed.
            columns = names(row.as_ref());
        }
        let decode = |position| {
            let value = row
                .get_ref(position)
                .map_err(|error| values::error(&error))?;
            values::decode(value)
        };
        rows.push(
            (0..columns.len())
                .map(decode)
                .collect::<Result<_, Error>>()?,
        );
    }
    Ok((columns, rows))
}

fn names(prepared: &rusqlite::Statement<'_>) -> Vec<String> {
    prepared.column_names().map(str::to_owned).collect()
}
