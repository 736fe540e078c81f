//! Endpoints that want to be told no more.
//!
//! Source: Standard Webhooks, where `410 Gone` asks the sender to disable the endpoint.

use hallpass_db::{Database, ErrorKind};
use hallpass_sql::Value;
use jiff::Timestamp;

use super::tables::ENDPOINTS;
use crate::error::ChangesError;
use crate::install::has_table;
use crate::log::{moment_of, run};
use crate::words::now;

/// An endpoint that is told nothing until somebody says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// The endpoint.
    pub endpoint: String,
    /// Since when.
    pub since: Timestamp,
}

pub(super) async fn disable(database: &Database, name: &str) -> Result<(), ChangesError> {
    let now = now(database.dialect());
    let text = format!("INSERT INTO {ENDPOINTS} (name, disabled) VALUES (?, {now})");
    match run(&mut database.into(), &text, &[name.into()]).await {
        // By an answer that came at the same moment.
        Err(ChangesError::Database(error)) if error.kind() == ErrorKind::UniqueViolation => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Whether it was disabled.
pub(super) async fn enable(database: &Database, name: &str) -> Result<bool, ChangesError> {
    if !has_table(&mut database.into(), ENDPOINTS).await? {
        return Ok(false);
    }
    let text = format!("DELETE FROM {ENDPOINTS} WHERE name = ?");
    Ok(run(&mut database.into(), &text, &[name.into()]).await?.1 > 0)
}

pub(super) async fn is_disabled(database: &Database, name: &str) -> Result<bool, ChangesError> {
    let text = format!("SELECT 1 FROM {ENDPOINTS} WHERE name = ?");
    let rows = run(&mut database.into(), &text, &[name.into()]).await?.0;
    Ok(!rows.is_empty())
}

pub(super) async fn all_disabled(database: &Database) -> Result<Vec<Disabled>, ChangesError> {
    if !has_table(&mut database.into(), ENDPOINTS).await? {
        return Ok(Vec::new());
    }
    let text = format!("SELECT name, disabled FROM {ENDPOINTS} ORDER BY name");
    let rows = run(&mut database.into(), &text, &[]).await?.0;
    let disabled = rows.iter().map(|row| match row.as_slice() {
        [Value::Text(endpoint), since] => Ok(Disabled {
            endpoint: endpoint.clone(),
            since: moment_of(since).ok_or(ChangesError::Shape)?,
        }),
        _ => Err(ChangesError::Shape),
    });
    disabled.collect()
}
