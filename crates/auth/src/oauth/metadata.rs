//! What is known of a service.
//!
//! Source: OpenID Connect Discovery 1.0 §3; RFC 8414 §2; RFC 9207 §3.

use serde_json::{Map, Value};
use url::Url;

use super::fetch::Part;
use super::{Address, OAuthError};
use crate::providers::oauth::{OAuthProvider, SigningAlgorithm};

/// What is known of a service: what it published where discovery is done, with what the operator wrote above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Who it is, as its tokens and callbacks must write it. `None`: a service with OAuth 2 that has no issuer.
    pub issuer: Option<String>,
    /// Where people agree.
    pub authorization_endpoint: Option<Address>,
    /// Where codes are exchanged.
    pub token_endpoint: Option<Address>,
    /// Where the profile is.
    pub userinfo_endpoint: Option<Address>,
    /// Where its public keys are.
    pub jwks_uri: Option<Address>,
    /// Where people sign out of the service (RP-Initiated Logout 1.0 §2.1).
    pub end_session_endpoint: Option<Address>,
    /// Where tokens are given back (RFC 7009).
    pub revocation_endpoint: Option<Address>,
    /// Whether its callbacks always say whose they are (RFC 9207).
    pub iss_parameter_supported: bool,
    /// What its `id_token`s are signed with, as far as we know the algorithms. `None`: it does not say.
    pub id_token_algorithms: Option<Vec<SigningAlgorithm>>,
}

impl Metadata {
    /// What the operator wrote, without discovery.
    pub(super) fn configured(provider: &OAuthProvider) -> Result<Self, OAuthError> {
        let nothing = Self {
            issuer: provider.issuer.clone(),
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            jwks_uri: None,
            end_session_endpoint: None,
            revocation_endpoint: None,
            iss_parameter_supported: false,
            id_token_algorithms: None,
        };
        nothing.under(provider)
    }

    /// Reads a discovery document whose issuer was compared already.
    pub(super) fn read(
        document: &Map<String, Value>,
        issuer: &str,
        trusted: &Url,
    ) -> Result<Self, OAuthError> {
        let address = |name: &str| match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => match Address::learned(text, trusted) {
                Some(address) => Ok(Some(address)),
                None => Err(Part::DISCOVERY.strange(BAD_ADDRESS)),
            },
            Some(_) => Err(Part::DISCOVERY.strange(BAD_ADDRESS)),
        };
        Ok(Self {
            issuer: Some(issuer.to_owned()),
            authorization_endpoint: address("authorization_endpoint")?,
            token_endpoint: address("token_endpoint")?,
            userinfo_endpoint: address("userinfo_endpoint")?,
            jwks_uri: address("jwks_uri")?,
            end_session_endpoint: address("end_session_endpoint")?,
            // No sign-in rests on it, so one that cannot be used is as good as none.
            revocation_endpoint: address("revocation_endpoint").unwrap_or_default(),
            iss_parameter_supported: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            id_token_algorithms: algorithms(document.get("id_token_signing_alg_values_supported"))?,
        })
    }

    /// With what the operator wrote above it.
    pub(super) fn under(self, provider: &OAuthProvider) -> Result<Self, OAuthError> {
        let place = |endpoint, found: Option<Address>| -> Result<Option<Address>, OAuthError> {
            let configured = Address::configured(endpoint)?;
            Ok(configured.or_else(|| found.map(|found| found.with(&endpoint.parameters))))
        };
        Ok(Self {
            authorization_endpoint: place(&provider.authorization, self.authorization_endpoint)?,
            token_endpoint: place(&provider.token, self.token_endpoint)?,
            userinfo_endpoint: place(&provider.userinfo, self.userinfo_endpoint)?,
            revocation_endpoint: place(&provider.revocation, self.revocation_endpoint)?,
            ..self
        })
    }
}

const BAD_ADDRESS: &str = "an address in it is no usable https address";

/// The algorithms that we know of; others are no reason to refuse the service.
fn algorithms(names: Option<&Value>) -> Result<Option<Vec<SigningAlgorithm>>, OAuthError> {
    let strange = || Part::DISCOVERY.strange("its list of algorithms is no list of names");
    let names = match names {
        None | Some(Value::Null) => return Ok(None),
        Some(names) => names.as_array().ok_or_else(strange)?,
    };
    let mut known = Vec::new();
    for name in names {
        let name = name.as_str().ok_or_else(strange)?;
        known.extend(SigningAlgorithm::of_name(name));
    }
    Ok(Some(known))
}
