//! Another name by somebody who is signed in. It opens nothing, so no proof is asked for.

use serde_json::Value;

use super::Step;
use super::answer::{done, refused};
use super::overview::{self, Part};
use super::person::{Person, signed_in, unknown};
use crate::account::{Refusal, name, steps};
use crate::error::Error;
use crate::response::Reply;

/// `POST account/name`: `name`; an empty one, or null in JSON, removes it.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "account"));
    };
    match change(step, &person).await {
        Ok(()) => Ok(done(step, "account?done=name")),
        Err(Error::Account(refusal)) => {
            let page = overview::page(step, &person, Some((Part::Name, refusal))).await?;
            Ok(refused(step, refusal, |_| page))
        }
        Err(error) => Err(error),
    }
}

async fn change(step: &Step<'_>, person: &Person) -> Result<(), Error> {
    let name = match step.visit.intake.body.get("name") {
        Some(Value::String(typed)) => name::parse(typed)?,
        Some(Value::Null) => None,
        _ => return Err(Refusal::InvalidName.into()),
    };
    let changed = steps::change_name(step.ctx, step.accounts, &person.user.id, name).await?;
    // The user went in between.
    changed.map(|_| ()).ok_or(Error::UserChanges)
}
