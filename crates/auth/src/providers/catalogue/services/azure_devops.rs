//! Azure DevOps: codes and refresh tokens are assertions of RFC 7521, and the picture stands within the profile.
//!
//! Source: <https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth>

use serde_json::Value;

use super::photo;
use crate::oauth::TokenSet;
use crate::providers::oauth::{
    OAuthProvider, Profile, ProfileError, Quirks, TokenAnswer, TokenRequest,
};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct AzureDevOps;

impl Quirks for AzureDevOps {
    fn token_request(&self, provider: &OAuthProvider, request: &mut TokenRequest) {
        let old = std::mem::take(&mut request.form);
        let secret = provider.client.secret.as_ref();
        let secret = secret.map(|secret| secret.expose().to_owned());
        let mut add = |name: &str, value: String| request.form.push((name.to_owned(), value));
        add("client_assertion_type", ASSERTION.to_owned());
        add("client_assertion", secret.unwrap_or_default());
        for (name, value) in old {
            match (name.as_str(), value.as_str()) {
                ("code" | "refresh_token", _) => add("assertion", value),
                ("grant_type", "authorization_code") => add("grant_type", GRANT.to_owned()),
                ("grant_type" | "redirect_uri" | "code_verifier", _) => add(&name, value),
                _ => {}
            }
        }
    }

    fn token_answer(&self, answer: &mut TokenAnswer) {
        // It says `jwt-bearer`, and takes the token as any other.
        if answer.body.contains_key("access_token") {
            answer.body.insert("token_type".to_owned(), "bearer".into());
        }
    }

    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let picture = profile.pointer("/coreAttributes/Avatar/value/value");
        Ok(Profile {
            image: picture.and_then(Value::as_str).and_then(photo::of_base64),
            ..provider.mapping.read(profile)?
        })
    }
}
