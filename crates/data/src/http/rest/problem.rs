//! What the JSON:API routes answer where something is wrong: the table of codes.
//!
//! Source: contract zenstack §4.4.

use http::StatusCode;
use serde_json::{Map, Value as Json, json};

use crate::error::Error;

/// A kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    UnsupportedModel,
    UnsupportedRelationship,
    InvalidPath,
    InvalidVerb,
    NotFound,
    NoId,
    InvalidId,
    InvalidPayload,
    InvalidRelationData,
    InvalidRelation,
    InvalidFilter,
    InvalidSort,
    InvalidValue,
    DuplicatedFieldsParameter,
    Forbidden,
    ValidationError,
    QueryError,
    UnknownError,
}

impl Code {
    /// Status, code and title.
    fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::UnsupportedModel => (404, "unsupported-model", "Unsupported model type"),
            Self::UnsupportedRelationship => {
                (400, "unsupported-relationship", "Unsupported relationship")
            }
            Self::InvalidPath => (400, "invalid-path", "The request path is invalid"),
            Self::InvalidVerb => (400, "invalid-verb", "The HTTP verb is not supported"),
            Self::NotFound => (404, "not-found", "Resource not found"),
            Self::NoId => (400, "no-id", "Model without an ID field is not supported"),
            Self::InvalidId => (400, "invalid-id", "Resource ID is invalid"),
            Self::InvalidPayload => (400, "invalid-payload", "Invalid payload"),
            Self::InvalidRelationData => (400, "invalid-relation-data", "Invalid relation data"),
            Self::InvalidRelation => (400, "invalid-relation", "Invalid relation"),
            Self::InvalidFilter => (400, "invalid-filter", "Invalid filter"),
            Self::InvalidSort => (400, "invalid-sort", "Invalid sort"),
            Self::InvalidValue => (400, "invalid-value", "Invalid value for type"),
            Self::DuplicatedFieldsParameter => (
                400,
                "duplicated-fields-parameter",
                "Fields Parameter Duplicated",
            ),
            Self::Forbidden => (403, "forbidden", "Operation is forbidden"),
            Self::ValidationError => (
                422,
                "validation-error",
                "Operation is unprocessable due to validation errors",
            ),
            Self::QueryError => (
                400,
                "query-error",
                "Error occurred while executing the query",
            ),
            Self::UnknownError => (500, "unknown-error", "Unknown error"),
        }
    }

    /// The mistake, without a word more.
    pub(super) fn bare(self) -> Problem {
        Problem {
            code: self,
            status: None,
            detail: None,
            more: Vec::new(),
        }
    }

    /// The mistake, and what exactly is wrong.
    pub(super) fn because(self, detail: impl Into<String>) -> Problem {
        Problem {
            detail: Some(detail.into()),
            ..self.bare()
        }
    }
}

/// A mistake, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) code: Code,
    /// Where it is not that of the code.
    pub(super) status: Option<StatusCode>,
    pub(super) detail: Option<String>,
    /// Further members, for programs: `reason`, `dbErrorCode`.
    pub(super) more: Vec<(&'static str, String)>,
}

impl Problem {
    /// The same with another status than the table's.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// The same with a further member.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        let (status, ..) = self.code.row();
        let of_code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.status.unwrap_or(of_code)
    }

    /// `{"errors": [{status, code, title, detail}]}`
    pub(super) fn body(&self) -> Json {
        let (_, code, title) = self.code.row();
        let mut error = Map::new();
        error.insert("status".to_owned(), json!(self.status().as_u16()));
        error.insert("code".to_owned(), json!(code));
        error.insert("title".to_owned(), json!(title));
        if let Some(detail) = &self.detail {
            error.insert("detail".to_owned(), json!(detail));
        }
        for (name, value) in &self.more {
            error.insert((*name).to_owned(), json!(value));
        }
        json!({ "errors": [error] })
    }
}

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request is wrong.
    Problem(Problem),
    /// The engine did not do it.
    Data(Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Data(error)
    }
}
