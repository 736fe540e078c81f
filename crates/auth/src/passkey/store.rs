use async_trait::async_trait;
use jiff::Timestamp;

use super::{CredentialId, Passkey};
use crate::adapter::{Adapter, AdapterError, UserId};
use crate::secret::TokenHash;

/// How many keys of one user a store gives back at most; more are not registered.
pub const MAX_KEYS: usize = 50;

/// Keeps passkeys. They are added by [`Adapter::sign_in`], and go with [`Adapter::delete_user`] and with the first proof of
/// their user's address ([`Earlier::Removed`](crate::adapter::Earlier::Removed)).
///
/// Implementations compare ids exactly, and never log one. The kit in [`testing`](crate::testing) judges them.
#[async_trait]
pub trait PasskeyStore: Adapter {
    /// Whether the store has room for passkeys; asked once, at start.
    ///
    /// # Errors
    /// What it lacks, and how to give it.
    fn keeps_passkeys(&self) -> Result<(), AdapterError> {
        Ok(())
    }

    /// The key of this id.
    async fn passkey(&self, id: &CredentialId) -> Result<Option<Passkey>, AdapterError>;

    /// The keys of a user, at most [`MAX_KEYS`], in a fixed order.
    async fn passkeys_of(&self, user: &UserId) -> Result<Vec<Passkey>, AdapterError>;

    /// Takes down that a key was used: its counter goes from `before` to `now`, in one step. Of any number of calls at the
    /// same time with the same `before` and a higher `now`, exactly one gets `true`. `false` when the counter is
    /// another one by now, or the key is gone.
    async fn count_use(
        &self,
        id: &CredentialId,
        before: u32,
        now: u32,
        at: Timestamp,
    ) -> Result<bool, AdapterError>;

    /// Gives a key of this user a name; `false` when the user has no such key.
    async fn rename_passkey(
        &self,
        user: &UserId,
        id: &CredentialId,
        name: &str,
    ) -> Result<bool, AdapterError>;

    /// Takes down, until `expires`, that a challenge has served. Of any number of calls at the same time exactly one gets
    /// `true`, and all later ones get `false`.
    async fn spend_challenge(
        &self,
        hash: &TokenHash,
        expires: Timestamp,
    ) -> Result<bool, AdapterError>;
}
