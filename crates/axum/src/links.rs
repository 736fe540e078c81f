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
    /// What people do with their account, where there are pages for it; below it `/delete` ends the account.
    pub account: Option<String>,
    /// Where somebody is signed in, where that is listed.
    pub sessions: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Links {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let auth = &current(parts)?.auth;
        let own = |page: &str| format!("{}/{page}", auth.base_path());
        Ok(Self {
            sign_in: sign_in_url(auth, parts),
            sign_out: own("signout"),
            account: auth.has_account_pages().then(|| own("account")),
            sessions: auth.lists_sessions().then(|| own("sessions")),
        })
    }
}
