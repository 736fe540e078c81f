//! The client: everything that the flows ask of a service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::jose::KeySet;
use super::remembered::Remembered;
use super::{Metadata, OAuthError, address, discovery};
use crate::environment::{Clock, Random};
use crate::outgoing::HttpClient;
use crate::providers::oauth::{OAuthProvider, Protocol};

/// Speaks OAuth 2 and OpenID Connect with services. One for all providers: it remembers what they published.
pub struct OAuth {
    pub(super) http: Arc<dyn HttpClient>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    documents: Remembered<Metadata>,
    pub(super) key_sets: Remembered<KeySet>,
}

/// How long a discovery document is believed.
const DOCUMENT_AGE: Duration = Duration::from_secs(60 * 60);

impl OAuth {
    /// With the world outside.
    pub fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            http,
            documents: Remembered::new(clock.clone()),
            key_sets: Remembered::new(clock.clone()),
            clock,
            random,
        }
    }

    /// Where people agree: configured, else discovered. With the parameters of the provider's authorization endpoint.
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when discovery fails, or the service has no such place.
    pub async fn authorization_endpoint(
        &self,
        provider: &OAuthProvider,
    ) -> Result<Url, OAuthError> {
        let known = Metadata::configured(provider)?.authorization_endpoint;
        let place = match known {
            Some(place) => Some(place),
            None => self
                .discovered(provider)
                .await?
                .authorization_endpoint
                .clone(),
        };
        let missing = OAuthError::Settings("there is no authorization endpoint");
        Ok(place.ok_or(missing)?.url)
    }

    /// What is known of the service. Asks for its discovery document where it speaks OpenID Connect, or where neither
    /// the token nor the userinfo endpoint is configured (contract §5.3.5).
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when discovery fails.
    pub async fn metadata(&self, provider: &OAuthProvider) -> Result<Arc<Metadata>, OAuthError> {
        let has_endpoint = provider.token.url.is_some() || provider.userinfo.url.is_some();
        match provider.protocol {
            Protocol::OAuth2 if has_endpoint => Metadata::configured(provider).map(Arc::new),
            Protocol::OAuth2 | Protocol::OpenIdConnect => self.discovered(provider).await,
        }
    }

    /// Where a person is sent to sign out of the service too. `None`: it has no such place.
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when discovery fails.
    pub async fn end_session_endpoint(
        &self,
        provider: &OAuthProvider,
    ) -> Result<Option<Url>, OAuthError> {
        let known = self.metadata(provider).await?;
        let place = known.end_session_endpoint.as_ref();
        Ok(place.map(|place| place.url.clone()))
    }

    async fn discovered(&self, provider: &OAuthProvider) -> Result<Arc<Metadata>, OAuthError> {
        let (issuer, _) = address::issuer(provider)?;
        self.discovered_at(provider, issuer).await
    }

    /// What this issuer published: the provider's own, or another that its quirks allow.
    pub(super) async fn discovered_at(
        &self,
        provider: &OAuthProvider,
        issuer: &str,
    ) -> Result<Arc<Metadata>, OAuthError> {
        let (_, trusted) = address::issuer(provider)?;
        let fetch = async {
            let found = discovery::fetch(&*self.http, provider, issuer, &trusted).await;
            found
                .and_then(|found| found.under(provider))
                .inspect_err(|error| {
                    tracing::warn!(
                        provider.id = provider.id,
                        %error,
                        "the discovery document of a service could not be used"
                    );
                })
        };
        let name = document_name(provider, issuer);
        self.documents.get(&name, DOCUMENT_AGE, fetch).await
    }

    /// The same, where it is known already.
    pub(super) fn known_at(&self, provider: &OAuthProvider, issuer: &str) -> Option<Arc<Metadata>> {
        self.documents.known(&document_name(provider, issuer))
    }
}

/// Quirks change a document, so that what is remembered belongs to one provider.
fn document_name(provider: &OAuthProvider, issuer: &str) -> String {
    format!("{} {issuer}", provider.id)
}

impl fmt::Debug for OAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OAuth").finish_non_exhaustive()
    }
}
