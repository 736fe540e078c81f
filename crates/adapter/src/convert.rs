//! Rows to records of `auth` and back.

use hallpass_auth::adapter::{
    Account, AccountType, AdapterError, SessionRecord, User, UserId, VerificationToken,
};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::{Error, Record, RecordError, RowKey, Value, calendar};
use hallpass_zmodel::schema::{Field, FieldKind, Scalar};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::expired::FIRST_MOMENT;

/// The members of a user that have a place of their own.
pub(crate) const USER_FIELDS: &[&str] = &["id", "name", "email", "emailVerified", "image"];

/// The members of an account that have a place of their own, or that nobody outside may choose.
pub(crate) const ACCOUNT_FIELDS: &[&str] =
    &["id", "userId", "type", "provider", "providerAccountId"];

pub(crate) fn user(record: &Record) -> Result<User, AdapterError> {
    Ok(User {
        id: user_id(record, "id")?,
        name: get(record, "name")?,
        email: get(record, "email")?,
        // SECURITY: a zero date and `-infinity` say that nobody has proven anything.
        email_verified: get::<Option<Timestamp>>(record, "emailVerified")?
            .filter(|at| *at >= FIRST_MOMENT),
        image: get(record, "image")?,
        extra: record
            .values()
            .filter(|(name, _)| !USER_FIELDS.contains(name))
            .map(|(name, value)| (name.to_owned(), json(value)))
            .collect(),
    })
}

/// `None` for one of a kind that nobody knows.
pub(crate) fn account(record: &Record) -> Result<Option<Account>, AdapterError> {
    let kind: &str = get(record, "type")?;
    let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == kind) else {
        return Ok(None);
    };
    Ok(Some(Account {
        user_id: user_id(record, "userId")?,
        kind: *kind,
        provider: get(record, "provider")?,
        provider_account_id: get(record, "providerAccountId")?,
        extra: record
            .values()
            .filter(|(name, _)| !ACCOUNT_FIELDS.contains(name))
            .map(|(name, value)| (name.to_owned(), json(value)))
            .collect(),
    }))
}

/// The words in the column of an account's kind.
pub(crate) const KINDS: [(&str, AccountType); 5] = [
    ("email", AccountType::Email),
    ("credentials", AccountType::Credentials),
    ("oauth", AccountType::OAuth),
    ("oidc", AccountType::Oidc),
    ("webauthn", AccountType::WebAuthn),
];

/// The word in the column of this kind.
pub(crate) fn word(kind: AccountType) -> &'static str {
    let row = KINDS.iter().find(|(_, known)| *known == kind);
    row.map_or("oauth", |(word, _)| word)
}

/// By the token that found it: what stands in the column may be its hash.
pub(crate) fn session(
    record: &Record,
    token: &SessionToken,
) -> Result<SessionRecord, AdapterError> {
    Ok(SessionRecord {
        session_token: token.clone(),
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
pub(crate) fn user_id(record: &Record, field: &str) -> Result<UserId, AdapterError> {
    match get::<&Value>(record, field)? {
        Value::Int(number) => Ok(UserId(number.to_string())),
        _ => Ok(UserId(get(record, field)?)),
    }
}

pub(crate) fn get<'r, T: hallpass_data::FromValue<'r>>(
    record: &'r Record,
    field: &str,
) -> Result<T, AdapterError> {
    record.get(field).map_err(|error| {
        AdapterError::Other(Box::new(Unreadable {
            row: record.key(),
            error,
        }))
    })
}

/// A row that lacks what its layout promises.
#[derive(Debug, thiserror::Error)]
#[error("{error}{}", in_row(row.as_ref()))]
struct Unreadable {
    /// For the log, as the engine shows keys.
    row: Option<RowKey>,
    error: RecordError,
}

fn in_row(row: Option<&RowKey>) -> String {
    row.map_or_else(String::new, |key| format!(" (row: {key})"))
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
        Value::Timestamp(moment) => calendar::Written(*moment).to_string().into(),
        Value::Json(json) => (**json).clone(),
        Value::List(values) => values.iter().map(json).collect(),
    }
}

/// The members of `extra` for which the model has a column, as values. Others are left out: providers send what no
/// table has room for.
///
/// SECURITY: those in `own` as well. What a provider sends must not choose a key or move a row to another user.
pub(crate) fn known(
    fields: &[Field],
    own: &[&str],
    extra: Map<String, Json>,
) -> impl Iterator<Item = (String, Value)> {
    extra.into_iter().filter_map(|(name, json)| {
        let mut others = fields.iter().filter(|field| !own.contains(&&*field.name));
        let field = others.find(|field| field.name == name)?;
        let value = value(&field.kind, json)?;
        Some((name, value))
    })
}

/// As near as JSON comes; the engine makes moments and exact numbers of text where the column holds those.
pub(crate) fn value(kind: &FieldKind, json: Json) -> Option<Value> {
    Some(match (kind, json) {
        (FieldKind::Relation(_), _) => return None,
        (_, Json::Null) => Value::Null,
        (FieldKind::Scalar(Scalar::Json), json) => Value::from(json),
        (_, Json::String(text)) => Value::Text(text),
        (_, Json::Bool(value)) => Value::Bool(value),
        (_, Json::Number(number)) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64()?),
        },
        (_, json @ (Json::Array(_) | Json::Object(_))) => Value::Text(json.to_string()),
    })
}

/// What `auth` is told of an error of the engine about what was looked for by a field: where a row cannot be read at all, its key
/// is not known either.
pub(crate) fn error_by(field: &str, value: &str) -> impl FnOnce(Error) -> AdapterError {
    move |source| match source {
        Error::Database(_) => AdapterError::Other(Box::new(NotRead {
            row: RowKey::hashed(field, value),
            source,
        })),
        other => error(other),
    }
}

/// A row of which the database, or its driver, gives nothing.
#[derive(Debug, thiserror::Error)]
#[error("what was looked for by {row} cannot be read")]
struct NotRead {
    row: RowKey,
    source: Error,
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
