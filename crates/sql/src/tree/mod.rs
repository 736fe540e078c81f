//! The tree: what a statement says, whoever has to understand it.

mod alter;
mod expr;
mod rows;
mod search;
mod table;

pub use alter::{
    AddLabel, AddPrimaryKey, AlterColumn, CarryCounter, ColumnChanges, CopyRows, CreateExtension,
    CreateSchema, DropColumn, DropIndex, DropPrimaryKey, Proof, RenameEnum, RenameReferences,
    RenameTable,
};
pub use expr::{Aggregate, Arithmetic, Comparison, Expr, JsonForm, JsonStep};
pub use rows::{
    Conflict, Delete, Direction, Insert, Join, JoinKind, Nulls, Order, RowLock, Select, Source,
    Update,
};
pub use search::{Accents, Likeness, LikenessPart, WordSearch};
pub use table::{
    Action, AddColumn, AddForeignKey, AddTimeZone, Column, ColumnDefault, ColumnType, CreateEnum,
    CreateIndex, CreateTable, DropForeignKey, ForeignKey, Index, IndexColumn, IndexKind,
    IndexMethod, PrimaryKey, TakenOver,
};

/// One statement.
#[expect(
    clippy::large_enum_variant,
    reason = "statements are built once and never kept in numbers; a box would only make trees harder to write"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// Reads rows.
    Select(Select),
    /// Adds rows.
    Insert(Insert),
    /// Changes rows.
    Update(Update),
    /// Removes rows.
    Delete(Delete),
    /// Creates a table.
    CreateTable(CreateTable),
    /// Creates an index.
    CreateIndex(CreateIndex),
    /// Creates an enum type.
    CreateEnum(CreateEnum),
    /// Adds a column to a table.
    AddColumn(AddColumn),
    /// Adds a foreign key to a table.
    AddForeignKey(AddForeignKey),
    /// Takes a foreign key from a table.
    DropForeignKey(DropForeignKey),
    /// Gives moments without a time zone, which are in UTC, their zone.
    AddTimeZone(AddTimeZone),
    /// Creates a schema.
    CreateSchema(CreateSchema),
    /// Switches an extension on.
    CreateExtension(CreateExtension),
    /// Creates a database.
    CreateDatabase(String),
    /// Takes a database away, with all that is in it.
    DropDatabase(String),
    /// Changes a column.
    AlterColumn(AlterColumn),
    /// Takes a table away, with its rows.
    DropTable(TableName),
    /// Takes a column away, with what stands in it.
    DropColumn(DropColumn),
    /// Takes an index away.
    DropIndex(DropIndex),
    /// Gives a table a primary key.
    AddPrimaryKey(AddPrimaryKey),
    /// Takes a primary key away.
    DropPrimaryKey(DropPrimaryKey),
    /// Calls a table by another name.
    RenameTable(RenameTable),
    /// Copies rows from table to table.
    CopyRows(CopyRows),
    /// Lets a table count on from where another stands.
    CarryCounter(CarryCounter),
    /// Says what becomes of what names a table that gets another name.
    RenameReferences(RenameReferences),
    /// Makes an index or a trigger again, by the text that the database itself has kept of it.
    AsWritten(String),
    /// Asks whether the database still understands something.
    Prove(Proof),
    /// Adds a label to an enum type.
    AddLabel(AddLabel),
    /// Calls an enum type by another name.
    RenameEnum(RenameEnum),
    /// Takes an enum type away.
    DropEnum(TableName),
    /// Waits for an advisory lock and takes it; gives one row.
    AcquireLock(AdvisoryLock),
    /// Gives back an advisory lock that does not end with the transaction.
    ReleaseLock(AdvisoryLock),
}

/// A lock on nothing but a number, by which processes take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdvisoryLock {
    /// Which lock.
    pub key: i64,
    /// How long to wait, where the dialect can say it.
    pub timeout_seconds: u32,
}

/// The name of a table, with its schema where it is not the default one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The schema (PostgreSQL) or database (MySQL) it lives in.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl From<&str> for TableName {
    fn from(name: &str) -> Self {
        Self {
            schema: None,
            name: name.to_owned(),
        }
    }
}
