//! Removes the beginning of the chain, and says in the chain that it did.

use std::time::Duration;

use hallpass_sql::Value;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::entry::{self, Draft, EntryHash, moment_text};
use super::tables::{CHAIN, HEAD};
use super::{Audit, chain, read};
use crate::error::ChangesError;
use crate::log::{moment_of, run};
use crate::words::now;

/// Entries that are looked at, or removed, by one statement.
const BATCH: i64 = 1000;
/// Entries that go at once, at most.
const MOST: i64 = 100 * BATCH;
/// Whole days alone: each cut is an entry itself.
const DAY_SECONDS: i64 = 86_400;

/// The member of a cut's details that names the last entry that went, and that of its hash.
pub(super) const THROUGH: &str = "through";
pub(super) const HASH: &str = "hash";

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// How many entries.
    pub entries: u64,
    /// Whether more may go.
    pub is_more: bool,
}

/// The last of the oldest entries that may go.
struct Last {
    number: i64,
    hash: EntryHash,
    is_more: bool,
}

impl Audit {
    /// Removes entries of what happened longer ago than this, in whole days, from the beginning of the chain. That they went is an
    /// entry, which names the last of them and its hash: whoever checks what is left finds where it hangs.
    ///
    /// # Errors
    /// [`ChangesError::NoAudit`] without a trail, and what the database said.
    pub async fn cut(&self, age: Duration) -> Result<Cut, ChangesError> {
        // What an earlier cut named and did not get to.
        let mut entries = self.remove().await?;
        let mut is_more = false;
        if let Some(last) = self.last_of_old(age).await? {
            is_more = last.is_more;
            if self.say(&last).await? {
                entries += self.remove().await?;
            }
        }
        Ok(Cut { entries, is_more })
    }

    /// The end of the entries that are old, one behind the other from the beginning. The newest of all stays: the chain hangs by it.
    async fn last_of_old(&self, age: Duration) -> Result<Option<Last>, ChangesError> {
        let cutoff = self.cutoff(age).await?;
        let head = self.head().await?;
        let mut last = None;
        let mut from = 0;
        for _ in 0..MOST / BATCH {
            let text = format!(
                "SELECT number, at, hash FROM {CHAIN} WHERE number > ? AND number < ? ORDER BY number LIMIT ?"
            );
            let values = [from.into(), head.number.into(), BATCH.into()];
            let rows = read::rows(&self.database, &text, &values).await?;
            for row in &rows {
                let [Value::Int(number), Value::Text(at), Value::Text(hash)] = row.as_slice()
                else {
                    return Err(ChangesError::Shape);
                };
                if *at >= cutoff {
                    return Ok(last);
                }
                from = *number;
                last = Some(Last {
                    number: *number,
                    hash: hash.parse().map_err(|_| ChangesError::Shape)?,
                    is_more: false,
                });
            }
            if rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(last);
            }
        }
        Ok(last.map(|last| Last {
            is_more: true,
            ..last
        }))
    }

    async fn cutoff(&self, age: Duration) -> Result<String, ChangesError> {
        let text = format!("SELECT {}", now(self.database.dialect()));
        let rows = read::rows(&self.database, &text, &[]).await?;
        let now = rows.first().and_then(|row| row.first()).and_then(moment_of);
        let now = now.ok_or(ChangesError::Shape)?;
        let then = now.checked_sub(age).unwrap_or(Timestamp::MIN).as_second();
        let midnight = then - then.rem_euclid(DAY_SECONDS);
        let midnight = Timestamp::from_second(midnight).unwrap_or(Timestamp::MIN);
        Ok(moment_text(midnight))
    }

    /// Writes the cut into the chain, before anything goes. Not where another process has cut further meanwhile.
    async fn say(&self, last: &Last) -> Result<bool, ChangesError> {
        let mut tx = self.database.begin().await?;
        let held = chain::hold(&mut tx).await?;
        let text = format!("UPDATE {HEAD} SET cut = ? WHERE id = 1 AND cut < ?");
        let values = [last.number.into(), last.number.into()];
        if run(&mut (&mut tx).into(), &text, &values).await?.1 == 0 {
            return Ok(false);
        }
        let details: Map<String, Json> = [
            (THROUGH.to_owned(), last.number.into()),
            (HASH.to_owned(), last.hash.to_string().into()),
        ]
        .into_iter()
        .collect();
        let cut = Draft::own(entry::CUT).details(&details);
        chain::write(&mut tx, &self.keys, held, &[cut]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes what the head says is cut, the oldest first, so that what is left is always one piece.
    async fn remove(&self) -> Result<u64, ChangesError> {
        let text = format!("SELECT cut FROM {HEAD} WHERE id = 1");
        let rows = read::rows(&self.database, &text, &[]).await?;
        let Some([Value::Int(cut)]) = rows.first().map(Vec::as_slice) else {
            return Err(ChangesError::NoAudit);
        };
        let mut removed = 0;
        loop {
            let text = format!("SELECT min(number) FROM {CHAIN} WHERE number <= ?");
            let rows = read::rows(&self.database, &text, &[(*cut).into()]).await?;
            let Some([Value::Int(first)]) = rows.first().map(Vec::as_slice) else {
                return Ok(removed);
            };
            let to = first.saturating_add(BATCH - 1).min(*cut);
            let text = format!("DELETE FROM {CHAIN} WHERE number >= ? AND number <= ?");
            let values = [(*first).into(), to.into()];
            removed += run(&mut (&self.database).into(), &text, &values).await?.1;
        }
    }
}
