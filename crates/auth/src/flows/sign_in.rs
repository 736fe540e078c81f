//! What all ways to sign in share: asking the application, and beginning the session.

use jiff::Timestamp;

use crate::adapter::{Account, SessionRecord, User, UserId};
use crate::callbacks::{
    CallbackError, CallbackFailure, Callbacks, ClaimsCause, SignInAttempt, SignInDecision,
};
use crate::context::Context;
use crate::cookies::Cookie;
use crate::directory::SessionKey;
use crate::directory::family::Family;
use crate::directory::observe::{self, Sighting};
use crate::error::Error;
use crate::events::Event;
use crate::jwe::Lifetime;
use crate::linking::Linked;
use crate::response::Reply;
use crate::session::{self, Strategy};
use crate::visit::Visit;

/// Whether a sign-in goes on.
pub(crate) enum Admission {
    Granted,
    /// The application sends the person elsewhere.
    Elsewhere(Reply),
}

/// Asks the application whether this person may sign in.
pub(crate) async fn admit(
    ctx: &Context,
    visit: &Visit<'_>,
    attempt: &SignInAttempt,
) -> Result<Admission, Error> {
    match ctx.callbacks.sign_in(attempt).await {
        Ok(SignInDecision::Allow) => Ok(Admission::Granted),
        Ok(SignInDecision::Deny) => Err(Error::Refused),
        Ok(SignInDecision::Redirect(target)) => {
            let target = ctx.redirect_target(&target, visit.origin).await?;
            Ok(Admission::Elsewhere(Reply::redirect(target)))
        }
        Err(CallbackError {
            kind: away @ CallbackFailure::Unavailable(_),
        }) => Err(Error::Callback(away)),
        Err(CallbackError { kind }) => Err(Error::RefusedByFailure(kind)),
    }
}

/// Begins the session of somebody who proved who it is, tells of it, and leads on.
pub(crate) async fn begin_session(
    ctx: &Context,
    visit: &Visit<'_>,
    linked: Linked,
    account: Account,
) -> Result<Reply, Error> {
    let Linked {
        user,
        session,
        is_new_user,
        began,
    } = linked;
    let cookies = match session {
        Some(session) => {
            if let Some(key) = observe::key_of_row(ctx, &session.session_token) {
                begun(ctx, visit, key, &user.id, session.expires).await;
            }
            row_cookies(visit, &session)
        }
        None => {
            let cause = ClaimsCause::SignIn {
                user: Box::new(user.clone()),
                account: Box::new(account.clone()),
                is_new_user,
            };
            token_cookies(ctx, visit, &user, cause, began).await?
        }
    };
    ctx.tell(|| Event::SignIn {
        user,
        account,
        is_new_user,
    })
    .await;
    let reply = Reply::redirect(destination(ctx, visit, is_new_user)).with_cookies(cookies);
    Ok(reply.never_cached_as_json())
}

/// After the sign-in and not in its transaction: a list that cannot be written keeps nobody out.
async fn begun(
    ctx: &Context,
    visit: &Visit<'_>,
    key: SessionKey,
    user: &UserId,
    expires: Timestamp,
) {
    let sighting = Sighting {
        key,
        user,
        expires,
        headers: visit.intake.headers,
        extensions: visit.intake.extensions,
    };
    observe::begun(ctx, sighting).await;
}

fn row_cookies(visit: &Visit<'_>, session: &SessionRecord) -> Vec<Cookie> {
    visit
        .session_cookie(Strategy::Database)
        .write(session.session_token.expose(), session.expires)
}

async fn token_cookies(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &User,
    cause: ClaimsCause,
    began: Timestamp,
) -> Result<Vec<Cookie>, Error> {
    let claims = session::default_claims(user);
    let cookie = visit.session_cookie(Strategy::Jwt);
    // SPEC: contract §5.3.6: without claims there is no session, yet the sign-in goes on.
    let Some(mut claims) = ctx.callbacks.claims(claims, &cause).await? else {
        return Ok(cookie.clear());
    };
    let lifetime = Lifetime {
        now: ctx.now(),
        max_age: ctx.settings.token_max_age,
    };
    let expires = ctx.settings.session.expires(lifetime.now);
    if ctx.directory.is_some() {
        let family = Family::begin(began, &*ctx.random);
        family.write(&mut claims);
        begun(ctx, visit, family.key(), &user.id, expires).await;
    }
    let keys = &visit.cookies.session_keys;
    let token = keys.encode(claims, lifetime, &*ctx.random);
    Ok(cookie.write(&token, expires))
}

/// New users may be greeted first.
fn destination(ctx: &Context, visit: &Visit<'_>, is_new_user: bool) -> String {
    match &ctx.settings.pages.new_user {
        Some(page) if is_new_user => {
            super::pages::with_query(page, &[("callbackUrl", &visit.callback_url)])
        }
        _ => visit.callback_url.clone(),
    }
}
