//! The token that says who signed in.
//!
//! Source: contract authjs §5.3.3 step 6, §5.3.5; OpenID Connect Core 1.0 §3.1.3.7, §12.2.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use super::signed::Issuers;
use super::{OAuth, OAuthError, claims};
use crate::providers::oauth::OAuthProvider;

/// What its `nonce` must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nonce<'a> {
    /// This one.
    Is(&'a str),
    /// None at all: nobody asked for one, so that a token with one belongs to another sign-in.
    Missing,
    /// Any: the token was renewed and proves no sign-in.
    Any,
}

impl OAuth {
    /// The claims of an `id_token` that is believed.
    pub(super) async fn id_token(
        &self,
        provider: &OAuthProvider,
        token: &str,
        nonce: Nonce<'_>,
    ) -> Result<Map<String, Value>, OAuthError> {
        let token = self.believed(provider, token, Issuers::Allowed).await?;
        // SECURITY: a token for another purpose says so in its type (RFC 8725 §3.11).
        if token.kind.is_some_and(|kind| kind.ends_with("+jwt")) {
            return Err(OAuthError::Token("it is made for another purpose"));
        }
        claims::check_times(&token.claims, self.clock.now())?;
        if claims::subject(&token.claims).is_none() {
            return Err(OAuthError::Token("its `sub` says nobody"));
        }
        check_nonce(&token.claims, nonce)?;
        Ok(token.claims)
    }
}

fn check_nonce(claims: &Map<String, Value>, expected: Nonce<'_>) -> Result<(), OAuthError> {
    let another = Err(OAuthError::Token("its `nonce` is another"));
    match (expected, claims.get("nonce")) {
        (Nonce::Any, _) | (Nonce::Missing, None) => Ok(()),
        (Nonce::Missing, Some(_)) => {
            Err(OAuthError::Token("it has a `nonce` that nobody asked for"))
        }
        (Nonce::Is(expected), Some(Value::String(nonce))) if !expected.is_empty() => {
            let same = bool::from(nonce.as_bytes().ct_eq(expected.as_bytes()));
            if same { Ok(()) } else { another }
        }
        (Nonce::Is(_), _) => another,
    }
}
