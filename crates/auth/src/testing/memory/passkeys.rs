use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryAdapter, conflict, lock};
use crate::adapter::{AdapterError, UserId};
use crate::passkey::{CredentialId, MAX_KEYS, Passkey, PasskeyStore};
use crate::secret::TokenHash;

/// The keys, and the challenges that have served.
#[derive(Clone, Default)]
pub(super) struct Passkeys {
    keys: BTreeMap<CredentialId, Passkey>,
    spent: HashMap<String, Timestamp>,
}

impl Passkeys {
    pub(super) fn add(&mut self, mut passkey: Passkey, user: &UserId) -> Result<(), AdapterError> {
        let id = passkey.authenticator.credential_id.clone();
        if self.keys.contains_key(&id) {
            return Err(conflict("passkey"));
        }
        passkey.authenticator.user_id = user.clone();
        self.keys.insert(id, passkey);
        Ok(())
    }

    pub(super) fn remove_user(&mut self, user: &UserId) {
        self.keys
            .retain(|_, passkey| passkey.authenticator.user_id != *user);
    }

    pub(super) fn remove_account(&mut self, user: &UserId, account: &str) {
        self.keys.retain(|_, passkey| {
            let key = &passkey.authenticator;
            key.user_id != *user || key.provider_account_id != account
        });
    }

    pub(super) fn spent(&mut self) -> &mut HashMap<String, Timestamp> {
        &mut self.spent
    }

    fn own(&mut self, user: &UserId, id: &CredentialId) -> Option<&mut Passkey> {
        let found = self.keys.get_mut(id);
        found.filter(|passkey| passkey.authenticator.user_id == *user)
    }
}

impl MemoryAdapter {
    /// All passkeys, by id.
    pub fn passkeys(&self) -> Vec<Passkey> {
        lock(&self.tables).passkeys.keys.values().cloned().collect()
    }

    /// Changes what is kept of a key, as another program would.
    pub fn change_passkey(&self, id: &CredentialId, change: impl FnOnce(&mut Passkey)) {
        if let Some(passkey) = lock(&self.tables).passkeys.keys.get_mut(id) {
            change(passkey);
        }
    }
}

#[async_trait]
impl PasskeyStore for MemoryAdapter {
    async fn passkey(&self, id: &CredentialId) -> Result<Option<Passkey>, AdapterError> {
        Ok(self.enter("passkey")?.passkeys.keys.get(id).cloned())
    }

    async fn passkeys_of(&self, user: &UserId) -> Result<Vec<Passkey>, AdapterError> {
        let tables = self.enter("passkeys_of")?;
        let keys = tables.passkeys.keys.values();
        let own = keys.filter(|passkey| passkey.authenticator.user_id == *user);
        Ok(own.take(MAX_KEYS).cloned().collect())
    }

    async fn count_use(
        &self,
        id: &CredentialId,
        before: u32,
        now: u32,
        at: Timestamp,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("count_use")?;
        let found = tables.passkeys.keys.get_mut(id);
        let found = found.filter(|passkey| passkey.authenticator.counter == before);
        let Some(passkey) = found else {
            return Ok(false);
        };
        passkey.authenticator.counter = now;
        passkey.notes.last_used = Some(at);
        Ok(true)
    }

    async fn rename_passkey(
        &self,
        user: &UserId,
        id: &CredentialId,
        name: &str,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("rename_passkey")?;
        let Some(passkey) = tables.passkeys.own(user, id) else {
            return Ok(false);
        };
        passkey.notes.name = Some(name.to_owned());
        Ok(true)
    }

    async fn spend_challenge(
        &self,
        hash: &TokenHash,
        expires: Timestamp,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("spend_challenge")?;
        let spent = &mut tables.passkeys.spent;
        Ok(spent.insert(hash.expose().to_owned(), expires).is_none())
    }
}
