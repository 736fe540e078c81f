//! What somebody got from a service when they registered their application there.

use std::collections::BTreeMap;
use std::fmt;

use crate::providers::oauth::MappingError;
use crate::secret::Secret;

/// What a service gave us at registration.
#[derive(Clone)]
pub struct Registration {
    pub(super) id: String,
    pub(super) secret: Option<Secret>,
    pub(super) issuer: Option<String>,
    pub(super) options: BTreeMap<String, Secret>,
}

impl Registration {
    /// With the id and secret of the client.
    pub fn new(id: impl Into<String>, secret: Secret) -> Self {
        Self {
            secret: Some(secret),
            ..Self::without_secret(id)
        }
    }

    /// Of a public client, which PKCE alone protects; and of one whose secret we make ourselves (Apple, from `private_key`).
    pub fn without_secret(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            issuer: None,
            options: BTreeMap::new(),
        }
    }

    /// Where the service is, if everybody has one of their own: `https://id.example.com/realms/company`.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }

    /// A further setting of the service, such as `account_id`. Its value may be a secret.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), Secret::new(value));
        self
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registration")
            .field("id", &self.id)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// Why a service cannot be set up. No value of a setting stands in one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// No service of this name.
    #[error("there is no provider `{id}` in the catalogue")]
    Unknown {
        /// The name.
        id: String,
    },
    /// No address of its own is known.
    #[error("the provider `{provider}` needs the address of its issuer")]
    NoIssuer {
        /// The service.
        provider: &'static str,
    },
    /// Not the address of an issuer.
    #[error(
        "the issuer of the provider `{provider}` must be an address such as `https://id.example.com`"
    )]
    Issuer {
        /// The service.
        provider: &'static str,
    },
    /// The id of the client cannot be one.
    #[error("the id of the client at the provider `{provider}` is empty or holds blanks")]
    ClientId {
        /// The service.
        provider: &'static str,
    },
    /// The secret of the client cannot be one.
    #[error("the secret of the client at the provider `{provider}` is empty or holds a line break")]
    ClientSecret {
        /// The service.
        provider: &'static str,
    },
    /// A setting that the service does not have.
    #[error("the provider `{provider}` has no setting `{option}`")]
    UnknownOption {
        /// The service.
        provider: &'static str,
        /// The setting.
        option: String,
    },
    /// A setting that is missing.
    #[error("the provider `{provider}` needs the setting `{option}`")]
    NoOption {
        /// The service.
        provider: &'static str,
        /// The setting.
        option: &'static str,
    },
    /// A setting that cannot be used.
    #[error("the setting `{option}` of the provider `{provider}` must be {expected}")]
    Option {
        /// The service.
        provider: &'static str,
        /// The setting.
        option: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// How the profile is read.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}
