//! The removal of what has expired, in batches that keep nobody waiting.
//!
//! A batch looks up the keys of rows that are over, then removes them by key, where they still are over: on a table
//! with an index on the moment both are quick, and on a table of another program without one the look-up reads the
//! table and locks nothing.
//!
//! To clean a table: one row in [`EXPIRING`]. A model that the schema lacks is passed over.

use hallpass_auth::adapter::{AdapterError, Removed};
use hallpass_data::{Client, Error, Filter, Record, Value, all, any, field};
use hallpass_zmodel::schema::Model;
use jiff::Timestamp;

use crate::convert;
use crate::layout::{SESSION, VERIFICATION_TOKEN};
use crate::store::DataAdapter;

/// A kind of thing that expires.
struct Expiring {
    /// What it is called in counts and logs.
    kind: &'static str,
    model: &'static str,
    /// The field with its end.
    expires: &'static str,
}

const fn expiring(kind: &'static str, model: &'static str) -> Expiring {
    Expiring {
        kind,
        model,
        expires: "expires",
    }
}

/// The table.
const EXPIRING: &[Expiring] = &[
    expiring("sessions", SESSION),
    expiring("link tokens", VERIFICATION_TOKEN),
    expiring("leases", "HallpassLease"),
    expiring("limits", "HallpassLimit"),
    expiring("one-time tokens", "HallpassOneTimeToken"),
    expiring("session entries", "HallpassSession"),
    expiring("revocations", "HallpassRevocation"),
    expiring("waiting sign-ins", "HallpassWaitingSignIn"),
    expiring("remembered devices", "HallpassDevice"),
    expiring("proofs", "HallpassProof"),
];

/// The beginning of the year 1. What a database sorts before it is no moment (`-infinity`, a zero date, empty text):
/// nobody can say that it is over, and one such row would keep all others from being read.
pub(crate) const FIRST_MOMENT: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// How many rows one statement removes. Always the same number but for the last, so that there is one plan.
const CHUNK: usize = 100;

impl DataAdapter {
    /// Every table is tried, whatever another says. An error is of all of them, or of the database.
    pub(crate) async fn remove_all_expired(
        &self,
        before: Timestamp,
        at_most: usize,
    ) -> Result<Removed, AdapterError> {
        let mut removed = Removed::default();
        let (mut worked, mut failure) = (false, None);
        for expiring in EXPIRING {
            let Some(model) = self.client.schema().model(expiring.model) else {
                continue;
            };
            match remove(&self.client, expiring, model, before, at_most).await {
                Ok(rows) => {
                    worked = true;
                    removed.count(expiring.kind, rows, at_most);
                }
                Err(error) => {
                    let error = convert::error(error);
                    if matches!(error, AdapterError::Unavailable(_)) {
                        return Err(error);
                    }
                    removed.fail(expiring.kind, &error);
                    failure = failure.or(Some(error));
                }
            }
        }
        match failure {
            Some(error) if !worked => Err(error),
            _ => Ok(removed),
        }
    }
}

async fn remove(
    client: &Client,
    expiring: &Expiring,
    model: &Model,
    before: Timestamp,
    at_most: usize,
) -> Result<usize, Error> {
    let end = || field(expiring.expires);
    let is_over = || all([end().gte(FIRST_MOMENT), end().lt(before)]);
    let mut wanted = model.id.clone();
    wanted.push(expiring.expires.to_owned());
    let found = client
        .find_many(expiring.model)
        .select(wanted)
        .filter(is_over())
        .take(u32::try_from(at_most).unwrap_or(u32::MAX));
    // SECURITY: judged here again. A column that another program fills with moments in two forms may compare wrongly, and
    // a session must not end by that.
    let over: Vec<Record> = found
        .run()
        .await?
        .into_iter()
        .filter(|row| matches!(row.get::<Timestamp>(expiring.expires), Ok(end) if end < before))
        .collect();
    let mut removed = 0;
    for chunk in over.chunks(CHUNK) {
        let keys = chunk.iter().map(|row| key(model, row));
        let keys = any(keys.collect::<Result<Vec<_>, Error>>()?);
        let delete = client.delete_many(expiring.model).filter(keys);
        removed += delete.filter(is_over()).run().await?;
    }
    Ok(usize::try_from(removed).unwrap_or(usize::MAX))
}

/// This row, and on databases that compare texts loosely no other.
fn key(model: &Model, row: &Record) -> Result<Filter, Error> {
    let part = |name: &String| {
        let value: &Value = row.get(name)?;
        Ok(field(name).exactly(value.clone()))
    };
    Ok(all(model
        .id
        .iter()
        .map(part)
        .collect::<Result<Vec<_>, Error>>()?))
}
