//! Ways to sign in.
//!
//! To add a kind: a variant of [`Provider`] with its settings in a file here, its row in [`Provider::kind`], its
//! form in `flows/pages.rs`, and its flow in `flows/`, called from `dispatch`.

mod email;

pub use email::{Confirm, EmailProvider, SignInLink};

use crate::adapter::AccountType;

/// A way to sign in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Provider {
    /// A link by mail.
    Email(EmailProvider),
}

impl Provider {
    /// The name in paths, and in the accounts of users.
    pub fn id(&self) -> &str {
        match self {
            Self::Email(provider) => provider.id(),
        }
    }

    /// The name people see.
    pub fn name(&self) -> &str {
        match self {
            Self::Email(provider) => provider.name(),
        }
    }

    /// How it proves who a person is.
    pub fn kind(&self) -> AccountType {
        match self {
            Self::Email(_) => AccountType::Email,
        }
    }
}

impl From<EmailProvider> for Provider {
    fn from(provider: EmailProvider) -> Self {
        Self::Email(provider)
    }
}
