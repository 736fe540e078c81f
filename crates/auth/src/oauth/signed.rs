//! Believes a token that a service signed, or does not.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::fetch::{self, Part};
use super::jose::{Jws, KeySet, mac_fits};
use super::{Address, Metadata, OAuth, OAuthError, claims};
use crate::providers::oauth::{OAuthProvider, SigningAlgorithm};
use crate::secret::Secret;

/// How long a key set is believed.
const KEYS_AGE: Duration = Duration::from_secs(60 * 60);

/// How often a key set is fetched at most, whatever tokens arrive: strangers can make up keys that nobody has.
const KEYS_PAUSE: Duration = Duration::from_secs(30);

/// Whether tokens signed with this secret (HS256) can be believed: an HMAC is as strong as its key (RFC 7518 §3.2).
pub(crate) fn is_strong(secret: &Secret) -> bool {
    const MIN_BYTES: usize = 32;
    secret.expose().len() >= MIN_BYTES
}

/// Longer than any token that signs somebody in or out.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Which issuers a token may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issuers {
    /// The service's own, and those that the provider's quirks allow.
    Allowed,
    /// Of these only such as somebody signed in from: a stranger must not make us ask for others.
    Known,
}

impl OAuth {
    /// A token of the service, taken apart, whose issuer and audience fit and whose signature is right.
    pub(super) async fn believed<'a>(
        &self,
        provider: &OAuthProvider,
        token: &'a str,
        issuers: Issuers,
    ) -> Result<Jws<'a>, OAuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(OAuthError::Token("it is too long"));
        }
        let service = self.metadata(provider).await?;
        let token = Jws::read(token, &algorithms(provider, &service))?;
        let service = self
            .issuer_of(provider, service, &token.claims, issuers)
            .await?;
        let issuer = service.issuer.as_deref();
        let issuer = issuer.ok_or(OAuthError::Settings("it has no issuer"))?;
        claims::check_parties(&token.claims, issuer, &provider.client.id)?;
        self.check_signature(provider, &service, &token).await?;
        Ok(token)
    }

    /// The service that must have signed: a provider's quirks may allow others than the one configured (Entra ID).
    async fn issuer_of(
        &self,
        provider: &OAuthProvider,
        service: Arc<Metadata>,
        claims: &Map<String, Value>,
        issuers: Issuers,
    ) -> Result<Arc<Metadata>, OAuthError> {
        match provider.quirks.issuer(provider, claims) {
            Some(issuer) if service.issuer.as_ref() != Some(&issuer) => match issuers {
                Issuers::Allowed => self.discovered_at(provider, &issuer).await,
                Issuers::Known => self
                    .known_at(provider, &issuer)
                    .ok_or(OAuthError::Token("its `iss` is another")),
            },
            _ => Ok(service),
        }
    }

    /// SECURITY: no token is believed by its transport alone (contract §5.3.5 [DEV]).
    pub(super) async fn check_signature(
        &self,
        provider: &OAuthProvider,
        service: &Metadata,
        token: &Jws<'_>,
    ) -> Result<(), OAuthError> {
        if token.algorithm == SigningAlgorithm::Hs256 {
            return check_mac(provider, token);
        }
        let place = service.jwks_uri.as_ref();
        let place = place.ok_or(OAuthError::Settings("the service publishes no keys"))?;
        let keys = self.keys(provider, place, KEYS_AGE).await?;
        if keys.verifies(token) {
            return Ok(());
        }
        // Keys change: the set may be older than the key that signed.
        let newer = self.keys(provider, place, KEYS_PAUSE).await?;
        if !Arc::ptr_eq(&keys, &newer) && newer.verifies(token) {
            return Ok(());
        }
        Err(BAD_SIGNATURE)
    }

    async fn keys(
        &self,
        provider: &OAuthProvider,
        place: &Address,
        max_age: Duration,
    ) -> Result<Arc<KeySet>, OAuthError> {
        let fetch = async {
            let document = fetch::get_object(&*self.http, Part::KEYS, place).await;
            let keys = document.and_then(|document| {
                KeySet::read(&document).ok_or(Part::KEYS.strange("it is no key set"))
            });
            keys.inspect_err(|error| {
                tracing::warn!(
                    provider.id = provider.id,
                    %error,
                    "the keys of a service could not be fetched"
                );
            })
        };
        let name = format!("{} {}", provider.id, place.url);
        self.key_sets.get(&name, max_age, fetch).await
    }
}

const BAD_SIGNATURE: OAuthError = OAuthError::Token("no key of the service signed it");

fn check_mac(provider: &OAuthProvider, token: &Jws<'_>) -> Result<(), OAuthError> {
    let secret = provider.client.secret.as_ref();
    let strong = secret.filter(|secret| is_strong(secret));
    let weak = OAuthError::Settings("its client secret is shorter than HS256 needs (32 bytes)");
    if mac_fits(strong.ok_or(weak)?, token) {
        return Ok(());
    }
    Err(BAD_SIGNATURE)
}

/// SECURITY: an HMAC only where the operator says so, never because a document or a token does.
fn algorithms(provider: &OAuthProvider, service: &Metadata) -> Vec<SigningAlgorithm> {
    if let Some(only) = provider.client.id_token_algorithm {
        return vec![only];
    }
    let published = service.id_token_algorithms.clone();
    let mut allowed = published.unwrap_or_else(|| vec![SigningAlgorithm::Rs256]);
    allowed.retain(|algorithm| *algorithm != SigningAlgorithm::Hs256);
    allowed
}
