//! Removes what is old, and nothing that somebody still has to read.

use std::time::Duration;

use hallpass_db::Transaction;
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;

use super::change::moment;
use super::readers::no_reader;
use super::{Log, number, run};
use crate::error::ChangesError;

/// Changes that one transaction removes.
const BATCH: i64 = 1000;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// How long; for ever when nothing is said.
    pub age: Option<Duration>,
    /// How many changes at most; any number when nothing is said.
    pub most: Option<u64>,
    /// How many bytes the documents of all changes come to at most: keys, rows before and after.
    pub most_bytes: Option<u64>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removed {
    /// How many changes.
    pub changes: u64,
    /// Readers that have not read what would have been removed, so that it stays.
    pub held_by: Vec<String>,
}

/// How far changes may go.
struct Bounds {
    cutoff: Option<Timestamp>,
    /// Up to this position by number.
    surplus: i64,
    /// Nobody but readers that were named needs what comes up to here.
    readers: i64,
}

impl Log {
    /// Removes changes that are too old, too many or too large together, never what a reader has not read yet; but for readers in `past`, which
    /// lose what they have not read and are told so.
    ///
    /// # Errors
    /// [`ChangesError::NotInstalled`]; [`ChangesError::NoReader`] for a name in `past` that nobody has; what the database said.
    pub async fn remove(
        &self,
        retention: Retention,
        past: &[String],
    ) -> Result<Removed, ChangesError> {
        self.require().await?;
        self.advance().await?;
        let readers = self.readers().await?;
        // A name with a slip of the pen would say nothing, and the log would stay.
        if let Some(unknown) = past
            .iter()
            .find(|name| readers.iter().all(|one| one.name != **name))
        {
            return Err(no_reader(unknown));
        }
        let waiting = readers.iter().filter(|reader| !past.contains(&reader.name));
        let waiting: Vec<_> = waiting.filter(|reader| !reader.is_lost).collect();
        let head = self.head().await?;
        let bounds = Bounds {
            cutoff: self.cutoff(retention.age).await?,
            surplus: self.surplus(head, retention).await?,
            readers: waiting
                .iter()
                .map(|reader| reader.position)
                .min()
                .unwrap_or(i64::MAX),
        };
        let mut removed = Removed::default();
        loop {
            let mut tx = self.database.begin().await?;
            let step = remove_some(&mut tx, &bounds).await?;
            tx.commit().await?;
            removed.changes += step.changes;
            if step.is_held {
                let slowest = waiting.iter().filter(|one| one.position == bounds.readers);
                removed.held_by = slowest.map(|one| one.name.clone()).collect();
            }
            if step.is_last {
                return Ok(removed);
            }
        }
    }

    /// The position up to which changes are too many, or too large together.
    async fn surplus(&self, head: i64, retention: Retention) -> Result<i64, ChangesError> {
        let by_number = retention.most.map_or(i64::MIN, |most| {
            head.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX))
        });
        let Some(bytes) = retention.most_bytes else {
            return Ok(by_number);
        };
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let rows = self
            .read(&too_large(self.dialect()), &[bytes.into()])
            .await?;
        Ok(number(&rows).map_or(by_number, |position| by_number.max(position)))
    }

    /// By the clock that wrote the log.
    async fn cutoff(&self, age: Option<Duration>) -> Result<Option<Timestamp>, ChangesError> {
        let Some(age) = age else {
            return Ok(None);
        };
        let text = match self.dialect() {
            Dialect::Postgres => "SELECT clock_timestamp()",
            Dialect::Sqlite => "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            _ => "SELECT UTC_TIMESTAMP(6)",
        };
        let rows = self.read(text, &[]).await?;
        let now = rows.first().and_then(|row| row.first()).and_then(moment);
        let now = now.ok_or(ChangesError::Shape)?;
        Ok(Some(now.checked_sub(age).unwrap_or(Timestamp::MIN)))
    }
}

/// The newest change that no longer fits, counted from the end of the log.
fn too_large(dialect: Dialect) -> String {
    let (position, length) = match dialect {
        Dialect::Sqlite => ("seq", "length(CAST(? AS BLOB))"),
        Dialect::Postgres => ("position", "octet_length(?)::bigint"),
        _ => ("position", "LENGTH(?)"),
    };
    let sizes = ["row_key", "row_before", "row_after"]
        .map(|column| format!("coalesce({}, 0)", length.replace('?', column)))
        .join(" + ");
    let total = format!("sum({sizes}) OVER (ORDER BY {position} DESC)");
    let total = match dialect {
        Dialect::Postgres => format!("CAST({total} AS bigint)"),
        _ => total,
    };
    format!(
        "SELECT max({position}) FROM (SELECT {position}, {total} AS total FROM hallpass_change \
         WHERE {position} IS NOT NULL) AS sized WHERE total > ?"
    )
}

struct Step {
    changes: u64,
    is_held: bool,
    is_last: bool,
}

async fn remove_some(tx: &mut Transaction, bounds: &Bounds) -> Result<Step, ChangesError> {
    let position = match tx.dialect() {
        Dialect::Sqlite => "seq",
        _ => "position",
    };
    let lock = match tx.dialect() {
        Dialect::Sqlite => "",
        _ => " FOR UPDATE",
    };
    let head = format!("SELECT removed FROM hallpass_change_head WHERE id = 1{lock}");
    let (rows, _) = run(&mut (&mut *tx).into(), &head, &[]).await?;
    let from = number(&rows).ok_or(ChangesError::NotInstalled)?;
    let oldest = format!(
        "SELECT {position}, at FROM hallpass_change WHERE {position} > ? ORDER BY {position} LIMIT ?"
    );
    let values = [from.into(), BATCH.into()];
    let (rows, _) = run(&mut (&mut *tx).into(), &oldest, &values).await?;
    let mut step = Step {
        changes: 0,
        is_held: false,
        is_last: rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX),
    };
    let mut to = None;
    for row in &rows {
        let [Value::Int(position), at] = row.as_slice() else {
            return Err(ChangesError::Shape);
        };
        let at = moment(at).ok_or(ChangesError::Shape)?;
        // Clocks of databases may stand still for a millisecond.
        let is_old = bounds.cutoff.is_some_and(|cutoff| at <= cutoff);
        if !is_old && *position > bounds.surplus {
            step.is_last = true;
            break;
        }
        if *position > bounds.readers {
            step.is_held = true;
            step.is_last = true;
            break;
        }
        to = Some(*position);
    }
    if let Some(to) = to {
        let delete =
            format!("DELETE FROM hallpass_change WHERE {position} > ? AND {position} <= ?");
        let values = [from.into(), to.into()];
        step.changes = run(&mut (&mut *tx).into(), &delete, &values).await?.1;
        let moved = "UPDATE hallpass_change_head SET removed = ? WHERE id = 1";
        run(&mut (&mut *tx).into(), moved, &[to.into()]).await?;
    }
    Ok(step)
}
