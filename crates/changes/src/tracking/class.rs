//! What a column holds, as far as writing it down needs to know.

use hallpass_sql::Dialect;

use crate::words::is_mysql;

/// How values of a column are written into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Whole numbers, as numbers.
    Integer,
    /// Truth values; numbers where the database has no such type.
    Boolean,
    /// Texts, enums and documents, as text.
    Text,
    /// Numbers that are not whole, as text, so that no digit is lost.
    Number,
    /// Bytes, as hexadecimal digits.
    Bytes,
    /// A moment without a zone, which is in UTC.
    Moment,
    /// A moment with its zone.
    ZonedMoment,
    /// Several values.
    List,
    /// Whatever the row has there: SQLite's columns hold any type.
    Free,
    /// A type that has a text form.
    Other,
}

impl Class {
    /// The class of a column's type as the catalog writes it; `None` where nobody here can write such values down.
    pub(crate) fn of(dialect: Dialect, database_type: &str) -> Option<Self> {
        let lower = database_type.trim().to_ascii_lowercase();
        if is_mysql(dialect) {
            return of_mysql(&lower);
        }
        match dialect {
            Dialect::Postgres => Some(of_postgres(&lower)),
            _ => Some(Self::Free),
        }
    }

    /// Whether values may be so large that a document of them is a burden.
    pub(crate) fn is_unbounded(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Bytes | Self::List | Self::Free | Self::Other
        )
    }
}

fn of_postgres(name: &str) -> Class {
    if let Some(element) = name.strip_suffix("[]") {
        let plain = matches!(
            of_postgres(element),
            Class::Integer | Class::Boolean | Class::Text
        );
        return if plain { Class::List } else { Class::Other };
    }
    let base = name.split('(').next().unwrap_or(name).trim();
    match base {
        "smallint" | "integer" | "bigint" => Class::Integer,
        "boolean" => Class::Boolean,
        "text" | "character varying" | "character" | "name" => Class::Text,
        "real" | "double precision" | "numeric" => Class::Number,
        "bytea" => Class::Bytes,
        _ if name.starts_with("timestamp") => {
            if name.ends_with("with time zone") {
                Class::ZonedMoment
            } else {
                Class::Moment
            }
        }
        _ => Class::Other,
    }
}

fn of_mysql(name: &str) -> Option<Class> {
    let base = name.split(['(', ' ']).next().unwrap_or(name);
    Some(match base {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "bit" => Class::Integer,
        "float" | "double" | "decimal" => Class::Number,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
        | "json" | "uuid" | "inet4" | "inet6" => Class::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Class::Bytes,
        "datetime" => Class::Moment,
        "timestamp" => Class::ZonedMoment,
        "date" | "time" => Class::Number,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_their_class() {
        use Class::{
            Boolean, Bytes, Free, Integer, List, Moment, Number, Other, Text, ZonedMoment,
        };
        let rows = [
            (Dialect::Postgres, "bigint", Some(Integer)),
            (Dialect::Postgres, "boolean", Some(Boolean)),
            (Dialect::Postgres, "character varying(255)", Some(Text)),
            (Dialect::Postgres, "numeric(65,30)", Some(Number)),
            (Dialect::Postgres, "bytea", Some(Bytes)),
            (
                Dialect::Postgres,
                "timestamp(3) without time zone",
                Some(Moment),
            ),
            (
                Dialect::Postgres,
                "timestamp with time zone",
                Some(ZonedMoment),
            ),
            (Dialect::Postgres, "text[]", Some(List)),
            (Dialect::Postgres, "bytea[]", Some(Other)),
            (Dialect::Postgres, "jsonb", Some(Other)),
            (Dialect::Postgres, "\"Role\"", Some(Other)),
            (Dialect::MariaDb, "tinyint(1)", Some(Integer)),
            (Dialect::MariaDb, "bigint(20) unsigned", Some(Integer)),
            (Dialect::MariaDb, "varchar(191)", Some(Text)),
            (Dialect::MariaDb, "enum('a','b')", Some(Text)),
            (Dialect::MariaDb, "decimal(65,30)", Some(Number)),
            (Dialect::MariaDb, "datetime(3)", Some(Moment)),
            (Dialect::MariaDb, "timestamp(3)", Some(ZonedMoment)),
            (Dialect::MySql, "longblob", Some(Bytes)),
            (Dialect::MySql, "geometry", None),
            (Dialect::Sqlite, "TEXT", Some(Free)),
            (Dialect::Sqlite, "", Some(Free)),
        ];
        for (dialect, name, class) in rows {
            assert_eq!(Class::of(dialect, name), class, "{dialect} {name}");
        }
    }
}
