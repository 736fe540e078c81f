//! Readers by name, each with the position that it has read up to.

use std::time::Duration;

use hallpass_db::Connection;
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;

use super::change::moment;
use super::{Batch, Log, number, run};
use crate::error::ChangesError;

/// Where a new reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// With the oldest change that is kept.
    Oldest,
    /// With what happens from now on.
    Now,
}

/// How far a reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderStatus {
    /// Its name.
    pub name: String,
    /// The position of the last change that it has done with.
    pub position: i64,
    /// How many changes lie before it.
    pub behind: i64,
    /// How long the oldest change that lies before it has been waiting, by the clock of the database; nothing where none does.
    pub waits: Duration,
    /// When it last moved.
    pub moved: Timestamp,
    /// Whether changes that it had not read were removed.
    pub is_lost: bool,
}

impl Log {
    /// Makes a reader where there is none of this name; one that is there stays where it is.
    ///
    /// # Errors
    /// What the database said.
    pub async fn begin(&self, name: &str, beginning: Beginning) -> Result<(), ChangesError> {
        let position = self.beginning(beginning).await?;
        let text = format!(
            "INSERT INTO hallpass_change_reader (name, position, at) SELECT {} WHERE NOT EXISTS \
             (SELECT 1 FROM hallpass_change_reader WHERE name = ?)",
            match self.dialect() {
                Dialect::Postgres => "CAST(? AS varchar(64)), CAST(? AS bigint), clock_timestamp()",
                Dialect::Sqlite => "?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
                _ => "?, ?, UTC_TIMESTAMP(6)",
            }
        );
        let text = if crate::words::is_mysql(self.dialect()) {
            text.replace(" WHERE NOT", " FROM DUAL WHERE NOT")
        } else {
            text
        };
        let values = [name.into(), position.into(), name.into()];
        let made = run(&mut (&self.database).into(), &text, &values).await;
        match made {
            // Another process made it in between.
            Err(ChangesError::Database(error))
                if error.kind() == hallpass_db::ErrorKind::UniqueViolation =>
            {
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// Puts a reader at its beginning anew, such as one that lost changes.
    ///
    /// # Errors
    /// [`ChangesError::NoReader`], and what the database said.
    pub async fn restart(&self, name: &str, beginning: Beginning) -> Result<(), ChangesError> {
        let position = self.beginning(beginning).await?;
        let text = "UPDATE hallpass_change_reader SET position = ? WHERE name = ?";
        let values = [position.into(), name.into()];
        match run(&mut (&self.database).into(), text, &values).await?.1 {
            0 => Err(no_reader(name)),
            _ => Ok(()),
        }
    }

    /// Ends a reader. Nothing is kept for it any longer.
    ///
    /// # Errors
    /// [`ChangesError::NotInstalled`], [`ChangesError::NoReader`], and what the database said.
    pub async fn end(&self, name: &str) -> Result<(), ChangesError> {
        self.require().await?;
        let text = "DELETE FROM hallpass_change_reader WHERE name = ?";
        match run(&mut (&self.database).into(), text, &[name.into()])
            .await?
            .1
        {
            0 => Err(no_reader(name)),
            _ => Ok(()),
        }
    }

    /// What a reader has before it, at most so many changes and some megabytes. Nothing moves until [`done`](Self::done):
    /// whoever asks again before gets the same.
    ///
    /// # Errors
    /// [`ChangesError::NoReader`], [`ChangesError::Lost`], and what the database said.
    pub async fn next(&self, name: &str, most: usize) -> Result<Batch, ChangesError> {
        self.advance().await?;
        let text = "SELECT r.position, h.removed FROM hallpass_change_reader AS r, hallpass_change_head AS h \
                    WHERE r.name = ? AND h.id = 1";
        let rows = self.read(text, &[name.into()]).await?;
        let Some([Value::Int(position), Value::Int(removed)]) = rows.first().map(Vec::as_slice)
        else {
            return Err(no_reader(name));
        };
        if position < removed {
            return Err(ChangesError::Lost {
                name: name.to_owned(),
            });
        }
        self.behind(*position, most).await
    }

    /// Moves a reader behind a batch. In the transaction of what was made of the batch, both happen or neither.
    ///
    /// # Errors
    /// [`ChangesError::Moved`] when the reader is not where the batch began: another process has done the same work, and what
    /// belongs to this batch is to be undone.
    pub async fn done(
        &self,
        connection: impl Into<Connection<'_>>,
        name: &str,
        batch: &Batch,
    ) -> Result<(), ChangesError> {
        let now = match self.dialect() {
            Dialect::Postgres => "clock_timestamp()",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            _ => "UTC_TIMESTAMP(6)",
        };
        let text = format!(
            "UPDATE hallpass_change_reader SET position = ?, at = {now} WHERE name = ? AND position = ?"
        );
        let values = [batch.to.into(), name.into(), batch.from.into()];
        match run(&mut connection.into(), &text, &values).await?.1 {
            0 => Err(ChangesError::Moved {
                name: name.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// How far every reader is, by name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn readers(&self) -> Result<Vec<ReaderStatus>, ChangesError> {
        let head = self.head().await?;
        let removed = self.removed().await?;
        let (column, now) = match self.dialect() {
            Dialect::Postgres => ("position", "clock_timestamp()"),
            Dialect::Sqlite => ("seq", "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
            _ => ("position", "UTC_TIMESTAMP(6)"),
        };
        let text = format!(
            "SELECT r.name, r.position, r.at, {now}, (SELECT c.at FROM hallpass_change AS c \
             WHERE c.{column} > r.position ORDER BY c.{column} LIMIT 1) FROM hallpass_change_reader AS r ORDER BY r.name"
        );
        let rows = self.read(&text, &[]).await?;
        let readers = rows.iter().map(|row| {
            let [Value::Text(name), Value::Int(position), at, now, oldest] = row.as_slice() else {
                return Err(ChangesError::Shape);
            };
            let now = moment(now).ok_or(ChangesError::Shape)?;
            let waits =
                moment(oldest).and_then(|oldest| now.duration_since(oldest).try_into().ok());
            Ok(ReaderStatus {
                name: name.clone(),
                position: *position,
                behind: head.saturating_sub(*position).max(0),
                waits: waits.unwrap_or_default(),
                moved: moment(at).ok_or(ChangesError::Shape)?,
                is_lost: *position < removed,
            })
        });
        readers.collect()
    }

    /// Moves a reader as far as this, where it is not there yet: for those who know elsewhere how far they are.
    pub(crate) async fn reach(&self, name: &str, position: i64) -> Result<(), ChangesError> {
        let now = match self.dialect() {
            Dialect::Postgres => "clock_timestamp()",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            _ => "UTC_TIMESTAMP(6)",
        };
        let text = format!(
            "UPDATE hallpass_change_reader SET position = ?, at = {now} WHERE name = ? AND position < ?"
        );
        let values = [position.into(), name.into(), position.into()];
        run(&mut (&self.database).into(), &text, &values).await?;
        Ok(())
    }

    /// When the change at a position was written, where it is kept.
    pub(crate) async fn moment_at(&self, position: i64) -> Result<Option<Timestamp>, ChangesError> {
        let column = match self.dialect() {
            Dialect::Sqlite => "seq",
            _ => "position",
        };
        let text = format!("SELECT at FROM hallpass_change WHERE {column} = ?");
        let rows = self.read(&text, &[position.into()]).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(moment))
    }

    /// The position up to which changes were removed.
    pub(crate) async fn removed(&self) -> Result<i64, ChangesError> {
        let text = "SELECT removed FROM hallpass_change_head WHERE id = 1";
        number(&self.read(text, &[]).await?).ok_or(ChangesError::NotInstalled)
    }

    async fn beginning(&self, beginning: Beginning) -> Result<i64, ChangesError> {
        match beginning {
            Beginning::Oldest => self.removed().await,
            Beginning::Now => {
                self.advance().await?;
                self.head().await
            }
        }
    }
}

pub(super) fn no_reader(name: &str) -> ChangesError {
    ChangesError::NoReader {
        name: name.to_owned(),
    }
}
