//! Passkeys: in the table of Auth.js where the schema has it, else in one of our own. What Auth.js has no place for stands
//! in another of our own.
//!
//! INVARIANT: a key that is found in either table counts, so that nobody is locked out when the table of Auth.js is added
//! later. New keys go into the first of [`Statements::places`].

mod rows;

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_auth::passkey::{
    Authenticator, CredentialId, MAX_KEYS, Passkey, PasskeyNotes, PasskeyStore,
};
use hallpass_auth::secret::TokenHash;
use hallpass_data::{Client, Error, Prepared, Record, Value, asc, field, parameter};
use jiff::Timestamp;

use super::{needed, one_time};
use crate::convert;
use crate::store::{DataAdapter, is_user, text};

/// The model of Auth.js.
pub(crate) const AUTHENTICATOR: &str = "Authenticator";
/// Ours, where the schema has none.
const OWN_AUTHENTICATOR: &str = "HallpassAuthenticator";
/// What we know beyond.
pub(super) const NOTES: &str = "HallpassPasskey";

/// What challenges that have served are called among the tokens that work once.
const CHALLENGE: &str = "webauthn-challenge";

/// The fields of a key.
const FIELDS: [&str; 8] = [
    "credentialID",
    "userId",
    "providerAccountId",
    "credentialPublicKey",
    "counter",
    "credentialDeviceType",
    "credentialBackedUp",
    "transports",
];

#[derive(Debug)]
pub(super) struct Statements {
    /// Where keys may be; new ones go into the first.
    places: Vec<Place>,
    /// key
    notes: Prepared<Option<Record>>,
    /// userId
    notes_of: Prepared<Vec<Record>>,
    /// key, lastUsed
    used: Prepared<u64>,
    /// key, userId, name
    rename: Prepared<u64>,
}

/// One table with keys.
#[derive(Debug)]
struct Place {
    model: &'static str,
    /// credentialID
    find: Prepared<Option<Record>>,
    /// userId
    of_user: Prepared<Vec<Record>>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is = |name: &str, number| field(name).exactly(parameter(number));
        let places = places(client).map(|model| Place::plan(client, model));
        Ok(Self {
            places: places.collect::<Result<_, _>>()?,
            notes: client.find_first(NOTES).filter(is("key", 0)).prepare()?,
            notes_of: client
                .find_many(NOTES)
                .filter(is("userId", 0))
                .take(at_most())
                .prepare()?,
            used: client
                .update_many(NOTES)
                .filter(is("key", 0))
                .set("lastUsed", parameter(1))
                .prepare()?,
            rename: client
                .update_many(NOTES)
                .filter(is("key", 0).and(is("userId", 1)))
                .set("name", parameter(2))
                .prepare()?,
        })
    }
}

impl Place {
    fn plan(client: &Client, model: &'static str) -> Result<Self, Error> {
        let is = |name: &str| field(name).exactly(parameter(0));
        Ok(Self {
            model,
            find: client
                .find_first(model)
                .select(FIELDS)
                .filter(is("credentialID"))
                .prepare()?,
            of_user: client
                .find_many(model)
                .select(FIELDS)
                .filter(is("userId"))
                .order_by(asc("credentialID"))
                .take(at_most())
                .prepare()?,
        })
    }
}

/// The models that hold keys, of those that the schema has with all fields.
fn places(client: &Client) -> impl Iterator<Item = &'static str> {
    let schema = client.schema();
    let holds_keys = |model: &&str| {
        let model = schema.model(model);
        model.is_some_and(|model| FIELDS.iter().all(|field| model.field(field).is_some()))
    };
    [AUTHENTICATOR, OWN_AUTHENTICATOR]
        .into_iter()
        .filter(holds_keys)
}

fn at_most() -> u32 {
    u32::try_from(MAX_KEYS).unwrap_or(u32::MAX)
}

/// Removes the keys of a user, and what we know of them.
pub(crate) async fn remove_all(tx: &Client, user: &UserId) -> Result<(), Error> {
    let notes = tx.schema().model(NOTES).map(|_| NOTES);
    for model in places(tx).chain(notes) {
        let rows = tx.delete_many(model).filter(is_user("userId", user));
        rows.run().await?;
    }
    Ok(())
}

/// Removes the key of an account, and what we know of it.
pub(crate) async fn remove_one(tx: &Client, user: &UserId, account: &str) -> Result<(), Error> {
    for model in places(tx) {
        let own = || is_user("userId", user).and(field("providerAccountId").exactly(account));
        let found = tx.find_many(model).select(["credentialID"]).filter(own());
        for row in found.run().await? {
            let id = row.get::<&str>("credentialID").ok();
            let id = id.and_then(CredentialId::from_stored);
            if let Some(id) = id.filter(|_| tx.schema().model(NOTES).is_some()) {
                let notes = field("key").exactly(id.digest());
                tx.delete_many(NOTES).filter(notes).run().await?;
            }
        }
        tx.delete_many(model).filter(own()).run().await?;
    }
    Ok(())
}

impl DataAdapter {
    fn passkeys(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.passkeys, NOTES)
    }

    /// Whether the schema has the models for passkeys.
    pub fn has_passkeys(&self) -> bool {
        self.keeps_passkeys().is_ok()
    }

    /// Adds a key and what we know of it, in the transaction of a sign-in.
    pub(crate) async fn add_passkey(
        &self,
        tx: &Client,
        passkey: &Passkey,
        user: &UserId,
    ) -> Result<(), AdapterError> {
        let places = &self.passkeys()?.places;
        let Authenticator { credential_id, .. } = &passkey.authenticator;
        for place in places {
            let key = [Value::Text(credential_id.to_stored())];
            let same = place.find.run(tx, &key).await;
            if same.map_err(convert::error)?.is_some() {
                return Err(AdapterError::Conflict(Box::new(Known)));
            }
        }
        let place = places
            .first()
            .ok_or_else(|| super::lacks(OWN_AUTHENTICATOR))?;
        let create = rows::creation(tx.create(place.model), &passkey.authenticator, user);
        create.run().await.map_err(convert::error)?;
        let row = tx.create(NOTES).set("key", credential_id.digest());
        let row = rows::notes(row, &passkey.notes, user);
        row.run().await.map_err(convert::error)?;
        Ok(())
    }

    async fn notes_of(&self, id: &CredentialId) -> Result<PasskeyNotes, AdapterError> {
        let key = [Value::Text(id.digest())];
        let found = self.passkeys()?.notes.run(&self.client, &key).await;
        let found = found.map_err(convert::error)?;
        let notes = found.as_ref().map(rows::notes_of).transpose()?;
        Ok(notes.unwrap_or_default())
    }

    /// Writes notes of a key that has none: Auth.js registered it.
    async fn first_notes(
        &self,
        id: &CredentialId,
        user: &UserId,
        notes: &PasskeyNotes,
    ) -> Result<bool, AdapterError> {
        let row = self.client.create(NOTES).set("key", id.digest());
        match rows::notes(row, notes, user).run().await {
            Ok(_) => Ok(true),
            Err(error) => match convert::error(error) {
                // Another request was faster.
                AdapterError::Conflict(_) => Ok(false),
                error => Err(error),
            },
        }
    }
}

/// A key of this id is there.
#[derive(Debug, thiserror::Error)]
#[error("a passkey of this id is registered already")]
struct Known;

#[async_trait]
impl PasskeyStore for DataAdapter {
    fn keeps_passkeys(&self) -> Result<(), AdapterError> {
        let statements = self.passkeys()?;
        needed(&self.own.one_time, one_time::MODEL)?;
        match statements.places.is_empty() {
            true => Err(super::lacks(OWN_AUTHENTICATOR)),
            false => Ok(()),
        }
    }

    /// SECURITY: reads as much for a key that nobody has, so that the time does not tell whether an id is real.
    async fn passkey(&self, id: &CredentialId) -> Result<Option<Passkey>, AdapterError> {
        let notes = self.notes_of(id).await?;
        for place in &self.passkeys()?.places {
            let key = [Value::Text(id.to_stored())];
            let found = place.find.run(&self.client, &key).await;
            if let Some(row) = found.map_err(convert::error)? {
                return Ok(Some(Passkey {
                    authenticator: rows::authenticator(&row)?,
                    notes,
                }));
            }
        }
        Ok(None)
    }

    async fn passkeys_of(&self, user: &UserId) -> Result<Vec<Passkey>, AdapterError> {
        let statements = self.passkeys()?;
        let arguments = [text(user.as_str())];
        let mut keys = Vec::new();
        for place in &statements.places {
            let found = place.of_user.run(&self.client, &arguments).await;
            let found = found.map_err(convert::error)?;
            // A row that is no key of ours or of Auth.js signs nobody in, and must not hide the others.
            keys.extend(found.iter().filter_map(|row| rows::authenticator(row).ok()));
        }
        keys.truncate(MAX_KEYS);
        let notes = statements.notes_of.run(&self.client, &arguments).await;
        let notes = rows::notes_by_key(&notes.map_err(convert::error)?)?;
        let with_notes = |authenticator: Authenticator| Passkey {
            notes: notes
                .get(&authenticator.credential_id.digest())
                .cloned()
                .unwrap_or_default(),
            authenticator,
        };
        Ok(keys.into_iter().map(with_notes).collect())
    }

    async fn count_use(
        &self,
        id: &CredentialId,
        before: u32,
        now: u32,
        at: Timestamp,
    ) -> Result<bool, AdapterError> {
        let statements = self.passkeys()?;
        for place in &statements.places {
            let is_current = field("credentialID")
                .exactly(id.to_stored())
                .and(field("counter").eq(i64::from(before)));
            let update = self.client.update_many(place.model).filter(is_current);
            let counted = update.set("counter", i64::from(now)).run().await;
            if counted.map_err(convert::error)? == 0 {
                continue;
            }
            let use_now = [Value::Text(id.digest()), Value::Timestamp(at)];
            let noted = statements.used.run(&self.client, &use_now).await;
            if noted.map_err(convert::error)? == 0
                && let Some(passkey) = self.passkey(id).await?
            {
                let notes = PasskeyNotes {
                    last_used: Some(at),
                    ..PasskeyNotes::default()
                };
                let user = &passkey.authenticator.user_id;
                self.first_notes(id, user, &notes).await?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    async fn rename_passkey(
        &self,
        user: &UserId,
        id: &CredentialId,
        name: &str,
    ) -> Result<bool, AdapterError> {
        let found = self.passkey(id).await?;
        if found.is_none_or(|passkey| passkey.authenticator.user_id != *user) {
            return Ok(false);
        }
        let arguments = [Value::Text(id.digest()), text(user.as_str()), text(name)];
        let renamed = self.passkeys()?.rename.run(&self.client, &arguments).await;
        if renamed.map_err(convert::error)? == 0 {
            let notes = PasskeyNotes {
                name: Some(name.to_owned()),
                ..PasskeyNotes::default()
            };
            if !self.first_notes(id, user, &notes).await? {
                let again = self.passkeys()?.rename.run(&self.client, &arguments).await;
                return Ok(again.map_err(convert::error)? > 0);
            }
        }
        Ok(true)
    }

    async fn spend_challenge(
        &self,
        hash: &TokenHash,
        expires: Timestamp,
    ) -> Result<bool, AdapterError> {
        let row = self
            .client
            .create(one_time::MODEL)
            .set("purpose", CHALLENGE)
            .set("hash", hash.expose())
            .set("userId", "")
            .set("email", "")
            .set("expires", expires);
        match row.run().await.map_err(convert::error) {
            Ok(_) => Ok(true),
            Err(AdapterError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
