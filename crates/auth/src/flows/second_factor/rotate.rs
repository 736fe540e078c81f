//! The session with which a browser goes on after it proved more.
//!
//! SECURITY: CVE-2026-7507: always with another secret than before, so that a session which somebody planted or copied
//! earlier is worth no more than it was.

use super::Flow;
use crate::adapter::User;
use crate::cookies::Cookie;
use crate::directory::manage;
use crate::directory::{SessionKey, Which, observe};
use crate::error::Error;
use crate::flows::account::fresh::{self, Fresh};
use crate::flows::account::person::Person;
use crate::second_factor::check::Proven;
use crate::second_factor::{Factor, proof};
use crate::secret::SessionToken;
use crate::session::Strategy;

/// The second factor was proven: the session at hand goes on under another secret, as proven by both.
pub(super) async fn proven(
    flow: &Flow<'_>,
    person: &Person,
    second: Proven,
) -> Result<Vec<Cookie>, Error> {
    let (session, first) = prepared(flow, person).await?;
    let cookies = begun(flow, &person.user, session, (first, second)).await?;
    end_old(flow, person).await?;
    Ok(cookies)
}

/// The second factor was set up: every other session ends, because each began without it.
pub(super) async fn set_up(
    flow: &Flow<'_>,
    person: &Person,
    second: Proven,
) -> Result<Vec<Cookie>, Error> {
    let (session, first) = prepared(flow, person).await?;
    let kept = session.kept();
    let cookies = begun(flow, &person.user, session, (first, second)).await?;
    let ctx = flow.step.ctx;
    manage::revoke_all_surely(ctx, &person.user.id, Some(kept)).await?;
    Ok(cookies)
}

/// A new session, in the store where sessions are kept there, and what the one at hand began with. Where nobody knows, that
/// is something that was vouched for.
async fn prepared(flow: &Flow<'_>, person: &Person) -> Result<(Fresh, Factor), Error> {
    let ctx = flow.step.ctx;
    let known = match person.session.key() {
        Some(key) => proof::of(ctx, flow.settings, key, &person.user.id).await?,
        None => None,
    };
    let session = fresh::prepare(&flow.step, &person.user);
    if let Some(row) = session.row() {
        ctx.store()?.create_session(row).await?;
    }
    let first = known.map_or(Factor::Application, |proof| proof.first);
    Ok((session, first))
}

async fn begun(
    flow: &Flow<'_>,
    user: &User,
    session: Fresh,
    (first, second): (Factor, Proven),
) -> Result<Vec<Cookie>, Error> {
    let key = session.key();
    let cookies = fresh::begin(&flow.step, user, session).await;
    if let Some(key) = key {
        let factors = (first, second.factor());
        proof::renewed(flow.step.ctx, flow.settings, key, &user.id, factors).await?;
    }
    Ok(cookies)
}

async fn end_old(flow: &Flow<'_>, person: &Person) -> Result<(), Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let strategy = ctx.settings.session.strategy;
    match strategy {
        Strategy::Database => {
            if let Some(value) = visit.session_cookie(strategy).value() {
                let token = SessionToken::new(value);
                ctx.store()?.delete_session(&token).await?;
                observe::ended(ctx, &token).await;
            }
        }
        Strategy::Jwt => {
            let key: Option<&SessionKey> = person.session.key();
            if let (Some(key), Ok(directory)) = (key, ctx.directory()) {
                let which = Which::One(*key);
                manage::end_tokens(ctx, directory, &person.user.id, which).await?;
            }
        }
    }
    Ok(())
}
