//! VK: the mail address stands beside the token, which does not say its type.

use serde_json::Value;

use super::lenient;
use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks, TokenAnswer};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Vk;

impl Quirks for Vk {
    fn token_answer(&self, answer: &mut TokenAnswer) {
        lenient::complete(&mut answer.body);
    }

    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        tokens: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let email = tokens.others.get("email").and_then(Value::as_str);
        let email = email.filter(|email| (1..=2048).contains(&email.len()));
        Ok(Profile {
            email: email.map(str::to_owned),
            ..provider.mapping.read(profile)?
        })
    }
}
