use crate::Dialect;

/// Why a tree has no text in a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The dialect has no words for this clause.
    #[error("{dialect} has no {clause}")]
    Unsupported {
        /// The clause, in SQL's words.
        clause: &'static str,
        /// Who cannot say it.
        dialect: Dialect,
    },
    /// No database takes a name with a NUL character or an empty one.
    #[error("an identifier is empty or holds a NUL character")]
    Identifier,
    /// The tree lacks a part that every dialect needs.
    #[error("the statement lacks {part}")]
    Incomplete {
        /// What is missing.
        part: &'static str,
    },
    /// A row of an INSERT has not as many values as there are columns.
    #[error("a row has {values} values for {columns} columns")]
    RowWidth {
        /// Values in the row.
        values: usize,
        /// Columns named.
        columns: usize,
    },
    /// More placeholders than the database takes in one statement.
    #[error("the statement has {count} placeholders, {dialect} takes {limit}")]
    TooManyBinds {
        /// Placeholders in the statement.
        count: usize,
        /// The most this dialect takes.
        limit: usize,
        /// Whose limit it is.
        dialect: Dialect,
    },
    /// A value that cannot stand in a text.
    #[error("a value has no literal form")]
    Literal,
    /// A column default that cannot be written as a literal.
    #[error("the default of column `{column}` has no literal form")]
    Default {
        /// The column.
        column: String,
    },
}
