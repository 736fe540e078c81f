//! Ways to sign in.
//!
//! To add a kind: a variant of [`Provider`] with its settings in a file here, its row in [`Provider::kind`], its
//! form in `flows/pages.rs`, and its flow in `flows/`, called from `dispatch`.

pub mod catalogue;
mod credentials;
mod email;
pub mod oauth;
mod passkey;
mod password;

pub(crate) use credentials::AuthorizeFailure;
pub use credentials::{
    Authorize, AuthorizeError, Authorized, CredentialField, Credentials, CredentialsProvider,
};
pub use email::{Confirm, EmailProvider, SignInLink};
pub use passkey::{Newcomers, PasskeyProvider};
pub(crate) use passkey::{Preset as PasskeyPreset, hostname};
pub use password::{PasswordProvider, Unverified};

use self::oauth::OAuthProvider;
use crate::adapter::AccountType;

/// A way to sign in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Provider {
    /// A link by mail.
    Email(EmailProvider),
    /// A form that the application judges.
    Credentials(CredentialsProvider),
    /// Mail address and password.
    Password(PasswordProvider),
    /// Keys in people's devices. Boxed, as the next.
    Passkey(Box<PasskeyProvider>),
    /// Another service, by OAuth 2 or OpenID Connect. Boxed, because it is much larger than the others.
    OAuth(Box<OAuthProvider>),
}

impl Provider {
    /// The name in paths, and in the accounts of users.
    pub fn id(&self) -> &str {
        match self {
            Self::Email(provider) => provider.id(),
            Self::Credentials(provider) => provider.id(),
            Self::Password(provider) => provider.id(),
            Self::Passkey(provider) => provider.id(),
            Self::OAuth(provider) => provider.id(),
        }
    }

    /// The name people see.
    pub fn name(&self) -> &str {
        match self {
            Self::Email(provider) => provider.name(),
            Self::Credentials(provider) => provider.name(),
            Self::Password(provider) => provider.name(),
            Self::Passkey(provider) => provider.name(),
            Self::OAuth(provider) => provider.name(),
        }
    }

    /// How it proves who a person is.
    pub fn kind(&self) -> AccountType {
        match self {
            Self::Email(_) => AccountType::Email,
            Self::Credentials(_) | Self::Password(_) => AccountType::Credentials,
            Self::Passkey(_) => AccountType::WebAuthn,
            Self::OAuth(provider) => provider.kind(),
        }
    }
}

impl From<EmailProvider> for Provider {
    fn from(provider: EmailProvider) -> Self {
        Self::Email(provider)
    }
}

impl From<CredentialsProvider> for Provider {
    fn from(provider: CredentialsProvider) -> Self {
        Self::Credentials(provider)
    }
}

impl From<PasswordProvider> for Provider {
    fn from(provider: PasswordProvider) -> Self {
        Self::Password(provider)
    }
}

impl From<PasskeyProvider> for Provider {
    fn from(provider: PasskeyProvider) -> Self {
        Self::Passkey(Box::new(provider))
    }
}

impl From<OAuthProvider> for Provider {
    fn from(provider: OAuthProvider) -> Self {
        Self::OAuth(Box::new(provider))
    }
}
