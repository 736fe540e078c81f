//! What happened to rows, from the change log.
//!
//! The names of columns that changed, never what stood in them: an entry can be taken out by nobody, and what people are called is
//! to go when they go.

use serde_json::{Map, Value};

use super::entry::Draft;
use super::{Audit, canonical};
use crate::error::ChangesError;
use crate::log::{Beginning, Change, Document, Log, Operation};

/// By which name the trail reads the change log.
pub const READER: &str = "audit";

/// Changes that one transaction takes into the chain.
const MOST: usize = 500;

impl Audit {
    /// Takes what happened to rows into the chain, in the transaction that moves the reader; returns whether more may lie before it.
    /// Of a change log that is new to the trail, what happens from now on.
    ///
    /// # Errors
    /// [`ChangesError::NotInstalled`] without a change log, [`ChangesError::Lost`], [`ChangesError::Moved`] when another process
    /// was faster, and what the database said.
    pub async fn gather(&self) -> Result<bool, ChangesError> {
        let log = Log::of(&self.database);
        let batch = match log.next(READER, MOST).await {
            Err(ChangesError::NoReader { .. }) => {
                log.begin(READER, Beginning::Now).await?;
                return Ok(true);
            }
            other => other?,
        };
        if batch.changes.is_empty() {
            return Ok(false);
        }
        let drafts: Vec<Draft> = batch.changes.iter().map(draft).collect();
        let mut tx = self.database.begin().await?;
        log.done(&mut tx, READER, &batch).await?;
        // Last: others wait from here on.
        self.append(&mut tx, &drafts).await?;
        tx.commit().await?;
        Ok(batch.changes.len() >= MOST)
    }
}

/// What a change is in the trail.
fn draft(change: &Change) -> Draft {
    let kind = match change.operation {
        Operation::Insert => "row.inserted",
        Operation::Update => "row.updated",
        Operation::Delete => "row.deleted",
        Operation::Truncate => "table.emptied",
    };
    let mut details = Map::new();
    details.insert("position".to_owned(), change.position.into());
    if let (Some(before), Some(after)) = (&change.before, &change.after) {
        details.insert("columns".to_owned(), changed(before, after).into());
    }
    if !change.left_out.is_empty() {
        // Too long for the log: they may have changed as well.
        details.insert("not_compared".to_owned(), change.left_out.clone().into());
    }
    let draft = Draft::own(kind)
        .at(change.at)
        .subject(&change.table, &key(&change.key))
        .details(&details);
    match &change.actor {
        Some(actor) => draft.actor(actor),
        None => draft,
    }
}

/// The columns that differ, in the order of the later row.
fn changed(before: &Document, after: &Document) -> Vec<String> {
    let differ = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value));
    differ.map(|(name, _)| name.clone()).collect()
}

/// A key of one column as it is, of several with their names.
fn key(key: &Document) -> String {
    let mut values = key.values();
    match (values.next(), values.next()) {
        (None, _) => "*".to_owned(),
        (Some(Value::String(text)), None) => text.clone(),
        (Some(value), None) => canonical::json(value),
        _ => canonical::json(&Value::Object(key.clone())),
    }
}
