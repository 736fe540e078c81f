//! The service at which somebody proved who they are when a session began.

use std::fmt;

use super::SessionKey;

/// The service that a session began with, and which session of its own that was.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceSession {
    /// The id of the provider.
    pub provider: String,
    /// What the service calls its session (`sid` of its `id_token`), as a hash together with the provider. `None`: it did
    /// not say.
    pub key: Option<SessionKey>,
}

/// Without what another service could be asked for.
impl fmt::Debug for ServiceSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServiceSession")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
