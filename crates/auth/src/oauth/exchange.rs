//! Requests to the token endpoint.
//!
//! Source: contract authjs §5.3.4; RFC 6749 §4.1.3, §6; RFC 7636 §4.5.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};

use super::client_authentication::{self, Assertion};
use super::fetch::{self, Part};
use super::id_token::Nonce;
use super::{Address, CodeGrant, Metadata, OAuth, OAuthError, TokenSet, token_answer};
use crate::providers::oauth::{OAuthProvider, Protocol, TokenRequest};
use crate::secret::Secret;

type Form = Vec<(String, String)>;

impl OAuth {
    /// Tokens for a code. Their `id_token` is not verified yet.
    pub(super) async fn exchange(
        &self,
        provider: &OAuthProvider,
        service: &Metadata,
        grant: &CodeGrant<'_>,
    ) -> Result<TokenSet, OAuthError> {
        let mut form = Form::new();
        let mut push = |name: &str, value: &str| form.push((name.to_owned(), value.to_owned()));
        push("redirect_uri", grant.redirect_uri);
        push("code", grant.code);
        if let Some(verifier) = grant.verifier {
            push("code_verifier", verifier);
        }
        push("grant_type", "authorization_code");
        self.ask_for_tokens(provider, service, form).await
    }

    /// Tokens anew. The refresh token is the old one where the service gives no other.
    ///
    /// An `id_token` among them proves nothing new, and is kept only when it can be believed: a failure here would lose the
    /// refresh token that the service just gave.
    ///
    /// # Errors
    ///
    /// [`OAuthError`]; `Refused` with `invalid_grant` when the person has to sign in again.
    ///
    /// Source: RFC 6749 §6; OpenID Connect Core 1.0 §12.2.
    pub async fn refresh(
        &self,
        provider: &OAuthProvider,
        refresh_token: &Secret,
    ) -> Result<TokenSet, OAuthError> {
        let service = self.metadata(provider).await?;
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut tokens = self.ask_for_tokens(provider, &service, form.into()).await?;
        tokens
            .refresh_token
            .get_or_insert_with(|| refresh_token.clone());
        if let Some(token) = tokens.id_token.take() {
            tokens.id_token = self.renewed_id_token(provider, token).await;
        }
        Ok(tokens)
    }

    async fn renewed_id_token(&self, provider: &OAuthProvider, token: Secret) -> Option<Secret> {
        if provider.protocol == Protocol::OAuth2 {
            return None;
        }
        match self.id_token(provider, token.expose(), Nonce::Any).await {
            Ok(_) => Some(token),
            Err(error) => {
                tracing::warn!(
                    provider.id = provider.id,
                    %error,
                    "an id_token that came with refreshed tokens was dropped"
                );
                None
            }
        }
    }

    async fn ask_for_tokens(
        &self,
        provider: &OAuthProvider,
        service: &Metadata,
        form: Form,
    ) -> Result<TokenSet, OAuthError> {
        let endpoint = service.token_endpoint.as_ref();
        let endpoint = endpoint.ok_or(OAuthError::Settings("there is no token endpoint"))?;
        let now = self.clock.now();
        let assertion = Assertion {
            issuer: service.issuer.as_deref(),
            endpoint: &endpoint.url,
            now,
            random: &*self.random,
        };
        let mut request = TokenRequest {
            address: endpoint.url.clone(),
            form,
        };
        let header = client_authentication::add(&provider.client, &assertion, &mut request.form)?;
        provider.quirks.token_request(provider, &mut request);
        // Whatever a quirk changes, it stays within what the endpoint may reach.
        let place = Address {
            url: request.address,
            reach: endpoint.reach,
        };
        let request = post(&place, &request.form, header);
        let answer = fetch::send(&*self.http, Part::TOKEN, &place, request).await?;
        token_answer::read(&answer, &*provider.quirks, now)
    }
}

/// A request with a form.
pub(super) fn post(
    place: &Address,
    form: &[(String, String)],
    authorization: Option<HeaderValue>,
) -> http::Request<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let mut request = fetch::request(Method::POST, place, body.into());
    let headers = request.headers_mut();
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, form_type);
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    request
}
