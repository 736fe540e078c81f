use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryAdapter, Tables, lock};
use crate::account::{self, AccountStore, Effect, PasswordChange, Redeemed};
use crate::adapter::{AdapterError, UserId};
use crate::secret::TokenHash;

/// As one transaction only where nothing else is written at the same time.
#[async_trait]
impl AccountStore for MemoryAdapter {
    async fn end_sessions(&self, user: &UserId) -> Result<u64, AdapterError> {
        let mut tables = self.enter("end_sessions")?;
        let before = tables.sessions.len();
        tables
            .sessions
            .retain(|_, session| session.user_id != *user);
        Ok((before - tables.sessions.len()) as u64)
    }

    async fn unlink_accounts(&self, user: &UserId) -> Result<u64, AdapterError> {
        let mut tables = self.enter("unlink_accounts")?;
        let before = tables.accounts.len();
        tables
            .accounts
            .retain(|_, account| account.user_id != *user);
        tables.passkeys.remove_user(user);
        Ok((before - tables.accounts.len()) as u64)
    }

    async fn remove_earlier(
        &self,
        user: &UserId,
        verifying_providers: &[String],
    ) -> Result<(), AdapterError> {
        let mut tables = self.enter("remove_earlier")?;
        tables.remove_earlier(user, verifying_providers);
        Ok(())
    }

    async fn redeem(
        &self,
        hash: &TokenHash,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<Redeemed, AdapterError> {
        let before = lock(&self.tables).clone();
        let result = account::redeem(self, hash, effect, now).await;
        match self.undone(before, result) {
            Err(AdapterError::Conflict(_)) => Ok(Redeemed::Taken),
            result => result,
        }
    }

    async fn change_password(&self, change: PasswordChange) -> Result<bool, AdapterError> {
        let before = lock(&self.tables).clone();
        let result = account::change_password(self, change).await;
        self.undone(before, result)
    }
}

impl MemoryAdapter {
    /// After a failure everything is as it was before, as in a transaction.
    fn undone<T>(
        &self,
        before: Tables,
        result: Result<T, AdapterError>,
    ) -> Result<T, AdapterError> {
        if result.is_err() {
            *lock(&self.tables) = before;
        }
        result
    }
}
