//! Passwords: in a field of the `User` model where it has one, else in a table of our own.
//!
//! INVARIANT: a row of the table is added by whoever holds the row of its user, and removed after that one is, so that none
//! outlives its user.

mod field;
mod table;

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, NewUser, User, UserId};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_data::{Client, Record};

use crate::layout::LayoutError;
use crate::store::DataAdapter;
use field::InUsers;
use table::InTable;

pub(super) use table::MODEL;
pub(crate) use table::remove as remove_from_table;

/// Where passwords are kept, and the statements that read them.
#[derive(Debug)]
pub(crate) enum Passwords {
    /// In a field of the `User` model.
    Field(Box<InUsers>),
    /// In a table of our own.
    Table(Box<InTable>),
}

/// Where passwords are kept unless a setting says otherwise. Never a member of a user, used or not.
pub(crate) const DEFAULT_FIELD: &str = "password";

/// What stands in a field that every user needs, where somebody has no password. No hash of any kind is empty.
pub(crate) const NO_HASH: &str = "";

impl Passwords {
    /// In this field. Where there is none, and none was asked for, in our table; `None` where the schema has neither.
    pub(crate) fn of(client: &Client, field: &str) -> Result<Option<Self>, LayoutError> {
        if let Some(field) = InUsers::of(client, field)? {
            return Ok(Some(Self::Field(Box::new(field))));
        }
        if field != DEFAULT_FIELD {
            return Ok(None);
        }
        let table = super::planned(client, MODEL, InTable::plan)?;
        Ok(table.map(|table| Self::Table(Box::new(table))))
    }
}

impl DataAdapter {
    /// The same store with passwords in this field of the `User` model, in place of `password` or our own table.
    ///
    /// # Errors
    /// [`LayoutError::Password`] when the model has no such field of text.
    pub fn password_field(self, name: &str) -> Result<Self, LayoutError> {
        let adapter = self.with_password_field(name)?;
        match adapter.passwords.as_deref() {
            Some(Passwords::Field(_)) => Ok(adapter),
            _ => Err(LayoutError::Password {
                field: name.to_owned(),
            }),
        }
    }

    /// The same store, once it is sure that it can keep passwords: in the field `password` of the `User` model, else in
    /// our own table.
    ///
    /// # Errors
    /// [`LayoutError::Own`] when the schema has neither.
    pub fn password_store(self) -> Result<Self, LayoutError> {
        match self.passwords {
            Some(_) => Ok(self),
            None => Err(LayoutError::Own { model: MODEL }),
        }
    }

    /// The user, where the password still is the one that was proven. To write the same one again locks the rows: whoever
    /// changes it waits for the end of the transaction, or has changed it before.
    pub(crate) async fn hold_password(
        &self,
        tx: &Client,
        id: &UserId,
        proven: &PasswordHash,
        was_proven: bool,
    ) -> Result<Option<Record>, AdapterError> {
        match self.place()? {
            Passwords::Field(field) => field.hold(self, tx, id, proven, was_proven).await,
            Passwords::Table(_) => table::hold(self, tx, id, proven, was_proven).await,
        }
    }

    /// Whether the user has a password, as `client` sees it; never where none are kept.
    pub(crate) async fn has_password(
        &self,
        client: &Client,
        id: &UserId,
    ) -> Result<bool, AdapterError> {
        let password = match self.passwords.as_deref() {
            Some(Passwords::Field(field)) => field.password(client, id).await?,
            Some(Passwords::Table(table)) => table.password(client, id).await?,
            None => None,
        };
        Ok(password.is_some())
    }

    fn place(&self) -> Result<&Passwords, AdapterError> {
        super::needed_in(self.passwords.as_deref(), MODEL)
    }
}

#[async_trait]
impl PasswordStore for DataAdapter {
    async fn user_and_password(
        &self,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError> {
        match self.place()? {
            Passwords::Field(field) => field.user_and_password(self, email).await,
            Passwords::Table(table) => table.user_and_password(self, email).await,
        }
    }

    async fn password(&self, id: &UserId) -> Result<Option<PasswordHash>, AdapterError> {
        match self.place()? {
            Passwords::Field(field) => field.password(&self.client, id).await,
            Passwords::Table(table) => table.password(&self.client, id).await,
        }
    }

    async fn create_user_with_password(
        &self,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, AdapterError> {
        match self.place()? {
            // Boxed, because the futures of writes are large.
            Passwords::Field(field) => Box::pin(field.create_user(self, user, password)).await,
            Passwords::Table(_) => table::create_user(self, user, password).await,
        }
    }

    async fn set_password(
        &self,
        id: &UserId,
        expected: Option<&PasswordHash>,
        new: PasswordHash,
    ) -> Result<bool, AdapterError> {
        match self.place()? {
            Passwords::Field(field) => field.set(&self.client, id, expected, new).await,
            Passwords::Table(_) => table::set(&self.client, id, expected, new).await,
        }
    }

    async fn remove_password(&self, id: &UserId) -> Result<bool, AdapterError> {
        match self.place()? {
            Passwords::Field(field) => field.remove(&self.client, id).await,
            Passwords::Table(_) => {
                let removed = remove_from_table(&self.client, id).await;
                removed.map_err(crate::convert::error)
            }
        }
    }
}
