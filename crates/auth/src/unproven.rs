//! Users whose address nobody has proven yet.
//!
//! Anybody can make such a user: by registering somebody else's address with a password, or by an account at a provider
//! that checks no addresses. Whoever proves the address later must not share the user with them. See
//! docs/design/unproven-accounts.md.

use crate::adapter::{Earlier, User};

/// What becomes of what a user had before anybody proved the address, when somebody proves it by a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeforeProof {
    /// Sessions, the password and the accounts are removed. The accounts stay when all of them are of providers that
    /// check addresses themselves, and there is no password: such a provider made the user.
    Remove {
        /// The ids of those providers.
        verifying_providers: Vec<String>,
    },
    /// Everything stays, as with Auth.js.
    ///
    /// SECURITY: whoever registers somebody else's address first keeps access after its owner signs in
    /// (CVE-2026-53516).
    Keep,
}

/// Removes, and takes Google and Apple for providers that check addresses.
impl Default for BeforeProof {
    fn default() -> Self {
        Self::Remove {
            verifying_providers: ["google", "apple"].map(str::to_owned).into(),
        }
    }
}

impl BeforeProof {
    /// The ids of the providers that check addresses; `None` where everything stays.
    pub(crate) fn verifying_providers(&self) -> Option<&[String]> {
        match self {
            Self::Remove {
                verifying_providers,
            } => Some(verifying_providers),
            Self::Keep => None,
        }
    }

    /// What a proof does to this user.
    pub(crate) fn of(&self, user: &User) -> Earlier {
        match user.email_verified {
            None => self.first(),
            Some(_) => Earlier::Kept,
        }
    }

    /// What the first proof of an address does.
    pub(crate) fn first(&self) -> Earlier {
        match self {
            Self::Remove {
                verifying_providers,
            } => Earlier::Removed {
                verifying_providers: verifying_providers.clone(),
            },
            Self::Keep => Earlier::Kept,
        }
    }
}
