//! Keys to rows and back.

use std::collections::HashMap;

use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_auth::passkey::{Authenticator, CredentialId, DeviceType, PasskeyNotes};
use hallpass_data::{Create, Record};

use crate::convert::{self, get};

/// A row that neither we nor Auth.js wrote.
#[derive(Debug, thiserror::Error)]
#[error("the column `{0}` of a passkey holds nothing that can be used")]
struct Unusable(&'static str);

fn unusable(column: &'static str) -> AdapterError {
    AdapterError::Other(Box::new(Unusable(column)))
}

/// The row of a new key, about to be written.
pub(super) fn creation<'c>(
    row: Create<'c>,
    authenticator: &Authenticator,
    user: &UserId,
) -> Create<'c> {
    let transports = &authenticator.transports;
    let transports = (!transports.is_empty()).then(|| transports.join(","));
    row.set("credentialID", authenticator.credential_id.to_stored())
        .set("userId", user.as_str())
        .set("providerAccountId", &*authenticator.provider_account_id)
        .set("credentialPublicKey", authenticator.stored_public_key())
        .set("counter", i64::from(authenticator.counter))
        .set("credentialDeviceType", authenticator.device_type.name())
        .set("credentialBackedUp", authenticator.is_backed_up)
        .set("transports", transports)
}

/// The key of a row.
pub(super) fn authenticator(row: &Record) -> Result<Authenticator, AdapterError> {
    let id = CredentialId::from_stored(get(row, "credentialID")?);
    let public_key = Authenticator::public_key_from_stored(get(row, "credentialPublicKey")?);
    let transports: Option<&str> = get(row, "transports")?;
    let transports = transports.unwrap_or_default().split(',');
    Ok(Authenticator {
        credential_id: id.ok_or_else(|| unusable("credentialID"))?,
        user_id: convert::user_id(row, "userId")?,
        provider_account_id: get(row, "providerAccountId")?,
        public_key: public_key.ok_or_else(|| unusable("credentialPublicKey"))?,
        counter: get::<i64>(row, "counter")?
            .try_into()
            .map_err(|_| unusable("counter"))?,
        device_type: DeviceType::of_name(get(row, "credentialDeviceType")?),
        is_backed_up: get(row, "credentialBackedUp")?,
        transports: transports
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

/// What we know of a key, about to be written.
pub(super) fn notes<'c>(row: Create<'c>, notes: &PasskeyNotes, user: &UserId) -> Create<'c> {
    row.set("userId", user.as_str())
        .set("name", notes.name.clone())
        .set("userHandle", notes.user_handle.clone())
        .set("created", notes.created)
        .set("lastUsed", notes.last_used)
}

pub(super) fn notes_of(row: &Record) -> Result<PasskeyNotes, AdapterError> {
    Ok(PasskeyNotes {
        name: get(row, "name")?,
        created: get(row, "created")?,
        last_used: get(row, "lastUsed")?,
        user_handle: get(row, "userHandle")?,
    })
}

pub(super) fn notes_by_key(rows: &[Record]) -> Result<HashMap<String, PasskeyNotes>, AdapterError> {
    let pair = |row: &Record| Ok((get(row, "key")?, notes_of(row)?));
    rows.iter().map(pair).collect()
}
