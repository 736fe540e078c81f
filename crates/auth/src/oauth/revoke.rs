//! Gives tokens back to the service that gave them.
//!
//! Source: RFC 7009.

use http::StatusCode;

use super::client_authentication::{self, Assertion};
use super::exchange::post;
use super::fetch::{self, Part};
use super::{OAuth, OAuthError, json, refusal};
use crate::providers::oauth::OAuthProvider;
use crate::secret::Secret;

/// Which token is given back. Services look among the others too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenHint {
    /// What opens the service's API.
    AccessToken,
    /// What others are made with: careful services take those back with it.
    RefreshToken,
}

impl TokenHint {
    /// As the request says it. Source: RFC 7009 §2.1.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

impl OAuth {
    /// Asks the service to take a token back. `false`: it has no place for that, by its settings or its discovery document.
    ///
    /// A token that the service does not know any more counts as taken back (RFC 7009 §2.2).
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when the service refuses or cannot be reached: the token may be good still.
    pub async fn revoke(
        &self,
        provider: &OAuthProvider,
        token: &Secret,
        hint: TokenHint,
    ) -> Result<bool, OAuthError> {
        let service = self.metadata(provider).await?;
        let Some(endpoint) = &service.revocation_endpoint else {
            return Ok(false);
        };
        let assertion = Assertion {
            issuer: service.issuer.as_deref(),
            endpoint: &endpoint.url,
            now: self.clock.now(),
            random: &*self.random,
        };
        let form = [("token", token.expose()), ("token_type_hint", hint.name())];
        let mut form = form
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let header = client_authentication::add(&provider.client, &assertion, &mut form)?;
        let request = post(endpoint, &form, header);
        let answer = fetch::send(&*self.http, Part::REVOCATION, endpoint, request).await?;
        if answer.status() == StatusCode::OK {
            return Ok(true);
        }
        // An answer without a body, or with another than JSON, says no more than its status.
        let said = json::object(answer.body());
        match said.as_ref().and_then(refusal::of) {
            Some(code) => Err(OAuthError::Refused { code }),
            None => Err(Part::REVOCATION.strange(fetch::NOT_OK)),
        }
    }
}
