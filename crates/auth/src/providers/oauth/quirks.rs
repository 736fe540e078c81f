//! What one service does differently.
//!
//! Every method has the default that the standards describe: a service overrides what it must and nothing else.
//!
//! Source: contract authjs §11, "Special handling".

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Map, Value};

use super::{OAuthProvider, Profile, ProfileError};
use crate::oauth::{OAuthError, TokenSet, UserInfoCall};

/// An answer of the token endpoint before it is judged.
#[derive(Debug)]
pub struct TokenAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its body as JSON.
    pub body: Map<String, Value>,
}

/// The differences of one service.
#[async_trait]
pub trait Quirks: Send + Sync + 'static {
    /// Reads the profile; by default as contract §5.3.5 says: `sub` or `id`, `name` or `nickname` or
    /// `preferred_username`, `email`, `picture`.
    fn profile(&self, profile: &Value, tokens: &TokenSet) -> Result<Profile, ProfileError> {
        let _ = tokens;
        Profile::standard(profile)
    }

    /// Changes the discovery document before it is judged.
    fn metadata(&self, provider: &OAuthProvider, document: &mut Map<String, Value>) {
        let _ = (provider, document);
    }

    /// The issuer that a token must name, where it is not the metadata's (Entra ID: one for each tenant). `claims` are not
    /// verified yet.
    ///
    /// SECURITY: whatever is returned must be one that the operator allows (CVE-2026-75156).
    fn issuer(&self, provider: &OAuthProvider, claims: &Map<String, Value>) -> Option<String> {
        let _ = (provider, claims);
        None
    }

    /// Changes a request to the token endpoint before it is sent.
    fn token_request(&self, provider: &OAuthProvider, form: &mut Vec<(String, String)>) {
        let _ = (provider, form);
    }

    /// Changes its answer before it is judged.
    fn token_answer(&self, answer: &mut TokenAnswer) {
        let _ = answer;
    }

    /// Changes the request to the userinfo endpoint; by default a GET with the access token as bearer.
    fn userinfo_request(&self, request: &mut Request<Bytes>, tokens: &TokenSet) {
        let _ = (request, tokens);
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
