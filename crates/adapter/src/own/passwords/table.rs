//! Passwords in a table of our own.

use hallpass_auth::adapter::{AdapterError, NewUser, User, UserId};
use hallpass_auth::password::PasswordHash;
use hallpass_data::{Client, Error, Prepared, Record, field, kept, parameter};

use crate::convert::{self, get};
use crate::layout::USER;
use crate::own::accounts::Undone;
use crate::sign_in::is_unproven;
use crate::store::{DataAdapter, is_user, text};

pub(in crate::own) const MODEL: &str = "HallpassPassword";

/// The statements that read it.
#[derive(Debug)]
pub(crate) struct InTable {
    /// userId
    password: Prepared<Option<Record>>,
}

impl InTable {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is_user = field("userId").exactly(parameter(0));
        Ok(Self {
            password: client.find_first(MODEL).filter(is_user).prepare()?,
        })
    }

    /// SECURITY: two reads, whether or not there is such a user: strangers learn nothing from the time.
    pub(super) async fn user_and_password(
        &self,
        store: &DataAdapter,
        email: &str,
    ) -> Result<Option<(User, Option<PasswordHash>)>, AdapterError> {
        let user = store.user_of_address(&store.client, email).await?;
        let nobody = UserId(String::new());
        let id = user.as_ref().map_or(&nobody, |user| &user.id);
        let hash = self.password(&store.client, id).await?;
        Ok(user.map(|user| (user, hash)))
    }

    pub(super) async fn password(
        &self,
        client: &Client,
        id: &UserId,
    ) -> Result<Option<PasswordHash>, AdapterError> {
        let found = self.password.run(client, &[text(id.as_str())]).await;
        let found = found.map_err(convert::error)?;
        let hash = found.as_ref().map(|row| get::<String>(row, "hash"));
        Ok(hash.transpose()?.map(PasswordHash::new))
    }
}

/// See [`DataAdapter::hold_password`]. The row of the user first, as everywhere.
pub(super) async fn hold(
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
    let update = tx.update(USER).omit(&*store.hidden).filter(user);
    let user = update.set("name", kept()).run().await;
    let is_same = change(tx, id, proven, proven).await?;
    Ok(user.map_err(convert::error)?.filter(|_| is_same))
}

pub(super) async fn create_user(
    store: &DataAdapter,
    user: NewUser,
    password: PasswordHash,
) -> Result<User, AdapterError> {
    let work = store.client.transaction(async |tx| {
        let user = store.add_user(&tx, user.clone()).await.map_err(Undone)?;
        add(&tx, &user.id, &password).await?;
        Ok::<_, Undone>(user)
    });
    work.await.map_err(|Undone(error)| error)
}

pub(super) async fn set(
    client: &Client,
    id: &UserId,
    expected: Option<&PasswordHash>,
    new: PasswordHash,
) -> Result<bool, AdapterError> {
    match expected {
        Some(expected) => change(client, id, expected, &new).await,
        None => {
            let first = client.transaction(async |tx| set_first(&tx, id, &new).await);
            first.await.map_err(convert::error)
        }
    }
}

/// Sets a password where there is none. Holding the row of the user keeps others from doing the same, and from removing the
/// user meanwhile.
async fn set_first(tx: &Client, id: &UserId, new: &PasswordHash) -> Result<bool, Error> {
    let user = tx.update_many(USER).filter(is_user("id", id));
    if user.set("name", kept()).run().await? == 0 {
        return Ok(false);
    }
    if tx.count(MODEL).filter(is_user("userId", id)).run().await? > 0 {
        return Ok(false);
    }
    add(tx, id, new).await?;
    Ok(true)
}

async fn add(tx: &Client, id: &UserId, hash: &PasswordHash) -> Result<(), Error> {
    let row = tx.create(MODEL).set("userId", id.as_str());
    row.set("hash", hash.expose()).run().await?;
    Ok(())
}

async fn change(
    client: &Client,
    id: &UserId,
    expected: &PasswordHash,
    new: &PasswordHash,
) -> Result<bool, AdapterError> {
    let as_expected = is_user("userId", id).and(field("hash").exactly(expected.expose()));
    let row = client.update_many(MODEL).filter(as_expected);
    let changed = row.set("hash", new.expose()).run().await;
    Ok(changed.map_err(convert::error)? > 0)
}

/// Removes the row of a user, if the schema has the table; whether there was one.
pub(crate) async fn remove(client: &Client, id: &UserId) -> Result<bool, Error> {
    if client.schema().model(MODEL).is_none() {
        return Ok(false);
    }
    let row = client.delete_many(MODEL).filter(is_user("userId", id));
    Ok(row.run().await? > 0)
}
