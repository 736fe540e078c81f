//! Reads the change log.
//!
//! **Order.** A row gets its `seq` when it is written and is seen when its transaction commits, so rows become visible out of
//! the order of `seq`: whoever reads "everything behind the last seq" skips what a slow transaction wrote before. So readers
//! go by `position`, which [`advance`](Log::advance) gives to rows that are committed, one batch after the other, in the order of
//! `seq` within a batch. On SQLite one transaction writes at a time, and both are the same. Why so, and what else was
//! weighed: `docs/design/changes.md`.

pub mod actor;
mod advance;
mod attribution;
mod change;
mod read;
mod readers;
mod retention;

use hallpass_db::{Connection, Database};
use hallpass_sql::{Access, Dialect, Value};

use crate::error::ChangesError;
use crate::install::has_table;
use crate::words::query;

pub use attribution::attribute;
pub(crate) use change::moment as moment_of;
pub use change::{Change, Document, Operation};
pub use read::Batch;
pub use readers::{Beginning, ReaderStatus};
pub use retention::{Removed, Retention};

/// Who reads, and how far.
const READERS: &str = "hallpass_change_reader";

/// The change log of a database.
#[derive(Debug, Clone)]
pub struct Log {
    pub(crate) database: Database,
}

impl Log {
    /// The change log of this database, which [`Changes::install`](crate::Changes::install) made.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Says so where there is no log, in words of ours.
    async fn require(&self) -> Result<(), ChangesError> {
        let mut connection = (&self.database).into();
        match has_table(&mut connection, READERS).await? {
            true => Ok(()),
            false => Err(ChangesError::NotInstalled),
        }
    }

    pub(crate) async fn read(
        &self,
        text: &str,
        values: &[Value],
    ) -> Result<Vec<Vec<Value>>, ChangesError> {
        let query = query(self.dialect(), Access::Read, text);
        Ok(self.database.exec(&query, values).await?.rows)
    }
}

/// Runs a statement; gives its rows, and how many it changed.
pub(crate) async fn run(
    connection: &mut Connection<'_>,
    text: &str,
    values: &[Value],
) -> Result<(Vec<Vec<Value>>, u64), ChangesError> {
    let query = query(connection.dialect(), Access::Write, text);
    let rows = connection.exec(&query, values).await?;
    Ok((rows.rows, rows.affected))
}

/// The whole number that a statement of one row and one column gave.
fn number(rows: &[Vec<Value>]) -> Option<i64> {
    match rows.first()?.first()? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
