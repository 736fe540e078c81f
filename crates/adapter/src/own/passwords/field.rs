//! Passwords in a field of the `User` model.

use hallpass_auth::adapter::{AdapterError, NewUser, User, UserId};
use hallpass_auth::password::PasswordHash;
use hallpass_data::{Client, Filter, Prepared, Record, Value, all, any, field, not, parameter};
use hallpass_zmodel::schema::{Arity, FieldKind, Scalar};

use super::NO_HASH;
use crate::addresses::ByAddress;
use crate::convert;
use crate::layout::{LayoutError, USER};
use crate::sign_in::is_unproven;
use crate::statements::SEVERAL;
use crate::store::{DataAdapter, fields, is_user, text};
use crate::unique::only;

/// The field, and the statements that read it.
#[derive(Debug)]
pub(crate) struct InUsers {
    field: String,
    /// Whether users without a password have an empty one.
    is_required: bool,
    user_and_password: ByAddress,
    /// id
    password: Prepared<Option<Record>>,
}

impl InUsers {
    /// `None` where the schema has no such field.
    pub(super) fn of(client: &Client, name: &str) -> Result<Option<Self>, LayoutError> {
        let is_text = |kind: &FieldKind| matches!(kind, FieldKind::Scalar(Scalar::String));
        let place = fields(client, USER)
            .iter()
            .find(|field| field.name == name && is_text(&field.kind) && field.arity != Arity::List);
        let Some(place) = place else {
            return Ok(None);
        };
        Ok(Some(Self {
            user_and_password: ByAddress::of(|is_address| {
                let users = client.find_many(USER).select(shown(client, &place.name));
                users.filter(is_address).take(SEVERAL).prepare()
            })?,
            password: client
                .find_first(USER)
                .select([name])
                .filter(field("id").exactly(parameter(0)))
                .prepare()?,
            field: place.name.clone(),
            is_required: place.arity == Arity::Required,
        }))
    }

    fn hash(&self, record: &Record) -> Result<Option<PasswordHash>, AdapterError> {
        let hash = record.get::<Option<String>>(&self.field);
        let hash = hash.map_err(|error| AdapterError::Other(Box::new(error)))?;
        let hash = hash.filter(|hash| hash != NO_HASH);
        Ok(hash.map(PasswordHash::new))
    }

    /// Rows without a password.
    fn is_nothing(&self) -> Filter {
        let is_empty = field(&self.field).exactly(NO_HASH);
        if self.is_required {
            is_empty
        } else {
            any([field(&self.field).is_null(), is_empty])
        }
    }

    /// Rows with one.
    fn is_something(&self) -> Filter {
        let is_filled = not(field(&self.field).exactly(NO_HASH));
        if self.is_required {
            is_filled
        } else {
            all([field(&self.field).is_not_null(), is_filled])
        }
    }

    /// See [`DataAdapter::hold_password`].
    pub(super) async fn hold(
        &self,
        store: &DataAdapter,
        tx: &Client,
        id: &UserId,
        proven: &PasswordHash,
        was_proven: bool,
    ) -> Result<Option<Record>, AdapterError> {
        let user = match was_proven {
            true => is_user("id", id),
            false => is_unproven(id),
        };
        let update = tx
            .update(USER)
            .omit(&*store.hidden)
            .filter(user.and(field(&self.field).exactly(proven.expose())))
            .set_hash(&self.field, proven.expose());
        update.run().await.map_err(convert::error)
    }

    pub(super) async fn user_and_password(
        &self,
        store: &DataAdapter,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError> {
        let statement = &self.user_and_password;
        let found = statement.run(&store.addresses, &store.client, email);
        let mut users = Vec::new();
        for record in found.await? {
            let mut user = convert::user(&record)?;
            user.extra.remove(&self.field);
            users.push((user, self.hash(&record)?));
        }
        only(USER, "address", users, |(user, _)| &user.id)
    }

    pub(super) async fn password(
        &self,
        client: &Client,
        id: &UserId,
    ) -> Result<Option<PasswordHash>, AdapterError> {
        let found = self.password.run(client, &[text(id.as_str())]).await;
        match found.map_err(convert::error)? {
            Some(record) => self.hash(&record),
            None => Ok(None),
        }
    }

    pub(super) async fn create_user(
        &self,
        store: &DataAdapter,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, AdapterError> {
        store
            .claiming(store.kept.address, async |client| {
                store
                    .claim_address(&client, user.email.as_deref(), None)
                    .await?;
                let create =
                    store.creation_with_hash(&client, user.clone(), &self.field, &password);
                convert::user(&create.run().await.map_err(convert::error)?)
            })
            .await
    }

    pub(super) async fn set(
        &self,
        client: &Client,
        id: &UserId,
        expected: Option<&PasswordHash>,
        new: PasswordHash,
    ) -> Result<bool, AdapterError> {
        let as_expected = match expected {
            Some(hash) => field(&self.field).exactly(hash.expose()),
            None => self.is_nothing(),
        };
        let update = client
            .update_many(USER)
            .filter(is_user("id", id).and(as_expected))
            .set_hash(&self.field, new.expose());
        Ok(update.run().await.map_err(convert::error)? > 0)
    }

    pub(super) async fn remove(&self, client: &Client, id: &UserId) -> Result<bool, AdapterError> {
        let update = client
            .update_many(USER)
            .filter(is_user("id", id).and(self.is_something()));
        let update = if self.is_required {
            update.set_hash(&self.field, NO_HASH)
        } else {
            update.set(&self.field, Value::Null)
        };
        Ok(update.run().await.map_err(convert::error)? > 0)
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
