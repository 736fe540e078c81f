//! From a code to a person.
//!
//! Source: contract authjs §5.3.3 steps 5 to 7, §5.3.5.

use std::fmt;

use serde_json::{Map, Value};

use super::id_token::Nonce;
use super::{OAuth, OAuthError, TokenSet, UserInfoCall, claims};
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, ProfileSource, Protocol};

/// What a callback brought, with what this browser was sent away with.
#[derive(Clone, Copy)]
pub struct CodeGrant<'a> {
    /// The code.
    pub code: &'a str,
    /// Where the service sent the browser, as the authorization request said.
    pub redirect_uri: &'a str,
    /// The secret behind the code challenge.
    pub verifier: Option<&'a str>,
    /// What the `id_token` must repeat. `None`: none was sent, and none may be there.
    pub nonce: Option<&'a str>,
    /// `user` of a callback that was posted, which the browser carried and nobody signed.
    pub posted_user: Option<&'a str>,
}

/// Nothing: all of it is secret.
impl fmt::Debug for CodeGrant<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CodeGrant").finish_non_exhaustive()
    }
}

/// Who signed in at a service.
pub struct Identity {
    /// The person, in our words.
    pub profile: Profile,
    /// The person in the service's words: the claims of the `id_token`, or the answer of the userinfo endpoint.
    pub claims: Value,
    /// `sid` of the `id_token`: the session at the service, which a logout token may name.
    pub session: Option<String>,
    /// What was given for the code.
    pub tokens: TokenSet,
}

/// Nothing of the person.
impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl OAuth {
    /// Exchanges the code, verifies what came for it, and finds out who it is.
    ///
    /// An `id_token` that a service with OAuth 2 sends unasked is dropped: nobody verified it, so that nobody should hold it.
    ///
    /// # Errors
    ///
    /// [`OAuthError`] when anything is not as the standards and the provider say.
    pub async fn identify(
        &self,
        provider: &OAuthProvider,
        grant: CodeGrant<'_>,
    ) -> Result<Identity, OAuthError> {
        let service = self.metadata(provider).await?;
        let mut tokens = self.exchange(provider, &service, &grant).await?;
        let signed = match provider.protocol {
            Protocol::OpenIdConnect => Some(self.signed_claims(provider, &tokens, &grant).await?),
            Protocol::OAuth2 => {
                tokens.id_token = None;
                None
            }
        };
        let session = signed
            .as_ref()
            .and_then(|claims| claims.get("sid")?.as_str());
        let session = session
            .filter(|sid| claims::is_subject(sid))
            .map(str::to_owned);
        let mut claims = match (provider.profile_source, signed) {
            (ProfileSource::IdToken, Some(claims)) => Value::Object(claims),
            (ProfileSource::IdToken, None) => {
                return Err(OAuthError::Settings("OAuth 2 has no id_token to read"));
            }
            (ProfileSource::UserInfo, signed) => {
                let answer = self.userinfo(provider, &service, &tokens).await?;
                same_person(signed.as_ref(), &answer)?;
                Value::Object(answer)
            }
        };
        if let Some(user) = grant.posted_user {
            provider.quirks.posted_user(&mut claims, user);
        }
        let call = UserInfoCall {
            http: &*self.http,
            provider,
            tokens: &tokens,
        };
        let claims = provider.quirks.complete(&call, claims).await?;
        let profile = provider.quirks.profile(provider, &claims, &tokens)?;
        Ok(Identity {
            profile: with_identity(profile)?,
            claims,
            session,
            tokens,
        })
    }

    async fn signed_claims(
        &self,
        provider: &OAuthProvider,
        tokens: &TokenSet,
        grant: &CodeGrant<'_>,
    ) -> Result<Map<String, Value>, OAuthError> {
        let token = tokens.id_token.as_ref();
        let token = token.ok_or(OAuthError::Token("there is no id_token"))?;
        let nonce = grant.nonce.map_or(Nonce::Missing, Nonce::Is);
        self.id_token(provider, token.expose(), nonce).await
    }
}

/// SPEC: OpenID Connect Core 1.0 §5.3.2: what the userinfo endpoint says is of use only if it says it of the person of the
/// `id_token`.
fn same_person(
    signed: Option<&Map<String, Value>>,
    answer: &Map<String, Value>,
) -> Result<(), OAuthError> {
    let Some(signed) = signed else {
        return Ok(());
    };
    match (claims::subject(signed), claims::subject(answer)) {
        (Some(expected), Some(found)) if expected == found => Ok(()),
        _ => Err(OAuthError::Answer {
            endpoint: "userinfo endpoint",
            reason: "its `sub` is not the one of the id_token",
        }),
    }
}

/// SECURITY: GHSA-5hvv-9cqv-894r: nobody without an identity, and none that a store would cut or refuse.
fn with_identity(profile: Profile) -> Result<Profile, ProfileError> {
    if claims::is_subject(&profile.id) {
        return Ok(profile);
    }
    Err(ProfileError { member: "id" })
}
