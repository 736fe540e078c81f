//! HubSpot: whom a token belongs to is told by its introspection, where the client makes itself known.
//!
//! Source: <https://developers.hubspot.com/docs/api-reference/latest/authentication/oauth-tokens/token-introspect>

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use serde_json::Value;

use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks};
use crate::secret::Secret;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct HubSpot;

impl Quirks for HubSpot {
    fn userinfo_request(
        &self,
        provider: &OAuthProvider,
        request: &mut Request<Bytes>,
        tokens: &TokenSet,
    ) {
        let client = &provider.client;
        let secret = client.secret.as_ref().map_or("", Secret::expose);
        let form = Serializer::new(String::new())
            .append_pair("client_id", &client.id)
            .append_pair("client_secret", secret)
            .append_pair("token", tokens.access_token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.remove(AUTHORIZATION);
        headers.insert(CONTENT_TYPE, FORM);
        *request.body_mut() = form.into();
    }

    /// A token that it does not know, or knows no more, is answered with status 200 (RFC 7662 §2.2).
    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        if profile.get("active").and_then(Value::as_bool) == Some(false) {
            return Err(ProfileError { member: "active" });
        }
        provider.mapping.read(profile)
    }
}
