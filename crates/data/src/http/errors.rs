//! Errors as answers: what is said, with which status, and what only the log reads.
//!
//! Texts name models, fields and kinds of mistakes, never a value, and no SQL. To add a kind of [`Error`]: its arm in
//! [`Fault::of`].
//!
//! Source: contract zenstack §2.8 and §4.2.

use bytes::Bytes;
use hallpass_db::{Error as DatabaseError, ErrorKind};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value as Json, json};

use super::json::JsonError;
use super::meta::SerializationError;
use super::options::ErrorDetail;
use crate::error::{Error, InvalidInput, Rejection, Sought};
use crate::policy::DialectVersion;
use crate::validate::Issue;

/// Why a request is not answered with data, whatever the style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// For people.
    pub(crate) message: String,
    /// The model that it is about, where there is one.
    pub(crate) model: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FaultKind {
    /// The request is none of the style: its path, method, JSON.
    Request,
    /// The body is too large.
    TooLarge,
    /// The query is too long.
    TooLong,
    /// What was sent does not fit the schema, or breaks its rules.
    Input(Vec<Issue>),
    /// No row that the person may see, or act on.
    NotFound(Sought),
    /// The access rules refuse it.
    Rejected(Rejection),
    /// The database refuses it.
    Database {
        /// The database's own code.
        code: Option<String>,
        /// The code that clients of the older generation know.
        older: Option<&'static str>,
    },
    /// The engine does not do it, for this reason.
    Engine(&'static str),
    /// The same request may work soon.
    Unavailable {
        /// The code that clients of the older generation know.
        older: Option<&'static str>,
    },
    /// Something that nobody who asks can mend.
    Internal,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            model: None,
        }
    }

    fn about(self, model: &str) -> Self {
        Self {
            model: Some(model.to_owned()).filter(|model| !model.is_empty()),
            ..self
        }
    }

    /// The request is none of the style.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Request, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(FaultKind::TooLarge, message)
    }

    pub(crate) fn too_long(message: impl Into<String>) -> Self {
        Self::new(FaultKind::TooLong, message)
    }

    /// There is no room for it now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Unavailable { older: None }, message)
    }

    /// What went wrong in the engine. What nobody who asks can mend goes to the log, once.
    pub(crate) fn of(error: Error, detail: ErrorDetail) -> Self {
        let text = error.to_string();
        match error {
            Error::Invalid(invalid) => of_input(invalid, text),
            Error::Arguments(_) => Self::new(FaultKind::Input(Vec::new()), text),
            Error::NotFound { model, sought } => {
                Self::new(FaultKind::NotFound(sought), text).about(&model)
            }
            Error::Rejected { model, rejection } => {
                Self::new(FaultKind::Rejected(rejection), text).about(&model)
            }
            Error::NotSupported(_) | Error::Unsupported(_) => {
                Self::new(FaultKind::Engine("not-supported"), text)
            }
            Error::Conflict {
                model,
                fields,
                source,
            } => refusal(
                &format!("Unique constraint failed{}", on(&fields)),
                &source,
                Some("P2002"),
                detail,
            )
            .about(&model),
            Error::ForeignKey {
                model,
                fields,
                source,
            } => refusal(
                &format!("Foreign key constraint failed{}", on(&fields)),
                &source,
                Some("P2003"),
                detail,
            )
            .about(&model),
            Error::Refused { model, source } => refused_value(&source, detail).about(&model),
            Error::Database(source) => {
                log(&source);
                refusal("The database refused the statement", &source, None, detail)
            }
            Error::Unavailable(ref source) => away(&error, source, "P1001"),
            Error::Timeout(ref source) => away(&error, source, "P1008"),
            Error::Contention(ref source) => away(&error, source, "P2034"),
            Error::Busy => Self::new(FaultKind::Unavailable { older: None }, text),
            Error::TransactionTooLong { .. }
            | Error::CallTooLong { .. }
            | Error::TransactionOver => Self::new(
                FaultKind::Unavailable {
                    older: Some("P2028"),
                },
                text,
            ),
            Error::Stored { .. } | Error::NotReadBack { .. } | Error::Record(_) => {
                log(&error);
                Self::new(FaultKind::Internal, "internal error")
            }
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match &self.kind {
            FaultKind::Request | FaultKind::Database { .. } | FaultKind::Engine(_) => {
                StatusCode::BAD_REQUEST
            }
            FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FaultKind::TooLong => StatusCode::URI_TOO_LONG,
            FaultKind::Input(_) => StatusCode::UNPROCESSABLE_ENTITY,
            FaultKind::NotFound(_) => StatusCode::NOT_FOUND,
            FaultKind::Rejected(_) => StatusCode::FORBIDDEN,
            FaultKind::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer of the RPC style.
    pub(crate) fn rpc(&self, version: DialectVersion) -> Response<Bytes> {
        let (status, error) = match version {
            DialectVersion::Three => (self.status(), self.newer()),
            DialectVersion::Two => (self.older_status(), self.older()),
        };
        self.answer(status, &json!({ "error": error }))
    }

    /// A response with this body, and when to try again where that helps.
    pub(crate) fn answer(&self, status: StatusCode, body: &Json) -> Response<Bytes> {
        let mut response = respond(status, body.to_string().into());
        if matches!(self.kind, FaultKind::Unavailable { .. }) {
            let soon = HeaderValue::from_static("5");
            response.headers_mut().insert(RETRY_AFTER, soon);
        }
        response
    }

    /// `error` as clients of the third generation know it.
    fn newer(&self) -> Json {
        let mut error = Map::new();
        let mut say = |name: &str, value: Json| error.insert(name.to_owned(), value);
        say("message", json!(self.message));
        match &self.kind {
            FaultKind::Input(_) => {
                say("reason", json!("invalid-input"));
                say("rejectedByValidation", json!(true));
                say("model", json!(self.model));
            }
            FaultKind::NotFound(_) => {
                say("reason", json!("not-found"));
                say("model", json!(self.model));
            }
            FaultKind::Rejected(rejection) => {
                say("reason", json!("rejected-by-policy"));
                say("rejectedByPolicy", json!(true));
                say("model", json!(self.model));
                say("rejectReason", json!(rejection.reason()));
            }
            FaultKind::Database { code, .. } => {
                say("reason", json!("db-query-error"));
                say("dbErrorCode", json!(code));
            }
            FaultKind::Engine(reason) => {
                say("reason", json!(reason));
            }
            FaultKind::Request
            | FaultKind::TooLarge
            | FaultKind::TooLong
            | FaultKind::Unavailable { .. }
            | FaultKind::Internal => {}
        }
        Json::Object(error)
    }

    /// `error` as clients of the second generation know it.
    fn older(&self) -> Json {
        let mut error = Map::new();
        let mut say = |name: &str, value: Json| error.insert(name.to_owned(), value);
        if let Some(code) = self.older_code() {
            say("prisma", json!(true));
            say("code", json!(code));
        }
        say("message", json!(self.message));
        match &self.kind {
            FaultKind::Input(issues) => {
                say("reason", json!("DATA_VALIDATION_VIOLATION"));
                say("rejectedByValidation", json!(true));
                say("zodErrors", zod(issues));
            }
            FaultKind::Rejected(rejection) => {
                say("reason", json!(older_reason(*rejection)));
                say("rejectedByPolicy", json!(true));
            }
            _ => {}
        }
        Json::Object(error)
    }

    /// The code that clients of the second generation know.
    pub(crate) fn older_code(&self) -> Option<&'static str> {
        match &self.kind {
            FaultKind::Input(_) | FaultKind::Rejected(_) => Some("P2004"),
            FaultKind::NotFound(Sought::Row) => Some("P2025"),
            FaultKind::NotFound(Sought::Connected) => Some("P2018"),
            FaultKind::Database { older, .. } | FaultKind::Unavailable { older } => *older,
            _ => None,
        }
    }

    /// That generation calls every mistake a bad request.
    fn older_status(&self) -> StatusCode {
        match self.kind {
            FaultKind::Internal => StatusCode::BAD_REQUEST,
            _ => self.status(),
        }
    }
}

impl From<JsonError> for Fault {
    fn from(error: JsonError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<SerializationError> for Fault {
    fn from(error: SerializationError) -> Self {
        Self::bad(format!("failed to deserialize request payload: {error}"))
    }
}

/// A response with a JSON body.
pub fn respond(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn of_input(invalid: InvalidInput, text: String) -> Fault {
    match &invalid {
        // Neither is a mistake in what was sent.
        InvalidInput::Person { .. }
        | InvalidInput::Policy { .. }
        | InvalidInput::Unjudged { .. }
        | InvalidInput::Rule { .. } => {
            log(&invalid);
            return Fault::new(FaultKind::Engine("config-error"), text);
        }
        // Not there is not there, whoever hides it.
        InvalidInput::Procedure { .. } => return Fault::bad(text),
        InvalidInput::Operation { operation, .. } => {
            return Fault::bad(format!("invalid operation: {operation}"));
        }
        _ => {}
    }
    let model = model_of(&invalid).map(str::to_owned);
    let issues = match invalid {
        InvalidInput::Validation { issues, .. } => issues,
        InvalidInput::Argument { path, message, .. }
        | InvalidInput::ProcedureArgument { path, message, .. } => vec![Issue { path, message }],
        _ => Vec::new(),
    };
    Fault {
        kind: FaultKind::Input(issues),
        message: text,
        model,
    }
}

fn model_of(invalid: &InvalidInput) -> Option<&str> {
    match invalid {
        InvalidInput::Argument { model, .. }
        | InvalidInput::Having { model }
        | InvalidInput::NoOrder { model }
        | InvalidInput::Password { model, .. }
        | InvalidInput::Encrypted { model, .. }
        | InvalidInput::Hashed { model, .. }
        | InvalidInput::Validation { model, .. }
        | InvalidInput::UnknownModel { model }
        | InvalidInput::UnknownField { model, .. }
        | InvalidInput::NotColumn { model, .. }
        | InvalidInput::NotToOne { model, .. }
        | InvalidInput::Type { model, .. }
        | InvalidInput::EnumMember { model, .. }
        | InvalidInput::Null { model, .. }
        | InvalidInput::Required { model, .. }
        | InvalidInput::Twice { model, .. }
        | InvalidInput::NotUnique { model }
        | InvalidInput::Test { model, .. }
        | InvalidInput::Selection { model }
        | InvalidInput::Policy { model, .. }
        | InvalidInput::Unjudged { model, .. }
        | InvalidInput::Rule { model, .. }
        | InvalidInput::NotToMany { model, .. } => Some(model),
        _ => None,
    }
}

/// A value that the schema admits and the database does not.
fn refused_value(source: &DatabaseError, detail: ErrorDetail) -> Fault {
    let (message, older) = match source.kind() {
        ErrorKind::NotNullViolation => ("NOT NULL constraint failed: a value is missing", "P2011"),
        ErrorKind::CheckViolation => ("Check constraint failed", "P2007"),
        _ => ("A value does not fit its column", "P2000"),
    };
    refusal(message, source, Some(older), detail)
}

fn refusal(
    message: &str,
    source: &DatabaseError,
    older: Option<&'static str>,
    detail: ErrorDetail,
) -> Fault {
    let message = match detail {
        ErrorDetail::Fields => message.to_owned(),
        ErrorDetail::Database => format!("{message}: {source}"),
    };
    let code = source.code().map(str::to_owned);
    Fault::new(FaultKind::Database { code, older }, message)
}

/// ``on the fields: (`email`)``, where the database tells them.
fn on(fields: &[String]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let quoted: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!(" on the fields: ({})", quoted.join(","))
}

fn away(error: &Error, source: &DatabaseError, older: &'static str) -> Fault {
    log(source);
    let kind = FaultKind::Unavailable { older: Some(older) };
    Fault::new(kind, error.to_string())
}

fn log(error: &dyn std::error::Error) {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    tracing::error!(error = %causes.join(": "), "a request for data failed");
}

pub(crate) fn older_reason(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::CannotReadBack => "RESULT_NOT_READABLE",
        Rejection::NoAccess
        | Rejection::NoFieldAccess
        | Rejection::PostUpdate
        | Rejection::Other => "ACCESS_POLICY_VIOLATION",
    }
}

/// Issues as the library of the second generation lists them.
fn zod(issues: &[Issue]) -> Json {
    let issues = issues.iter().map(|issue| {
        let steps = issue.path.split(['.', '[', ']']);
        let steps = steps.filter(|step| !step.is_empty());
        let path: Vec<_> = steps
            .map(|step| step.parse::<u32>().map_or_else(|_| json!(step), Json::from))
            .collect();
        json!({ "code": "custom", "message": issue.message, "path": path })
    });
    json!({ "name": "ZodError", "issues": issues.collect::<Vec<_>>() })
}
