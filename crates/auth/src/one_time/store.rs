use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Purpose;
use crate::adapter::{AdapterError, UserId};
use crate::secret::TokenHash;

/// A token as the store keeps it.
#[derive(Clone, PartialEq)]
pub struct OneTimeRecord {
    /// What it is good for.
    pub purpose: Purpose,
    /// Hash of the token in the link.
    pub hash: TokenHash,
    /// Whom it is for.
    pub user_id: UserId,
    /// The mailbox the link was sent to: whoever has the link has shown to read that one, and no other.
    pub email: String,
    /// When the link stops working.
    pub expires: Timestamp,
}

impl fmt::Debug for OneTimeRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OneTimeRecord")
            .field("purpose", &self.purpose)
            .field("user_id", &self.user_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Keeps tokens that work once.
///
/// Implementations compare exactly, never filter expired rows out of [`take`](Self::take), and never log a hash. The kit in
/// [`testing`](crate::testing) judges them. Rows of a user go with
/// [`Adapter::delete_user`](crate::adapter::Adapter::delete_user), expired ones with
/// [`Adapter::remove_expired`](crate::adapter::Adapter::remove_expired).
#[async_trait]
pub trait OneTimeStore: Send + Sync + 'static {
    /// Whether the store has room for tokens; asked once, at start.
    ///
    /// # Errors
    /// What it lacks, and how to give it.
    fn ready(&self) -> Result<(), AdapterError> {
        Ok(())
    }

    /// Keeps a token. A second one of the same purpose and hash is [`AdapterError::Conflict`].
    async fn put(&self, record: OneTimeRecord) -> Result<(), AdapterError>;

    /// Gives the token of this purpose *and* hash, and leaves it: to know whom it is for before it is used up.
    async fn peek(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError>;

    /// Removes the token of this purpose *and* hash and gives it back, in one step: of any number of calls at the same
    /// time exactly one gets the record. Expired ones are given back (and removed) too.
    async fn take(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError>;

    /// Removes all tokens of one purpose that a user has; says how many.
    async fn remove_all_of(&self, user: &UserId, purpose: Purpose) -> Result<u64, AdapterError>;
}
