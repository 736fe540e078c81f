//! The steps of accounts, each in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_auth::account::{self, AccountStore, Effect, PasswordChange, Redeemed};
use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_auth::secret::TokenHash;
use hallpass_data::{Client, Error};
use jiff::Timestamp;

use crate::convert;
use crate::layout::{ACCOUNT, SESSION};
use crate::store::{DataAdapter, is_user};

impl DataAdapter {
    /// The same store with its statements by this client, such as one of a transaction.
    fn within(&self, tx: &Client) -> Self {
        let mut store = self.clone();
        store.client = tx.clone();
        store
    }
}

/// Ends a transaction: what the database says to it, or what the steps inside said.
pub(crate) struct Undone(pub(crate) AdapterError);

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self(convert::error(error))
    }
}

#[async_trait]
impl AccountStore for DataAdapter {
    async fn end_sessions(&self, user: &UserId) -> Result<u64, AdapterError> {
        let sessions = self.client.delete_many(SESSION);
        let ended = sessions.filter(is_user("userId", user)).run().await;
        ended.map_err(convert::error)
    }

    async fn unlink_accounts(&self, user: &UserId) -> Result<u64, AdapterError> {
        let accounts = self.client.delete_many(ACCOUNT);
        let removed = accounts.filter(is_user("userId", user)).run().await;
        let removed = removed.map_err(convert::error)?;
        let keys = super::remove_passkeys(&self.client, user).await;
        keys.map_err(convert::error)?;
        Ok(removed)
    }

    async fn remove_earlier(
        &self,
        user: &UserId,
        verifying_providers: &[String],
    ) -> Result<(), AdapterError> {
        let removed = self.remove_before_proof(&self.client, user, verifying_providers);
        removed.await.map_err(convert::error)
    }

    async fn redeem(
        &self,
        hash: &TokenHash,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<Redeemed, AdapterError> {
        let work = self.client.transaction(async |tx| {
            let store = self.within(&tx);
            account::redeem(&store, hash, effect, now)
                .await
                .map_err(Undone)
        });
        match work.await {
            Ok(redeemed) => Ok(redeemed),
            // Another user took the address at the same moment: a table with unique addresses says so.
            Err(Undone(AdapterError::Conflict(_))) => Ok(Redeemed::Taken),
            Err(Undone(error)) => Err(error),
        }
    }

    async fn change_password(&self, change: PasswordChange) -> Result<bool, AdapterError> {
        let work = self.client.transaction(async |tx| {
            let store = self.within(&tx);
            let changed = account::change_password(&store, change.clone());
            changed.await.map_err(Undone)
        });
        work.await.map_err(|Undone(error)| error)
    }

    fn acting(&self, user: &UserId) -> Option<Arc<dyn AccountStore>> {
        let acting = self.client.attributed_to(user.as_str());
        Some(Arc::new(self.within(&acting)))
    }
}
