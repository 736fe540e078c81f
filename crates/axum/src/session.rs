use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use crate::layer::CurrentAuth;
use crate::rejection::Rejection;

/// The signed-in person's session.
///
/// As an argument of a handler it is required: a page is redirected to the sign-in page, anything else gets
/// 401 `{"error":"Unauthorized"}`. `Option<Session>` admits everybody. Either way a request that another site
/// made the browser send (by `Origin` or `Sec-Fetch-Site`) cannot change anything: it is refused with 403.
///
/// Needs [`layer`](crate::layer()).
#[derive(Debug, Clone)]
pub struct Session(hallpass_auth::Session);

impl Deref for Session {
    type Target = hallpass_auth::Session;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let auth = current(parts)?.auth.clone();
        match read(parts).await? {
            Some(session) => Ok(session),
            None => Err(Rejection::signed_out(&auth, parts)),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        read(parts).await
    }
}

pub(crate) fn current(parts: &Parts) -> Result<&CurrentAuth, Rejection> {
    parts
        .extensions
        .get::<CurrentAuth>()
        .ok_or_else(Rejection::no_layer)
}

/// The session, read at most once a request and layer.
pub(crate) async fn read(parts: &mut Parts) -> Result<Option<Session>, Rejection> {
    let current = current(parts)?.clone();
    if let Some(seen) = current.seen() {
        return Ok(seen.map(Session));
    }
    if !current.auth.is_same_origin(parts) {
        return Err(Rejection::cross_site());
    }
    let read = current.auth.session(parts).await;
    let read = read.map_err(|error| Rejection::unavailable(&current.auth, parts, &error))?;
    current.keep(&read);
    Ok(read.session.map(Session))
}
