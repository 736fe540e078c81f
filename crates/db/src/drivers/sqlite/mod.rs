//! SQLite: one file, one thread that writes, several that read.
//!
//! SQLite admits one writer at a time, and its calls block. So one thread owns the connection that writes
//! and a transaction holds it; reads go to threads of their own and, in WAL mode, wait for nobody.
//! A memory database is visible to one connection only, so there the writer reads too.

mod like;
mod open;
mod values;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hallpass_sql::{Access, Dialect, Isolation};
use rusqlite::Connection;

use crate::drivers::received::Received;
use crate::drivers::{Driver, Session, Statement};
use crate::error::{Error, ErrorKind, ScriptError};
use crate::rows::Rows;
pub(crate) use open::open;
use worker::{Held, Workers, Writer};

/// How the one connection that writes stands between two holders, whatever a script or a change of tables switched.
const AS_BEFORE: &str = "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF";

/// A pool on one SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Writer,
    /// None for a memory database.
    readers: Option<Workers>,
    acquire_timeout: Duration,
}

#[async_trait]
impl Driver for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        let patience = self.acquire_timeout;
        if let (Some(readers), Access::Read) = (&self.readers, statement.access) {
            return readers.call(Some(patience), job(statement)?).await;
        }
        self.writer.call(patience, job(statement)?).await
    }

    async fn collations(
        &self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        let look = move |connection: &mut Connection| collations(connection, &columns);
        let found = match &self.readers {
            Some(readers) => readers.call(Some(self.acquire_timeout), look).await,
            None => self.writer.call(self.acquire_timeout, look).await,
        };
        found.map(Some)
    }

    /// Whoever writes is alone, so that every transaction is serializable.
    async fn begin(&self, _: Option<Isolation>) -> Result<Box<dyn Session>, Error> {
        let session = Open {
            writer: self.writer.acquire(self.acquire_timeout).await?,
            orphans: None,
        };
        // A writer from the start: a transaction that reads first and writes later can fail at that point.
        session
            .writer
            .call(|connection| batch(connection, "BEGIN IMMEDIATE"))
            .await?;
        Ok(Box::new(session))
    }

    /// Without foreign keys, as SQLite wants it where tables are made anew: to drop a table would delete what refers
    /// to it. That no row has lost what it refers to is checked before the commit.
    async fn begin_change(&self) -> Result<Box<dyn Session>, Error> {
        let mut session = Open {
            writer: self.writer.acquire(self.acquire_timeout).await?,
            orphans: Some(0),
        };
        let orphans = session.writer.call(|connection| {
            batch(connection, "PRAGMA foreign_keys = OFF")?;
            batch(connection, "BEGIN IMMEDIATE")?;
            orphans(connection)
        });
        session.orphans = Some(orphans.await?);
        Ok(Box::new(session))
    }

    async fn script(&self, text: &str) -> Result<(), ScriptError> {
        let text = text.to_owned();
        let done = self.writer.call(self.acquire_timeout, move |connection| {
            let done = run_script(connection, &text);
            // What the script left open or switched off goes no further than here.
            let ended = roll_back(connection);
            batch(connection, AS_BEFORE)?;
            done.and(ended)
        });
        Ok(done.await?)
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
    /// Of a transaction without foreign keys: how many rows had nothing that they refer to when it began.
    orphans: Option<i64>,
}

#[async_trait]
impl Session for Open {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.writer.call(job(statement)?).await
    }

    async fn collations(
        &mut self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        let look = move |connection: &mut Connection| collations(connection, &columns);
        self.writer.call(look).await.map(Some)
    }

    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        let text = text.to_owned();
        let done = self.writer.call(move |connection| {
            run_script(connection, &text)?;
            if connection.is_autocommit() {
                let detail = "the script ended the transaction that it was run in";
                return Err(Error::new(ErrorKind::Other, detail));
            }
            Ok(())
        });
        Ok(done.await?)
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        let before = self.orphans;
        self.writer
            .call(move |connection| {
                if let Some(before) = before
                    && orphans(connection)? > before
                {
                    let detail = "rows would refer to rows that are not there";
                    return Err(Error::new(ErrorKind::ForeignKeyViolation, detail));
                }
                batch(connection, "COMMIT")
            })
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
        let without_keys = self.orphans.is_some();
        self.writer.send(move |connection| {
            let mut undone = roll_back(connection);
            if without_keys {
                undone = undone.and(batch(connection, AS_BEFORE));
            }
            if let Err(error) = undone {
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

fn run_script(connection: &Connection, text: &str) -> Result<(), Error> {
    connection.execute_batch(text).map_err(|error| {
        let unsafe_words = values::error(&error);
        // What is wrong with the text may be said, what is wrong with rows may not.
        if unsafe_words.kind() == ErrorKind::Other {
            values::error_of_text(&error)
        } else {
            unsafe_words
        }
    })
}

/// No pragma tells them. Columns of views and the like have none of their own.
fn collations(
    connection: &Connection,
    columns: &[(String, String)],
) -> Result<Vec<Option<String>>, Error> {
    // What a connection knows of tables may be from before others changed them: a statement that reads looks anew.
    batch(connection, "SELECT 1 FROM sqlite_schema LIMIT 1")?;
    let found = columns.iter().map(|(table, column)| {
        let known = connection.column_metadata(None::<&str>, table.as_str(), column.as_str());
        let (_, collation, ..) = known.map_err(|error| values::error(&error))?;
        let name = collation.map(|name| name.to_string_lossy().into_owned());
        Ok(name.filter(|name| !name.eq_ignore_ascii_case("BINARY")))
    });
    found.collect()
}

/// How many rows refer to a row that is not there.
fn orphans(connection: &Connection) -> Result<i64, Error> {
    let count = "SELECT count(*) FROM pragma_foreign_key_check";
    connection
        .query_row(count, [], |row| row.get(0))
        .map_err(|error| values::error(&error))
}

fn batch(connection: &Connection, text: &str) -> Result<(), Error> {
    connection
        .execute_batch(text)
        .map_err(|error| values::error(&error))
}

/// The statement, to be run on a thread that owns a connection.
fn job(
    statement: Statement<'_>,
) -> Result<impl FnOnce(&mut Connection) -> Result<Rows, Error> + Send + 'static, Error> {
    let text = statement.text.to_owned();
    let Statement { access, most, .. } = statement;
    let bound = statement
        .values
        .iter()
        .map(|value| values::encode(value))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(move |connection: &mut Connection| exec(connection, &text, access, bound, most))
}

fn exec(
    connection: &Connection,
    text: &str,
    access: Access,
    bound: Vec<rusqlite::types::Value>,
    most: Option<u64>,
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
    let fetched = fetch(&mut prepared, most)?;
    let affected = if access == Access::Read {
        0
    } else if !fetched.columns.is_empty() {
        fetched.rows.len() as u64
    } else if connection.total_changes() == changes_before {
        // SQLite keeps the count of the last write through statements that change no rows.
        0
    } else {
        connection.changes()
    };
    Ok(Rows {
        affected,
        ..fetched
    })
}

/// The columns' names and the rows.
fn fetch(prepared: &mut rusqlite::Statement<'_>, most: Option<u64>) -> Result<Rows, Error> {
    let mut received = Received::of(most);
    let mut columns = None;
    let mut rows = Vec::new();
    let mut cursor = prepared.raw_query();
    while let Some(row) = cursor.next().map_err(|error| values::error(&error))? {
        // Not before the first step, which prepares the statement anew if a table has changed.
        let columns = columns.get_or_insert_with(|| names(row.as_ref()));
        let decode = |position| {
            let value = row
                .get_ref(position)
                .map_err(|error| values::error(&error))?;
            received.add(values::size(value))?;
            values::decode(value)
        };
        rows.push(
            (0..columns.len())
                .map(decode)
                .collect::<Result<_, Error>>()?,
        );
    }
    drop(cursor);
    Ok(Rows {
        columns: columns.unwrap_or_else(|| names(prepared)),
        rows,
        bytes: received.bytes(),
        ..Rows::default()
    })
}

fn names(prepared: &rusqlite::Statement<'_>) -> Arc<[String]> {
    prepared.column_names().map(str::to_owned).collect()
}
