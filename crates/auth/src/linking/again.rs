//! Somebody who is signed in has shown again who it is, by an account or a key that is theirs.
//!
//! SPEC: contract §6.1 and §6.3 keep the session. A session that began long ago would then stay old whatever its person
//! shows, and whoever is asked to sign in again would be asked for ever. So it begins anew there, under another secret
//! (CVE-2026-7507). One that began lately is kept.

use super::account::{ShownAccount, kept, known, only};
use super::here::{Here, HereBy};
use super::{Linked, SessionAfter, new_session};
use crate::adapter::{SignIn, SignInOutcome, User, UserId};
use crate::context::Context;
use crate::directory::family::Family;
use crate::directory::recent::is_recent;
use crate::directory::{Which, manage, observe};
use crate::error::Error;
use crate::second_factor::gate::{self, Gate};
use crate::visit::Visit;

/// `None` when something is not as it was read by now: read again.
pub(super) async fn again(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    here: Here,
) -> Result<Option<Linked>, Error> {
    if !is_to_begin_anew(ctx, &here).await? {
        return Ok(Some(kept(ctx, here)));
    }
    let gate = gate::ask(ctx, visit, &here.user.id, shown.factor()).await?;
    match &gate {
        Gate::Open(opened) if opened.second().is_none() => {}
        // Where there is a second factor, that one is the proof; what it proved in this session is not given up.
        Gate::Open(_) | Gate::Held(_) => return Ok(Some(kept(ctx, here))),
    }
    begin_anew(ctx, gate, here).await
}

/// Where nobody knows when sessions begin, beginning another is worth nothing.
async fn is_to_begin_anew(ctx: &Context, here: &Here) -> Result<bool, Error> {
    let is_known = ctx.directory.is_some();
    Ok(is_known && !is_recent(ctx, &here.user.id, here.key().as_ref()).await?)
}

async fn begin_anew(ctx: &Context, gate: Gate, here: Here) -> Result<Option<Linked>, Error> {
    let Here { user, session } = here;
    let ends = match &session {
        HereBy::Row(row) => Some(row.session_token.clone()),
        HereBy::Token(_) => None,
    };
    let write = SignIn {
        ends,
        session: new_session(ctx, &gate),
        ..only(known(&user))
    };
    let began = ctx.now();
    let SignInOutcome::Done(signed_in) = ctx.store()?.sign_in(write).await? else {
        return Ok(None);
    };
    ended(ctx, &user, session).await?;
    Ok(Some(Linked {
        user: signed_in.user,
        session: SessionAfter::new(gate, signed_in.session),
        is_new_user: false,
        began,
    }))
}

/// What is known of the session before goes with it.
async fn ended(ctx: &Context, user: &User, before: HereBy) -> Result<(), Error> {
    match before {
        HereBy::Row(row) => observe::ended(ctx, &row.session_token).await,
        HereBy::Token(Some(family)) => end_token(ctx, &user.id, &family).await?,
        HereBy::Token(None) => {}
    }
    Ok(())
}

async fn end_token(ctx: &Context, user: &UserId, family: &Family) -> Result<(), Error> {
    let directory = ctx.directory()?;
    manage::end_tokens(ctx, directory, user, Which::One(family.key())).await?;
    Ok(())
}
