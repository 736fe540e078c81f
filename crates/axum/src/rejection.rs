use axum::Json;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hallpass_auth::{Auth, SessionError};
use serde_json::json;

use crate::db::AskerError;

/// Why a handler with a [`Session`](crate::Session) was not run; answers for itself.
#[derive(Debug)]
pub struct Rejection(Reason);

#[derive(Debug)]
enum Reason {
    SignedOut { sign_in: Option<String> },
    CrossSite,
    Unavailable { page: Option<Box<Response>> },
    NoLayer,
    Unfit,
}

impl Rejection {
    /// Nobody is signed in: people are sent to the sign-in page and come back, programs are told.
    pub(crate) fn signed_out(auth: &Auth, parts: &Parts) -> Self {
        let sign_in = wants_page(parts).then(|| come_back_url(auth, parts));
        Self(Reason::SignedOut { sign_in })
    }

    /// Another site made the browser send this.
    pub(crate) fn cross_site() -> Self {
        Self(Reason::CrossSite)
    }

    /// It cannot be told now whether somebody is signed in.
    pub(crate) fn unavailable(auth: &Auth, parts: &Parts, error: &SessionError) -> Self {
        tracing::error!(error = %causes(error), "a session could not be read");
        let page = wants_page(parts)
            .then(|| auth.unavailable_page(parts))
            .flatten();
        let page = page.map(|page| Box::new(page.map(Body::from)));
        Self(Reason::Unavailable { page })
    }

    /// The application was put together without the layer.
    pub(crate) fn no_layer() -> Self {
        tracing::error!("`Session` needs `.layer(hallpass_axum::layer(&auth))` around the router");
        Self(Reason::NoLayer)
    }

    /// It cannot be told who asks, as access rules have to know it.
    #[expect(clippy::needless_pass_by_value, reason = "it is the end of the error")]
    pub(crate) fn unknown_asker(error: AskerError) -> Self {
        error.log();
        Self(if error.may_pass() {
            Reason::Unavailable { page: None }
        } else {
            Reason::Unfit
        })
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self.0 {
            Reason::SignedOut { sign_in: Some(url) } => Redirect::to(&url).into_response(),
            Reason::SignedOut { sign_in: None } => error(StatusCode::UNAUTHORIZED, "Unauthorized"),
            Reason::CrossSite => {
                error(StatusCode::FORBIDDEN, "The request comes from another site")
            }
            Reason::Unavailable { page: Some(page) } => *page,
            Reason::Unavailable { page: None } => unavailable(),
            Reason::NoLayer | Reason::Unfit => {
                error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        }
    }
}

pub(crate) fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

/// 503: the same request may work soon.
pub(crate) fn unavailable() -> Response {
    let answer = error(
        StatusCode::SERVICE_UNAVAILABLE,
        "The database is not reachable. Try again in a moment",
    );
    ([(header::RETRY_AFTER, "5")], answer).into_response()
}

/// An error and what caused it, in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Whether a person looks at the answer: browsers ask for HTML when they navigate or post a form.
fn wants_page(parts: &Parts) -> bool {
    let accepted = parts.headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|accept| accept.to_str().ok())
        .any(|accept| accept.contains("text/html"))
}

/// The sign-in page, leading back here; a form that was posted leads back to the start page, which can be read again.
fn come_back_url(auth: &Auth, parts: &Parts) -> String {
    if parts.method == Method::GET {
        return sign_in_url(auth, parts);
    }
    auth.sign_in_url(&Uri::from_static("/"))
}

/// The sign-in page, leading back to the address in the browser: nested routers see only a part of it.
pub(crate) fn sign_in_url(auth: &Auth, parts: &Parts) -> String {
    let original = parts.extensions.get::<OriginalUri>();
    auth.sign_in_url(original.map_or(&parts.uri, |original| &original.0))
}
