//! Reads changes behind a position, as many as fit.

use hallpass_sql::{Dialect, Value};

use super::{Change, Log};
use crate::error::ChangesError;

/// Changes of one batch, at most.
const MOST: usize = 1000;
/// What the documents of one batch come to, in bytes, but for the first change, which comes in any case.
const MOST_BYTES: i64 = 8 * 1024 * 1024;

/// What a reader has before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// The position that the reader was at.
    pub from: i64,
    /// The position that it is at when it has done its work.
    pub to: i64,
}

impl Log {
    /// Changes behind a position, at most so many and at most some megabytes; empty at the end of the log.
    ///
    /// # Errors
    /// What the database said, and [`ChangesError::Shape`].
    pub async fn behind(&self, position: i64, most: usize) -> Result<Batch, ChangesError> {
        let most = i64::try_from(most.clamp(1, MOST)).unwrap_or(i64::MAX);
        let (sizes, rows) = statements(self.dialect());
        let sizes = self.read(sizes, &[position.into(), most.into()]).await?;
        let Some((count, to)) = fitting(&sizes) else {
            return Ok(Batch {
                changes: Vec::new(),
                from: position,
                to: position,
            });
        };
        let rows = self.read(rows, &[position.into(), count.into()]).await?;
        let changes = rows.iter().map(|row| Change::of_row(row));
        Ok(Batch {
            changes: changes.collect::<Result<_, _>>()?,
            from: position,
            to,
        })
    }
}

/// How many of these rows fit, and the position of the last of them.
fn fitting(sizes: &[Vec<Value>]) -> Option<(i64, i64)> {
    let mut bytes = 0_i64;
    let mut fit = None;
    for (count, row) in (1..).zip(sizes) {
        let [Value::Int(position), Value::Int(size)] = row.as_slice() else {
            return fit;
        };
        bytes = bytes.saturating_add(*size);
        if count > 1 && bytes > MOST_BYTES {
            break;
        }
        fit = Some((count, *position));
    }
    fit
}

/// The sizes of rows, and the rows.
fn statements(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Sqlite => (
            "SELECT seq, coalesce(length(CAST(row_before AS BLOB)), 0) + coalesce(length(CAST(row_after AS BLOB)), 0) \
             FROM hallpass_change WHERE seq > ? ORDER BY seq LIMIT ?",
            "SELECT seq, at, table_name, operation, CAST(row_key AS BLOB), CAST(row_before AS BLOB), \
             CAST(row_after AS BLOB), left_out, actor FROM hallpass_change WHERE seq > ? ORDER BY seq LIMIT ?",
        ),
        Dialect::Postgres => (
            "SELECT position, coalesce(octet_length(row_before), 0)::bigint + coalesce(octet_length(row_after), 0) \
             FROM hallpass_change WHERE position > ? ORDER BY position LIMIT ?",
            ROWS,
        ),
        _ => (
            "SELECT position, COALESCE(LENGTH(row_before), 0) + COALESCE(LENGTH(row_after), 0) \
             FROM hallpass_change WHERE position > ? ORDER BY position LIMIT ?",
            ROWS,
        ),
    }
}

const ROWS: &str = "SELECT position, at, table_name, operation, row_key, row_before, row_after, left_out, actor \
FROM hallpass_change WHERE position > ? ORDER BY position LIMIT ?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_bytes_and_never_empty() {
        let row = |position: i64, size: i64| vec![Value::Int(position), Value::Int(size)];
        assert_eq!(fitting(&[]), None);
        assert_eq!(fitting(&[row(5, i64::MAX), row(6, 1)]), Some((1, 5)));
        let half = MOST_BYTES / 2;
        let rows = [row(1, half), row(2, half), row(3, 1)];
        assert_eq!(fitting(&rows), Some((2, 2)));
        assert_eq!(fitting(&[row(1, 10), row(9, 10)]), Some((2, 9)));
    }
}
