//! Where passwords are kept: beside the user, and seen through this trait alone.

use async_trait::async_trait;

use super::PasswordHash;
use crate::adapter::{AdapterError, NewUser, User, UserId};

/// Keeps at most one password for each user.
///
/// Implementations compare addresses exactly, and give a hash to nobody but the caller: it is no member of
/// [`User::extra`]. Judged by [`PASSWORD_RULES`](crate::testing::kit::PASSWORD_RULES) (feature `testing`).
#[async_trait]
pub trait PasswordStore: Send + Sync + 'static {
    /// The user of exactly this address, with the hash where there is one, in as many round trips as for an address that
    /// nobody has.
    async fn user_and_password(
        &self,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError>;

    /// The hash of a user; `None` when the user is gone or has none.
    async fn password(&self, id: &UserId) -> Result<Option<PasswordHash>, AdapterError>;

    /// Adds a user with a password and gives it back as stored, in one step. A taken address is
    /// [`AdapterError::Conflict`], as far as the tables can tell.
    async fn create_user_with_password(
        &self,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, AdapterError>;

    /// Sets the hash of a user where it still is the `expected` one (`None`: where there is none), in one step: of any
    /// number of calls with the same expectation one succeeds. `false` when it is another, or the user is gone.
    async fn set_password(
        &self,
        id: &UserId,
        expected: Option<&PasswordHash>,
        new: PasswordHash,
    ) -> Result<bool, AdapterError>;

    /// Removes the hash of a user, whatever it is; `false` when there was none.
    async fn remove_password(&self, id: &UserId) -> Result<bool, AdapterError>;
}
