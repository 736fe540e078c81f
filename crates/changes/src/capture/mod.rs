//! The triggers that write the change log, one file a database.
//!
//! A trigger copies the columns that it names and no others, so that a column that is added tomorrow is in no log before
//! somebody installs again: [`fingerprint`] tells that a trigger is not what it would be today.

pub(crate) mod cascade;
pub(crate) mod document;
pub(crate) mod mysql;
mod postgres;
mod sqlite;

use hallpass_db::Connection;
use hallpass_sql::{Access, Dialect, EmitError, TableName, Value};
use sha2::{Digest as _, Sha256};

use crate::error::ChangesError;
use crate::tracking::{Tracked, Tracking};
use crate::words::{identifier, query, table};

/// The table that triggers write to.
pub(crate) const LOG: &str = "hallpass_change";
/// Where a connection says who acts, where it has no variables (SQLite).
pub(crate) const ACTORS: &str = "hallpass_change_actor";
/// What all names of functions and triggers begin with.
const PREFIX: &str = "hallpass_capture_";
/// What stands in a trigger before the hash of what it was made from.
const MARK: &str = "hallpass:changes:";

/// Statements, in their order.
pub(crate) type Script = Vec<String>;

/// A table whose triggers are to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'t> {
    pub(crate) dialect: Dialect,
    pub(crate) tracked: &'t Tracked,
    /// The schema of the log (PostgreSQL).
    pub(crate) log_schema: Option<&'t str>,
}

impl<'t> Table<'t> {
    pub(crate) fn of(tracking: &'t Tracking, tracked: &'t Tracked) -> Self {
        Self {
            dialect: tracking.dialect,
            tracked,
            log_schema: tracking.current_schema.as_deref(),
        }
    }

    /// What makes all triggers of the table.
    pub(crate) fn install(self) -> Result<Script, EmitError> {
        self.script(&self.fingerprint()?)
    }

    /// What makes triggers that are there write something else.
    pub(crate) fn refresh(self) -> Result<Script, EmitError> {
        match self.dialect {
            Dialect::Postgres => postgres::refresh(&self, &self.fingerprint()?),
            _ => self.install(),
        }
    }

    /// What stands in each trigger of the table, and in none that was made from other columns.
    pub(crate) fn fingerprint(self) -> Result<String, EmitError> {
        Ok(fingerprint(&self.script("")?))
    }

    /// The names of the triggers that the table should have.
    pub(crate) fn triggers(self) -> Vec<String> {
        match self.dialect {
            Dialect::Postgres => vec![postgres::ROWS.to_owned(), postgres::TRUNCATE.to_owned()],
            _ => {
                let kinds = mysql::KINDS.iter();
                kinds.map(|(_, prefix)| named(prefix, &self)).collect()
            }
        }
    }

    fn script(self, fingerprint: &str) -> Result<Script, EmitError> {
        match self.dialect {
            Dialect::Postgres => postgres::install(&self, fingerprint),
            Dialect::MySql | Dialect::MariaDb => mysql::install(&self, fingerprint),
            Dialect::Sqlite => sqlite::install(&self, fingerprint),
        }
    }
}

fn named(prefix: &str, one: &Table<'_>) -> String {
    name_for(prefix, &one.tracked.table)
}

/// A name that fits every database and belongs to one table alone.
pub(crate) fn name_for(prefix: &str, table: &TableName) -> String {
    let whole = format!("{}.{}", table.schema.as_deref().unwrap_or(""), table.name);
    let hash = Sha256::digest(whole.as_bytes());
    let digits: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let readable: String = table
        .name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .take(24)
        .collect();
    format!("{prefix}{readable}_{digits}")
}

/// What tells one script from every other.
pub(crate) fn fingerprint(script: &Script) -> String {
    let hash = Sha256::digest(script.join(";").as_bytes());
    let digits: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{MARK}{digits}")
}

/// A trigger of ours that a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) table: TableName,
    text: String,
    pub(crate) enabled: bool,
    /// The function that it runs (PostgreSQL).
    function: Option<String>,
}

impl Found {
    /// Whether it does what this fingerprint says.
    pub(crate) fn is(&self, fingerprint: &str) -> bool {
        self.says(fingerprint)
    }

    /// Whether this stands in it.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

/// What takes triggers away, and then what they run.
pub(crate) fn uninstall<'f>(
    dialect: Dialect,
    found: impl Iterator<Item = &'f Found>,
) -> Result<Script, EmitError> {
    let (mut script, mut functions) = (Vec::new(), Vec::new());
    for one in found {
        let name = identifier(dialect, &one.name)?;
        if dialect != Dialect::Postgres {
            script.push(format!("DROP TRIGGER IF EXISTS {name}"));
            continue;
        }
        let on = table(dialect, &one.table)?;
        script.push(format!("DROP TRIGGER IF EXISTS {name} ON {on}"));
        if let Some(function) = &one.function {
            let function = identifier(dialect, function)?;
            functions.push(format!("DROP FUNCTION IF EXISTS {function}()"));
        }
    }
    functions.dedup();
    script.extend(functions);
    Ok(script)
}

/// Those of the tables that tracked ones refer to ([`cascade`]).
pub(crate) async fn cascades_found(
    connection: &mut Connection<'_>,
) -> Result<Vec<Found>, ChangesError> {
    found_of(connection, cascade::PREFIX).await
}

/// The triggers of tracked tables that a database has.
pub(crate) async fn found(connection: &mut Connection<'_>) -> Result<Vec<Found>, ChangesError> {
    found_of(connection, PREFIX).await
}

/// Those whose names, or whose functions' names, begin so.
pub(crate) async fn found_of(
    connection: &mut Connection<'_>,
    prefix: &str,
) -> Result<Vec<Found>, ChangesError> {
    let dialect = connection.dialect();
    let rows = connection
        .exec(&query(dialect, Access::Read, listing(dialect)), &[])
        .await?
        .rows;
    listed_of(rows, prefix)
}

/// Lists the triggers of ours.
pub(crate) fn listing(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => include_str!("../sql/postgres_triggers.sql"),
        Dialect::Sqlite => include_str!("../sql/sqlite_triggers.sql"),
        _ => include_str!("../sql/mysql_triggers.sql"),
    }
}

/// Those that write to the log, of what [`listing`] gave.
pub(crate) fn listed(rows: Vec<Vec<Value>>) -> Result<Vec<Found>, ChangesError> {
    let mut found = listed_of(rows.clone(), PREFIX)?;
    found.extend(listed_of(rows, cascade::PREFIX)?);
    Ok(found)
}

fn listed_of(rows: Vec<Vec<Value>>, prefix: &str) -> Result<Vec<Found>, ChangesError> {
    let found = rows.into_iter().map(|row| match row.as_slice() {
        [
            Value::Text(name),
            schema,
            Value::Text(table),
            Value::Text(text),
            enabled,
            function,
        ] => Ok(Found {
            name: name.clone(),
            table: TableName {
                schema: optional(schema),
                name: table.clone(),
            },
            text: text.clone(),
            enabled: matches!(enabled, Value::Bool(true) | Value::Int(1)),
            function: optional(function),
        }),
        _ => Err(ChangesError::Shape),
    });
    let found: Vec<Found> = found.collect::<Result<_, _>>()?;
    let is_ours = |one: &Found| match &one.function {
        Some(function) => function.starts_with(prefix),
        None => one.name.starts_with(prefix),
    };
    Ok(found.into_iter().filter(is_ours).collect())
}

fn optional(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
