//! Who is at the browser, and whether it is still the one who signed in.

use serde_json::json;

use super::Step;
use crate::account::Refusal;
use crate::adapter::{User, UserId};
use crate::authenticated::{Session, SessionRead};
use crate::directory::manage;
use crate::directory::recent::is_recent;
use crate::error::Error;
use crate::flows::pages::with_query;
use crate::flows::second_factor::{self, Lately};
use crate::flows::session::{self, Purpose, Request};
use crate::limit::LimitedAction;
use crate::password::{Password, PasswordHash};
use crate::request::Verb;
use crate::response::Reply;
use crate::witness::{self, Attempt};

/// Somebody who is signed in, as the store knows them.
pub(in crate::flows) struct Person {
    pub(in crate::flows) user: User,
    pub(in crate::flows) session: Session,
}

/// The person showed just now who it is.
// INVARIANT: made by `prove` alone.
pub(in crate::flows) struct Fresh {
    /// The hash of the password that was proven; `None` where there is none and the sign-in was recent.
    pub(in crate::flows) password: Option<PasswordHash>,
}

/// Who is signed in. `None` also when the user is gone.
pub(in crate::flows) async fn signed_in(step: &Step<'_>) -> Result<Option<Person>, Error> {
    // SECURITY: a session that was ended elsewhere a moment ago changes nothing.
    if step.visit.intake.verb == Verb::Post {
        manage::refresh(step.ctx).await?;
    }
    let found = session::read(step.ctx, Request::of(step.visit), Purpose::Know).await?;
    let read: SessionRead = found.into();
    let Some(session) = read.session else {
        return Ok(None);
    };
    let user = step.accounts.store.user(session.user_id()).await?;
    Ok(user.map(|user| Person { user, session }))
}

/// The answer to somebody who is not signed in: off to the sign-in page, and back to `path` from there.
pub(in crate::flows) fn unknown(step: &Step<'_>, path: &str) -> Reply {
    if step.visit.intake.wants_json() {
        let body = json!({ "error": "Unauthorized", "message": "Sign in first." });
        return Reply::json(body)
            .status(http::StatusCode::UNAUTHORIZED)
            .never_cached();
    }
    let back = step.url(path);
    Reply::redirect(with_query(&step.url("signin"), &[("callbackUrl", &back)]))
}

/// The hash of the person's password, where passwords are kept and there is one.
pub(in crate::flows) async fn password_of(
    step: &Step<'_>,
    user: &User,
) -> Result<Option<PasswordHash>, Error> {
    match &step.ctx.passwords {
        Some(passwords) => Ok(passwords.store.password(&user.id).await?),
        None => Ok(None),
    }
}

/// Asks for the proof again: the password, or where there is none, a sign-in of the last minutes.
///
/// Whoever has a second factor must have proven it lately as well. Where there is no password, that is the proof.
pub(in crate::flows) async fn prove(step: &Step<'_>, person: &Person) -> Result<Fresh, Error> {
    let second = second_factor::lately(step, person).await?;
    match password_of(step, &person.user).await? {
        Some(stored) => {
            let proven = prove_password(step, &person.user.id, stored).await;
            if let Err(Error::Account(refusal)) = &proven {
                let who = Some(&person.user.id);
                witness::refused_account(step.ctx, Attempt::Account, *refusal, who);
            }
            proven
        }
        None if second == Lately::Proven => Ok(Fresh { password: None }),
        None if is_recent(step.ctx, &person.user.id, person.session.key()).await? => {
            Ok(Fresh { password: None })
        }
        None => Err(Refusal::SignInAgain.into()),
    }
}

async fn prove_password(
    step: &Step<'_>,
    user: &UserId,
    stored: PasswordHash,
) -> Result<Fresh, Error> {
    let limits = &step.ctx.limits;
    let action = LimitedAction::Reauthenticate;
    let charge = limits
        .charge(action, step.visit, Some(user.as_str()))
        .await?;
    let typed = Password::parse(step.typed("password"));
    let typed = typed.map_err(|_| Refusal::WrongPassword)?;
    let passwords = step.ctx.passwords()?;
    let password = passwords.check(Some(user), &typed, Some(stored)).await?;
    if password.is_none() {
        return Err(Refusal::WrongPassword.into());
    }
    limits.succeeded(charge).await;
    Ok(Fresh { password })
}
