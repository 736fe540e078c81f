//! Checks the chain of a database, a piece at a time, while others go on writing.

use hallpass_sql::Value;

use super::tables::{CHAIN, COLUMNS};
use super::verify::{Checkpoint, Verified, Verifier};
use super::{AuditKeys, Head, Trail, read};
use crate::error::ChangesError;

/// Numbers that are read at once.
const PIECE: i64 = 1000;
/// Rows of one piece: several of a number would be somebody's doing.
const ROWS: i64 = 2 * PIECE;
/// How often it is begun anew because the beginning was removed meanwhile.
const TRIES: u32 = 3;

/// How a look at the chain ended.
enum Looked {
    To(Verified),
    /// Retention removed what was about to be looked at.
    CutMeanwhile,
}

impl Trail {
    /// Checks every entry that is there. Without keys only that entries hang together. `progress` is told how many were looked at, and
    /// the number up to which there are some.
    ///
    /// # Errors
    /// [`ChangesError::NoAudit`] without a trail, and what the database said. What is wrong with the chain is no error, but a
    /// [`Fault`](super::Fault).
    pub async fn verify(
        &self,
        keys: Option<&AuditKeys>,
        checkpoint: Option<Checkpoint>,
        mut progress: impl FnMut(i64, i64),
    ) -> Result<Verified, ChangesError> {
        let mut tries = 1;
        loop {
            let verifier = Verifier::new(keys, checkpoint);
            let can_retry = tries < TRIES;
            match self.look(verifier, can_retry, &mut progress).await? {
                Looked::To(verified) => return Ok(verified),
                Looked::CutMeanwhile => tries += 1,
            }
        }
    }

    async fn look(
        &self,
        mut verifier: Verifier<'_>,
        can_retry: bool,
        progress: &mut impl FnMut(i64, i64),
    ) -> Result<Looked, ChangesError> {
        let mut from = self.first_from(i64::MIN).await?;
        let mut known = self.end().await?.map_or(0, |end| end.number);
        loop {
            while let Some(place) = from {
                let rows = self.piece(place).await?;
                let reached = verifier.reached();
                let is_gap =
                    reached > 0 && rows.first().and_then(|row| number(row)) > Some(reached + 1);
                if is_gap && can_retry && self.first_from(i64::MIN).await? > Some(reached) {
                    return Ok(Looked::CutMeanwhile);
                }
                for row in &rows {
                    match (read::entry(row), number(row)) {
                        (Some(entry), _) => verifier.push(&entry),
                        (None, at) => verifier.push_unreadable(at.unwrap_or_default(), at),
                    }
                }
                progress(verifier.reached(), known);
                let next = place.saturating_add(PIECE);
                from = self.first_from(next).await?;
            }
            // Read after the entries: what it names was there to be read, or is read now.
            let Some(end) = self.end().await? else {
                verifier.push_no_end();
                return Ok(Looked::To(verifier.finish(None)));
            };
            known = end.number;
            let reached = verifier.reached();
            from = if end.number > reached {
                self.first_from(reached.saturating_add(1)).await?
            } else {
                None
            };
            if from.is_none() {
                return Ok(Looked::To(verifier.finish(Some(end))));
            }
        }
    }

    /// The end of the chain; nothing where the tables are there and the row that says it is not.
    async fn end(&self) -> Result<Option<Head>, ChangesError> {
        match self.head().await {
            Err(ChangesError::NoAudit) if self.is_there().await? => Ok(None),
            other => other.map(Some),
        }
    }

    /// The first number from this one on.
    async fn first_from(&self, number: i64) -> Result<Option<i64>, ChangesError> {
        let text = format!("SELECT min(number) FROM {CHAIN} WHERE number >= ?");
        let rows = read::rows(&self.database, &text, &[number.into()]).await?;
        Ok(rows.first().and_then(|row| self::number(row)))
    }

    /// By numbers and not by how many: several rows of one number are all seen.
    async fn piece(&self, from: i64) -> Result<Vec<Vec<Value>>, ChangesError> {
        let text = format!(
            "SELECT {COLUMNS} FROM {CHAIN} WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"
        );
        let to = from.saturating_add(PIECE);
        read::rows(
            &self.database,
            &text,
            &[from.into(), to.into(), ROWS.into()],
        )
        .await
    }
}

fn number(row: &[Value]) -> Option<i64> {
    match row.first()? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
