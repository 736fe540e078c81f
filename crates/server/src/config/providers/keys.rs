//! Which settings the table of a provider may hold.

use hallpass::auth::providers::catalogue::{self, Service};
use hallpass::auth::providers::oauth::Protocol;

/// What is set up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A service of the catalogue.
    Known(Service),
    /// Any with OpenID Connect.
    OpenIdConnect,
    /// Any with OAuth 2.
    OAuth2,
}

impl Kind {
    /// The kind of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "oidc" => Some(Self::OpenIdConnect),
            "oauth" => Some(Self::OAuth2),
            id => catalogue::services()
                .find(|service| service.id == id)
                .map(Self::Known),
        }
    }

    /// The settings that it has, but for `parameters.…`.
    pub(super) fn keys(self) -> Vec<&'static str> {
        let own: Vec<_> = match self {
            Self::Known(service) => service.options.iter().map(|option| option.name).collect(),
            Self::OpenIdConnect => GENERIC.to_vec(),
            Self::OAuth2 => [GENERIC, ENDPOINTS].concat(),
        };
        let nonce: &[_] = if self.has_nonce() { &["nonce"] } else { &[] };
        [COMMON, nonce, &own].concat()
    }

    /// Only tokens of OpenID Connect have one.
    fn has_nonce(self) -> bool {
        match self {
            Self::Known(service) => service.protocol == Protocol::OpenIdConnect,
            Self::OpenIdConnect => true,
            Self::OAuth2 => false,
        }
    }
}

/// What every provider has. There is no `state` among them: nothing else binds every answer to a browser.
const COMMON: &[&str] = &[
    "type",
    "id",
    "secret",
    "issuer",
    "name",
    "scope",
    "link_by_email",
    "sign_out",
    "revoke_tokens",
    "revocation",
    "authentication",
    "pkce",
    "profile.id",
    "profile.name",
    "profile.email",
    "profile.email_verified",
    "profile.image",
];

/// What only services have that nothing is known of.
const GENERIC: &[&str] = &[
    "response_mode",
    "profile_source",
    "id_token_algorithm",
    "userinfo_algorithm",
    "private_key",
    "key_id",
    "key_algorithm",
    "color",
];

/// Where a service with OAuth 2 is.
pub(super) const ENDPOINTS: &[&str] = &["authorization", "token", "userinfo"];

/// The beginning of the settings that are sent to the authorization address.
pub(super) const PARAMETERS: &str = "parameters.";

/// Parameters that belong to the flow.
pub(super) const OWN_PARAMETERS: &[&str] = &[
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// The one of these that a misspelt one means.
pub(super) fn nearest(
    typed: &str,
    names: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    names
        .map(|name| (name, strsim::normalized_damerau_levenshtein(typed, name)))
        .filter(|(_, likeness)| *likeness > 0.6)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(name, _)| name)
}
