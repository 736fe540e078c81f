//! Sessions in the table that Auth.js knows too: listed and ended by their keys, which do not stand there.

use std::collections::HashMap;

use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_auth::directory::{Kept, Page, SessionEntry, SessionKey, Which};
use hallpass_auth::session::Strategy;
use hallpass_data::{Client, Error, any, asc, desc, field, not};
use jiff::Timestamp;

use super::{BATCH, MODEL, entries_of};
use crate::at_rest;
use crate::convert::{self, get};
use crate::layout::SESSION;
use crate::store::{DataAdapter, is_user};

/// Two statements, however many there are.
pub(super) async fn list(
    adapter: &DataAdapter,
    user: &UserId,
    now: Timestamp,
    page: Page,
) -> Result<Vec<SessionEntry>, AdapterError> {
    let found = adapter
        .client
        .find_many(SESSION)
        .select(["sessionToken", "expires"])
        .filter(is_user("userId", user))
        .filter(field("expires").gte(now))
        .order_by(desc("expires"))
        .order_by(asc("sessionToken"))
        .skip(page.skip)
        .take(page.take);
    let found = found.run().await.map_err(convert::error)?;
    let mut sessions = Vec::with_capacity(found.len());
    for record in &found {
        let key = at_rest::key_of(get(record, "sessionToken")?);
        sessions.push((key, get::<Timestamp>(record, "expires")?));
    }
    let mut known = known(adapter, user, &sessions).await?;
    let entries = sessions.into_iter().map(|(key, expires)| {
        let unknown = || SessionEntry::unknown(key, user.clone(), Strategy::Database, expires);
        SessionEntry {
            expires,
            ..known.remove(&key).unwrap_or_else(unknown)
        }
    });
    Ok(entries.collect())
}

/// What is known of these.
async fn known(
    adapter: &DataAdapter,
    user: &UserId,
    sessions: &[(SessionKey, Timestamp)],
) -> Result<HashMap<SessionKey, SessionEntry>, AdapterError> {
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = sessions.iter().map(|(key, _)| key.to_hex());
    let found = adapter
        .client
        .find_many(MODEL)
        .filter(is_user("userId", user))
        .filter(field("key").one_of(keys));
    let entries = entries_of(&found.run().await.map_err(convert::error)?)?;
    Ok(entries
        .into_iter()
        .map(|entry| (entry.key, entry))
        .collect())
}

/// In one transaction: a session and what is known of it go together.
pub(super) async fn end(
    adapter: &DataAdapter,
    user: &UserId,
    which: Which,
) -> Result<u64, AdapterError> {
    let ended = adapter
        .client
        .transaction(async |tx| {
            let named = match which {
                Which::One(key) | Which::AllBut(Some(Kept { key, .. })) => {
                    texts_of(&tx, user, key).await?
                }
                Which::AllBut(None) => Vec::new(),
            };
            let tokens = any(named
                .iter()
                .map(|text| field("sessionToken").exactly(&**text)));
            let mut sessions = tx.delete_many(SESSION).filter(is_user("userId", user));
            let mut entries = tx.delete_many(MODEL).filter(is_user("userId", user));
            match which {
                Which::One(key) => {
                    sessions = sessions.filter(tokens);
                    entries = entries.filter(field("key").eq(key.to_hex()));
                }
                Which::AllBut(Some(Kept { key, .. })) => {
                    sessions = sessions.filter(not(tokens));
                    entries = entries.filter(not(field("key").eq(key.to_hex())));
                }
                Which::AllBut(None) => {}
            }
            entries.run().await?;
            sessions.run().await
        })
        .await;
    ended.map_err(convert::error)
}

/// How the token with this key may stand in the table: as its hash, or in clear, which only looking shows.
async fn texts_of(tx: &Client, user: &UserId, key: SessionKey) -> Result<Vec<String>, Error> {
    let mut texts = vec![at_rest::hashed(&key)];
    let mut skip = 0;
    loop {
        let found = tx
            .find_many(SESSION)
            .select(["sessionToken"])
            .filter(is_user("userId", user))
            .order_by(asc("sessionToken"))
            .skip(skip)
            .take(BATCH)
            .run()
            .await?;
        for record in &found {
            let text: &str = record.get("sessionToken")?;
            if at_rest::key_of(text) == key {
                texts.push(text.to_owned());
                return Ok(texts);
            }
        }
        if found.is_empty() {
            return Ok(texts);
        }
        skip += BATCH;
    }
}
