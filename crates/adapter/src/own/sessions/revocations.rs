//! The table of sessions in cookies that count no longer.

use hallpass_auth::adapter::AdapterError;
use hallpass_auth::directory::{Page, Revocation, SessionKey, Subject};
use hallpass_data::{
    Client, Error, Filter, Record, Value, all, any, asc, field, kept as unchanged, not, when,
};
use jiff::Timestamp;

use super::REVOCATION;
use crate::convert::{self, get};

/// How often a mark is written anew because others write it at the same time.
const ATTEMPTS: usize = 8;

/// Keeps that the sessions of a user ended, but one that began then; gives what stands in the table after it.
///
/// SECURITY: each step is one statement that says itself when it may be done, so whatever another process writes in
/// between, no session that one of them ended goes on.
pub(super) async fn mark(
    client: &Client,
    mark: Revocation,
    began: Option<Timestamp>,
) -> Result<Revocation, AdapterError> {
    let ended = Revocation {
        keep: None,
        ..mark.clone()
    };
    for _ in 0..ATTEMPTS {
        let is_written = match goes_on(&mark, began) {
            None => replace_older(client, &ended, None).await?,
            Some(goes_on) => {
                replace_older(client, &mark, Some(goes_on.clone())).await?
                    || replace_older(client, &ended, Some(not(goes_on))).await?
            }
        };
        if is_written || keep_no_other(client, &mark).await? || add(client, &mark).await? {
            let found = of(client, std::slice::from_ref(&mark.subject)).await?;
            return Ok(found.into_iter().next().unwrap_or(ended));
        }
    }
    Err(AdapterError::Unavailable(
        "others end the sessions of the same user again and again".into(),
    ))
}

/// Whether the mark that is there lets the session to keep go on. `None` where none is to be kept.
fn goes_on(mark: &Revocation, began: Option<Timestamp>) -> Option<Filter> {
    let key = mark.keep.as_ref()?.to_hex();
    // Two conditions without nulls, so that the opposite is the opposite.
    let is_kept = all([not(field("keep").is_null()), field("keep").exactly(key)]);
    Some(match began {
        Some(began) => any([field("at").lte(began), is_kept]),
        None => is_kept,
    })
}

/// A newer mark is there: it ceases to keep a session that this one ends. Whether there is one.
async fn keep_no_other(client: &Client, mark: &Revocation) -> Result<bool, AdapterError> {
    let newer = || {
        let is_of_user = field("subject").exactly(mark.subject.to_text());
        is_of_user.and(field("at").gt(mark.at))
    };
    let mut update = client
        .update_many(REVOCATION)
        .filter(newer())
        .set("keep", Value::Null);
    if let Some(key) = &mark.keep {
        update = update.filter(not(field("keep").exactly(key.to_hex())));
    }
    update.run().await.map_err(convert::error)?;
    let count = client.count(REVOCATION).filter(newer()).run().await;
    Ok(count.map_err(convert::error)? > 0)
}

/// Whether it was added: not where there is one of the same subject.
async fn add(client: &Client, revocation: &Revocation) -> Result<bool, AdapterError> {
    let create = client
        .create(REVOCATION)
        .set("subject", revocation.subject.to_text())
        .set("at", revocation.at)
        .set("keep", kept(revocation))
        .set("expires", revocation.expires);
    match create.run().await {
        Ok(_) => Ok(true),
        Err(Error::Conflict { .. }) => Ok(false),
        Err(error) => Err(convert::error(error)),
    }
}

/// Keeps the end of one session; one of the same session that is older makes way.
pub(super) async fn keep(client: &Client, revocation: &Revocation) -> Result<(), AdapterError> {
    let is_there =
        replace_older(client, revocation, None).await? || add(client, revocation).await?;
    if !is_there {
        // There is one: older, written in between, or newer, which stays.
        replace_older(client, revocation, None).await?;
    }
    Ok(())
}

/// Keeps the end of many sessions at the same moment, in one statement; newer ones of the same sessions stay.
pub(super) async fn keep_all(
    client: &Client,
    keys: &[SessionKey],
    (at, expires): (Timestamp, Timestamp),
) -> Result<(), AdapterError> {
    let subjects = keys.iter().map(|key| Subject::Session(*key).to_text());
    let is_older = || field("at").lte(at);
    let upsert = client
        .upsert(REVOCATION)
        .create_each("subject", subjects)
        .create("at", at)
        .create("keep", Value::Null)
        .create("expires", expires)
        .change("keep", when(is_older(), Value::Null, unchanged()))
        .change("expires", when(is_older(), expires, unchanged()))
        // Last: the others depend on what it was.
        .change("at", when(is_older(), at, unchanged()));
    upsert.run().await.map_err(convert::error)?;
    Ok(())
}

async fn replace_older(
    client: &Client,
    revocation: &Revocation,
    only_if: Option<Filter>,
) -> Result<bool, AdapterError> {
    let mut update = client
        .update_many(REVOCATION)
        .filter(field("subject").exactly(revocation.subject.to_text()))
        .filter(field("at").lte(revocation.at))
        .set("at", revocation.at)
        .set("keep", kept(revocation))
        .set("expires", revocation.expires);
    if let Some(condition) = only_if {
        update = update.filter(condition);
    }
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
