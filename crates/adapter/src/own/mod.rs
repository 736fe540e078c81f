//! What Hallpass keeps beyond the sign-in tables of Auth.js: one file for each store trait of `auth`.
//!
//! Invariants: tables of our own stand beside those of Auth.js, to which nothing is added. Ids of users are text in them,
//! without foreign key, so whatever belongs to a user is removed by [`remove_user`], in the transaction that removes the
//! user. A schema may lack these models; whatever needs one says so at start ([`LayoutError::Own`]).
//!
//! To add a table: its model in `layouts/own/`, a row of [`OWN_TABLES`], its file here with its statements as a member of
//! [`Own`], and its line in [`remove_user`] where it belongs to users.

mod accounts;
mod leases;
mod limits;
mod one_time;
mod passkeys;
mod passwords;
mod second_factor;
mod sessions;

use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_data::{Client, Error, Source};

use crate::layout::LayoutError;

pub(crate) use accounts::Undone;
pub(crate) use passkeys::{
    AUTHENTICATOR, remove_all as remove_passkeys, remove_one as remove_passkey,
};
pub(crate) use passwords::{
    DEFAULT_FIELD as PASSWORD_FIELD, NO_HASH, Passwords, remove_from_table as remove_password,
};

/// The files in `layouts/own`, one name each.
macro_rules! sources {
    ($($name:literal,)*) => {
        &[$(Source {
            name: concat!("hallpass/", $name, ".zmodel"),
            text: include_str!(concat!("../../layouts/own/", $name, ".zmodel")),
        },)*]
    };
}

/// The models of all tables of our own, as sources beside the one of a layout or of an application.
pub const OWN_TABLES: &[Source<'static>] = sources! {
    "leases",
    "limits",
    "one_time_tokens",
    "passkeys",
    "passwords",
    "second_factor",
    "sessions",
    "settings",
};

/// The statements over tables of our own, each absent where the schema lacks its model.
#[derive(Debug)]
pub(crate) struct Own {
    leases: Option<leases::Statements>,
    limits: Option<limits::Statements>,
    one_time: Option<one_time::Statements>,
    second_factor: Option<second_factor::Statements>,
    passkeys: Option<passkeys::Statements>,
    sessions: Option<sessions::Statements>,
}

impl Own {
    pub(crate) fn plan(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            leases: planned(client, leases::MODEL, leases::Statements::plan)?,
            limits: planned(client, limits::MODEL, limits::Statements::plan)?,
            one_time: planned(client, one_time::MODEL, one_time::Statements::plan)?,
            second_factor: planned(client, second_factor::TOTP, second_factor::Statements::plan)?,
            passkeys: planned(client, passkeys::NOTES, passkeys::Statements::plan)?,
            sessions: planned(client, sessions::MODEL, sessions::Statements::plan)?,
        })
    }
}

/// The statements of a model that the schema has.
fn planned<T>(
    client: &Client,
    model: &str,
    plan: impl FnOnce(&Client) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let exists = client.schema().model(model).is_some();
    exists.then(|| plan(client)).transpose()
}

/// What a model's statements are, or that there is no such model.
fn needed<'a, T>(statements: &'a Option<T>, model: &'static str) -> Result<&'a T, AdapterError> {
    needed_in(statements.as_ref(), model)
}

fn needed_in<'a, T>(statements: Option<&'a T>, model: &'static str) -> Result<&'a T, AdapterError> {
    statements.ok_or_else(|| lacks(model))
}

fn lacks(model: &'static str) -> AdapterError {
    AdapterError::Other(Box::new(LayoutError::Own { model }))
}

/// Removes what tables of our own hold of a user, whose row the transaction has written or removed before.
///
/// SECURITY: GHSA-2vg6-77g8-24mp: nothing that signs in outlives its user.
pub(crate) async fn remove_user(tx: &Client, id: &UserId) -> Result<(), Error> {
    remove_passkeys(tx, id).await?;
    for model in [
        one_time::MODEL,
        passwords::MODEL,
        second_factor::TOTP,
        second_factor::RECOVERY_CODE,
        second_factor::DEVICE,
        second_factor::WAITING,
        second_factor::PROOF,
        sessions::MODEL,
    ] {
        if tx.schema().model(model).is_some() {
            let rows = tx
                .delete_many(model)
                .filter(crate::store::is_user("userId", id));
            rows.run().await?;
        }
    }
    Ok(())
}
