//! webauthn-rs, asked for its verdict on a ceremony that the engine began.

use std::time::Duration;

use serde_json::Value;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{
    AuthenticationState, COSEAlgorithm, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
};

use super::engine::ORIGIN;

pub(crate) struct Judge(WebauthnCore);

impl Judge {
    pub(crate) fn new() -> Self {
        let origins = vec![Url::parse(ORIGIN).unwrap()];
        let patience = Duration::from_mins(5);
        Self(WebauthnCore::new_unsafe_experts_only(
            "localhost",
            "localhost",
            origins,
            patience,
            Some(false),
            Some(false),
        ))
    }

    /// Its verdict on a registration.
    pub(crate) fn register(&self, options: &Value, answer: &Value) -> Result<Credential, String> {
        let begun = self
            .0
            .new_challenge_register_builder(b"ada", "ada@example.com", "Ada")
            .unwrap()
            .user_verification_policy(UserVerificationPolicy::Required)
            .credential_algorithms(vec![
                COSEAlgorithm::ES256,
                COSEAlgorithm::EDDSA,
                COSEAlgorithm::RS256,
            ]);
        let (_, state) = self.0.generate_challenge_register(begun).unwrap();
        let state: RegistrationState = with_challenge(&state, options);
        let answer: RegisterPublicKeyCredential =
            serde_json::from_value(answer.clone()).map_err(|error| error.to_string())?;
        let judged = self.0.register_credential(&answer, &state, None);
        judged.map_err(|error| format!("{error:?}"))
    }

    /// Its verdict on a sign-in by this key.
    pub(crate) fn authenticate(
        &self,
        options: &Value,
        answer: &Value,
        key: Credential,
    ) -> Result<(), String> {
        let policy = Some(UserVerificationPolicy::Required);
        let begun = self
            .0
            .new_challenge_authenticate_builder(vec![key], policy)
            .unwrap();
        let (_, state) = self.0.generate_challenge_authenticate(begun).unwrap();
        let state: AuthenticationState = with_challenge(&state, options);
        let answer: PublicKeyCredential =
            serde_json::from_value(answer.clone()).map_err(|error| error.to_string())?;
        let judged = self.0.authenticate_credential(&answer, &state);
        judged.map(drop).map_err(|error| format!("{error:?}"))
    }
}

/// Its state, as if it had made the engine's challenge.
fn with_challenge<T: serde::Serialize + serde::de::DeserializeOwned>(
    state: &T,
    options: &Value,
) -> T {
    let mut kept = serde_json::to_value(state).unwrap();
    kept["challenge"] = options["challenge"].clone();
    serde_json::from_value(kept).unwrap()
}
