use super::TableName;
use crate::{NativeColumn, Value};

/// Creates a table. There is no "if it is not there": who asks reads the catalog first, and what appears in between
/// is an error rather than a table or index of unknown shape that is taken for ours.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// Its name.
    pub table: TableName,
    /// Its columns; never empty.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Indexes, where the dialect takes them here (`Capability::inline_indexes`).
    pub indexes: Vec<Index>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// What it takes over of the table in whose place it comes, in the database's words.
    pub taken_over: TakenOver,
}

/// What a table made anew takes over of the old one, where no schema says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Its conditions for rows: `CHECK (a > 0)`.
    pub checks: Vec<String>,
    /// Columns and the order of their texts: `NOCASE`.
    pub collations: Vec<(String, String)>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it gets when nothing is given.
    pub default: Option<ColumnDefault>,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnType {
    /// Text of any length, where the dialect can put a key on such (MySQL: 191 characters).
    Text,
    /// A truth value.
    Boolean,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    /// A 32-bit counter kept by the database.
    Counter,
    /// A 64-bit counter kept by the database.
    BigCounter,
    /// A type of the dialect's own that the database counts in, where it does so in any (`NativeColumn::counts`).
    NativeCounter(NativeColumn),
    /// Binary floating point.
    Double,
    /// An exact number.
    Decimal,
    /// A moment, in UTC, with milliseconds.
    Timestamp,
    /// A JSON document.
    Json,
    /// Raw bytes.
    Bytes,
    /// An enum.
    Enum {
        /// Name of the type, where enums are types.
        name: TableName,
        /// What may be stored.
        labels: Vec<String>,
    },
    /// A type by the dialect's own name.
    Native(NativeColumn),
    /// A type that nobody here knows, in the words of the schema's author. Never anything a client sent.
    Verbatim(String),
    /// Several values of a type (`Capability::lists`).
    List(Box<ColumnType>),
}

/// What a column gets when nothing is given.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnDefault {
    /// A constant.
    Value(Value),
    /// The current moment.
    Now,
    /// SQL of the schema's author, taken as it is. Never anything a client sent.
    Verbatim(String),
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// Name of the constraint, where the dialect keeps one.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<IndexColumn>,
    /// What it is for.
    pub kind: IndexKind,
    /// How it is built, where that is not the database's usual way.
    pub method: Option<IndexMethod>,
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// Its name.
    pub name: String,
    /// Whether it is kept from last to first.
    pub descending: bool,
    /// How many characters of it count, where the dialect can say so (MySQL).
    pub length: Option<u32>,
    /// The operator class, in the words of the schema's author (PostgreSQL).
    pub operators: Option<String>,
}

impl From<&str> for IndexColumn {
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            descending: false,
            length: None,
            operators: None,
        }
    }
}

/// What an index is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// Finding rows.
    Plain,
    /// No two rows may be alike in it.
    Unique,
    /// Finding words.
    Fulltext,
}

/// How an index is built (PostgreSQL; MySQL takes the first two).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexMethod {
    /// `btree`
    BTree,
    /// `hash`
    Hash,
    /// `gist`
    Gist,
    /// `gin`
    Gin,
    /// `spgist`
    SpGist,
    /// `brin`
    Brin,
}

/// Creates an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// On which table.
    pub table: TableName,
    /// The index.
    pub index: Index,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Name of the constraint.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table it points at.
    pub target: TableName,
    /// The columns it points at.
    pub references: Vec<String>,
    /// What happens when the row it points at goes.
    pub on_delete: Action,
    /// What happens when the key it points at changes.
    pub on_update: Action,
}

/// Adds a foreign key to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddForeignKey {
    /// Which table.
    pub table: TableName,
    /// The key.
    pub foreign_key: ForeignKey,
}

/// Takes a foreign key from a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropForeignKey {
    /// Which table.
    pub table: TableName,
    /// Name of the constraint.
    pub name: String,
}

/// Adds a column to a table that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct AddColumn {
    /// Which table.
    pub table: TableName,
    /// The column. Rows that are there must be able to do without a value, or have a default.
    pub column: Column,
}

/// Gives a column of moments without a time zone, which are in UTC, its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTimeZone {
    /// Which table.
    pub table: TableName,
    /// Which column.
    pub column: String,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The rows go, or follow, too.
    Cascade,
    /// Refused.
    Restrict,
    /// Refused at the end of the statement.
    NoAction,
    /// The key becomes null.
    SetNull,
    /// The key becomes its default.
    SetDefault,
}

/// Creates an enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateEnum {
    /// Its name.
    pub name: TableName,
    /// What may be stored.
    pub labels: Vec<String>,
}
