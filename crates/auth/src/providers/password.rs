//! Sign-in by mail address and password, on the users that the store keeps.

/// Whether somebody may sign in whose address was never proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unverified {
    /// Yes: tables of Auth.js applications rarely say of users with passwords that their address is proven.
    #[default]
    MaySignIn,
    /// No. The answer is that of a wrong password.
    MayNot,
}

/// Sign-in by mail address and password. Needs [`AuthBuilder::passwords`](crate::AuthBuilder::passwords).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordProvider {
    id: String,
    name: String,
    unverified: Unverified,
}

impl PasswordProvider {
    /// Named `Password`.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: "Password".to_owned(),
            unverified: Unverified::default(),
        }
    }

    /// The name people see.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Whether an address must be proven first.
    #[must_use]
    pub fn unverified(self, unverified: Unverified) -> Self {
        Self { unverified, ..self }
    }

    /// The name in paths, and in the accounts of users.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn admits_unverified(&self) -> bool {
        self.unverified == Unverified::MaySignIn
    }
}
