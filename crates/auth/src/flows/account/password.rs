//! Another password by somebody who is signed in.

use super::Step;
use super::answer::{done, refused};
use super::person::{Fresh, Person, prove, signed_in, unknown};
use super::{fresh, overview};
use crate::account::steps::{self, Change};
use crate::error::Error;
use crate::response::Reply;

/// `POST account/password`: `password` is the old one, `newPassword` the other.
///
/// Every session of the user ends. The browser at hand goes on with a new one, so that a session which somebody else knows
/// is worth nothing (CVE-2026-7507).
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "account"));
    };
    match change(step, &person).await {
        Ok(reply) => Ok(reply),
        Err(Error::Account(refusal)) => {
            let page = overview::page(step, &person, Some((overview::Part::Password, refusal)));
            let page = page.await?;
            Ok(refused(step, refusal, |_| page))
        }
        Err(error) => Err(error),
    }
}

async fn change(step: &Step<'_>, person: &Person) -> Result<Reply, Error> {
    let Fresh { password: expected } = prove(step, person).await?;
    let (user, origin) = (&person.user, step.visit.origin);
    let session = fresh::prepare(step, user);
    let change = Change {
        expected,
        typed: step.typed("newPassword"),
        row: session.row(),
        keep: Some(session.kept()),
    };
    steps::change_password(step.ctx, step.accounts, origin, user, change).await?;
    let cookies = fresh::begin(step, user, session).await;
    Ok(done(step, "account?done=password").with_cookies(cookies))
}
