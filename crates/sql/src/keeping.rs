//! What column types make of the values that they are given: one row a type, dialect and kind of values.
//!
//! Most types keep a value as it is, or refuse it. Some cut, fill or round it and say nothing. Whoever judges a value
//! before it is written must know it as it will stand in the column.
//!
//! Invariant: what is not in a table is [`Keeping::Unknown`], never [`Keeping::Same`]. Strict sessions are supposed (the
//! drivers of `db` see to it): a lax MySQL cuts texts to their length.
//! To add a type: its row, and its values in the test of `data` that writes into every type there is.
//!
//! Sources: PostgreSQL 15, chapter 8 (8.1.2 numeric, 8.1.3 real, 8.3 character types); MySQL 8.0, sections 11.1.3, 11.3.2 and
//! 12.24.4; SQLite, "Datatypes In SQLite" section 3.

use crate::{Dialect, NativeColumn};

/// What kind of values a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Binary floating numbers.
    Floating,
    /// Exact numbers.
    Exact,
    /// Truth values.
    Truth,
    /// Moments, cut to the digits of a second that the type keeps.
    Moment,
    /// Bytes.
    Bytes,
}

/// What becomes of a value in a column, where the column takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It stays as it is.
    Same,
    /// Blanks behind so many characters are cut.
    Characters(u32),
    /// Blanks behind so many bytes are cut.
    TextBytes(u64),
    /// Blanks at the end are cut.
    NoBlanksAtEnd,
    /// Blanks at the end have no meaning; texts are filled with them to so many characters.
    Blanks(u32),
    /// Bytes are filled with zeros to so many.
    Zeros(u32),
    /// Capital letters become small ones.
    SmallLetters,
    /// Numbers are rounded to so many digits behind the point, halves away from zero.
    Digits(u32),
    /// Numbers are rounded to floating ones of 32 bits.
    Single,
    /// In a way that this table does not tell.
    Unknown,
}

impl Keeping {
    /// Of a column whose type the database writes like this: `character varying(5)`, `decimal(10,2)`, `TEXT`.
    pub fn of_type(dialect: Dialect, content: Content, database_type: &str) -> Self {
        let Some((name, arguments)) = parts(database_type) else {
            return Self::Unknown;
        };
        Self::of(dialect, content, &name, &arguments)
    }

    /// Of a column of a native type.
    pub fn of_native(dialect: Dialect, content: Content, native: &NativeColumn) -> Self {
        let name = native.name().to_ascii_lowercase();
        Self::of(dialect, content, &name, native.arguments())
    }

    /// Of a column of the type that the emitter writes where no native one is named.
    pub fn of_new(dialect: Dialect, content: Content) -> Self {
        match (dialect, content) {
            (Dialect::MySql | Dialect::MariaDb, Content::Text) => Self::Characters(191),
            (Dialect::Postgres | Dialect::MySql | Dialect::MariaDb, Content::Exact) => {
                Self::Digits(30)
            }
            _ => Self::Same,
        }
    }

    fn of(dialect: Dialect, content: Content, name: &str, arguments: &[u32]) -> Self {
        match dialect {
            Dialect::Postgres => postgres(content, name, arguments),
            Dialect::MySql | Dialect::MariaDb => mysql(content, name, arguments),
            Dialect::Sqlite => sqlite(content, name),
        }
    }
}

/// The name of a type in small letters and its numbers; `None` where there is something else in its parentheses.
fn parts(database_type: &str) -> Option<(String, Vec<u32>)> {
    let written = database_type.to_ascii_lowercase();
    let Some((before, rest)) = written.split_once('(') else {
        return Some((written, Vec::new()));
    };
    let (inside, after) = rest.split_once(')')?;
    let arguments = inside.split(',').map(|text| text.trim().parse().ok());
    let arguments = arguments.collect::<Option<_>>()?;
    Some((format!("{}{after}", before.trim_end()), arguments))
}

fn postgres(content: Content, name: &str, arguments: &[u32]) -> Keeping {
    let first = arguments.first().copied();
    match (content, name) {
        (Content::Text, "varchar" | "character varying") => {
            first.map_or(Keeping::Same, Keeping::Characters)
        }
        (Content::Text, "char" | "character") => Keeping::Blanks(first.unwrap_or(1)),
        // Without a length it is not filled.
        (Content::Text, "bpchar") => Keeping::Blanks(0),
        (Content::Text, "uuid") => Keeping::SmallLetters,
        (Content::Exact, "decimal" | "numeric") => digits(arguments, Keeping::Same),
        (Content::Floating, "real") => Keeping::Single,
        (Content::Text, "text" | "citext")
        | (Content::Whole, "smallint" | "integer" | "bigint" | "oid")
        | (Content::Floating, "double precision")
        | (Content::Truth, "boolean")
        | (
            Content::Moment,
            "timestamp"
            | "timestamptz"
            | "timestamp without time zone"
            | "timestamp with time zone"
            | "date",
        )
        | (Content::Bytes, "bytea") => Keeping::Same,
        _ => Keeping::Unknown,
    }
}

fn mysql(content: Content, name: &str, arguments: &[u32]) -> Keeping {
    let first = arguments.first().copied();
    // `unsigned` and `zerofill` say what is refused and how it is shown.
    let (word, rest) = name.split_once(' ').unwrap_or((name, ""));
    let is_plain = rest
        .split(' ')
        .all(|word| matches!(word, "" | "unsigned" | "zerofill"));
    match (content, word) {
        _ if !is_plain => Keeping::Unknown,
        (Content::Text, "char") => Keeping::NoBlanksAtEnd,
        (Content::Text, "varchar") => first.map_or(Keeping::Unknown, Keeping::Characters),
        (Content::Text, "tinytext") => Keeping::TextBytes(0xff),
        (Content::Text, "text") => Keeping::TextBytes(0xffff),
        (Content::Text, "mediumtext") => Keeping::TextBytes(0xff_ffff),
        (Content::Text, "longtext") => Keeping::TextBytes(0xffff_ffff),
        (Content::Exact, "decimal") => digits(arguments, Keeping::Digits(0)),
        (Content::Floating, "float") if arguments.len() < 2 => Keeping::Single,
        (Content::Floating, "double") if arguments.is_empty() => Keeping::Same,
        (Content::Bytes, "binary") => Keeping::Zeros(first.unwrap_or(1)),
        (
            Content::Whole | Content::Truth,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit",
        )
        | (Content::Moment, "timestamp" | "datetime" | "date")
        | (Content::Bytes, "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob") => {
            Keeping::Same
        }
        _ => Keeping::Unknown,
    }
}

/// A column has no type but an affinity, which follows from the words of its declaration.
fn sqlite(content: Content, name: &str) -> Keeping {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_same = if has(&["int"]) {
        content != Content::Text
    } else if has(&["char", "clob", "text"]) {
        matches!(content, Content::Text | Content::Moment | Content::Bytes)
    } else if has(&["blob"]) || name.is_empty() {
        content != Content::Exact
    } else if has(&["real", "floa", "doub"]) {
        matches!(
            content,
            Content::Floating | Content::Truth | Content::Moment | Content::Bytes
        )
    } else {
        content != Content::Text
    };
    if is_same {
        Keeping::Same
    } else {
        Keeping::Unknown
    }
}

fn digits(arguments: &[u32], unsaid: Keeping) -> Keeping {
    match arguments {
        [] => unsaid,
        [_] => Keeping::Digits(0),
        [_, digits] => Keeping::Digits(*digits),
        _ => Keeping::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_each_database_writes_it() {
        use Content::{Bytes, Exact, Floating, Moment, Text, Truth, Whole};
        use Dialect::{MariaDb, Postgres, Sqlite};
        for (dialect, content, written, expected) in [
            (
                Postgres,
                Text,
                "character varying(5)",
                Keeping::Characters(5),
            ),
            (Postgres, Text, "character varying", Keeping::Same),
            (Postgres, Text, "character(8)", Keeping::Blanks(8)),
            // One byte, of which the name has quotes.
            (Postgres, Text, "\"char\"", Keeping::Unknown),
            (Postgres, Text, "name", Keeping::Unknown),
            (Postgres, Exact, "numeric", Keeping::Same),
            (Postgres, Exact, "numeric(10,2)", Keeping::Digits(2)),
            (Postgres, Exact, "numeric(10,-2)", Keeping::Unknown),
            (Postgres, Exact, "money", Keeping::Unknown),
            (Postgres, Floating, "real", Keeping::Single),
            (
                Postgres,
                Moment,
                "timestamp(3) without time zone",
                Keeping::Same,
            ),
            (Postgres, Moment, "time without time zone", Keeping::Unknown),
            (MariaDb, Text, "varchar(191)", Keeping::Characters(191)),
            (MariaDb, Text, "enum('a','b')", Keeping::Unknown),
            (MariaDb, Text, "set('a','b')", Keeping::Unknown),
            (MariaDb, Text, "binary(4)", Keeping::Unknown),
            (MariaDb, Bytes, "binary(4)", Keeping::Zeros(4)),
            (MariaDb, Whole, "int(10) unsigned zerofill", Keeping::Same),
            (MariaDb, Truth, "tinyint(1)", Keeping::Same),
            // Two-digit years become others.
            (MariaDb, Whole, "year(4)", Keeping::Unknown),
            (MariaDb, Floating, "float", Keeping::Single),
            (MariaDb, Floating, "float(7,2)", Keeping::Unknown),
            (MariaDb, Floating, "double(7,2)", Keeping::Unknown),
            (MariaDb, Exact, "decimal(10,0)", Keeping::Digits(0)),
            (Sqlite, Text, "VARCHAR(5)", Keeping::Same),
            // It has the affinity of numbers: `007` becomes 7.
            (Sqlite, Text, "STRING", Keeping::Unknown),
            (Sqlite, Text, "", Keeping::Same),
            (Sqlite, Whole, "INTEGER", Keeping::Same),
            (Sqlite, Whole, "REAL", Keeping::Unknown),
            (Sqlite, Exact, "DECIMAL(10,2)", Keeping::Same),
            (Sqlite, Exact, "TEXT", Keeping::Unknown),
        ] {
            let found = Keeping::of_type(dialect, content, written);
            assert_eq!(found, expected, "{dialect} {written}");
        }
    }
}
