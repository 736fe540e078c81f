//! Why a sign-in at another service did not reach its end, and what the contract calls it.

use super::answer::TooLong;
use crate::cookies::sealed::InvalidCheck;
use crate::error::{ErrorType, Fault};
use crate::oauth::OAuthError;
use crate::oauth::callback::CallbackError;

/// Why a sign-in at another service failed. Nothing that the service or the browser sent stands in it, save error codes of
/// the standards.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceFailure {
    /// The browser did not begin it, or too long ago, or at another provider.
    #[error(transparent)]
    Check(#[from] InvalidCheck),
    /// Somebody signed in, out or over since it began.
    #[error("somebody else is signed in than when it began")]
    AnotherPerson,
    /// What the browser brought back is no answer to what we asked, or the service says no.
    #[error(transparent)]
    Answer(#[from] CallbackError),
    /// The browser brought back more than any service sends, or more than it could keep.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The service does not do its part.
    #[error(transparent)]
    Protocol(#[from] OAuthError),
    /// More was asked to be passed on than an address can hold.
    #[error("the query is too long to be passed on")]
    QueryTooLong,
    /// No client for HTTP is configured, which the builder refuses.
    #[error("no HTTP client is configured")]
    NoClient,
}

impl ServiceFailure {
    /// The contract's type, and whose mistake it is.
    pub(crate) fn row(&self) -> (ErrorType, Fault) {
        use ErrorType as T;
        use Fault::{Operator, Visitor};
        match self {
            Self::Check(_) => (T::InvalidCheck, Visitor),
            Self::AnotherPerson => (T::OAuthCallbackError, Visitor),
            Self::Answer(CallbackError::Refused { .. }) => (T::OAuthCallbackError, Visitor),
            // Where no issuer is set, or the wrong one, this is every answer.
            Self::Answer(CallbackError::Issuer) => (T::CallbackRouteError, Operator),
            Self::Answer(_) | Self::TooLong(_) => (T::CallbackRouteError, Visitor),
            Self::Protocol(OAuthError::Profile(_)) => (T::OAuthProfileParseError, Operator),
            // A code that is used twice, or made up.
            Self::Protocol(OAuthError::Refused {
                code: "invalid_grant",
            }) => (T::CallbackRouteError, Visitor),
            Self::Protocol(_) | Self::NoClient => (T::CallbackRouteError, Operator),
            Self::QueryTooLong => (T::AuthError, Visitor),
        }
    }
}
