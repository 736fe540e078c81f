//! Rows to records of `auth` and back.

use hallpass_auth::adapter::{AdapterError, SessionRecord, User, UserId, VerificationToken};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::{Error, Input, Record, Value};
use hallpass_zmodel::schema::{Field, FieldKind, Scalar};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

/// The members of a user that have a place of their own.
const USER_FIELDS: &[&str] = &["id", "name", "email", "emailVerified", "image"];

pub(crate) fn user(record: &Record) -> Result<User, AdapterError> {
    Ok(User {
        id: user_id(record, "id")?,
        name: get(record, "name")?,
        email: get(record, "email")?,
        email_verified: get(record, "emailVerified")?,
        image: get(record, "image")?,
        extra: record
            .values()
            .filter(|(name, _)| !USER_FIELDS.contains(name))
            .map(|(name, value)| (name.to_owned(), json(value)))
            .collect(),
    })
}

pub(crate) fn session(record: &Record) -> Result<SessionRecord, AdapterError> {
    Ok(SessionRecord {
        session_token: SessionToken::new(get::<String>(record, "sessionToken")?),
        user_id: user_id(record, "userId")?,
        expires: get(record, "expires")?,
    })
}

pub(crate) fn verification_token(record: &Record) -> Result<VerificationToken, AdapterError> {
    Ok(VerificationToken {
        identifier: get(record, "identifier")?,
        token: TokenHash::new(get::<String>(record, "token")?),
        expires: get(record, "expires")?,
    })
}

/// An id is text to `auth`, whatever the column is.
fn user_id(record: &Record, field: &str) -> Result<UserId, AdapterError> {
    match get::<&Value>(record, field)? {
        Value::Int(number) => Ok(UserId(number.to_string())),
        _ => Ok(UserId(get(record, field)?)),
    }
}

fn get<'r, T: hallpass_data::FromValue<'r>>(
    record: &'r Record,
    field: &str,
) -> Result<T, AdapterError> {
    record
        .get(field)
        .map_err(|error| AdapterError::Other(Box::new(error)))
}

/// A column of the application's own, as `auth` shows it to callbacks.
fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Decimal(text) | Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => bytes.as_slice().into(),
        Value::Timestamp(moment) => format!("{moment:.3}").into(),
        Value::Json(json) => json.clone(),
    }
}

/// The members of `extra` for which the model has a column, as inputs. Others are left out: providers send what no
/// table has room for.
pub(crate) fn known(
    fields: &[Field],
    extra: Map<String, Json>,
) -> impl Iterator<Item = (String, Input)> {
    extra.into_iter().filter_map(|(name, value)| {
        let field = fields.iter().find(|field| field.name == name)?;
        let input = input(&field.kind, value)?;
        Some((name, input))
    })
}

fn input(kind: &FieldKind, json: Json) -> Option<Input> {
    let value = match (kind, json) {
        (FieldKind::Relation(_), _) => return None,
        (_, Json::Null) => Value::Null,
        (FieldKind::Scalar(Scalar::Json), json) => Value::Json(json),
        (FieldKind::Scalar(Scalar::DateTime), Json::String(text)) => text
            .parse::<Timestamp>()
            .map_or(Value::Text(text), Value::Timestamp),
        (FieldKind::Scalar(Scalar::Decimal), Json::Number(number)) => {
            Value::Decimal(number.to_string())
        }
        (FieldKind::Scalar(Scalar::Decimal), Json::String(text)) => Value::Decimal(text),
        (_, Json::String(text)) => Value::Text(text),
        (_, Json::Bool(value)) => Value::Bool(value),
        (_, Json::Number(number)) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64()?),
        },
        (_, json @ (Json::Array(_) | Json::Object(_))) => Value::Text(json.to_string()),
    };
    Some(Input::Value(value))
}

/// What `auth` is told of an error of the engine.
pub(crate) fn error(error: Error) -> AdapterError {
    match error {
        Error::Conflict { .. } => AdapterError::Conflict(Box::new(error)),
        Error::Unavailable(_) | Error::Timeout(_) | Error::Contention(_) => {
            AdapterError::Unavailable(Box::new(error))
        }
        _ => AdapterError::Other(Box::new(error)),
    }
}
