//! HTTP to others, as a trait: providers of identities, mail services.
//!
//! SECURITY: no implementation follows a redirect, waits longer or reads more than [`Bounds`] allow, and none reaches a
//! private network for an address that another server gave ([`Reach::Learned`]).

mod reach;
#[cfg(feature = "http")]
mod reqwest_client;
#[cfg(test)]
#[cfg(feature = "http")]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

pub use reach::is_public;
#[cfg(feature = "http")]
pub use reqwest_client::{ClientError, ReqwestClient};

/// Sends requests to other servers.
#[async_trait]
pub trait HttpClient: Send + Sync + 'static {
    /// Sends the request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`HttpError`] when there is no answer within the bounds. Nothing of the request or answer stands in it.
    async fn send(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, HttpError>;
}

/// What one exchange may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// From the first byte sent to the last one read.
    pub timeout: Duration,
    /// The longest body that is read, in bytes.
    pub answer_bytes: usize,
    /// Where the address comes from.
    pub reach: Reach,
}

/// Where an address comes from, which decides what it may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The operator wrote it: it may reach whatever the machine reaches, with `http` too.
    Configured,
    /// Another server gave it: `https` only, and no private, loopback or link-local network, whatever the name resolves to.
    Learned,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// No connection.
    #[error("it cannot be reached")]
    Unreachable,
    /// The connection ended too early.
    #[error("the connection was lost")]
    Lost,
    /// More than the bounds allow.
    #[error("it answered with more than {0} bytes")]
    TooLarge(usize),
    /// A learned address that leads where it must not.
    #[error("its address is not a public https address")]
    Forbidden,
    /// The request cannot be sent at all.
    #[error("its address cannot be used")]
    Address,
}
