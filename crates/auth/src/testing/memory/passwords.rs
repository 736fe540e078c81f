use async_trait::async_trait;

use super::{MemoryAdapter, lock};
use crate::adapter::{AdapterError, NewUser, User, UserId};
use crate::password::{PasswordHash, PasswordStore};

impl MemoryAdapter {
    /// Removes the password of a user, as another program may.
    pub fn forget_password(&self, id: &UserId) {
        lock(&self.tables).passwords.remove(id);
    }
}

#[async_trait]
impl PasswordStore for MemoryAdapter {
    async fn user_and_password(
        &self,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError> {
        let tables = self.enter("user_and_password")?;
        let user = tables.by_email(email).cloned();
        Ok(user.map(|user| {
            let password = tables.passwords.get(&user.id).cloned();
            (user, password)
        }))
    }

    async fn password(&self, id: &UserId) -> Result<Option<PasswordHash>, AdapterError> {
        Ok(self.enter("password")?.passwords.get(id).cloned())
    }

    async fn create_user_with_password(
        &self,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, AdapterError> {
        let mut tables = self.enter("create_user_with_password")?;
        let user = tables.add_user(user)?;
        tables.passwords.insert(user.id.clone(), password);
        Ok(user)
    }

    async fn set_password(
        &self,
        id: &UserId,
        expected: Option<&PasswordHash>,
        new: PasswordHash,
    ) -> Result<bool, AdapterError> {
        let mut tables = self.enter("set_password")?;
        if !tables.users.contains_key(id) || tables.passwords.get(id) != expected {
            return Ok(false);
        }
        tables.passwords.insert(id.clone(), new);
        Ok(true)
    }

    async fn remove_password(&self, id: &UserId) -> Result<bool, AdapterError> {
        let mut tables = self.enter("remove_password")?;
        Ok(tables.passwords.remove(id).is_some())
    }
}
