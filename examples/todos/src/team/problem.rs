//! What went wrong, as a page that says what to do next.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hallpass::DataError;
use hallpass::changes::ChangesError;
use hallpass::data::Error;

/// Why a page of the board could not do its work.
#[derive(Debug)]
pub(super) enum Problem {
    /// What somebody would change is not there, or is another's: nobody learns which.
    Gone,
    /// Only the board's administrator may.
    NotAdministrator,
    /// A form that no page of ours sends.
    Form,
    /// The database did not do it.
    Data(Error),
    /// The tables could not be changed.
    Changes(ChangesError),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Data(error)
    }
}

impl From<FormRejection> for Problem {
    fn from(_: FormRejection) -> Self {
        Self::Form
    }
}

impl From<hallpass::data::ArgValueError> for Problem {
    fn from(error: hallpass::data::ArgValueError) -> Self {
        Self::Data(error.into())
    }
}

impl From<ChangesError> for Problem {
    fn from(error: ChangesError) -> Self {
        Self::Changes(error)
    }
}

#[derive(Template)]
#[template(path = "team/problem.html")]
struct Page {
    title: &'static str,
    text: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title, text) = self.told();
        let page = Page { title, text };
        let body = page.render().map(Html);
        let body = body.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = header::HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

impl Problem {
    fn told(self) -> (StatusCode, &'static str, String) {
        let (status, title, text) = match self {
            Self::Gone => (
                StatusCode::NOT_FOUND,
                "That todo is not here",
                "Somebody has removed it meanwhile, or it is not yours. The board shows what is there now.",
            ),
            Self::NotAdministrator => (
                StatusCode::FORBIDDEN,
                "Only the administrator may do that",
                "The page about ghosts says who administers the board. Ask them to do it.",
            ),
            Self::Form => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "That form is not ours",
                "Nothing was changed. Go back to the board and try again.",
            ),
            Self::Data(Error::ForeignKey { .. }) => (
                StatusCode::CONFLICT,
                "You are not known to the board yet",
                "The table that tells of users does not have you so far. Nothing was lost: go back and try again in a moment.",
            ),
            Self::Data(error) => return of_data(error),
            Self::Changes(error) => return of_changes(&error),
        };
        (status, title, text.to_owned())
    }
}

/// The status is the one that the error has everywhere, and the log reads why.
fn of_data(error: Error) -> (StatusCode, &'static str, String) {
    let status = DataError::from(error).into_response().status();
    let (title, text) = if status == StatusCode::SERVICE_UNAVAILABLE {
        (
            "The database does not answer",
            "Nothing was changed. Try again in a moment.",
        )
    } else if status.is_client_error() {
        (
            "That cannot be kept",
            "Nothing was changed. Go back to the board, look at what is there now, and try again.",
        )
    } else {
        (
            "Something went wrong on our side",
            "Nothing was changed. Try again; if it stays so, whoever runs this finds why in the log.",
        )
    };
    (status, title, text.to_owned())
}

fn of_changes(error: &ChangesError) -> (StatusCode, &'static str, String) {
    tracing::error!(error = %causes(error), "the tables of the team board could not be changed or read");
    let help = error.help().unwrap_or("try again; the log says more");
    let text = format!("Nothing was changed: {error}. What helps: {help}.");
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "The tables could not be changed",
        text,
    )
}

fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
