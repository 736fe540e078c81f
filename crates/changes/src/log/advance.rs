//! Gives positions to what is committed.

use hallpass_db::Transaction;
use hallpass_sql::{Access, Dialect, Value};

use super::{Log, number, run};
use crate::error::ChangesError;
use crate::words::query;

/// Rows that get their position in one transaction.
const BATCH: i64 = 1000;

const WAITS: &str = "SELECT 1 FROM hallpass_change WHERE position IS NULL LIMIT 1";
/// Whoever gives positions is alone with it until the commit, so that positions become visible in their order.
const HEAD: &str = "SELECT position FROM hallpass_change_head WHERE id = 1 FOR UPDATE";
const MOVE_HEAD: &str = "UPDATE hallpass_change_head SET position = ? WHERE id = 1";

/// Changes only rows that it has seen committed. Waits for nobody: a row of a transaction that is still open is in no
/// snapshot.
const GIVE_POSTGRES: &str = "\
WITH waiting AS (
    SELECT seq, row_number() OVER (ORDER BY seq) AS place
    FROM (SELECT seq FROM hallpass_change WHERE position IS NULL ORDER BY seq LIMIT ?) AS first
)
UPDATE hallpass_change AS c SET position = ? + waiting.place FROM waiting WHERE c.seq = waiting.seq";

/// A reading statement first: an UPDATE would wait for rows of transactions that are still open.
const WAITING_MYSQL: &str =
    "SELECT seq FROM hallpass_change WHERE position IS NULL ORDER BY seq LIMIT ?";
/// By the primary key, row by row: a small table would else be read as a whole, and rows that are still open with it.
const GIVE_MYSQL: &str = "\
UPDATE JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY, seq BIGINT PATH '$')) AS waiting
STRAIGHT_JOIN hallpass_change AS c FORCE INDEX (PRIMARY) ON c.seq = waiting.seq
SET c.position = ? + waiting.place";

impl Log {
    /// Gives positions to changes that are committed and have none; returns how many. Several processes take turns. Readers
    /// do this by themselves.
    ///
    /// # Errors
    /// [`ChangesError::NotInstalled`] without a log, and what the database said.
    pub async fn advance(&self) -> Result<u64, ChangesError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(0);
        }
        let mut given = 0;
        while !self.read(WAITS, &[]).await?.is_empty() {
            let mut tx = self.database.begin().await?;
            let count = give(&mut tx).await?;
            tx.commit().await?;
            given += count;
            if count < u64::try_from(BATCH).unwrap_or(u64::MAX) {
                break;
            }
        }
        Ok(given)
    }

    /// The position of the last change that is committed.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub async fn last(&self) -> Result<i64, ChangesError> {
        self.advance().await?;
        self.head().await
    }

    /// The position of the last change that has one.
    pub(crate) async fn head(&self) -> Result<i64, ChangesError> {
        let text = match self.dialect() {
            // Of the rows that are there or were.
            Dialect::Sqlite => {
                "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'hallpass_change'), 0)"
            }
            _ => "SELECT position FROM hallpass_change_head WHERE id = 1",
        };
        let rows = self.read(text, &[]).await?;
        number(&rows).ok_or(ChangesError::NotInstalled)
    }
}

async fn give(tx: &mut Transaction) -> Result<u64, ChangesError> {
    let dialect = tx.dialect();
    let (rows, _) = run(&mut (&mut *tx).into(), HEAD, &[]).await?;
    let head = number(&rows).ok_or(ChangesError::NotInstalled)?;
    let given = if dialect == Dialect::Postgres {
        let values = [BATCH.into(), head.into()];
        run(&mut (&mut *tx).into(), GIVE_POSTGRES, &values).await?.1
    } else {
        let waiting = query(dialect, Access::Read, WAITING_MYSQL);
        let rows = tx.exec(&waiting, &[BATCH.into()]).await?.rows;
        let seqs: Vec<String> = rows
            .iter()
            .filter_map(|row| match row.first() {
                Some(Value::Int(seq)) => Some(seq.to_string()),
                _ => None,
            })
            .collect();
        let list = format!("[{}]", seqs.join(","));
        let values = [list.into(), head.into()];
        run(&mut (&mut *tx).into(), GIVE_MYSQL, &values).await?;
        u64::try_from(seqs.len()).unwrap_or(u64::MAX)
    };
    let moved = head.saturating_add(i64::try_from(given).unwrap_or(i64::MAX));
    run(&mut (&mut *tx).into(), MOVE_HEAD, &[moved.into()]).await?;
    Ok(given)
}
