use std::time::Duration;

use hallpass_db::{Error as DatabaseError, ErrorKind};
use hallpass_sql::EmitError;

use crate::args::ArgValueError;
use crate::record::RecordError;
use crate::row_key::RowKey;
use crate::validate::Issue;

/// Why an operation did not happen.
///
/// Never holds a value of a caller or of a row, but for the key of a row that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked does not fit the schema; the caller can mend it.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// The arguments are too deep or too large to be looked at.
    #[error(transparent)]
    Arguments(#[from] ArgValueError),
    /// No row that the person may see, or act on, is there.
    #[error("Record not found")]
    NotFound {
        /// The model.
        model: String,
        /// What was looked for.
        sought: Sought,
    },
    /// The access rules of the schema refuse it.
    #[error("{}", rejection.text())]
    Rejected {
        /// The model.
        model: String,
        /// How.
        rejection: Rejection,
    },
    /// The operation has no meaning on this database, or for this model.
    #[error("{0}")]
    NotSupported(String),
    /// A row with this key is there already.
    #[error("a row of `{model}` with this key exists already")]
    Conflict {
        /// The model.
        model: String,
        /// The fields of the key, where the database tells.
        fields: Vec<String>,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// A relation would point at no row, or rows still point at the one to remove.
    #[error("a relation of `{model}` would be broken")]
    ForeignKey {
        /// The model.
        model: String,
        /// The fields of the key that points, where the database tells.
        fields: Vec<String>,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The database refused a value that the schema admits: a missing one, one too long, a check of its own.
    #[error("the database refused a value of `{model}`")]
    Refused {
        /// The model.
        model: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The database cannot be reached, or has no connection free. The same call may work later.
    #[error("the database is not reachable")]
    Unavailable(#[source] DatabaseError),
    /// The statement ran for too long and was stopped.
    #[error("the database did not answer in time")]
    Timeout(#[source] DatabaseError),
    /// Too many passwords wait to be hashed, or one could not be. The same call may work later.
    #[error("too many passwords are being hashed")]
    Busy,
    /// Others were in the way each time it was tried; nothing was written.
    #[error("the transaction met other transactions too often")]
    Contention(#[source] DatabaseError),
    /// A row holds something that is no value of the field.
    #[error("a stored value of `{model}.{field}` is no {expected}{}", in_row(row.as_ref()))]
    Stored {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// What the schema says it is.
        expected: &'static str,
        /// Which row, where its key was read as well. For the log: no answer shows it.
        row: Option<RowKey>,
    },
    /// The row was written but cannot be found again, or has no key to find it by.
    #[error("a row of `{model}` cannot be read back")]
    NotReadBack {
        /// The model.
        model: String,
    },
    /// The transaction was not done in time; nothing was written.
    #[error("the transaction was not done within {} s, nothing was written", limit.as_secs_f64())]
    TransactionTooLong {
        /// The time it had.
        limit: Duration,
    },
    /// The call was not done in time. What it does in a transaction is undone; a write of one statement may have happened.
    #[error("the call was not done within {} s", limit.as_secs_f64())]
    CallTooLong {
        /// The time it had.
        limit: Duration,
    },
    /// A client of a transaction was used after the transaction ended.
    #[error("the transaction is over")]
    TransactionOver,
    /// A record was asked for a field that it does not have, or as another type.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database cannot say what was asked.
    #[error("the operation has no words in this database's language")]
    Unsupported(#[source] EmitError),
    /// Anything else that a database says.
    #[error("the database refused the statement")]
    Database(#[source] DatabaseError),
}

fn in_row(row: Option<&RowKey>) -> String {
    row.map_or_else(String::new, |key| format!(" (row: {key})"))
}

impl Error {
    /// With the key of the row of this model, where it is about one and nothing is known of it yet.
    pub(crate) fn in_row(self, of: &str, key: impl FnOnce() -> Option<RowKey>) -> Self {
        match self {
            Self::Stored {
                model,
                field,
                expected,
                row: None,
            } if model == of => Self::Stored {
                model,
                field,
                expected,
                row: key(),
            },
            other => other,
        }
    }
}

impl From<EmitError> for Error {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::TooManyBinds { limit, .. } => InvalidInput::Values { most: limit }.into(),
            error => Self::Unsupported(error),
        }
    }
}

/// What a row was looked for that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// To be read, changed or removed, or for its key.
    Row,
    /// To hold the key of another row from now on, or to be linked with it.
    Connected,
}

/// How access rules refuse an operation.
///
/// Source: contract zenstack §2.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// `no-access`: no rule admits it. Nothing was written.
    NoAccess,
    /// `no-access`: the rules of a field refuse it. Nothing was written.
    NoFieldAccess,
    /// `no-access`: a row may not be as it became. Nothing was written.
    PostUpdate,
    /// `cannot-read-back`: it was done, and its result may not be seen.
    CannotReadBack,
    /// `other`: it is no operation that rules can judge.
    Other,
}

impl Rejection {
    /// The reason, for programs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoAccess | Self::NoFieldAccess | Self::PostUpdate => "no-access",
            Self::CannotReadBack => "cannot-read-back",
            Self::Other => "other",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NoAccess => "operation is rejected by access policies",
            Self::NoFieldAccess => "some rows cannot be updated due to field policies",
            Self::PostUpdate => "some or all updated rows failed to pass post-update policy check",
            Self::CannotReadBack => "result is not allowed to be read back",
            Self::Other => "operations that are not CRUD are rejected by access policies",
        }
    }
}

impl Error {
    pub(crate) fn of_database(model: &str, source: DatabaseError) -> Self {
        let model = model.to_owned();
        match source.kind() {
            ErrorKind::UniqueViolation => Self::Conflict {
                model,
                fields: Vec::new(),
                source,
            },
            ErrorKind::ForeignKeyViolation => Self::ForeignKey {
                model,
                fields: Vec::new(),
                source,
            },
            ErrorKind::NotNullViolation | ErrorKind::CheckViolation | ErrorKind::InvalidValue => {
                Self::Refused { model, source }
            }
            ErrorKind::Unavailable => Self::Unavailable(source),
            ErrorKind::Timeout => Self::Timeout(source),
            ErrorKind::Retry => Self::Contention(source),
            ErrorKind::TooLarge | ErrorKind::Other => Self::Database(source),
        }
    }
}

/// What was asked does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInput {
    /// An argument is not what the schema takes there.
    #[error(
        "Invalid {operation} args for model \"{model}\": Validation error: {message}{}",
        at(path)
    )]
    Argument {
        /// The operation: `findMany`.
        operation: &'static str,
        /// The model.
        model: String,
        /// Where: `data.author.connect.id`; empty for the arguments as a whole.
        path: String,
        /// What was expected, and what was found: never a value.
        message: String,
    },
    /// Rows without an identity have a last one only in an order that is said.
    #[error("rows of `{model}` are taken from the end only in an order that `orderBy` says")]
    NoOrder {
        /// The model.
        model: String,
    },
    /// The client has no such operation of the model.
    #[error("there is no operation `{operation}` of `{model}`")]
    Operation {
        /// The operation.
        operation: &'static str,
        /// The model.
        model: String,
    },
    /// There is no such procedure, or its arguments are not those that it has.
    #[error("procedure `{procedure}`: {message}")]
    Procedure {
        /// The procedure.
        procedure: String,
        /// What is wrong.
        message: String,
    },
    /// An argument of a procedure is of another type.
    #[error(
        "Invalid args for procedure \"{procedure}\": Validation error: {message}{}",
        at(path)
    )]
    ProcedureArgument {
        /// The procedure.
        procedure: String,
        /// Where in the arguments.
        path: String,
        /// What was expected, and what was found: never a value.
        message: String,
    },
    /// `having` tests a field that rules of access change beside values of groups.
    #[error(
        "an OR or NOT in `having` of `{model}` mixes tests of fields with tests of groups, which rules of fields forbid"
    )]
    Having {
        /// The model.
        model: String,
    },
    /// Rows cannot be found or sorted by a password on behalf of a person.
    #[error("`{model}.{field}` is a password, and nothing can be found or sorted by it")]
    Password {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// Rows cannot be found or sorted by a field that is encrypted.
    #[error("`{model}.{field}` is encrypted, and nothing can be found or sorted by it")]
    Encrypted {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The field becomes a hash, which the builders cannot make.
    #[error("`{model}.{field}` is hashed when it is written, which only `Client::call` does")]
    Hashed {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// What is to be written breaks rules of the schema.
    #[error(
        "Invalid {operation} args for model \"{model}\": Validation error: {}",
        joined(issues)
    )]
    Validation {
        /// The operation: `create`.
        operation: &'static str,
        /// The model.
        model: String,
        /// What is wrong.
        issues: Vec<Issue>,
    },
    /// The rows of one statement have values for different fields.
    #[error("rows of `{model}` that are written together have different fields")]
    Uneven {
        /// The model.
        model: String,
    },
    /// The schema has no such model.
    #[error("there is no model `{model}`")]
    UnknownModel {
        /// What was asked for.
        model: String,
    },
    /// The model has no such field.
    #[error("model `{model}` has no field `{field}`")]
    UnknownField {
        /// The model.
        model: String,
        /// What was asked for.
        field: String,
    },
    /// The field is a relation where a column is needed.
    #[error("`{model}.{field}` is a relation and has no value of its own")]
    NotColumn {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The field is not a relation to one row.
    #[error("`{model}.{field}` is no relation to one row")]
    NotToOne {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The value is of another type.
    #[error("`{model}.{field}` takes {expected}")]
    Type {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// What the schema says it is.
        expected: &'static str,
    },
    /// The value is no member of the enum.
    #[error("`{model}.{field}` takes a member of enum `{enumeration}`")]
    EnumMember {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// The enum.
        enumeration: String,
    },
    /// The field may not be null.
    #[error("`{model}.{field}` may not be null")]
    Null {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A required field without a default got no value.
    #[error("`{model}.{field}` needs a value")]
    Required {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A field was given twice.
    #[error("`{model}.{field}` is given twice")]
    Twice {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// The filter does not name one row.
    #[error("the filter fixes no unique key of `{model}`")]
    NotUnique {
        /// The model.
        model: String,
    },
    /// The field has no such test.
    #[error("`{model}.{field}` cannot be tested with `{test}`")]
    Test {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// The name of the test.
        test: &'static str,
    },
    /// Both `select` and `omit` were given, or `select` names nothing.
    #[error("the selection of `{model}` needs either `select` with one field at least or `omit`")]
    Selection {
        /// The model.
        model: String,
    },
    /// What is known of the person who asks is of another type than the rules say.
    #[error("`{member}` of the person who asks is not {expected}")]
    Person {
        /// The member: `auth().id`.
        member: String,
        /// What the rules need.
        expected: &'static str,
    },
    /// A rule of `create` asks for a value whose column may keep another one than it is given, in a way that is not known.
    #[error(
        "the access rules of `{model}` ask for `{field}`, whose column may change what is written there, so a new row cannot be judged by it"
    )]
    Unjudged {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// An access rule asks for a column that is made so that it cannot be judged.
    #[error("a rule of `{model}` asks for `{field}`, which {what}: access rules cannot judge it")]
    Rule {
        /// The model whose rule it is.
        model: String,
        /// The model and the field that the rule asks for.
        field: String,
        /// Why it cannot be judged.
        what: &'static str,
    },
    /// The access rules of a model cannot be checked, so nothing is done.
    #[error("the access rules of `{model}` cannot be checked: {reason}")]
    Policy {
        /// The model.
        model: String,
        /// Why.
        reason: &'static str,
    },
    /// The arguments concern more tables than one statement should.
    #[error("the arguments name more than {most} relations")]
    Relations {
        /// How many they may name.
        most: usize,
    },
    /// More calls are to be done as one than may be.
    #[error("at most {most} calls in one transaction")]
    Calls {
        /// How many there may be.
        most: usize,
    },
    /// The arguments ask for more columns than one statement gives.
    #[error("the arguments ask for more than {most} columns")]
    Columns {
        /// How many there may be.
        most: usize,
    },
    /// The arguments hold more values than one statement takes.
    #[error("the arguments hold more than {most} values for one statement")]
    Values {
        /// How many there may be, those of access rules included.
        most: usize,
    },
    /// The relation has no rows to skip, to sort or to take some of.
    #[error("`{model}.{field}` is one row: it takes neither order nor number")]
    NotToMany {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A parameter got no argument.
    #[error("parameter {number} has no argument")]
    Parameter {
        /// Which one, counted from 0.
        number: usize,
    },
}

/// `TEXT at "data.a"; TEXT at "data.b"`
fn joined(issues: &[Issue]) -> String {
    let texts: Vec<_> = issues.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// ` at "data.title"`
fn at(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" at \"{path}\"")
    }
}
