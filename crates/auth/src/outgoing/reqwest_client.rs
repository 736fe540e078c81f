//! Requests through reqwest (feature `http`).

use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

use super::reach::is_public;
use super::{Bounds, HttpClient, HttpError, Reach};

/// Sends requests with reqwest, on tokio.
///
/// No redirects, no proxy of the environment (it would resolve names past our check), no compressed answers.
#[derive(Clone)]
pub struct ReqwestClient {
    configured: Client,
    learned: Client,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub struct ClientError(#[source] reqwest::Error);

impl ReqwestClient {
    /// With the certificates that the system trusts.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when TLS cannot be set up.
    pub fn new() -> Result<Self, ClientError> {
        let build = |builder: ClientBuilder| builder.build().map_err(ClientError);
        Ok(Self {
            configured: build(builder())?,
            learned: build(builder().https_only(true).dns_resolver(PublicNames))?,
        })
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("hallpass/", env!("CARGO_PKG_VERSION")))
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, HttpError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| HttpError::Address)?;
        bounds.reach.check(request.url())?;
        *request.timeout_mut() = Some(bounds.timeout);
        let client = match bounds.reach {
            Reach::Configured => &self.configured,
            Reach::Learned => &self.learned,
        };
        let answer = client
            .execute(request)
            .await
            .map_err(|error| lost(&error))?;
        read(answer, bounds.answer_bytes).await
    }
}

async fn read(mut answer: reqwest::Response, limit: usize) -> Result<Response<Bytes>, HttpError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| lost(&error))? {
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(HttpError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// The cause is dropped on purpose: its text holds the address, and with it whatever a service wants there.
fn lost(error: &reqwest::Error) -> HttpError {
    if is_caused_by_name(error) {
        HttpError::Forbidden
    } else if error.is_timeout() {
        HttpError::Timeout
    } else if error.is_connect() {
        HttpError::Unreachable
    } else if error.is_builder() {
        HttpError::Address
    } else {
        HttpError::Lost
    }
}

fn is_caused_by_name(error: &(dyn StdError + 'static)) -> bool {
    error.is::<NoPublicAddress>() || error.source().is_some_and(is_caused_by_name)
}

/// Resolves names to public addresses alone.
///
/// SECURITY: what is checked here is what is connected to, so a name that resolves to something else the next moment
/// gains nothing (DNS rebinding). Addresses written as numbers never come here; [`Reach::check`] has seen them.
#[derive(Debug)]
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(public(found)?)
        })
    }
}

fn public(found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, NoPublicAddress> {
    let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(NoPublicAddress);
    }
    Ok(Box::new(public.into_iter()))
}

#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
struct NoPublicAddress;

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReqwestClient")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_of_a_name_are_connected_to() {
        let addresses = |text: &[&str]| -> Vec<SocketAddr> {
            text.iter().map(|one| one.parse().unwrap()).collect()
        };
        let mixed = addresses(&["127.0.0.1:0", "1.1.1.1:0", "[fd00::1]:0"]);
        let left: Vec<_> = public(mixed.into_iter()).unwrap().collect();
        assert_eq!(left, addresses(&["1.1.1.1:0"]));
        let private = addresses(&["10.0.0.1:0", "[::1]:0"]);
        assert!(public(private.into_iter()).is_err());
    }
}
