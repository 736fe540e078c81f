//! Small words of SQL that texts of this crate are put together from.

use std::time::Duration;

use hallpass_sql::{
    Access, Bind, Dialect, EmitError, Placeholder, Query, TableName, Value, identifier_text,
    literal_text, table_text,
};

/// A statement of this crate's own: `?` stands for each value in turn.
pub(crate) fn query(dialect: Dialect, access: Access, text: &str) -> Query {
    let count = text.matches('?').count();
    let text = match dialect.capability().placeholder {
        Placeholder::Question => text.to_owned(),
        Placeholder::Numbered => numbered(text),
    };
    Query {
        text,
        binds: (0..count).map(Bind::Parameter).collect(),
        access,
    }
}

fn numbered(text: &str) -> String {
    let mut parts = text.split('?');
    let mut made = parts.next().unwrap_or_default().to_owned();
    for (position, part) in parts.enumerate() {
        made.push_str(&format!("${}{part}", position + 1));
    }
    made
}

pub(crate) fn identifier(dialect: Dialect, name: &str) -> Result<String, EmitError> {
    identifier_text(name, dialect)
}

pub(crate) fn table(dialect: Dialect, name: &TableName) -> Result<String, EmitError> {
    table_text(name, dialect)
}

pub(crate) fn text(dialect: Dialect, text: &str) -> Result<String, EmitError> {
    literal_text(&Value::from(text), dialect)
}

/// Whether a database is of the family of MySQL.
pub(crate) fn is_mysql(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::MySql | Dialect::MariaDb)
}

/// Now, by the clock of the database.
pub(crate) fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "clock_timestamp()",
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        _ => "UTC_TIMESTAMP(6)",
    }
}

/// So much later than now, in whole seconds, at least one.
pub(crate) fn later(dialect: Dialect, span: Duration) -> String {
    let seconds = span.as_secs().max(1);
    match dialect {
        Dialect::Postgres => format!("clock_timestamp() + interval '{seconds} seconds'"),
        Dialect::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+{seconds} seconds')"),
        _ => format!("UTC_TIMESTAMP(6) + INTERVAL {seconds} SECOND"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_places_of_their_dialect() {
        let text = "UPDATE t SET a = ? WHERE b = ?";
        let postgres = query(Dialect::Postgres, Access::Write, text);
        assert_eq!(postgres.text, "UPDATE t SET a = $1 WHERE b = $2");
        assert_eq!(query(Dialect::Sqlite, Access::Write, text).text, text);
        assert_eq!(postgres.binds.len(), 2);
    }
}
