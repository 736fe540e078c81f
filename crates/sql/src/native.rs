//! Native column types: what may follow `@db.`, one row a type and dialect.
//!
//! Source: contract zenstack §5.2. To add one: a row of the table.

use crate::Dialect;

/// A column type by the dialect's own name.
///
/// INVARIANT: `name` comes from the table below and arguments are numbers, so that its text is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeColumn {
    name: &'static str,
    arguments: Vec<u32>,
}

/// Why a native type is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NativeTypeError {
    /// The dialect has no such type.
    #[error("{dialect} has no native type `{name}`")]
    Unknown {
        /// What follows `@db.`
        name: String,
        /// Whose types were searched.
        dialect: Dialect,
    },
    /// Too many or too few arguments, or one that is no number.
    #[error(
        "native type `{name}` takes {most} arguments at most and {least} at least, all numbers"
    )]
    Arguments {
        /// What follows `@db.`
        name: String,
        /// The fewest it takes.
        least: usize,
        /// The most it takes.
        most: usize,
    },
}

impl NativeColumn {
    /// The type `@db.NAME(ARGUMENTS)` of a dialect.
    ///
    /// # Errors
    /// [`NativeTypeError`] when the dialect has no such type, or not with these arguments.
    pub fn find(
        dialect: Dialect,
        name: &str,
        arguments: &[String],
    ) -> Result<Self, NativeTypeError> {
        let row = table(dialect)
            .iter()
            .find(|row| row.0 == name)
            .ok_or_else(|| NativeTypeError::Unknown {
                name: name.to_owned(),
                dialect,
            })?;
        let numbers: Option<Vec<u32>> = arguments.iter().map(|text| text.parse().ok()).collect();
        match numbers {
            Some(arguments) if (row.2..=row.3).contains(&arguments.len()) => Ok(Self {
                name: row.1,
                arguments,
            }),
            _ => Err(NativeTypeError::Arguments {
                name: name.to_owned(),
                least: row.2,
                most: row.3,
            }),
        }
    }

    /// Whether a database counts in a column of this type as well as in one of the type that we would choose. PostgreSQL and SQLite have
    /// types of their own for that.
    pub fn counts(&self, dialect: Dialect) -> bool {
        matches!(dialect, Dialect::MySql | Dialect::MariaDb)
    }

    /// The name of the type in SQL, without its arguments.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its arguments, such as a length.
    pub fn arguments(&self) -> &[u32] {
        &self.arguments
    }

    /// Whether texts of this type are equal only when their bytes are, where texts in general are.
    ///
    /// PostgreSQL's `citext` takes `A` for `a`, its `char` overlooks blanks at the end.
    pub fn compares_exactly(&self) -> bool {
        !matches!(self.name, "CITEXT" | "CHAR")
    }

    /// Whether moments stand in the type as whole milliseconds since 1970.
    pub fn is_epoch_millis(&self) -> bool {
        self.name == EPOCH_MILLIS
    }

    /// The names that may follow `@db.` in a dialect.
    pub fn names(dialect: Dialect) -> impl Iterator<Item = &'static str> {
        table(dialect).iter().map(|row| row.0)
    }

    /// Whether the type holds UUIDs and nothing else.
    pub fn is_uuid(&self) -> bool {
        self.name == "UUID"
    }
}

/// Name after `@db.`, name in SQL, fewest and most arguments.
type Row = (&'static str, &'static str, usize, usize);

fn table(dialect: Dialect) -> &'static [Row] {
    match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::MySql | Dialect::MariaDb => MYSQL,
        Dialect::Sqlite => SQLITE,
    }
}

const POSTGRES: &[Row] = &[
    ("Text", "TEXT", 0, 0),
    ("Char", "CHAR", 0, 1),
    ("VarChar", "VARCHAR", 0, 1),
    ("Bit", "BIT", 0, 1),
    ("VarBit", "VARBIT", 0, 1),
    ("Uuid", "UUID", 0, 0),
    ("Xml", "XML", 0, 0),
    ("Inet", "INET", 0, 0),
    ("Citext", "CITEXT", 0, 0),
    ("Boolean", "BOOLEAN", 0, 0),
    ("Integer", "INTEGER", 0, 0),
    ("SmallInt", "SMALLINT", 0, 0),
    ("Oid", "OID", 0, 0),
    ("BigInt", "BIGINT", 0, 0),
    ("DoublePrecision", "DOUBLE PRECISION", 0, 0),
    ("Real", "REAL", 0, 0),
    ("Decimal", "DECIMAL", 0, 2),
    ("Money", "MONEY", 0, 0),
    ("Timestamp", "TIMESTAMP", 0, 1),
    ("Timestamptz", "TIMESTAMPTZ", 0, 1),
    ("Date", "DATE", 0, 0),
    ("Time", "TIME", 0, 1),
    ("Timetz", "TIMETZ", 0, 1),
    ("Json", "JSON", 0, 0),
    ("JsonB", "JSONB", 0, 0),
    ("ByteA", "BYTEA", 0, 0),
];

const MYSQL: &[Row] = &[
    ("Text", "TEXT", 0, 0),
    ("Char", "CHAR", 0, 1),
    ("VarChar", "VARCHAR", 1, 1),
    ("TinyText", "TINYTEXT", 0, 0),
    ("MediumText", "MEDIUMTEXT", 0, 0),
    ("LongText", "LONGTEXT", 0, 0),
    ("Bit", "BIT", 0, 1),
    ("TinyInt", "TINYINT", 0, 1),
    ("SmallInt", "SMALLINT", 0, 1),
    ("MediumInt", "MEDIUMINT", 0, 1),
    ("Int", "INT", 0, 1),
    ("UnsignedTinyInt", "TINYINT UNSIGNED", 0, 0),
    ("UnsignedSmallInt", "SMALLINT UNSIGNED", 0, 0),
    ("UnsignedMediumInt", "MEDIUMINT UNSIGNED", 0, 0),
    ("UnsignedInt", "INT UNSIGNED", 0, 0),
    ("Year", "YEAR", 0, 0),
    ("BigInt", "BIGINT", 0, 1),
    ("UnsignedBigInt", "BIGINT UNSIGNED", 0, 0),
    ("Float", "FLOAT", 0, 0),
    ("Double", "DOUBLE", 0, 0),
    ("Decimal", "DECIMAL", 0, 2),
    ("Timestamp", "TIMESTAMP", 0, 1),
    ("DateTime", "DATETIME", 0, 1),
    ("Date", "DATE", 0, 0),
    ("Time", "TIME", 0, 1),
    ("Json", "JSON", 0, 0),
    ("Binary", "BINARY", 0, 1),
    ("VarBinary", "VARBINARY", 1, 1),
    ("TinyBlob", "TINYBLOB", 0, 0),
    ("Blob", "BLOB", 0, 0),
    ("MediumBlob", "MEDIUMBLOB", 0, 0),
    ("LongBlob", "LONGBLOB", 0, 0),
];

/// What moments counted in milliseconds are kept in.
const EPOCH_MILLIS: &str = "INTEGER";

/// Prisma knows none; the one here is for moments, which SQLite has no type for.
const SQLITE: &[Row] = &[("EpochMillis", EPOCH_MILLIS, 0, 0)];
