//! Expressions of SQL that write a row down as the text of a JSON document.
//!
//! The text is put together piece by piece rather than by a function of many arguments: such functions take a hundred at
//! most (PostgreSQL), refuse bytes (SQLite) or cut numbers. No piece is ever null, so neither is the document.

use hallpass_sql::{Dialect, EmitError};

use crate::tracking::{Class, TrackedColumn};
use crate::words::{identifier, is_mysql};

/// The longest value that a document holds, in bytes.
const LONGEST: u64 = 256 * 1024;
/// What all values of a document may come to, escapes not counted, which make six bytes of one.
const BUDGET: u64 = 128 * 1024 * 1024;
/// The same where texts are bounded by the size of a packet, 16 MB unless somebody chose another.
const BUDGET_OF_PACKETS: u64 = 2 * 1024 * 1024;

/// Writes rows of a table with these columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'t> {
    pub(super) dialect: Dialect,
    pub(super) columns: &'t [TrackedColumn],
}

impl Writer<'_> {
    /// The whole row, called `OLD` or `NEW`.
    pub(super) fn row(self, record: &str) -> Result<String, EmitError> {
        self.row_of(|column| self.reference(record, column))
    }

    /// The whole row, whose values are these.
    pub(super) fn row_of(
        self,
        of: impl Fn(&TrackedColumn) -> Result<String, EmitError>,
    ) -> Result<String, EmitError> {
        let longest = self.longest();
        self.document(self.columns, |column| {
            let name = of(column)?;
            let value = value(self.dialect, column.class, &name);
            Ok(if column.class.is_unbounded() {
                let size = size(self.dialect, column.class, &name);
                format!("CASE WHEN {size} > {longest} THEN 'null' ELSE {value} END")
            } else {
                value
            })
        })
    }

    /// The key alone. Databases bound keys by themselves.
    pub(super) fn key(self, key: &[TrackedColumn], record: &str) -> Result<String, EmitError> {
        self.document(key, |column| {
            let name = self.reference(record, column)?;
            Ok(value(self.dialect, column.class, &name))
        })
    }

    /// The names of the columns whose values are too long for the document, each with a comma behind it.
    pub(super) fn left_out(self, records: &[&str]) -> Result<String, EmitError> {
        let longest = self.longest();
        let mut parts = vec!["''".to_owned()];
        for column in self.columns.iter().filter(|one| one.class.is_unbounded()) {
            let sizes = records.iter().map(|record| {
                let name = self.reference(record, column)?;
                let size = size(self.dialect, column.class, &name);
                Ok(format!("{size} > {longest}"))
            });
            let sizes = sizes.collect::<Result<Vec<_>, EmitError>>()?.join(" OR ");
            parts.push(format!(
                "CASE WHEN {sizes} THEN '{},' ELSE '' END",
                column.name
            ));
        }
        Ok(joined(self.dialect, &parts))
    }

    fn document(
        self,
        columns: &[TrackedColumn],
        write: impl Fn(&TrackedColumn) -> Result<String, EmitError>,
    ) -> Result<String, EmitError> {
        let mut parts = Vec::with_capacity(columns.len() * 2 + 1);
        for (position, column) in columns.iter().enumerate() {
            let before = if position == 0 { "{" } else { "," };
            parts.push(format!("'{before}\"{}\":'", column.name));
            parts.push(write(column)?);
        }
        parts.push("'}'".to_owned());
        Ok(joined(self.dialect, &parts))
    }

    fn reference(self, record: &str, column: &TrackedColumn) -> Result<String, EmitError> {
        Ok(format!(
            "{record}.{}",
            identifier(self.dialect, &column.name)?
        ))
    }

    /// So that whatever stands in a row, its document can be made.
    fn longest(self) -> u64 {
        let budget = if is_mysql(self.dialect) {
            BUDGET_OF_PACKETS
        } else {
            BUDGET
        };
        let columns = u64::try_from(self.columns.len()).unwrap_or(u64::MAX).max(1);
        LONGEST.min(budget / columns)
    }
}

/// One value alone, `null` where it is too long.
pub(crate) fn bounded(dialect: Dialect, class: Class, name: &str) -> String {
    let size = size(dialect, class, name);
    let value = value(dialect, class, name);
    format!("CASE WHEN {size} > {LONGEST} THEN 'null' ELSE {value} END")
}

pub(crate) fn joined(dialect: Dialect, parts: &[String]) -> String {
    if is_mysql(dialect) {
        format!("CONCAT({})", parts.join(", "))
    } else {
        parts.join(" || ")
    }
}

/// How many bytes a value has, without unpacking it where the database keeps it packed.
fn size(dialect: Dialect, class: Class, name: &str) -> String {
    match dialect {
        Dialect::Postgres if matches!(class, Class::Text | Class::Bytes) => {
            format!("octet_length({name})")
        }
        Dialect::Postgres => format!("pg_column_size({name})"),
        Dialect::MySql | Dialect::MariaDb => format!("LENGTH({name})"),
        Dialect::Sqlite => format!("length(CAST({name} AS BLOB))"),
    }
}

/// A value as the text of JSON, `null` for NULL.
fn value(dialect: Dialect, class: Class, name: &str) -> String {
    match dialect {
        Dialect::Postgres => of_postgres(class, name),
        Dialect::MySql | Dialect::MariaDb => of_mysql(class, name),
        Dialect::Sqlite => of_sqlite(name),
    }
}

fn of_postgres(class: Class, name: &str) -> String {
    const ISO: &str = r#"'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"#;
    let text = match class {
        Class::Integer | Class::Boolean => format!("{name}::text"),
        Class::Bytes => format!("'\"' || encode({name}, 'hex') || '\"'"),
        Class::Moment => format!("to_json(to_char({name}, {ISO}))::text"),
        Class::ZonedMoment => {
            format!("to_json(to_char({name} AT TIME ZONE 'UTC', {ISO}))::text")
        }
        Class::List => format!("to_json({name})::text"),
        Class::Text | Class::Number | Class::Free | Class::Other => {
            format!("to_json({name}::text)::text")
        }
    };
    format!("coalesce({text}, 'null')")
}

fn of_mysql(class: Class, name: &str) -> String {
    const ISO: &str = r#"'"%Y-%m-%dT%H:%i:%s.%fZ"'"#;
    let text = match class {
        Class::Integer | Class::Boolean => format!("CAST({name} + 0 AS CHAR)"),
        Class::Number => format!("CONCAT('\"', CAST({name} AS CHAR), '\"')"),
        Class::Bytes => format!("CONCAT('\"', LOWER(HEX({name})), '\"')"),
        Class::Moment => format!("DATE_FORMAT({name}, {ISO})"),
        // Shown in the zone of whoever writes.
        Class::ZonedMoment => {
            format!("DATE_FORMAT(CONVERT_TZ({name}, @@session.time_zone, '+00:00'), {ISO})")
        }
        Class::Text | Class::List | Class::Free | Class::Other => {
            format!("JSON_QUOTE(CONVERT({name} USING utf8mb4))")
        }
    };
    format!("COALESCE({text}, 'null')")
}

/// A column holds whatever was put into it.
fn of_sqlite(name: &str) -> String {
    format!(
        "CASE typeof({name}) WHEN 'blob' THEN '\"' || lower(hex({name})) || '\"' \
         WHEN 'real' THEN '\"' || printf('%!.17g', {name}) || '\"' ELSE json_quote({name}) END"
    )
}
