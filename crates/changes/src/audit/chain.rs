//! Writes entries, one behind the other.

use hallpass_db::{Database, Transaction};
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::entry::{self, Draft, Entry, EntryHash, Seal};
use super::keys::AuditKeys;
use super::tables::{self, CHAIN, COLUMNS, HEAD};
use super::{Head, canonical};
use crate::error::ChangesError;
use crate::log::{moment_of, run};
use crate::words::now;

/// Entries that one statement writes.
const AT_ONCE: usize = 100;

/// The end of the chain, held until the transaction ends.
pub(super) struct Held {
    pub(super) head: Head,
    /// By the clock of the database.
    pub(super) now: Timestamp,
}

pub(super) async fn head(database: &Database) -> Result<Head, ChangesError> {
    let text = format!("SELECT number, hash FROM {HEAD} WHERE id = 1");
    let (rows, _) = or_no_trail(database, run(&mut database.into(), &text, &[]).await).await?;
    match rows.first().map(Vec::as_slice) {
        Some([number, hash]) => head_of(number, hash),
        _ => Err(ChangesError::NoAudit),
    }
}

/// A missing table is said as what it means.
pub(super) async fn or_no_trail<T>(
    database: &Database,
    result: Result<T, ChangesError>,
) -> Result<T, ChangesError> {
    match result {
        Err(ChangesError::Database(error)) if error.kind() == hallpass_db::ErrorKind::Other => {
            match tables::are_there(database).await {
                Ok(false) => Err(ChangesError::NoAudit),
                _ => Err(ChangesError::Database(error)),
            }
        }
        other => other,
    }
}

fn head_of(number: &Value, hash: &Value) -> Result<Head, ChangesError> {
    let (Value::Int(number), Value::Text(hash)) = (number, hash) else {
        return Err(ChangesError::Shape);
    };
    Ok(Head {
        number: *number,
        hash: hash.trim_end().parse().map_err(|_| ChangesError::Shape)?,
    })
}

/// Until the transaction ends, whoever else writes waits here.
pub(super) async fn hold(tx: &mut Transaction) -> Result<Held, ChangesError> {
    let lock = match tx.dialect() {
        // Its transactions write one at a time, from their beginning on.
        Dialect::Sqlite => "",
        _ => " FOR UPDATE",
    };
    let now = now(tx.dialect());
    let text = format!("SELECT number, hash, {now} FROM {HEAD} WHERE id = 1{lock}");
    let (rows, _) = run(&mut tx.into(), &text, &[]).await?;
    match rows.first().map(Vec::as_slice) {
        Some([number, hash, now]) => Ok(Held {
            head: head_of(number, hash)?,
            now: moment_of(now).ok_or(ChangesError::Shape)?,
        }),
        _ => Err(ChangesError::NoAudit),
    }
}

/// The first entry of all, unless another process was faster.
pub(super) async fn begin(tx: &mut Transaction, keys: &AuditKeys) -> Result<(), ChangesError> {
    let held = hold(tx).await?;
    if held.head.number == 0 {
        let Json::Object(details) = json!({ "format": 1 }) else {
            return Ok(());
        };
        let began = Draft::own(entry::BEGAN).details(&details);
        write(tx, keys, held, &[began]).await?;
    }
    Ok(())
}

pub(super) async fn append(
    tx: &mut Transaction,
    keys: &AuditKeys,
    drafts: &[Draft],
) -> Result<Head, ChangesError> {
    let held = hold(tx).await?;
    write(tx, keys, held, drafts).await
}

/// Behind what is held.
pub(super) async fn write(
    tx: &mut Transaction,
    keys: &AuditKeys,
    held: Held,
    drafts: &[Draft],
) -> Result<Head, ChangesError> {
    let mut head = held.head;
    if drafts.is_empty() {
        return Ok(head);
    }
    for drafts in drafts.chunks(AT_ONCE) {
        let mut values = Vec::new();
        for draft in drafts {
            let entry = link(head, held.now, draft, keys);
            head = Head {
                number: entry.number,
                hash: entry.hash,
            };
            values.extend(row(&entry));
        }
        let one = format!("({})", vec!["?"; values.len() / drafts.len()].join(", "));
        let rows = vec![one; drafts.len()].join(", ");
        let text = format!("INSERT INTO {CHAIN} ({COLUMNS}) VALUES {rows}");
        run(&mut (&mut *tx).into(), &text, &values).await?;
    }
    let text = format!("UPDATE {HEAD} SET number = ?, hash = ? WHERE id = 1");
    let values = [head.number.into(), head.hash.to_string().into()];
    run(&mut tx.into(), &text, &values).await?;
    Ok(head)
}

/// The entry that a draft becomes behind this one.
pub(super) fn link(head: Head, now: Timestamp, draft: &Draft, keys: &AuditKeys) -> Entry {
    let mut entry = Entry {
        number: head.number.saturating_add(1),
        at: draft.at.unwrap_or(now),
        kind: draft.kind.clone(),
        actor: draft.actor.clone(),
        client: draft.client.clone(),
        agent: draft.agent.clone(),
        subject: draft.subject.clone(),
        details: draft.details.clone(),
        previous: head.hash,
        hash: EntryHash::NONE,
        key: keys.name().to_owned(),
        seal: Seal([0; 32]),
    };
    entry.hash = canonical::hash_of(&entry);
    entry.seal = keys.seal(&entry.hash);
    entry
}

fn row(entry: &Entry) -> [Value; 13] {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let subject = entry.subject.as_ref();
    [
        entry.number.into(),
        entry.at_text().into(),
        entry.kind.as_str().into(),
        text(&entry.actor),
        text(&entry.client),
        text(&entry.agent),
        subject.map_or(Value::Null, |subject| subject.kind.as_str().into()),
        subject.map_or(Value::Null, |subject| subject.id.as_str().into()),
        entry.details.text().into(),
        entry.previous.to_string().into(),
        entry.hash.to_string().into(),
        entry.key.as_str().into(),
        entry.seal.to_string().into(),
    ]
}
