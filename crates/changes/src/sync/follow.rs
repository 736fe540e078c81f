//! Tells another database of users.
//!
//! A follower reads the change log of the source and writes the target. How far it is stands in the target, in the
//! transaction of what it wrote there: whatever dies at whatever moment, every change has its effect once. A target that is
//! away loses nothing, since its reader holds what it has not read in the log, and delays nobody, since every target is
//! followed on its own.

use std::collections::BTreeMap;

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{Value, calendar};

use super::people::People;
use super::refused::{Refusal, Refused, SetAside};
use super::target::{self, Cursor, Stage, Stale};
use super::{Deletion, UserSync};
use crate::error::ChangesError;
use crate::install::has_table;
use crate::log::{Beginning, Change, Document, Log, Operation};
use crate::words::{is_mysql, table};

/// Users that are copied in one transaction.
const COPIED: usize = 500;
/// Users who are gone, in one transaction, where they cannot go all at once.
const GONE: usize = 100;

/// A target that is told of the users of a source.
#[derive(Debug, Clone)]
pub struct Follower {
    source: UserSync,
    people: People,
    target: Database,
    name: String,
    deletion: Deletion,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Rows that were written in the target.
    pub written: u64,
    /// Whether users who were there before are still being copied.
    pub is_copying: bool,
    /// Changes of the source's log that lie before it.
    pub behind: i64,
    /// The position in the source's log that it is at.
    pub position: i64,
}

/// What is to be told of one user.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Of(Document),
    Gone,
    /// The log does not have all of the row, or is not to be believed: the table of the source is.
    Asked,
}

/// What a batch comes to, for each user the last of it.
#[derive(Debug, Default, PartialEq)]
struct News {
    of: BTreeMap<String, Told>,
    /// All users were gone before these.
    everybody_gone: bool,
}

const READERS: &str = "sync:";

/// The name of a target's reader.
pub(super) fn reader(target: &str) -> String {
    format!("{READERS}{target}")
}

/// The target of a reader.
pub(crate) fn target_of(reader: &str) -> Option<&str> {
    reader.strip_prefix(READERS)
}

impl Follower {
    /// Follows the users of a source into a target, under a name that no other follower of the source has. Makes the table in
    /// the target where it is not there.
    ///
    /// # Errors
    /// [`ChangesError::Itself`] where the target is the source, [`ChangesError::NotInstalled`] where that has no change log, [`TrackError::NoColumn`](crate::TrackError::NoColumn) where
    /// the table of the users lacks a column that the schema names, and what the databases said.
    pub async fn open(
        source: &UserSync,
        people: &People,
        target: &Database,
        name: &str,
        deletion: Deletion,
    ) -> Result<Self, ChangesError> {
        people.whole()?;
        let follower = Self {
            source: source.clone(),
            people: people.clone(),
            target: target.clone(),
            name: name.to_owned(),
            deletion,
        };
        let mut connection: Connection<'_> = (&source.database).into();
        let captured = crate::capture::found(&mut connection).await?;
        if !has_table(&mut connection, crate::capture::LOG).await?
            || !captured.iter().any(|one| one.table == people.table)
        {
            return Err(ChangesError::NotInstalled);
        }
        if target::is_source(&source.database, target).await? {
            return Err(ChangesError::Itself {
                name: name.to_owned(),
            });
        }
        follower.set_aside().prepare().await?;
        // First the reader, so that what happens while users are copied is in the log.
        follower
            .log()
            .begin(&follower.reader(), Beginning::Now)
            .await?;
        target::prepare(target).await?;
        if target::cursor(target, name).await?.is_none() {
            target::begin(target, name, follower.position().await?).await?;
        }
        Ok(follower)
    }

    /// Does a part of the work: copies some users, or tells of some changes. Nothing is left to do for now when it wrote nothing
    /// and nothing lies before it.
    ///
    /// # Errors
    /// [`ChangesError::Lost`] where the log has no longer what follows, or is another one since the source was restored:
    /// [`restart`](Self::restart) copies everybody anew. [`ChangesError::Moved`] when another process follows under the same
    /// name. What the databases said; the next step begins where this one did.
    pub async fn step(&self, most: usize) -> Result<Followed, ChangesError> {
        let cursor = target::cursor(&self.target, &self.name).await?;
        let cursor = cursor.ok_or_else(|| self.lost())?;
        match &cursor.stage {
            Stage::Copying { after } => self.copy(&cursor, after.as_ref()).await,
            Stage::Following => self.follow(&cursor, most).await,
        }
    }

    /// Copies everybody anew, and goes on from what happens from now on.
    ///
    /// # Errors
    /// What the databases said.
    pub async fn restart(&self) -> Result<(), ChangesError> {
        self.set_aside().forget().await?;
        self.log().restart(&self.reader(), Beginning::Now).await?;
        target::restart(&self.target, &self.name, self.position().await?).await
    }

    /// The users whom the target refuses, by their ids.
    ///
    /// # Errors
    /// What the source said.
    pub async fn refusals(&self) -> Result<Vec<Refusal>, ChangesError> {
        self.set_aside().all().await
    }

    /// Whether one of those is to be tried again.
    pub(crate) async fn has_due(&self) -> Result<bool, ChangesError> {
        Ok(!self.set_aside().due().await?.is_empty())
    }

    fn set_aside(&self) -> SetAside<'_> {
        self.source.set_aside(&self.name)
    }

    fn log(&self) -> Log {
        Log::of(&self.source.database)
    }

    /// The name in the source's log, where what it has not read is held.
    fn reader(&self) -> String {
        reader(&self.name)
    }

    fn lost(&self) -> ChangesError {
        ChangesError::Lost {
            name: self.reader(),
        }
    }

    /// Where its reader is.
    async fn position(&self) -> Result<i64, ChangesError> {
        let name = self.reader();
        let readers = self.log().readers().await?;
        let mine = readers.into_iter().find(|one| one.name == name);
        mine.map(|one| one.position)
            .ok_or(ChangesError::NoReader { name })
    }

    async fn copy(&self, cursor: &Cursor, after: Option<&Value>) -> Result<Followed, ChangesError> {
        let rows = self.users(after).await?;
        let last = rows.last().map(|(id, _)| id.clone());
        let is_over = rows.len() < COPIED;
        let stage = match last {
            Some(id) if !is_over => Stage::Copying { after: Some(id) },
            _ => Stage::Following,
        };
        let next = Cursor {
            stage,
            ..cursor.clone()
        };
        let news = News {
            of: told_of(rows)?,
            everybody_gone: false,
        };
        let written = self.tell(cursor, &next, &news).await?;
        Ok(Followed {
            written,
            is_copying: !is_over,
            behind: self.behind(cursor.position).await?,
            position: cursor.position,
        })
    }

    async fn follow(&self, cursor: &Cursor, most: usize) -> Result<Followed, ChangesError> {
        let log = self.log();
        log.advance().await?;
        if !self.is_same_history(cursor).await? {
            return Err(self.lost());
        }
        let batch = log.behind(cursor.position, most).await?;
        if batch.changes.is_empty() {
            // Where a process died between the target's commit and this.
            log.reach(&self.reader(), batch.to).await?;
            return Ok(Followed {
                written: self.tell_again(cursor).await?,
                is_copying: false,
                behind: 0,
                position: batch.to,
            });
        }
        let mut news = self.news(&batch.changes);
        news.of = self.asked(news.of).await?;
        let next = Cursor {
            position: batch.to,
            seen: batch.changes.last().map(|last| last.at),
            ..cursor.clone()
        };
        let written = self.tell(cursor, &next, &news).await?;
        // Only so that the source may forget it; the target knows by itself how far it is.
        log.reach(&self.reader(), batch.to).await?;
        Ok(Followed {
            written,
            is_copying: false,
            behind: self.behind(batch.to).await?,
            position: batch.to,
        })
    }

    /// Tells of users and moves the cursor. Where the row of one is refused, that one is set aside.
    async fn tell(&self, cursor: &Cursor, next: &Cursor, news: &News) -> Result<u64, ChangesError> {
        let refused = self.refusals().await?;
        let is_refused = |id: &String| refused.iter().any(|one| one.user == *id);
        // They have a turn of their own, with what is so then.
        let (waiting, others): (Vec<_>, Vec<_>) =
            news.of.iter().partition(|(id, _)| is_refused(id));
        let mut written = match self
            .tell_all(cursor, next, news.everybody_gone, &others)
            .await
        {
            Err(error) if Refused::of(&error).is_some() => {
                let each = self.tell_each(cursor, news.everybody_gone, &others).await?;
                each + self.finish(cursor, next).await?
            }
            other => other?,
        };
        for (id, _) in waiting {
            written += self.tell_one(next, id, None).await?;
        }
        Ok(written)
    }

    async fn tell_all(
        &self,
        cursor: &Cursor,
        next: &Cursor,
        everybody_gone: bool,
        told: &[(&String, &Told)],
    ) -> Result<u64, ChangesError> {
        let mut tx = self.hold(cursor, next).await?;
        let mut written = 0;
        if everybody_gone {
            written += Stale::everybody().remove(&mut tx, self.deletion).await?;
        }
        for (id, told) in told {
            written += self.write(&mut tx, id, told).await?;
        }
        if ends_copy(cursor, next) {
            written += self.untold().await?.remove(&mut tx, self.deletion).await?;
        }
        tx.commit().await?;
        Ok(written)
    }

    /// Of whom nothing was told since the copy began, they are not there any longer.
    async fn untold(&self) -> Result<Stale, ChangesError> {
        let refused = self.refusals().await?;
        Ok(Stale::since_copy(&self.name).but_for(&refused))
    }

    /// One by one, which may be done again and again: the cursor stays.
    async fn tell_each(
        &self,
        cursor: &Cursor,
        everybody_gone: bool,
        told: &[(&String, &Told)],
    ) -> Result<u64, ChangesError> {
        let mut written = 0;
        if everybody_gone {
            written += match self.tell_all(cursor, cursor, true, &[]).await {
                Err(error) if Refused::of(&error).is_some() => {
                    let refused = self.refusals().await?;
                    let everybody = Stale::everybody().but_for(&refused);
                    self.remove(cursor, &everybody).await?
                }
                other => other?,
            };
        }
        for (id, told) in told {
            written += self.tell_one(cursor, id, Some(told)).await?;
        }
        Ok(written)
    }

    /// Moves the cursor behind those who were told of one by one.
    async fn finish(&self, cursor: &Cursor, next: &Cursor) -> Result<u64, ChangesError> {
        match self.tell_all(cursor, next, false, &[]).await {
            Err(error) if Refused::of(&error).is_some() => {
                let written = self.remove(cursor, &self.untold().await?).await?;
                Ok(written + self.tell_all(cursor, next, false, &[]).await?)
            }
            other => other,
        }
    }

    /// Some at a time, and one by one where one of them cannot go.
    async fn remove(&self, cursor: &Cursor, stale: &Stale) -> Result<u64, ChangesError> {
        let mut written = 0;
        let mut after: Option<String> = None;
        loop {
            let mut tx = self.hold(cursor, cursor).await?;
            let ids = stale.ids(&mut tx, self.deletion, after.as_deref(), GONE);
            let ids = ids.await?;
            written += match self.remove_all(tx, &ids).await {
                Err(error) if Refused::of(&error).is_some() => {
                    self.remove_each(cursor, &ids).await?
                }
                other => other?,
            };
            if ids.len() < GONE {
                return Ok(written);
            }
            after = ids.into_iter().next_back();
        }
    }

    async fn remove_all(&self, mut tx: Transaction, ids: &[String]) -> Result<u64, ChangesError> {
        let mut written = 0;
        for id in ids {
            written += target::gone(&mut tx, self.deletion, id).await?;
        }
        tx.commit().await?;
        Ok(written)
    }

    /// They are asked for again: since their ids were read, a repair may have told of one.
    async fn remove_each(&self, cursor: &Cursor, ids: &[String]) -> Result<u64, ChangesError> {
        let mut written = 0;
        for id in ids {
            written += self.tell_one(cursor, id, None).await?;
        }
        Ok(written)
    }

    /// Those whose turn it is to be tried again.
    async fn tell_again(&self, cursor: &Cursor) -> Result<u64, ChangesError> {
        let mut written = 0;
        for id in self.set_aside().due().await? {
            written += self.tell_one(cursor, &id, None).await?;
        }
        Ok(written)
    }

    /// Tells of one user what is said, or what is so by now, and sets those aside whose row is refused.
    async fn tell_one(
        &self,
        cursor: &Cursor,
        id: &str,
        told: Option<&Told>,
    ) -> Result<u64, ChangesError> {
        let telling = async {
            // Held first: what is asked then is not older than what the target has.
            let mut tx = self.hold(cursor, cursor).await?;
            let now = match told {
                Some(told) => told.clone(),
                None => {
                    let document = self.people.ask(&self.source.database, id).await?;
                    document.map_or(Told::Gone, Told::Of)
                }
            };
            let written = self.write(&mut tx, id, &now).await?;
            tx.commit().await?;
            Ok::<u64, ChangesError>(written)
        };
        match telling.await {
            Ok(written) => {
                if told.is_none() {
                    self.set_aside().accept(id).await?;
                }
                Ok(written)
            }
            Err(error) => {
                self.set_aside().refuse(id, error).await?;
                Ok(0)
            }
        }
    }

    /// A transaction in the target that moves the cursor, or keeps others from doing so until it ends.
    async fn hold(&self, cursor: &Cursor, next: &Cursor) -> Result<Transaction, ChangesError> {
        let mut tx = self.target.begin().await?;
        self.moved(target::step(&mut tx, &self.name, cursor, next).await?)?;
        Ok(tx)
    }

    async fn write(
        &self,
        tx: &mut Transaction,
        id: &str,
        told: &Told,
    ) -> Result<u64, ChangesError> {
        match told {
            Told::Of(document) => {
                let text = serde_json::Value::Object(document.clone()).to_string();
                target::tell(tx, &text).await
            }
            Told::Gone | Told::Asked => target::gone(tx, self.deletion, id).await,
        }
    }

    fn moved(&self, is_mine: bool) -> Result<(), ChangesError> {
        if is_mine {
            Ok(())
        } else {
            Err(ChangesError::Moved {
                name: self.reader(),
            })
        }
    }

    async fn behind(&self, position: i64) -> Result<i64, ChangesError> {
        // What was committed meanwhile counts, too.
        self.log().advance().await?;
        Ok(self.log().head().await?.saturating_sub(position).max(0))
    }

    /// Whether the log goes on where the target stopped: nothing between was removed, and the last change it has seen is
    /// still that change. After the source was restored to an earlier moment it is not.
    async fn is_same_history(&self, cursor: &Cursor) -> Result<bool, ChangesError> {
        let log = self.log();
        if cursor.position < log.removed().await? || cursor.position > log.head().await? {
            return Ok(false);
        }
        let Some(seen) = cursor.seen else {
            return Ok(true);
        };
        let found = log.moment_at(cursor.position).await?;
        // Removed by retention, as what everybody has read may be.
        Ok(found.is_none_or(|found| found == seen))
    }

    /// Users of the source and what is told of them, those behind an id.
    async fn users(&self, after: Option<&Value>) -> Result<Vec<(Value, String)>, ChangesError> {
        let people = &self.people;
        let id = people.reference("u", &people.id)?;
        let behind = after.map_or(String::new(), |_| format!("WHERE {id} > ? "));
        let text = format!(
            "SELECT {id}, {} FROM {} AS u {behind}ORDER BY {id} LIMIT {COPIED}",
            people.told("u", "'null'")?,
            table(people.dialect, &people.table)?
        );
        let values: Vec<Value> = after.cloned().into_iter().collect();
        people.rows(&self.source.database, &text, &values).await
    }

    /// What the table of the source says of users of whom the log does not have everything.
    async fn asked(
        &self,
        mut told: BTreeMap<String, Told>,
    ) -> Result<BTreeMap<String, Told>, ChangesError> {
        for (id, one) in &mut told {
            if *one == Told::Asked {
                let document = self.people.ask(&self.source.database, id).await?;
                *one = document.map_or(Told::Gone, Told::Of);
            }
        }
        Ok(told)
    }

    /// What is said of a user whose row went, by the log. Where the log says it before the row goes, for the sake of foreign keys,
    /// `DELETE IGNORE` may have passed over it: so the table has the last word.
    fn gone(&self) -> Told {
        if is_mysql(self.people.dialect) {
            Told::Asked
        } else {
            Told::Gone
        }
    }

    /// What changes come to.
    fn news(&self, changes: &[Change]) -> News {
        let mut news = News::default();
        for change in changes {
            if change.table != self.people.table.name {
                continue;
            }
            if change.operation == Operation::Truncate {
                news.of.clear();
                news.everybody_gone = true;
                continue;
            }
            let before = change
                .before
                .as_ref()
                .and_then(|row| self.people.id_of(row));
            let before = before.or_else(|| self.people.id_of(&change.key));
            let after = change.after.as_ref().and_then(|row| self.people.id_of(row));
            if !change.left_out.is_empty() {
                // Which row it was is all that is known for sure, and with `*` not even that.
                news.of
                    .extend(before.into_iter().chain(after).map(|id| (id, Told::Asked)));
                continue;
            }
            if let Some(id) = before.filter(|id| after.as_ref() != Some(id)) {
                news.of.insert(id, self.gone());
            }
            if let (Some(id), Some(row)) = (after, change.after.as_ref()) {
                let told = self.people.told_of(&id, row, change);
                news.of.insert(id, Told::Of(told));
            }
        }
        news
    }
}

/// Whether everybody was copied with that.
fn ends_copy(cursor: &Cursor, next: &Cursor) -> bool {
    cursor.stage != Stage::Following && next.stage == Stage::Following
}

/// Documents of users, by the ids that they name.
fn told_of(rows: Vec<(Value, String)>) -> Result<BTreeMap<String, Told>, ChangesError> {
    let rows = rows.into_iter().map(|(_, text)| {
        let document: Document = serde_json::from_str(&text).map_err(|_| ChangesError::Shape)?;
        let id = document.get("id").and_then(serde_json::Value::as_str);
        let id = id.ok_or(ChangesError::Shape)?.to_owned();
        Ok((id, Told::Of(document)))
    });
    rows.collect()
}

/// A moment of a document: text, or a number of milliseconds, or of seconds where it is too small for those.
pub(crate) fn millis(value: &serde_json::Value) -> Option<i64> {
    match value {
        serde_json::Value::String(text) => {
            let read = |text: &str| {
                let moment = text.parse().ok().map(calendar::of_timestamp);
                moment.or_else(|| calendar::read_late(text))
            };
            read(text)
                .or_else(|| read(&format!("{}Z", text.replacen(' ', "T", 1))))
                .map(calendar::millis)
        }
        serde_json::Value::Number(number) => {
            let number = number.as_i64()?;
            let is_seconds = number.unsigned_abs() < 100_000_000_000;
            Some(if is_seconds { number * 1000 } else { number })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_every_database_are_read() {
        let rows = [
            (
                serde_json::json!("2026-01-31T23:59:59.999000Z"),
                Some(1_769_903_999_999),
            ),
            (
                serde_json::json!("2026-01-31 23:59:59.999"),
                Some(1_769_903_999_999),
            ),
            (
                serde_json::json!(1_769_903_999_999_i64),
                Some(1_769_903_999_999),
            ),
            (serde_json::json!(1_769_903_999), Some(1_769_903_999_000)),
            (serde_json::json!("soon"), None),
            (serde_json::json!(null), None),
        ];
        for (value, expected) in rows {
            assert_eq!(millis(&value), expected, "{value}");
        }
    }
}
