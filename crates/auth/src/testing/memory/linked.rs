//! Accounts of other services.

use serde_json::Value;

use super::Tables;
use crate::adapter::{Account, AccountChange, Unlink, Unlinked, UserId};

impl Tables {
    pub(super) fn accounts_of(&self, user: &UserId) -> Vec<Account> {
        let own = self.accounts.values().filter(|one| one.user_id == *user);
        let mut accounts: Vec<Account> = own.cloned().collect();
        let key = |one: &Account| (one.provider.clone(), one.provider_account_id.clone());
        accounts.sort_by_key(key);
        accounts
    }

    pub(super) fn change_account(&mut self, change: AccountChange) -> bool {
        let key = (change.provider, change.provider_account_id);
        let owned = |account: &&mut Account| account.user_id == change.user_id;
        let Some(account) = self.accounts.get_mut(&key).filter(owned) else {
            return false;
        };
        let is_there = |name: &String| account.extra.get(name).unwrap_or(&Value::Null).clone();
        if change
            .expected
            .iter()
            .any(|(name, value)| is_there(name) != *value)
        {
            return false;
        }
        account.extra.extend(change.members);
        true
    }

    pub(super) fn unlink(&mut self, unlink: &Unlink) -> Unlinked {
        let accounts = self.accounts_of(&unlink.user_id);
        let has_password = self.passwords.contains_key(&unlink.user_id);
        let user = self.users.get(&unlink.user_id);
        match unlink.judge(user, has_password, &accounts) {
            Ok(account) => {
                let key = (unlink.provider.clone(), unlink.provider_account_id.clone());
                self.accounts.remove(&key);
                self.passkeys
                    .remove_account(&unlink.user_id, &unlink.provider_account_id);
                Unlinked::Done(Box::new(account))
            }
            Err(refused) => refused,
        }
    }
}
