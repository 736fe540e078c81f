//! Who a person is, asked of the service.

use crate::outgoing::HttpClient;
use crate::providers::oauth::OAuthProvider;

use super::TokenSet;

/// Asks a service about the person whose tokens these are.
pub struct UserInfoCall<'a> {
    pub(crate) http: &'a dyn HttpClient,
    /// The service.
    pub provider: &'a OAuthProvider,
    /// The person's tokens.
    pub tokens: &'a TokenSet,
}
