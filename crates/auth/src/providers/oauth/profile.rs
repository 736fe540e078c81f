//! What a service says about a person.

use serde_json::{Map, Value};

/// Where the profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileSource {
    /// The claims of the signed token.
    IdToken,
    /// The userinfo endpoint; with OpenID Connect its `sub` must be the token's.
    UserInfo,
}

/// A person as a service knows them.
#[derive(Clone, PartialEq, Default)]
pub struct Profile {
    /// Who it is at the service; never changes and is never given to another person.
    ///
    /// SECURITY: GHSA-5hvv-9cqv-894r: empty is an error, never a person.
    pub id: String,
    /// Shown name.
    pub name: Option<String>,
    /// Mail address as the service writes it.
    pub email: Option<String>,
    /// Whether the service says that it checked the address. `None`: it says nothing.
    pub email_verified: Option<bool>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Members for the application's own columns of the user.
    pub extra: Map<String, Value>,
}

/// The identity and nothing else: the rest holds addresses.
impl std::fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Profile").finish_non_exhaustive()
    }
}

/// The answer of the service is no profile. Nothing of it stands in the error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the profile lacks `{member}`")]
pub struct ProfileError {
    /// Which member is missing or of another type.
    pub member: &'static str,
}
