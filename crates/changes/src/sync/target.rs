//! What a follower writes in its target: rows, and how far it is.

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{Access, Dialect, Value};
use jiff::Timestamp;

use super::Deletion;
use super::document::table_of;
use super::refused::Refusal;
use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};
use crate::words::{is_mysql, query};

pub(super) const CURSOR: &str = "hallpass_sync_cursor";

/// How far a follower is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    /// The position in the source's log behind which it goes on.
    pub(super) position: i64,
    /// When the last change that it has seen was written.
    pub(super) seen: Option<Timestamp>,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// Users who were there before are copied, in the order of their ids.
    Copying {
        after: Option<Value>,
    },
    Following,
}

impl Stage {
    /// As it stands in the target: `[]` at the beginning, `[id]` on the way.
    fn text(&self) -> Option<String> {
        let after = match self {
            Self::Following => return None,
            Self::Copying { after } => after.as_ref(),
        };
        let list: Vec<serde_json::Value> = after
            .map(|value| match value {
                Value::Int(number) => (*number).into(),
                Value::Text(text) => text.as_str().into(),
                _ => serde_json::Value::Null,
            })
            .into_iter()
            .collect();
        Some(serde_json::Value::from(list).to_string())
    }

    fn of(text: Option<&str>) -> Self {
        let Some(text) = text else {
            return Self::Following;
        };
        let list: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        let after = list.first().and_then(|one| match one {
            serde_json::Value::Number(number) => number.as_i64().map(Value::Int),
            serde_json::Value::String(text) => Some(Value::from(text)),
            _ => None,
        });
        Self::Copying { after }
    }
}

/// Makes the tables that are not there.
pub(super) async fn prepare(target: &Database) -> Result<(), ChangesError> {
    change(target, async |connection: &mut Connection<'_>| {
        let dialect = connection.dialect();
        let mut steps = Vec::new();
        if !super::has_told_table(connection).await? {
            steps.push(Step {
                name: format!("create-table:{}", table_of(dialect)),
                consequence: "makes the table that tells applications of users".to_owned(),
                script: super::made(dialect, ""),
            });
        }
        if !has_table(connection, CURSOR).await? {
            let (moment, id) = match dialect {
                Dialect::Postgres => ("timestamptz", "text"),
                Dialect::Sqlite => ("TEXT", "TEXT"),
                _ => ("DATETIME(6)", "LONGTEXT"),
            };
            steps.push(Step {
                name: format!("create-table:{CURSOR}"),
                consequence: "says how far a source is followed".to_owned(),
                script: vec![format!(
                    "CREATE TABLE {CURSOR} (source VARCHAR(64) NOT NULL PRIMARY KEY, position BIGINT NOT NULL, \
                     seen {moment}, copied {id}, started {moment})"
                )],
            });
        }
        Ok(Plan { steps })
    })
    .await?;
    Ok(())
}

/// Whether a target is the source itself, by whatever address, as whomever and under whatever search path: what is held in the one
/// is seen in the other.
pub(super) async fn is_source(source: &Database, target: &Database) -> Result<bool, ChangesError> {
    if source.dialect() != target.dialect() {
        return Ok(false);
    }
    let number = random(source).await?;
    match source.dialect() {
        Dialect::Sqlite => shares_rows(source, target, number).await,
        _ => shares_locks(source, target, number).await,
    }
}

/// A number that no other process has at this moment.
async fn random(source: &Database) -> Result<i64, ChangesError> {
    let random = match source.dialect() {
        Dialect::Postgres => "SELECT floor(random() * 2000000000)::bigint",
        Dialect::Sqlite => "SELECT abs(random() % 2000000000)",
        _ => "SELECT CAST(FLOOR(RAND() * 2000000000) AS SIGNED)",
    };
    let rows = source
        .exec(&query(source.dialect(), Access::Read, random), &[])
        .await?
        .rows;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Int(number)) => Ok(*number),
        _ => Err(ChangesError::Shape),
    }
}

/// A lock that is of one database, whatever rights and schemas: a copy of it has the same tables, and not its locks.
async fn shares_locks(
    source: &Database,
    target: &Database,
    number: i64,
) -> Result<bool, ChangesError> {
    // Arbitrary, so that no lock of somebody else is meant.
    const KIND: i32 = 1_752_787_064;
    let mine = format!("SHA1(CONCAT('hallpass', {number}, DATABASE()))");
    let (hold, look, release) = if is_mysql(source.dialect()) {
        (
            format!("SELECT GET_LOCK({mine}, 0)"),
            format!("SELECT 1 FROM DUAL WHERE IS_USED_LOCK({mine}) IS NOT NULL"),
            Some(format!("SELECT RELEASE_LOCK({mine})")),
        )
    } else {
        (
            format!("SELECT pg_advisory_xact_lock({KIND}, {number})"),
            format!(
                "SELECT 1 FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_database AS d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = current_database() \
                 AND l.classid = {KIND} AND l.objid = {number} AND l.granted"
            ),
            None,
        )
    };
    let mut tx = source.begin().await?;
    tx.script(&hold).await.map_err(|failed| failed.error)?;
    let look = query(target.dialect(), Access::Read, &look);
    let seen = target.exec(&look, &[]).await;
    if let Some(release) = release {
        tx.script(&release).await.map_err(|failed| failed.error)?;
    }
    tx.commit().await?;
    Ok(!seen?.rows.is_empty())
}

/// A row: of a copy of the source, everything that stood there before is there as well, and not what is written now.
async fn shares_rows(
    source: &Database,
    target: &Database,
    number: i64,
) -> Result<bool, ChangesError> {
    const HEAD: &str = "hallpass_change_head";
    if !has_table(&mut target.into(), HEAD).await? {
        return Ok(false);
    }
    // The row of the head itself is 1.
    let id = [Value::Int(-1 - number)];
    let write = format!("INSERT INTO {HEAD} (id, removed) VALUES (?, 0)");
    let write = query(source.dialect(), Access::Write, &write);
    source.exec(&write, &id).await?;
    let look = format!("SELECT 1 FROM {HEAD} WHERE id = ?");
    let look = query(target.dialect(), Access::Read, &look);
    let seen = target.exec(&look, &id).await;
    let remove = format!("DELETE FROM {HEAD} WHERE id = ?");
    let remove = query(source.dialect(), Access::Write, &remove);
    source.exec(&remove, &id).await?;
    Ok(!seen?.rows.is_empty())
}

pub(super) async fn cursor(
    target: &Database,
    source: &str,
) -> Result<Option<Cursor>, ChangesError> {
    let text = format!("SELECT position, seen, copied FROM {CURSOR} WHERE source = ?");
    let query = query(target.dialect(), Access::Read, &text);
    let rows = target.exec(&query, &[source.into()]).await?.rows;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let [Value::Int(position), seen, copied] = row.as_slice() else {
        return Err(ChangesError::Shape);
    };
    Ok(Some(Cursor {
        position: *position,
        seen: crate::log::moment_of(seen),
        stage: Stage::of(match copied {
            Value::Text(text) => Some(text),
            _ => None,
        }),
    }))
}

pub(super) async fn begin(
    target: &Database,
    source: &str,
    position: i64,
) -> Result<(), ChangesError> {
    let now = now(target.dialect());
    let text = format!(
        "INSERT INTO {CURSOR} (source, position, copied, started) VALUES (?, ?, '[]', {now})"
    );
    let query = query(target.dialect(), Access::Write, &text);
    match target.exec(&query, &[source.into(), position.into()]).await {
        // Another process has begun in between.
        Err(error) if error.kind() == hallpass_db::ErrorKind::UniqueViolation => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}

pub(super) async fn restart(
    target: &Database,
    source: &str,
    position: i64,
) -> Result<(), ChangesError> {
    let now = now(target.dialect());
    let text = format!(
        "UPDATE {CURSOR} SET position = ?, seen = NULL, copied = '[]', started = {now} WHERE source = ?"
    );
    let query = query(target.dialect(), Access::Write, &text);
    target
        .exec(&query, &[position.into(), source.into()])
        .await?;
    Ok(())
}

/// Moves a cursor, and holds it until the transaction ends. Whether it was where it was thought to be.
pub(super) async fn step(
    tx: &mut Transaction,
    source: &str,
    from: &Cursor,
    to: &Cursor,
) -> Result<bool, ChangesError> {
    let dialect = tx.dialect();
    let was = match from.stage.text() {
        Some(_) => "copied = ?",
        None => "copied IS NULL",
    };
    let text = format!(
        "UPDATE {CURSOR} SET position = ?, seen = ?, copied = ? WHERE source = ? AND position = ? AND {was}"
    );
    let seen = match (dialect, to.seen) {
        (Dialect::Sqlite, Some(seen)) => Value::from(seen.to_string()),
        (_, seen) => seen.into(),
    };
    let mut values = vec![
        to.position.into(),
        seen,
        to.stage.text().into(),
        source.into(),
        from.position.into(),
    ];
    values.extend(from.stage.text().map(Value::from));
    let query = query(dialect, Access::Write, &text);
    Ok(tx.exec(&query, &values).await?.affected > 0)
}

/// Writes what is told of one user. A moment of signing up that is not known now stays as it was known.
pub(super) async fn tell(tx: &mut Transaction, document: &str) -> Result<u64, ChangesError> {
    let dialect = tx.dialect();
    let (told, now) = (table_of(dialect), now(dialect));
    let text = match dialect {
        Dialect::Postgres => format!(
            "INSERT INTO {told} AS s (raw_json, updated_at) VALUES (CAST(CAST(? AS text) AS jsonb), {now}) \
             ON CONFLICT (id) DO UPDATE SET \
             raw_json = CASE WHEN excluded.raw_json -> 'signed_up_at_millis' = 'null' THEN excluded.raw_json \
             || jsonb_build_object('signed_up_at_millis', s.raw_json -> 'signed_up_at_millis') ELSE excluded.raw_json END, \
             updated_at = excluded.updated_at, deleted_at = NULL"
        ),
        Dialect::Sqlite => format!(
            "INSERT INTO {told} (raw_json, updated_at) VALUES (?, {now}) ON CONFLICT (id) DO UPDATE SET \
             raw_json = CASE WHEN json_extract(excluded.raw_json, '$.signed_up_at_millis') IS NULL \
             THEN json_set(excluded.raw_json, '$.signed_up_at_millis', json_extract(raw_json, '$.signed_up_at_millis')) \
             ELSE excluded.raw_json END, updated_at = excluded.updated_at, deleted_at = NULL"
        ),
        _ => format!(
            "INSERT INTO {told} (raw_json, updated_at) VALUES (?, {now}) ON DUPLICATE KEY UPDATE \
             raw_json = IF(JSON_TYPE(JSON_EXTRACT(VALUES(raw_json), '$.signed_up_at_millis')) = 'NULL', \
             JSON_SET(VALUES(raw_json), '$.signed_up_at_millis', JSON_EXTRACT(raw_json, '$.signed_up_at_millis')), \
             VALUES(raw_json)), updated_at = VALUES(updated_at), deleted_at = NULL"
        ),
    };
    // One way to the database for many of them: nothing of the answer is of interest.
    let query = query(dialect, Access::Write, &text);
    tx.exec_later(&query, &[document.into()]).await?;
    Ok(1)
}

/// One user is gone.
pub(super) async fn gone(
    tx: &mut Transaction,
    deletion: Deletion,
    id: &str,
) -> Result<u64, ChangesError> {
    remove(tx, deletion, "id = ?", &[id.into()]).await
}

/// Rows of users who are gone without having been told of one by one.
#[derive(Debug)]
pub(super) struct Stale {
    which: String,
    values: Vec<Value>,
}

impl Stale {
    /// All of them.
    pub(super) fn everybody() -> Self {
        Self {
            which: "1 = 1".to_owned(),
            values: Vec::new(),
        }
    }

    /// Those of whom nothing was told since the copy began.
    pub(super) fn since_copy(source: &str) -> Self {
        Self {
            which: format!("updated_at < (SELECT started FROM {CURSOR} WHERE source = ?)"),
            values: vec![source.into()],
        }
    }

    /// But for those of whom nothing can be told.
    pub(super) fn but_for(mut self, refused: &[Refusal]) -> Self {
        if !refused.is_empty() {
            let places = vec!["?"; refused.len()].join(", ");
            self.which.push_str(&format!(" AND id NOT IN ({places})"));
            let ids = refused.iter().map(|one| Value::from(one.user.as_str()));
            self.values.extend(ids);
        }
        self
    }

    /// All at once.
    pub(super) async fn remove(
        &self,
        tx: &mut Transaction,
        deletion: Deletion,
    ) -> Result<u64, ChangesError> {
        remove(tx, deletion, &self.which, &self.values).await
    }

    /// The ids of some of them, those behind an id.
    pub(super) async fn ids(
        &self,
        tx: &mut Transaction,
        deletion: Deletion,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<String>, ChangesError> {
        let dialect = tx.dialect();
        let mut which = self.which.clone();
        if deletion == Deletion::Soft {
            which.push_str(" AND deleted_at IS NULL");
        }
        if after.is_some() {
            which.push_str(" AND id > ?");
        }
        let text = format!(
            "SELECT id FROM {} WHERE {which} ORDER BY id LIMIT {most}",
            table_of(dialect)
        );
        let mut values = self.values.clone();
        values.extend(after.map(Value::from));
        let query = query(dialect, Access::Read, &text);
        let rows = tx.exec(&query, &values).await?.rows;
        let ids = rows.into_iter().map(|row| match row.into_iter().next() {
            Some(Value::Text(id)) => Ok(id),
            _ => Err(ChangesError::Shape),
        });
        ids.collect()
    }
}

async fn remove(
    tx: &mut Transaction,
    deletion: Deletion,
    which: &str,
    values: &[Value],
) -> Result<u64, ChangesError> {
    let dialect = tx.dialect();
    let told = table_of(dialect);
    let text = match deletion {
        Deletion::Soft => format!(
            "UPDATE {told} SET deleted_at = {} WHERE deleted_at IS NULL AND {which}",
            now(dialect)
        ),
        Deletion::Hard => format!("DELETE FROM {told} WHERE {which}"),
    };
    run(tx, &text, values).await
}

async fn run(tx: &mut Transaction, text: &str, values: &[Value]) -> Result<u64, ChangesError> {
    let query = query(tx.dialect(), Access::Write, text);
    Ok(tx.exec(&query, values).await?.affected)
}

fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "clock_timestamp()",
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        _ if is_mysql(dialect) => "UTC_TIMESTAMP(6)",
        _ => "CURRENT_TIMESTAMP",
    }
}
