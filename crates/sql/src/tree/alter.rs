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
            other => other.clone(),
        }
    }
}
