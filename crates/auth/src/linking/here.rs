//! Who is signed in in this browser.

use crate::adapter::{SessionRecord, User, UserId};
use crate::context::Context;
use crate::directory::SessionKey;
use crate::directory::family::Family;
use crate::directory::manage;
use crate::directory::observe::{self, Admission};
use crate::error::Error;
use crate::secret::SessionToken;
use crate::session::{self, Decision, Strategy};
use crate::visit::Visit;

/// Somebody who is signed in in this browser.
#[derive(Debug)]
pub(crate) struct Here {
    pub(crate) user: User,
    pub(crate) session: HereBy,
}

/// By which session.
#[derive(Debug)]
pub(crate) enum HereBy {
    /// One in the store.
    Row(SessionRecord),
    /// One in the cookie, with its name where it has one.
    Token(Option<Family>),
}

impl Here {
    /// What names the session, where anything does.
    pub(crate) fn key(&self) -> Option<SessionKey> {
        match &self.session {
            HereBy::Row(row) => Some(SessionKey::of_token(&row.session_token)),
            HereBy::Token(family) => family.as_ref().map(Family::key),
        }
    }
}

/// Who is signed in in this browser. Nobody without a store.
///
/// SECURITY: the session is judged as anywhere else: neither an expired nor an ended one authorises anything, although
/// an expired row counts with Auth.js. Neither session nor cookie are prolonged by it.
pub(crate) async fn here(ctx: &Context, visit: &Visit<'_>) -> Result<Option<Here>, Error> {
    let strategy = ctx.settings.session.strategy;
    let cookie = visit.session_cookie(strategy);
    let (Some(value), Some(_)) = (cookie.value(), &ctx.store) else {
        return Ok(None);
    };
    match strategy {
        Strategy::Database => by_row(ctx, SessionToken::new(value)).await,
        Strategy::Jwt => by_token(ctx, visit, value).await,
    }
}

async fn by_row(ctx: &Context, token: SessionToken) -> Result<Option<Here>, Error> {
    let found = ctx.store()?.session_and_user(&token).await?;
    let good = found.filter(|(record, _)| {
        session::decide(record, ctx.now(), &ctx.settings.session) != Decision::End
    });
    Ok(good.map(|(record, user)| Here {
        user,
        session: HereBy::Row(record),
    }))
}

async fn by_token(ctx: &Context, visit: &Visit<'_>, token: &str) -> Result<Option<Here>, Error> {
    let Ok(claims) = visit.cookies.session_keys.decode(token, ctx.now()) else {
        return Ok(None);
    };
    // A session that was ended elsewhere a moment ago authorises nothing.
    manage::refresh(ctx).await?;
    let Admission::Counts(family) = observe::admit(ctx, &claims).await? else {
        return Ok(None);
    };
    let Some(id) = observe::user_of(&claims) else {
        return Ok(None);
    };
    let user = ctx.store()?.user(&UserId(id.into_owned())).await?;
    Ok(user.map(|user| Here {
        user,
        session: HereBy::Token(family),
    }))
}
