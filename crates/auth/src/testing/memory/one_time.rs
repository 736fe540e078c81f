use async_trait::async_trait;

use super::{MemoryAdapter, conflict, lock};
use crate::adapter::{AdapterError, UserId};
use crate::one_time::{OneTimeRecord, OneTimeStore, Purpose};
use crate::secret::TokenHash;

impl MemoryAdapter {
    /// All one-time tokens, in no order.
    pub fn one_time_tokens(&self) -> Vec<OneTimeRecord> {
        lock(&self.tables).one_time.values().cloned().collect()
    }
}

#[async_trait]
impl OneTimeStore for MemoryAdapter {
    async fn put(&self, record: OneTimeRecord) -> Result<(), AdapterError> {
        let mut tables = self.enter("put")?;
        let key = (record.purpose, record.hash.expose().to_owned());
        if tables.one_time.contains_key(&key) {
            return Err(conflict("one-time token"));
        }
        tables.one_time.insert(key, record);
        Ok(())
    }

    async fn peek(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError> {
        let key = (purpose, hash.expose().to_owned());
        Ok(self.enter("peek")?.one_time.get(&key).cloned())
    }

    async fn take(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError> {
        let key = (purpose, hash.expose().to_owned());
        Ok(self.enter("take")?.one_time.remove(&key))
    }

    async fn remove_all_of(&self, user: &UserId, purpose: Purpose) -> Result<u64, AdapterError> {
        let mut tables = self.enter("remove_all_of")?;
        let before = tables.one_time.len();
        tables
            .one_time
            .retain(|_, record| record.user_id != *user || record.purpose != purpose);
        Ok((before - tables.one_time.len()) as u64)
    }
}
