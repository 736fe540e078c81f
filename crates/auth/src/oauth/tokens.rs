//! What a token endpoint gives.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::secret::Secret;

/// Tokens of a person at a service.
#[derive(Clone)]
pub struct TokenSet {
    /// Opens the service's API.
    pub access_token: Secret,
    /// `bearer` or `dpop`, in lower case.
    pub token_type: String,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
    /// Gets new ones.
    pub refresh_token: Option<Secret>,
    /// What the person agreed to.
    pub scope: Option<String>,
    /// Says who the person is, signed.
    pub id_token: Option<Secret>,
    /// All other members of the answer.
    pub others: Map<String, Value>,
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenSet")
            .field("token_type", &self.token_type)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
