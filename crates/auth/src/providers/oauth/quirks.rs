//! What one service does differently.
//!
//! Every method has the default that the standards describe: a service overrides what it must and nothing else.
//!
//! Source: contract authjs §11, "Special handling".

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use super::{OAuthProvider, Profile, ProfileError};
use crate::oauth::{OAuthError, TokenSet, UserInfoCall};

/// An answer of the token endpoint before it is judged.
pub struct TokenAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its body as JSON.
    pub body: Map<String, Value>,
}

// SECURITY: the body holds tokens.
impl fmt::Debug for TokenAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A request to the token endpoint.
pub struct TokenRequest {
    /// `POST`; with `GET` nothing but the address is sent.
    pub method: Method,
    /// Where it goes.
    pub address: Url,
    /// What is posted.
    pub form: Vec<(String, String)>,
}

// SECURITY: both hold codes and secrets.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenRequest(..)")
    }
}

/// The differences of one service.
#[async_trait]
pub trait Quirks: Send + Sync + 'static {
    /// Reads the profile; by default as the provider's mapping says.
    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        tokens: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let _ = tokens;
        provider.mapping.read(profile)
    }

    /// Takes what the form of a callback says of the person besides the standard members (Apple: `user`), before
    /// [`complete`](Self::complete).
    ///
    /// SECURITY: the browser carried it, and nobody signed it: nothing but a shown name may be believed.
    fn posted_user(&self, profile: &mut Value, user: &str) {
        let _ = (profile, user);
    }

    /// Changes the discovery document of the provider's issuer before it is judged; those of the issuers that
    /// [`issuer`](Self::issuer) allows must follow the standards.
    fn metadata(&self, provider: &OAuthProvider, document: &mut Map<String, Value>) {
        let _ = (provider, document);
    }

    /// Whether it takes a `state` of letters and digits alone, 128 of them at most (WeChat). Then the state is not sealed, and
    /// answers cannot come through a redirect proxy, which would have to read it.
    fn wants_plain_state(&self) -> bool {
        false
    }

    /// Changes the address at which people agree, right before the browser is sent there.
    ///
    /// SECURITY: `redirect_uri`, `state` and the checks of the provider must stay as they are.
    fn authorization(&self, address: &mut Url) {
        let _ = address;
    }

    /// The issuer that a token must name, where it is not the metadata's (Entra ID: one for each tenant). `claims` are not
    /// verified yet.
    ///
    /// SECURITY: whatever is returned must be one that the operator allows (CVE-2026-75156).
    fn issuer(&self, provider: &OAuthProvider, claims: &Map<String, Value>) -> Option<String> {
        let _ = (provider, claims);
        None
    }

    /// Changes a request to the token endpoint before it is sent: for a code and for a refresh token, after the client
    /// was made known.
    fn token_request(&self, provider: &OAuthProvider, request: &mut TokenRequest) {
        let _ = (provider, request);
    }

    /// Changes its answer before it is judged.
    fn token_answer(&self, answer: &mut TokenAnswer) {
        let _ = answer;
    }

    /// Changes the request to the userinfo endpoint, which is a GET with the access token as bearer: its method, address,
    /// headers and body.
    fn userinfo_request(
        &self,
        provider: &OAuthProvider,
        request: &mut Request<Bytes>,
        tokens: &TokenSet,
    ) {
        let _ = (provider, request, tokens);
    }

    /// Finds out more than the userinfo endpoint says, with further calls (GitHub's addresses, a picture).
    async fn complete(&self, call: &UserInfoCall<'_>, profile: Value) -> Result<Value, OAuthError> {
        let _ = call;
        Ok(profile)
    }
}

/// The standards and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct NoQuirks;

impl Quirks for NoQuirks {}
