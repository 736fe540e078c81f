//! Why there is no page, and what to do.

use std::error::Error as _;

use askama::Template;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hallpass::changes::ChangesError;
use hallpass::data::Error;

use super::page;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Whoever asks is no administrator.
    Closed {
        /// Where one signs out.
        sign_out: String,
    },
    /// There is no such page, or no such model.
    Missing,
    /// There is no such user.
    NoPerson {
        /// Where people are looked for.
        people: String,
    },
    /// Several users have the address.
    SeveralPeople {
        /// Where they are listed.
        people: String,
    },
    /// Nobody can be chosen: the person that rules ask for is no table.
    NoPeople,
    /// The address of the page names nothing: why, in the words of the engine, which hold no value.
    Input(String),
    /// What is needed could not be read.
    Unread(Error),
    /// The audit trail could not be read.
    Trail(ChangesError),
    /// The audit trail could not be read in time.
    Slow,
}

#[derive(Template)]
#[template(path = "console/notice.html")]
struct Notice<'t> {
    title: &'t str,
    text: &'t str,
    /// What the engine says.
    detail: Option<String>,
    /// Where to go from here, and what is there.
    way: (&'t str, &'t str),
}

/// Whatever does not exist.
pub(super) async fn missing() -> Trouble {
    Trouble::Missing
}

const HOME: (&str, &str) = ("/console", "All models");

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match mendable(&error) {
            Some(text) => Self::Input(text),
            None => Self::Unread(error),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match &self {
            Self::Closed { sign_out } => notice(
                StatusCode::FORBIDDEN,
                "The console is closed to you",
                "You are signed in, but not as an administrator. Sign out, and in again as one; or ask whoever runs this \
                 server to name you.",
                (sign_out, "Sign out"),
            ),
            Self::Missing => notice(
                StatusCode::NOT_FOUND,
                "There is no such page",
                "The schema may have changed, or the address was mistyped.",
                HOME,
            ),
            Self::NoPerson { people } => notice(
                StatusCode::NOT_FOUND,
                "There is no such user",
                "Nobody has this id or address; the user may be gone.",
                (people, "Find somebody"),
            ),
            Self::SeveralPeople { people } => notice(
                StatusCode::CONFLICT,
                "Several users have this address",
                "Choose one of them by id.",
                (people, "Show them"),
            ),
            Self::NoPeople => notice(
                StatusCode::NOT_FOUND,
                "Nobody can be chosen",
                "The rules of this schema ask for a person that is no table of it, so only what a visitor sees can be shown.",
                HOME,
            ),
            Self::Input(detail) => render(
                StatusCode::BAD_REQUEST,
                &Notice {
                    title: "This cannot be looked up",
                    text: "Follow the links of the pages, or look the row up by its id.",
                    detail: Some(detail.clone()),
                    way: HOME,
                },
            ),
            Self::Unread(error) => unread(error),
            Self::Trail(error) => {
                // SECURITY: its text may name what is in an entry.
                tracing::error!(
                    code = error.code(),
                    "the audit trail could not be read for the console"
                );
                notice(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The audit trail cannot be read",
                    "The database refused, or a row of the trail is no entry. `hallpass audit verify` says more.",
                    HOME,
                )
            }
            Self::Slow => notice(
                StatusCode::SERVICE_UNAVAILABLE,
                "This takes too long",
                "Ask for less: one user, one kind, or use `hallpass audit tail` and `export`.",
                HOME,
            ),
        }
    }
}

fn notice(status: StatusCode, title: &str, text: &str, way: (&str, &str)) -> Response {
    render(
        status,
        &Notice {
            title,
            text,
            detail: None,
            way,
        },
    )
}

fn render(status: StatusCode, notice: &Notice<'_>) -> Response {
    page::render(status, notice)
}

/// What the database did not give. The log reads why.
fn unread(error: &Error) -> Response {
    tracing::error!(error = %causes(error), "the console could not read from the database");
    let (status, title, text) = match error {
        Error::Unavailable(_) | Error::Busy | Error::Contention(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The database is not reachable",
            "Try again in a moment. If it stays so, see that the database runs, and read the log of this server.",
        ),
        Error::Timeout(_) | Error::CallTooLong { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The database takes too long",
            "The rules of this model may look for rows without an index; `hallpass doctor` and `hallpass policy explain` help \
             to find which.",
        ),
        Error::Stored { .. } => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "A row holds what its field cannot",
            "Another program may have written it. The log of this server says which field it is.",
        ),
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "The database refused to answer",
            "See that its tables are as the schema says, with `hallpass db status`, and read the log of this server.",
        ),
    };
    let mut response = notice(status, title, text, HOME);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// An error and what caused it, in one line.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What of an error whoever asked can mend, in the words of the engine, which hold no value.
pub(super) fn mendable(error: &Error) -> Option<String> {
    match error {
        Error::Invalid(invalid) => Some(invalid.to_string()),
        Error::Arguments(wrong) => Some(wrong.to_string()),
        Error::NotSupported(_) | Error::Rejected { .. } => Some(error.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_the_database_did_not_give_is_told_by_what_can_be_done() {
        let late = Error::CallTooLong {
            limit: Duration::from_secs(1),
        };
        let stored = Error::Stored {
            model: "Note".to_owned(),
            field: "at".to_owned(),
            expected: "moment",
            row: None,
        };
        for (error, status) in [(late, 503), (stored, 500), (Error::TransactionOver, 500)] {
            let response = Trouble::from(error).into_response();
            assert_eq!(response.status().as_u16(), status);
            let waits = response.headers().contains_key(RETRY_AFTER);
            assert_eq!(waits, status == 503);
        }
        let wrong = Error::NotSupported("`x` is not supported".to_owned());
        let response = Trouble::from(wrong).into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}
