//! What PostgreSQL and its driver say when something fails, in our classes.

use std::error::Error as StdError;

use tokio_postgres::error::{DbError, SqlState};

use crate::error::{Error, ErrorKind};

/// The error of a running statement. SECURITY: its DETAIL and often its message repeat values.
pub(super) fn of_running(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) if speaks_of_no_value(db.code().code()) => of_server(db, db.message()),
        Some(db) => of_server(db, ""),
        None => of_driver(error),
    }
}

/// The error of preparing, where the server has seen the text and no value.
pub(super) fn of_text(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) => of_server(db, db.message()),
        None => of_driver(error),
    }
}

/// The error of opening a connection: whatever it is, there is no database to speak to.
pub(super) fn of_connecting(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) => {
            Error::new(ErrorKind::Unavailable, db.message().to_owned()).with_code(db.code().code())
        }
        None => Error::new(ErrorKind::Unavailable, driver_words(error)),
    }
}

/// A statement was prepared when tables or types looked otherwise.
pub(super) fn of_stale(error: &tokio_postgres::Error) -> Error {
    let code = error.code().map_or("", SqlState::code).to_owned();
    Error::new(
        ErrorKind::Retry,
        "the tables changed after the statement was prepared",
    )
    .with_code(code)
}

/// Whether a statement that was prepared earlier failed for being prepared then: the plan's result has
/// changed, the server forgot it (DISCARD ALL, a pooler), or names and types in it mean something else now.
pub(super) fn is_stale(error: &tokio_postgres::Error) -> bool {
    let Some(db) = error.as_db_error() else {
        return false;
    };
    let code = db.code();
    *code == SqlState::INVALID_SQL_STATEMENT_NAME
        || (*code == SqlState::FEATURE_NOT_SUPPORTED && db.message().contains("cached plan"))
        || (code.code().starts_with("42") && *code != SqlState::INSUFFICIENT_PRIVILEGE)
}

fn of_server(db: &DbError, words: &str) -> Error {
    let kind = kind(db);
    let name = if kind == ErrorKind::NotNullViolation {
        db.column()
    } else {
        db.constraint()
    };
    Error::new(kind, words.to_owned())
        .with_code(db.code().code())
        .with_constraint(name.map(str::to_owned))
}

fn kind(db: &DbError) -> ErrorKind {
    match db.code().code() {
        "23505" => ErrorKind::UniqueViolation,
        "23503" | "23001" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        "23514" => ErrorKind::CheckViolation,
        // Serialization failure, deadlock, a lock that was not to be had.
        "40001" | "40P01" | "55P03" => ErrorKind::Retry,
        "57014" => ErrorKind::Timeout,
        // Too many connections; the server goes down, comes up, or ended the session.
        "53300" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" => {
            ErrorKind::Unavailable
        }
        // A value, or an answer, beyond what the server can hold.
        "54000" => ErrorKind::TooLarge,
        code if code.starts_with("08") => ErrorKind::Unavailable,
        code if code.starts_with("22") => ErrorKind::InvalidValue,
        _ => ErrorKind::Other,
    }
}

/// Classes whose messages are about connections, transactions, rights and resources.
fn speaks_of_no_value(code: &str) -> bool {
    const CLASSES: &[&str] = &["08", "25", "28", "3D", "40", "53", "57"];
    code == "42501" || CLASSES.iter().any(|class| code.starts_with(class))
}

fn of_driver(error: &tokio_postgres::Error) -> Error {
    let is_io = error
        .source()
        .is_some_and(|source| source.is::<std::io::Error>());
    if error.is_closed() || is_io {
        return Error::new(ErrorKind::Unavailable, driver_words(error));
    }
    Error::new(ErrorKind::Other, error.to_string())
}

/// The chain of the driver's errors, which speak of sockets and certificates.
fn driver_words(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}
