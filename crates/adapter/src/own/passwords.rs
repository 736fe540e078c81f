//! Passwords, in a field of the `User` model.

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, NewUser, User, UserId};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_data::{Client, Prepared, Record, Value, field, parameter};
use hallpass_zmodel::schema::{Arity, FieldKind, Scalar};

use crate::convert;
use crate::layout::{LayoutError, USER};
use crate::sign_in::is_unproven;
use crate::statements::SEVERAL;
use crate::store::{DataAdapter, fields, is_user, text};
use crate::unique::only;

/// The field, and the statements that read it.
#[derive(Debug)]
pub(crate) struct Passwords {
    field: String,
    /// email
    user_and_password: Prepared<Vec<Record>>,
    /// id
    password: Prepared<Option<Record>>,
}

/// Where passwords are kept unless a setting says otherwise. Never a member of a user, used or not.
pub(crate) const DEFAULT_FIELD: &str = "password";

impl Passwords {
    /// `None` where the schema has no such field.
    pub(crate) fn of(client: &Client, name: &str) -> Result<Option<Self>, LayoutError> {
        let is_text = |kind: &FieldKind| matches!(kind, FieldKind::Scalar(Scalar::String));
        let place = fields(client, USER)
            .iter()
            .find(|field| field.name == name && is_text(&field.kind) && field.arity != Arity::List);
        let Some(place) = place else {
            return Ok(None);
        };
        let is = |name: &str| field(name).exactly(parameter(0));
        Ok(Some(Self {
            user_and_password: client
                .find_many(USER)
                .select(shown(client, &place.name))
                .filter(is("email"))
                .take(SEVERAL)
                .prepare()?,
            password: client
                .find_first(USER)
                .select([name])
                .filter(is("id"))
                .prepare()?,
            field: place.name.clone(),
        }))
    }

    fn hash(&self, record: &Record) -> Result<Option<PasswordHash>, AdapterError> {
        let hash = record.get::<Option<String>>(&self.field);
        let hash = hash.map_err(|error| AdapterError::Other(Box::new(error)))?;
        Ok(hash.map(PasswordHash::new))
    }
}

/// The columns of a user, with the password.
fn shown(client: &Client, password: &str) -> Vec<String> {
    fields(client, USER)
        .iter()
        .filter(|field| !matches!(field.kind, FieldKind::Relation(_)))
        .filter(|field| !field.omit || field.name == password)
        .map(|field| field.name.clone())
        .collect()
}

impl DataAdapter {
    /// The same store with passwords in this field of the `User` model, in place of `password`.
    ///
    /// # Errors
    /// [`LayoutError::Password`] when the model has no such field of text.
    pub fn password_field(self, name: &str) -> Result<Self, LayoutError> {
        let adapter = self.with_password_field(name)?;
        match adapter.passwords {
            Some(_) => Ok(adapter),
            None => Err(LayoutError::Password {
                field: name.to_owned(),
            }),
        }
    }

    /// The same store, once it is sure that it can keep passwords.
    ///
    /// # Errors
    /// [`LayoutError::Password`] when the `User` model has no field for them.
    pub fn password_store(self) -> Result<Self, LayoutError> {
        match self.passwords {
            Some(_) => Ok(self),
            None => Err(LayoutError::Password {
                field: DEFAULT_FIELD.to_owned(),
            }),
        }
    }

    /// The user, where the password still is the one that was proven. To write the same one again locks the row: whoever
    /// changes it waits for the end of the transaction, or has changed it before.
    pub(crate) async fn hold_password(
        &self,
        tx: &Client,
        id: &UserId,
        proven: &PasswordHash,
        was_proven: bool,
    ) -> Result<Option<Record>, AdapterError> {
        let name = &self.place()?.field;
        let user = match was_proven {
            true => is_user("id", id),
            false => is_unproven(id),
        };
        let update = tx
            .update(USER)
            .omit(&*self.hidden)
            .filter(user.and(field(name).exactly(proven.expose())))
            .set(name, proven.expose());
        update.run().await.map_err(convert::error)
    }

    fn place(&self) -> Result<&Passwords, AdapterError> {
        let missing = || LayoutError::Password {
            field: DEFAULT_FIELD.to_owned(),
        };
        self.passwords
            .as_deref()
            .ok_or_else(|| AdapterError::Other(Box::new(missing())))
    }
}

#[async_trait]
impl PasswordStore for DataAdapter {
    async fn user_and_password(
        &self,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError> {
        let passwords = self.place()?;
        let arguments = [text(email)];
        let found = passwords.user_and_password.run(&self.client, &arguments);
        let mut users = Vec::new();
        for record in found.await.map_err(convert::error)? {
            let mut user = convert::user(&record)?;
            user.extra.remove(&passwords.field);
            users.push((user, passwords.hash(&record)?));
        }
        only(USER, "address", users, |(user, _)| &user.id)
    }

    async fn password(&self, id: &UserId) -> Result<Option<PasswordHash>, AdapterError> {
        let passwords = self.place()?;
        let arguments = [text(id.as_str())];
        let found = passwords.password.run(&self.client, &arguments);
        match found.await.map_err(convert::error)? {
            Some(record) => passwords.hash(&record),
            None => Ok(None),
        }
    }

    async fn create_user_with_password(
        &self,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, AdapterError> {
        let field = &self.place()?.field;
        self.claiming(self.kept.address, async |client| {
            self.claim_address(&client, user.email.as_deref(), None)
                .await?;
            let create = self.creation(&client, user.clone());
            let create = create.set(field, password.expose());
            convert::user(&create.run().await.map_err(convert::error)?)
        })
        .await
    }

    async fn set_password(
        &self,
        id: &UserId,
        expected: Option<&PasswordHash>,
        new: PasswordHash,
    ) -> Result<bool, AdapterError> {
        let name = &self.place()?.field;
        let as_expected = match expected {
            Some(hash) => field(name).exactly(hash.expose()),
            None => field(name).is_null(),
        };
        let update = self
            .client
            .update_many(USER)
            .filter(is_user("id", id).and(as_expected))
            .set(name, Value::Text(new.expose().to_owned()));
        Ok(update.run().await.map_err(convert::error)? > 0)
    }

    async fn remove_password(&self, id: &UserId) -> Result<bool, AdapterError> {
        let name = &self.place()?.field;
        let update = self
            .client
            .update_many(USER)
            .filter(is_user("id", id).and(field(name).is_not_null()))
            .set(name, Value::Null);
        Ok(update.run().await.map_err(convert::error)? > 0)
    }
}
