//! Reads entries.

use hallpass_db::Database;
use hallpass_sql::{Access, Value};
use jiff::Timestamp;

use super::chain::or_no_trail;
use super::entry::{Details, Entry, Seal, Subject, id_text, is_kind, moment_text};
use super::hex;
use super::tables::{CHAIN, COLUMNS};
use crate::error::ChangesError;
use crate::words::query;

/// Entries that are read at once.
pub(super) const MOST: usize = 1000;

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// What this user did, or what was done to them.
    pub user: Option<String>,
    /// What was tried with a mail address that is nobody's: any of these, as [`AuditKeys::addresses`](super::AuditKeys::addresses)
    /// gives them.
    pub addresses: Vec<String>,
    /// Of this kind, or of those below it: `sign-in` is `sign-in.failed` too.
    pub kind: Option<String>,
    /// Behind this number.
    pub after: Option<i64>,
    /// Before this number.
    pub before: Option<i64>,
    /// Of what happened then or later.
    pub from: Option<Timestamp>,
    /// Of what happened before.
    pub until: Option<Timestamp>,
}

/// Which entries come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest.
    Oldest,
    /// The newest.
    Newest,
}

pub(super) async fn entries(
    database: &Database,
    filter: &Filter,
    order: Order,
    most: usize,
) -> Result<Vec<Entry>, ChangesError> {
    let Some((conditions, mut values)) = conditions(filter) else {
        return Ok(Vec::new());
    };
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let order = match order {
        Order::Oldest => "ASC",
        Order::Newest => "DESC",
    };
    let text = format!("SELECT {COLUMNS} FROM {CHAIN}{conditions} ORDER BY number {order} LIMIT ?");
    values.push(
        i64::try_from(most.clamp(1, MOST))
            .unwrap_or(i64::MAX)
            .into(),
    );
    let rows = rows(database, &text, &values).await?;
    rows.iter()
        .map(|row| entry(row).ok_or(ChangesError::Shape))
        .collect()
}

/// What the database is asked for; `None` where nothing can be like that.
fn conditions(filter: &Filter) -> Option<(Vec<String>, Vec<Value>)> {
    let mut texts = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut add = |text: &str, more: &[Value]| {
        texts.push(text.to_owned());
        values.extend_from_slice(more);
    };
    if let Some(user) = &filter.user {
        let id = id_text(user);
        add(
            "(actor = ? OR (subject = 'user' AND subject_id = ?))",
            &[id.as_str().into(), id.as_str().into()],
        );
    }
    if !filter.addresses.is_empty() {
        let places = vec!["?"; filter.addresses.len()].join(", ");
        let ids: Vec<Value> = filter
            .addresses
            .iter()
            .map(|one| one.as_str().into())
            .collect();
        add(
            &format!("subject = 'address' AND subject_id IN ({places})"),
            &ids,
        );
    }
    if let Some(kind) = &filter.kind {
        let kind = kind.trim_end_matches('.');
        if !is_kind(kind) {
            return None;
        }
        // None of the signs of a kind means anything to LIKE.
        add(
            "(kind = ? OR kind LIKE ?)",
            &[kind.into(), format!("{kind}.%").into()],
        );
    }
    if let Some(after) = filter.after {
        add("number > ?", &[after.into()]);
    }
    if let Some(before) = filter.before {
        add("number < ?", &[before.into()]);
    }
    if let Some(from) = filter.from {
        add("at >= ?", &[moment_text(from).into()]);
    }
    if let Some(until) = filter.until {
        add("at < ?", &[moment_text(until).into()]);
    }
    Some((texts, values))
}

pub(super) async fn rows(
    database: &Database,
    text: &str,
    values: &[Value],
) -> Result<Vec<Vec<Value>>, ChangesError> {
    let query = query(database.dialect(), Access::Read, text);
    let read = database.exec(&query, values).await;
    let read = or_no_trail(database, read.map_err(ChangesError::from)).await?;
    Ok(read.rows)
}

/// The entry of a row; `None` where it has another shape than any that was written.
pub(super) fn entry(row: &[Value]) -> Option<Entry> {
    let [
        Value::Int(number),
        Value::Text(at),
        Value::Text(kind),
        actor,
        client,
        agent,
        subject,
        subject_id,
        Value::Text(details),
        Value::Text(previous),
        Value::Text(hash),
        Value::Text(key),
        Value::Text(seal),
    ] = row
    else {
        return None;
    };
    let subject = match (optional(subject)?, optional(subject_id)?) {
        (Some(kind), Some(id)) => Some(Subject { kind, id }),
        (None, None) => None,
        _ => return None,
    };
    let entry = Entry {
        number: *number,
        at: at.parse().ok()?,
        kind: kind.clone(),
        actor: optional(actor)?,
        client: optional(client)?,
        agent: optional(agent)?,
        subject,
        details: Details(details.clone()),
        previous: previous.parse().ok()?,
        hash: hash.parse().ok()?,
        key: key.clone(),
        seal: Seal(hex::parse(seal)?),
    };
    // A moment that is written in another way is not as it was hashed.
    (entry.at_text() == *at).then_some(entry)
}

#[expect(
    clippy::option_option,
    reason = "a text, none, or something that is no text"
)]
fn optional(value: &Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::Text(text) => Some(Some(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_kind_is_asked_of_nobody() {
        let of = |kind: &str| Filter {
            kind: Some(kind.to_owned()),
            ..Filter::default()
        };
        for odd in ["%", "sign_in", "", "a' OR 1=1", "é"] {
            assert_eq!(conditions(&of(odd)), None, "{odd}");
        }
        let (_, values) = conditions(&of("sign-in.")).unwrap();
        assert_eq!(values, ["sign-in".into(), "sign-in.%".into()]);
    }
}
