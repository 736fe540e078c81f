//! One change, as readers see it.

use hallpass_sql::Value;
use jiff::Timestamp;

use crate::error::ChangesError;

/// A row as it stood: the names of its columns and what they held. Whole numbers and truth values stand as such, everything
/// else as text: exact and floating numbers in digits, bytes in hexadecimal ones, moments in UTC. See `docs/changes.md`.
pub type Document = serde_json::Map<String, serde_json::Value>;

/// What happened to one row of a tracked table.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it stands in the log. Grows from change to change; two changes of one row stand in the order in which they
    /// happened.
    pub position: i64,
    /// When it was written, by the clock of the database.
    pub at: Timestamp,
    /// The table.
    pub table: String,
    /// What was done.
    pub operation: Operation,
    /// The key that the row had before, or has now where it is new. Empty where a whole table was emptied.
    pub key: Document,
    /// The row before; absent where it is new.
    pub before: Option<Document>,
    /// The row afterwards; absent where it is gone.
    pub after: Option<Document>,
    /// Columns whose values were too long to be kept; they stand as `null`. The only name `*` tells that columns went or
    /// were renamed since the trigger was made, so that anything may be missing.
    pub left_out: Vec<String>,
    /// Who did it, where the program said so.
    pub actor: Option<String>,
}

/// What is done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// It is new, or was put in the place of another of the same key.
    Insert,
    /// It is another now.
    Update,
    /// It is gone.
    Delete,
    /// All rows of the table are gone (PostgreSQL).
    Truncate,
}

impl Operation {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
        }
    }

    fn of(name: &str) -> Option<Self> {
        let all = [Self::Insert, Self::Update, Self::Delete, Self::Truncate];
        all.into_iter().find(|one| one.name() == name)
    }
}

impl Change {
    /// Of a row: position, at, table, operation, key, before, after, left out, actor.
    pub(super) fn of_row(row: &[Value]) -> Result<Self, ChangesError> {
        let [
            Value::Int(position),
            at,
            Value::Text(table),
            Value::Text(operation),
            key,
            before,
            after,
            Value::Text(left_out),
            actor,
        ] = row
        else {
            return Err(ChangesError::Shape);
        };
        let mut left_out: Vec<String> = left_out
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let mut read = |value: &Value| {
            let document = document(value);
            if document.is_none() && *value != Value::Null {
                // A change whose text nobody can read must not keep readers from those behind it.
                left_out = vec!["*".to_owned()];
            }
            document
        };
        let (key, before, after) = (read(key), read(before), read(after));
        Ok(Self {
            position: *position,
            at: moment(at).ok_or(ChangesError::Shape)?,
            table: table.clone(),
            operation: Operation::of(operation).ok_or(ChangesError::Shape)?,
            key: key.unwrap_or_default(),
            before,
            after,
            left_out,
            actor: match actor {
                Value::Text(actor) => Some(actor.clone()),
                _ => None,
            },
        })
    }
}

/// Of bytes as well: SQLite keeps texts that are none.
fn document(value: &Value) -> Option<Document> {
    match value {
        Value::Text(text) => serde_json::from_str(text).ok(),
        Value::Bytes(bytes) => serde_json::from_str(&String::from_utf8_lossy(bytes)).ok(),
        _ => None,
    }
}

pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Timestamp(moment) => Some(*moment),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
