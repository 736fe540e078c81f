//! Twitch: claims are asked for by name, scopes come as a list, and errors in a shape of their own.
//!
//! Source: <https://dev.twitch.tv/docs/authentication/getting-tokens-oidc>

use serde_json::Value;

use crate::providers::oauth::{Quirks, TokenAnswer};

/// What Auth.js asks for, and whether the address was checked.
pub(in crate::providers::catalogue) const CLAIMS: &str =
    r#"{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}"#;

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Twitch;

impl Quirks for Twitch {
    fn token_answer(&self, answer: &mut TokenAnswer) {
        let body = &mut answer.body;
        match body.get("scope") {
            Some(Value::Array(scopes)) => {
                let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
                let scopes = scopes.join(" ");
                body.insert("scope".to_owned(), scopes.into());
            }
            Some(Value::String(_)) | None => {}
            Some(_) => {
                body.remove("scope");
            }
        }
        let is_said = body.get("error").is_some_and(Value::is_string);
        if !answer.status.is_success() && !is_said {
            body.insert("error".to_owned(), "invalid_request".into());
        }
    }
}
