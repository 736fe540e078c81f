//! Values and errors between us and SQLite.

use std::borrow::Cow;

use hallpass_sql::{Value, calendar};
use jiff::Timestamp;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use rusqlite::types::{Value as Bound, ValueRef};

use crate::error::{Error, ErrorKind};

/// What to bind for a value: SQLite has no truth values, moments or documents.
pub(super) fn encode(value: &Value) -> Result<Bound, Error> {
    Ok(match value {
        Value::Null => Bound::Null,
        Value::Bool(truth) => Bound::Integer(i64::from(*truth)),
        Value::Int(number) => Bound::Integer(*number),
        // SQLite would store NULL.
        Value::Float(number) if number.is_nan() => {
            return Err(Error::new(ErrorKind::InvalidValue, "SQLite has no NaN"));
        }
        Value::Float(number) => Bound::Real(*number),
        Value::Decimal(text) | Value::Text(text) => Bound::Text(text.clone()),
        Value::Bytes(bytes) => Bound::Blob(bytes.clone()),
        Value::Timestamp(moment) => Bound::Text(iso_text(*moment)?),
        Value::Json(document) => Bound::Text(document.to_string()),
        Value::List(_) => {
            return Err(Error::new(
                ErrorKind::InvalidValue,
                "SQLite has no lists of values",
            ));
        }
    })
}

/// Always milliseconds and `Z`, so that texts sort as the moments do.
fn iso_text(moment: Timestamp) -> Result<String, Error> {
    let moment = calendar::civil(moment);
    if moment.year() < 0 {
        return Err(Error::new(
            ErrorKind::InvalidValue,
            "the year lies before 0",
        ));
    }
    Ok(moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// How many bytes a value is.
pub(super) fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => size_of::<i64>(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
    }
}

pub(super) fn decode(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => return Err(Error::new(ErrorKind::Other, "a stored text is not UTF-8")),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

/// The error of preparing, where SQLite has seen the text and no value: its words may be repeated.
pub(super) fn error_of_text(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            classify(error, Some(msg), Words::Safe)
        }
        rusqlite::Error::SqliteFailure(code, message) => {
            classify(code, message.as_deref(), Words::Safe)
        }
        _ => unexpected(),
    }
}

/// The error of running, whose words may repeat values.
pub(super) fn error(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            classify(error, Some(msg), Words::Unsafe)
        }
        rusqlite::Error::SqliteFailure(code, message) => {
            classify(code, message.as_deref(), Words::Unsafe)
        }
        _ => unexpected(),
    }
}

fn unexpected() -> Error {
    Error::new(ErrorKind::Other, "the SQLite driver failed")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Safe,
    Unsafe,
}

fn classify(error: &ffi::Error, message: Option<&str>, words: Words) -> Error {
    let kind = kind(error, message);
    let constraint = if is_constraint(kind) {
        message.and_then(constraint)
    } else {
        None
    };
    let detail: Cow<'static, str> = match message {
        Some(message) if words == Words::Safe && kind == ErrorKind::Other => {
            Cow::Owned(message.to_owned())
        }
        _ if is_constraint(kind) => Cow::Borrowed(""),
        _ => Cow::Borrowed(ffi::code_to_str(error.extended_code)),
    };
    Error::new(kind, detail)
        .with_code(error.extended_code.to_string())
        .with_constraint(constraint)
}

fn kind(error: &ffi::Error, message: Option<&str>) -> ErrorKind {
    match error.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => {
            return ErrorKind::UniqueViolation;
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return ErrorKind::ForeignKeyViolation,
        // SQLite keeps RESTRICT by a trigger of its own, whose refusal has these words and a trigger's code.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == Some("FOREIGN KEY constraint failed") => {
            return ErrorKind::ForeignKeyViolation;
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => return ErrorKind::NotNullViolation,
        ffi::SQLITE_CONSTRAINT_CHECK => return ErrorKind::CheckViolation,
        ffi::SQLITE_CONSTRAINT_DATATYPE => return ErrorKind::InvalidValue,
        _ => {}
    }
    match error.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ErrorKind::Retry,
        ErrorCode::CannotOpen
        | ErrorCode::SystemIoFailure
        | ErrorCode::FileLockingProtocolFailed => ErrorKind::Unavailable,
        ErrorCode::OperationInterrupted => ErrorKind::Timeout,
        ErrorCode::TypeMismatch | ErrorCode::TooBig => ErrorKind::InvalidValue,
        // What a sum that its column cannot keep ends in; see `Expr::Within`.
        _ if message == Some("integer overflow") => ErrorKind::InvalidValue,
        _ => ErrorKind::Other,
    }
}

fn is_constraint(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
    )
}

/// `UNIQUE constraint failed: users.email` names columns, a check's its name or its expression.
fn constraint(message: &str) -> Option<String> {
    message
        .split_once("constraint failed: ")
        .map(|(_, name)| name.to_owned())
}
