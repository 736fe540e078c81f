//! What can go wrong with a service.

use crate::outgoing::HttpError;
use crate::providers::oauth::ProfileError;

/// What went wrong with a service. Nothing that it sent stands in an error, save its error code where that is one of the
/// standards' (RFC 6749 §4.1.2.1, §5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// No answer of an endpoint.
    #[error("no answer of the {endpoint}: {cause}")]
    Http {
        /// Which.
        endpoint: &'static str,
        /// Why. It stands in the message, so it is no source of it.
        cause: HttpError,
    },
    /// An answer that is not what the standards describe.
    #[error("the {endpoint} answered what no {endpoint} answers: {reason}")]
    Answer {
        /// Which.
        endpoint: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The service refuses, and says why.
    #[error("the service refused: {code}")]
    Refused {
        /// One of the codes of the standards, else `unknown_error`.
        code: &'static str,
    },
    /// A signed token that must not be believed.
    #[error("the token must not be believed: {0}")]
    Token(&'static str),
    /// No profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The settings of the provider cannot be used.
    #[error("the provider cannot be used: {0}")]
    Settings(&'static str),
}
