use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hallpass_data::Error;

use crate::rejection::{causes, error, unavailable};

/// An error of the data, as the answer of a handler: `async fn list(…) -> Result<Json<Vec<Record>>, DataError>`.
///
/// The visitor reads what helps (what was wrong with the input; that the database is away, 503), the log reads
/// why. A value of a row or of the request stands in neither.
#[derive(Debug)]
pub struct DataError(Error);

impl<E: Into<Error>> From<E> for DataError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for DataError {
    fn into_response(self) -> Response {
        match &self.0 {
            Error::Invalid(invalid) => {
                error(StatusCode::UNPROCESSABLE_ENTITY, &invalid.to_string())
            }
            Error::Arguments(wrong) => error(StatusCode::UNPROCESSABLE_ENTITY, &wrong.to_string()),
            Error::NotFound { .. } => error(StatusCode::NOT_FOUND, &self.0.to_string()),
            Error::Rejected { .. } => error(StatusCode::FORBIDDEN, &self.0.to_string()),
            Error::NotSupported(_) => error(StatusCode::UNPROCESSABLE_ENTITY, &self.0.to_string()),
            Error::Conflict { .. } => error(StatusCode::CONFLICT, &self.0.to_string()),
            Error::Busy => {
                let answer = error(StatusCode::SERVICE_UNAVAILABLE, &self.0.to_string());
                ([(header::RETRY_AFTER, "5")], answer).into_response()
            }
            // What the caller sent does not go together with what is there.
            Error::ForeignKey { .. } | Error::Refused { .. } => {
                error(StatusCode::BAD_REQUEST, &self.0.to_string())
            }
            Error::Unavailable(_)
            | Error::Timeout(_)
            | Error::Contention(_)
            | Error::CallTooLong { .. }
            | Error::TransactionTooLong { .. } => {
                tracing::error!(error = %causes(&self.0), "the database did not serve a request");
                unavailable()
            }
            _ => {
                tracing::error!(error = %causes(&self.0), "a request failed");
                error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        }
    }
}
