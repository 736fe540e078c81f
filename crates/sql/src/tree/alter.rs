//! What changes tables that are there.

use super::{Column, ColumnType, PrimaryKey, TableName};

/// Creates a schema that tables live in, where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSchema {
    /// Its name.
    pub name: String,
}

/// Switches an extension of the database on, where it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateExtension {
    /// Its name.
    pub name: String,
}

/// Makes a column that is there what the schema says.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterColumn {
    /// Which table.
    pub table: TableName,
    /// What it shall be.
    pub column: Column,
    /// What of it is another now. Never empty.
    pub changes: ColumnChanges,
}

/// What of a column changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ColumnChanges {
    /// Its type.
    pub column_type: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it gets when nothing is given.
    pub default: bool,
    /// Whether the database counts.
    pub counter: bool,
}

impl ColumnChanges {
    /// Whether nothing does.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Takes a column, and what stands in it, from a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropColumn {
    /// Which table.
    pub table: TableName,
    /// Which column.
    pub column: String,
}

/// Takes an index from a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIndex {
    /// Which table.
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// Whether it was made as a constraint of the table.
    pub is_constraint: bool,
}

/// Gives a table a primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddPrimaryKey {
    /// Which table.
    pub table: TableName,
    /// The key.
    pub key: PrimaryKey,
}

/// Takes the primary key from a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropPrimaryKey {
    /// Which table.
    pub table: TableName,
    /// Name of the constraint, where the dialect keeps one.
    pub name: String,
}

/// Calls a table by another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameTable {
    /// Which table.
    pub table: TableName,
    /// Its name from now on, in the same schema.
    pub name: String,
}

/// Copies all rows of one table into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRows {
    /// From where.
    pub from: TableName,
    /// To where.
    pub to: TableName,
    /// The columns that both have; never empty.
    pub columns: Vec<String>,
}

/// Lets the table `to`, empty so far, count on from where `from` stands, so that numbers of rows that are gone are not given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarryCounter {
    /// From where.
    pub from: TableName,
    /// To where.
    pub to: TableName,
}

/// What becomes of views, triggers and keys that name a table when it gets another name, from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenameReferences {
    /// They stay as they were written, and mean whatever has the name.
    Stay,
    /// They follow the table.
    Follow,
}

/// Whether the database still understands what somebody made, without doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Reading of a view.
    Read(TableName),
    /// An insert, with all that it sets off.
    Insert(TableName),
    /// A change of this column, with all that it sets off.
    Update(TableName, String),
    /// A delete, with all that it sets off.
    Delete(TableName),
}

/// Adds what may be stored to an enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddLabel {
    /// The type.
    pub name: TableName,
    /// What may be stored from now on.
    pub label: String,
}

/// Calls an enum type by another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameEnum {
    /// The type.
    pub name: TableName,
    /// Its name from now on, in the same schema.
    pub new_name: String,
}

impl ColumnType {
    /// The type without its counting.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        match self {
            Self::Counter => Self::Integer,
            Self::BigCounter => Self::BigInt,
            Self::NativeCounter(native) => Self::Native(native.clone()),
            other => other.clone(),
        }
    }
}
