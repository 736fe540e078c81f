//! What went wrong in a statement, in classes that are the same on every database.
//!
//! SECURITY: the text of a server's error often repeats the values of the statement (`Key (email)=(…)
//! already exists`), and errors end in logs. So a driver hands on codes and the names of tables, columns
//! and constraints, and a server's own words only where they can speak of nothing but the statement's text.

use std::borrow::Cow;
use std::fmt;

/// Why a statement or a transaction failed.
///
/// Never holds a bound value; [`constraint`](Self::constraint) names a constraint of the schema.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    // Boxed: errors are rare, and a large one would make every result large.
    inner: Box<Inner>,
}

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    code: Option<String>,
    constraint: Option<String>,
    detail: Cow<'static, str>,
}

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A row with this key exists.
    UniqueViolation,
    /// A row refers to one that does not exist, or is referred to.
    ForeignKeyViolation,
    /// A column that must have a value got none.
    NotNullViolation,
    /// A check constraint refused the row.
    CheckViolation,
    /// A value does not fit its column: of another type, out of range, too long.
    InvalidValue,
    /// Another transaction was in the way (serialization failure, deadlock, busy): run the whole
    /// transaction again.
    Retry,
    /// The database cannot be reached, or no connection became free in time. A write may have happened.
    Unavailable,
    /// The statement ran longer than allowed and was stopped.
    Timeout,
    /// The rows of a read are larger than they may be: see [`Within::bytes`](crate::Within::bytes).
    TooLarge,
    /// Anything else: a mistake in the statement, missing rights, a full disk.
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                code: None,
                constraint: None,
                detail: detail.into(),
            }),
        }
    }

    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.inner.code = Some(code.into());
        self
    }

    pub(crate) fn with_constraint(mut self, constraint: Option<String>) -> Self {
        self.inner.constraint = constraint;
        self
    }

    /// The class, the same on every database.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The database's own code: an SQLSTATE, a MySQL error number, an extended SQLite result code.
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// The constraint that was violated, where the database names it: a constraint's or index's name;
    /// on SQLite the columns (`users.email`); for a missing value the column.
    pub fn constraint(&self) -> Option<&str> {
        self.inner.constraint.as_deref()
    }
}

/// Why a script did not run to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct ScriptError {
    /// How many of its statements had run before, where the server tells.
    pub done: Option<u32>,
    /// What the one after them met.
    pub error: Error,
}

impl From<Error> for ScriptError {
    fn from(error: Error) -> Self {
        Self { done: None, error }
    }
}

impl ErrorKind {
    fn text(self) -> &'static str {
        match self {
            Self::UniqueViolation => "a row with this key already exists",
            Self::ForeignKeyViolation => {
                "a row refers to one that does not exist, or is still referred to"
            }
            Self::NotNullViolation => "a column that needs a value got none",
            Self::CheckViolation => "a check constraint refused the row",
            Self::InvalidValue => "a value does not fit its column",
            Self::Retry => "another transaction was in the way",
            Self::Unavailable => "the database is not reachable",
            Self::Timeout => "the statement took too long",
            Self::TooLarge => "the rows are too large",
            Self::Other => "the database refused the statement",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.inner.kind.text())?;
        if !self.inner.detail.is_empty() {
            write!(formatter, ": {}", self.inner.detail)?;
        }
        if let Some(constraint) = &self.inner.constraint {
            write!(formatter, " (constraint `{constraint}`)")?;
        }
        if let Some(code) = &self.inner.code {
            write!(formatter, " (code {code})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("code", &self.inner.code)
            .field("constraint", &self.inner.constraint)
            .field("detail", &self.inner.detail)
            .finish()
    }
}

impl std::error::Error for Error {}
