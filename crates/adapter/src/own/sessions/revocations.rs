//! The table of sessions in cookies that count no longer.

use hallpass_auth::adapter::AdapterError;
use hallpass_auth::directory::{Page, Revocation, SessionKey, Subject};
use hallpass_data::{Client, Error, Record, Value, any, asc, field};
use jiff::Timestamp;

use super::REVOCATION;
use crate::convert::{self, get};

/// Keeps a revocation; one of the same subject that is older makes way.
pub(super) async fn keep(client: &Client, revocation: &Revocation) -> Result<(), AdapterError> {
    if replace_older(client, revocation).await? {
        return Ok(());
    }
    let create = client
        .create(REVOCATION)
        .set("subject", revocation.subject.to_text())
        .set("at", revocation.at)
        .set("keep", kept(revocation))
        .set("expires", revocation.expires);
    match create.run().await {
        Ok(_) => Ok(()),
        // There is one: older, written in between, or newer, which stays.
        Err(Error::Conflict { .. }) => replace_older(client, revocation).await.map(|_| ()),
        Err(error) => Err(convert::error(error)),
    }
}

async fn replace_older(client: &Client, revocation: &Revocation) -> Result<bool, AdapterError> {
    let update = client
        .update_many(REVOCATION)
        .filter(field("subject").exactly(revocation.subject.to_text()))
        .filter(field("at").lte(revocation.at))
        .set("at", revocation.at)
        .set("keep", kept(revocation))
        .set("expires", revocation.expires);
    Ok(update.run().await.map_err(convert::error)? > 0)
}

fn kept(revocation: &Revocation) -> Value {
    let kept = revocation.keep.as_ref().map(SessionKey::to_hex);
    kept.map_or(Value::Null, Value::Text)
}

pub(super) async fn since(
    client: &Client,
    since: Timestamp,
    page: Page,
) -> Result<Vec<Revocation>, AdapterError> {
    let found = client
        .find_many(REVOCATION)
        .filter(field("at").gte(since))
        .order_by(asc("at"))
        .order_by(asc("subject"))
        .skip(page.skip)
        .take(page.take);
    revocations(&found.run().await.map_err(convert::error)?)
}

pub(super) async fn of(
    client: &Client,
    subjects: &[Subject],
) -> Result<Vec<Revocation>, AdapterError> {
    let is_one = subjects
        .iter()
        .map(|subject| field("subject").exactly(subject.to_text()));
    let found = client.find_many(REVOCATION).filter(any(is_one));
    revocations(&found.run().await.map_err(convert::error)?)
}

/// Rows that were not written by us are left out.
fn revocations(records: &[Record]) -> Result<Vec<Revocation>, AdapterError> {
    let mut all = Vec::with_capacity(records.len());
    for record in records {
        let Some(subject) = Subject::from_text(get(record, "subject")?) else {
            continue;
        };
        let keep = get::<Option<&str>>(record, "keep")?;
        all.push(Revocation {
            subject,
            at: get(record, "at")?,
            keep: keep.and_then(SessionKey::from_hex),
            expires: get(record, "expires")?,
        });
    }
    Ok(all)
}
