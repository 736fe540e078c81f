//! Another password by somebody who is signed in.

use super::Step;
use super::answer::{done, refused};
use super::person::{Fresh, Person, prove, signed_in, unknown};
use super::{fresh, overview};
use crate::account::{PasswordChange, Refusal, steps};
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
    let user = &person.user;
    let about = [
        step.visit.origin.host(),
        user.email.as_deref().unwrap_or_default(),
        user.name.as_deref().unwrap_or_default(),
    ];
    let new = steps::new_password(step.ctx, step.typed("newPassword"), &about).await?;
    let begun = fresh::prepare(step, user);
    let changed = step.accounts.store.change_password(PasswordChange {
        user_id: user.id.clone(),
        expected,
        new,
        session: begun.row(),
    });
    // Another change was faster: the password that was proven is no longer the user's.
    if !changed.await? {
        return Err(Refusal::WrongPassword.into());
    }
    steps::end_sessions(step.ctx, &user.id, begun.key()).await;
    let cookies = fresh::begin(step, user, begun).await;
    steps::password_changed(step.ctx, step.accounts, step.visit.origin, user).await;
    Ok(done(step, "account?done=password").with_cookies(cookies))
}
