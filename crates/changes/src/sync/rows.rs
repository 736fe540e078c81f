//! Users who were there before, and rows that say something else than the users do. Everything is done inside of the
//! database, some rows at a time; what was done is not done again, so that whoever is stopped begins anew.

use hallpass_db::Transaction;
use hallpass_sql::{Access, Dialect, EmitError, Value};

use super::people::People;
use super::taken::{self, TAKEN};
use super::{Deletion, UserSync};
use crate::error::ChangesError;
use crate::install::has_table;
use crate::words::{is_mysql, query, table};

/// Users of one transaction, or that one statement compares.
const BATCH: i64 = 1000;

/// How far users are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filled {
    /// Users that were looked at.
    pub seen: u64,
    /// Rows that were made or changed.
    pub written: u64,
    /// Users that there were at the beginning.
    pub users: u64,
}

/// What is told of users, held against the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// Users.
    pub users: u64,
    /// Rows of users who are there.
    pub told: u64,
    /// Rows of users who are gone.
    pub gone: u64,
    /// Users without a row, or with one that says that they are gone.
    pub missing: u64,
    /// Rows of people who are no users, and do not say that they are gone.
    pub strange: u64,
    /// Rows that say something else than the users do.
    pub different: u64,
}

impl Checked {
    /// Whether everything is told, and nothing else.
    pub fn is_sound(&self) -> bool {
        self.missing == 0 && self.strange == 0 && self.different == 0
    }
}

/// Which users a pass writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Those without a row.
    Missing,
    /// And those whose row says something else, or that they are gone.
    Wrong,
}

impl UserSync {
    /// Tells of the users that are there and of whom nothing is told. `progress` hears after every batch.
    ///
    /// # Errors
    /// What the database said; what was done by then stays.
    pub async fn backfill(
        &self,
        people: &People,
        progress: impl FnMut(Filled),
    ) -> Result<Filled, ChangesError> {
        self.fill(people, Pass::Missing, progress).await
    }

    /// Makes everything that is told what it is to be: rows that lack or differ, and rows of people who are no users.
    ///
    /// # Errors
    /// As [`backfill`](Self::backfill).
    pub async fn repair(
        &self,
        people: &People,
        deletion: Deletion,
        progress: impl FnMut(Filled),
    ) -> Result<Filled, ChangesError> {
        let mut filled = self.fill(people, Pass::Wrong, progress).await?;
        let which = format!(
            "NOT EXISTS (SELECT 1 FROM {} AS u WHERE {})",
            table(people.dialect, &people.table)?,
            people.is_user("u", &format!("{}.id", people.told_table()))?
        );
        let text = match deletion {
            Deletion::Soft => format!(
                "UPDATE {} SET deleted_at = {} WHERE deleted_at IS NULL AND {which}",
                people.told_table(),
                people.now()
            ),
            Deletion::Hard => format!("DELETE FROM {} WHERE {which}", people.told_table()),
        };
        let gone = query(people.dialect, Access::Write, &text);
        filled.written += self.database.exec(&gone, &[]).await?.affected;
        if taken::is_needed(people) && has_table(&mut (&self.database).into(), TAKEN).await? {
            // Of rows that `DELETE IGNORE` passed over. What a statement writes down now is held by it until it is done with.
            let text = format!("DELETE FROM {TAKEN}");
            let taken = query(people.dialect, Access::Write, &text);
            self.database.exec(&taken, &[]).await?;
        }
        Ok(filled)
    }

    /// Holds what is told against the users, some at a time, so that no statement takes long. Changes nothing. `progress` hears
    /// after every part.
    ///
    /// # Errors
    /// What the database said.
    pub async fn verify(
        &self,
        people: &People,
        mut progress: impl FnMut(Filled),
    ) -> Result<Checked, ChangesError> {
        let users = table(people.dialect, &people.table)?;
        let told = people.told_table();
        let rows = async |which: &str| {
            let text = format!("SELECT count(*) FROM {told} AS s WHERE s.deleted_at {which}");
            self.count(&text).await
        };
        let mut checked = Checked {
            users: self.count(&format!("SELECT count(*) FROM {users}")).await?,
            told: rows("IS NULL").await?,
            gone: rows("IS NOT NULL").await?,
            ..Checked::default()
        };
        let mut looked = Filled {
            users: checked.users,
            ..Filled::default()
        };
        let mut after = None;
        while let Some((last, count)) = self.end_of_batch(people, after.as_ref()).await? {
            let [missing, different] = self.compared(people, after.as_ref(), &last).await?;
            checked.missing += missing;
            checked.different += different;
            looked.seen += count;
            progress(looked);
            after = Some(last);
        }
        let is_user = people.is_user("u", "s.id")?;
        let nobody = format!("NOT EXISTS (SELECT 1 FROM {users} AS u WHERE {is_user})");
        checked.strange = rows(&format!("IS NULL AND {nobody}")).await?;
        Ok(checked)
    }

    /// Of how many users of a part nothing is told, and of how many something else than they say.
    async fn compared(
        &self,
        people: &People,
        after: Option<&Value>,
        last: &Value,
    ) -> Result<[u64; 2], ChangesError> {
        let users = table(people.dialect, &people.table)?;
        let told = people.told_table();
        let id = people.id_text("u")?;
        let key = people.reference("u", &people.id)?;
        let different = people.differs("s.raw_json", &people.told("u", "'null'")?);
        let behind = after.map_or(String::new(), |_| format!("{key} > ? AND "));
        let text = format!(
            "SELECT count(CASE WHEN s.id IS NULL THEN 1 END), count(CASE WHEN s.id IS NOT NULL AND ({different}) THEN 1 END) \
             FROM {users} AS u LEFT JOIN {told} AS s ON s.id = {id} AND s.deleted_at IS NULL WHERE {behind}{key} <= ?"
        );
        let query = query(people.dialect, Access::Read, &text);
        let values: Vec<Value> = after.into_iter().chain([last]).cloned().collect();
        let rows = self.database.exec(&query, &values).await?.rows;
        let row = rows.into_iter().next().unwrap_or_default();
        match row.as_slice() {
            [Value::Int(missing), Value::Int(different)] => {
                Ok([*missing, *different].map(|count| u64::try_from(count).unwrap_or(0)))
            }
            _ => Err(ChangesError::Shape),
        }
    }

    async fn count(&self, text: &str) -> Result<u64, ChangesError> {
        let query = query(self.database.dialect(), Access::Read, text);
        let rows = self.database.exec(&query, &[]).await?.rows;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Int(count)) => Ok(u64::try_from(*count).unwrap_or(0)),
            _ => Err(ChangesError::Shape),
        }
    }

    async fn fill(
        &self,
        people: &People,
        pass: Pass,
        mut progress: impl FnMut(Filled),
    ) -> Result<Filled, ChangesError> {
        let users = table(people.dialect, &people.table)?;
        let mut filled = Filled {
            users: self.count(&format!("SELECT count(*) FROM {users}")).await?,
            ..Filled::default()
        };
        let mut after = None;
        while let Some((last, count)) = self.end_of_batch(people, after.as_ref()).await? {
            let mut tx = self.begin().await?;
            filled.written += write(&mut tx, people, pass, after.as_ref(), &last).await?;
            tx.commit().await?;
            filled.seen += count;
            progress(filled);
            after = Some(last);
        }
        Ok(filled)
    }

    /// The id of the last user of the batch behind this one, and how many it has.
    async fn end_of_batch(
        &self,
        people: &People,
        after: Option<&Value>,
    ) -> Result<Option<(Value, u64)>, ChangesError> {
        let id = people.reference("", &people.id)?;
        let users = table(people.dialect, &people.table)?;
        let behind = after.map_or(String::new(), |_| format!(" WHERE {id} > ?"));
        let text = format!("SELECT {id} FROM {users}{behind} ORDER BY {id} LIMIT {BATCH}");
        let query = query(people.dialect, Access::Read, &text);
        let values: Vec<Value> = after.cloned().into_iter().collect();
        let rows = self.database.exec(&query, &values).await?.rows;
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let last = rows.into_iter().next_back();
        Ok(last
            .and_then(|row| row.into_iter().next())
            .map(|id| (id, count)))
    }
}

/// Writes the rows of the users of a batch. They are held meanwhile: one who is deleted at this moment is either not told
/// of, or the trigger finds the row and says that they are gone.
async fn write(
    tx: &mut Transaction,
    people: &People,
    pass: Pass,
    after: Option<&Value>,
    last: &Value,
) -> Result<u64, ChangesError> {
    let text = statement(people, pass, after.is_some())?;
    let query = query(people.dialect, Access::Write, &text);
    let values: Vec<Value> = after.into_iter().chain([last]).cloned().collect();
    let affected = tx.exec(&query, &values).await?.affected;
    // A row that is changed counts twice there.
    Ok(affected)
}

fn statement(people: &People, pass: Pass, is_behind: bool) -> Result<String, EmitError> {
    let users = table(people.dialect, &people.table)?;
    let told = people.told_table();
    let id = people.id_text("u")?;
    let key = people.reference("u", &people.id)?;
    let behind = if is_behind {
        format!("{key} > ? AND ")
    } else {
        String::new()
    };
    let (document, which) = match pass {
        Pass::Missing => (
            people.told("u", "'null'")?,
            format!("NOT EXISTS (SELECT 1 FROM {told} AS s WHERE s.id = {id})"),
        ),
        Pass::Wrong => {
            let kept = format!(
                "coalesce((SELECT {} FROM {told} AS s WHERE s.id = {id}), 'null')",
                people.kept_millis("s.raw_json")
            );
            let different = people.differs("s.raw_json", &people.told("u", "'null'")?);
            (
                people.told("u", &kept)?,
                format!(
                    "NOT EXISTS (SELECT 1 FROM {told} AS s WHERE s.id = {id} AND s.deleted_at IS NULL AND NOT ({different}))"
                ),
            )
        }
    };
    let (cast, lock) = match people.dialect {
        Dialect::Postgres => ("::jsonb", " FOR SHARE OF u"),
        Dialect::Sqlite => ("", ""),
        _ => ("", " LOCK IN SHARE MODE"),
    };
    let conflict = match (is_mysql(people.dialect), pass) {
        (false, Pass::Missing) => "ON CONFLICT (id) DO NOTHING".to_owned(),
        (false, Pass::Wrong) => {
            "ON CONFLICT (id) DO UPDATE SET raw_json = excluded.raw_json, updated_at = excluded.updated_at, deleted_at = NULL"
                .to_owned()
        }
        (true, Pass::Missing) => {
            format!("ON DUPLICATE KEY UPDATE updated_at = {told}.updated_at")
        }
        (true, Pass::Wrong) => {
            "ON DUPLICATE KEY UPDATE raw_json = VALUES(raw_json), updated_at = VALUES(updated_at), deleted_at = NULL"
                .to_owned()
        }
    };
    Ok(format!(
        "INSERT INTO {told} (raw_json, updated_at) SELECT ({document}){cast}, {now} FROM {users} AS u \
         WHERE {behind}{key} <= ? AND {which}{lock} {conflict}",
        now = people.now()
    ))
}
