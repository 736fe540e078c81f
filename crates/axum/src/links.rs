use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::rejection::{Rejection, sign_in_url};
use crate::session::current;

/// Where the links of a page lead, wherever the sign-in routes are.
///
/// Needs [`layer`](crate::layer()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The sign-in page, which leads back to this page.
    pub sign_in: String,
    /// The sign-out page.
    pub sign_out: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Links {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let auth = &current(parts)?.auth;
        Ok(Self {
            sign_in: sign_in_url(auth, parts),
            sign_out: format!("{}/signout", auth.base_path()),
        })
    }
}
