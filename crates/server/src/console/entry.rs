//! The door: who asks, and whether that is an administrator.
//!
//! Everything below the path is behind it, also what does not exist: who may not enter learns nothing of the schema, not even
//! which models there are.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hallpass::{Session, UserId};

use super::notice::Trouble;
use super::{Console, page};

/// Somebody who may enter, as of this request.
#[derive(Debug, Clone)]
pub(super) struct Administrator {
    /// Of the user.
    pub(super) id: UserId,
    /// What the person is called.
    pub(super) name: String,
}

/// Lets administrators in. Others are sent to sign in, or refused.
pub(super) async fn check(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match enter(&console, request).await {
        Ok(request) => next.run(request).await,
        Err(answer) => *answer,
    };
    page::protect(response.headers_mut());
    response
}

async fn enter(console: &Console, request: Request) -> Result<Request, Box<Response>> {
    let (mut parts, body) = request.into_parts();
    let session = Session::from_request_parts(&mut parts, &()).await;
    let session = session.map_err(|rejection| Box::new(rejection.into_response()))?;
    let id = session.user_id();
    let admitted = console.0.administrators.have(console.client(), id).await;
    let refusal = match admitted {
        Ok(true) => {
            parts.extensions.insert(Administrator {
                id: id.clone(),
                name: session.display_name().to_owned(),
            });
            return Ok(Request::from_parts(parts, body));
        }
        Ok(false) => {
            tracing::info!(user.id = ?id.as_str(), "the console was closed to a user");
            Trouble::Closed {
                sign_out: console.0.sign_out.clone(),
            }
        }
        Err(error) => Trouble::Unread(error),
    };
    Err(Box::new(refusal.into_response()))
}
