//! Requests to the token endpoint.
//!
//! Source: contract authjs §5.3.4; RFC 6749 §4.1.3, §6; RFC 7636 §4.5.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::{Map, Value};

use super::client_authentication::{self, Assertion};
use super::fetch::{self, Part};
use super::id_token::Nonce;
use super::jose::Jws;
use super::{Address, CodeGrant, Metadata, OAuth, OAuthError, TokenSet, claims, token_answer};
use crate::providers::oauth::{
    OAuthProvider, ProfileSource, Protocol, SigningAlgorithm, TokenRequest,
};
use crate::secret::Secret;

type Form = Vec<(String, String)>;

/// Whose tokens are renewed, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Who the person is at the service.
    pub account_id: &'a str,
    /// The `id_token` that is kept.
    pub id_token: Option<&'a Secret>,
}

impl Known<'_> {
    /// Whether a renewed token with these claims can be the person's. What is kept was believed when it came, so its signature
    /// is not asked for again; without one the account says who it is, where its id was read from such claims.
    ///
    /// Source: OpenID Connect Core 1.0 §12.2.
    fn may_be(
        self,
        provider: &OAuthProvider,
        claims: Map<String, Value>,
        tokens: &TokenSet,
    ) -> bool {
        let before = self
            .id_token
            .and_then(|token| Jws::read(token.expose(), SigningAlgorithm::ALL).ok());
        if let Some(before) = &before
            && let Some(subject) = claims::subject(&before.claims)
        {
            return claims::subject(&claims) == Some(subject);
        }
        if provider.profile_source != ProfileSource::IdToken {
            return true;
        }
        let profile = provider
            .quirks
            .profile(provider, &Value::Object(claims), tokens);
        profile.map_or(true, |profile| profile.id == self.account_id)
    }
}

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
    /// refresh token that the service just gave. One that can be believed and names another person than `known` is an error:
    /// then none of these tokens are theirs.
    ///
    /// # Errors
    ///
    /// [`OAuthError`]; `Refused` with `invalid_grant` when the person has to sign in again; `Token` when the tokens are another
    /// person's.
    ///
    /// Source: RFC 6749 §6; OpenID Connect Core 1.0 §12.2.
    pub async fn refresh(
        &self,
        provider: &OAuthProvider,
        refresh_token: &Secret,
        known: Known<'_>,
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
            tokens.id_token = self
                .renewed_id_token(provider, token, known, &tokens)
                .await?;
        }
        Ok(tokens)
    }

    async fn renewed_id_token(
        &self,
        provider: &OAuthProvider,
        token: Secret,
        known: Known<'_>,
        tokens: &TokenSet,
    ) -> Result<Option<Secret>, OAuthError> {
        if provider.protocol == Protocol::OAuth2 {
            return Ok(None);
        }
        match self.id_token(provider, token.expose(), Nonce::Any).await {
            Ok(claims) => {
                let may_be = known.may_be(provider, claims, tokens);
                let refusal = || OAuthError::Token("its `sub` is another person");
                may_be.then_some(Some(token)).ok_or_else(refusal)
            }
            Err(error) => {
                tracing::warn!(
                    provider.id = provider.id,
                    %error,
                    "an id_token that came with refreshed tokens was dropped"
                );
                Ok(None)
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
            method: Method::POST,
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
        let request = match request.method {
            Method::GET => fetch::get(&place),
            _ => post(&place, &request.form, header),
        };
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
