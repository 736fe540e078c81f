//! What all ways to sign in share: asking the application, and beginning the session.

use jiff::Timestamp;
use serde_json::Value;

use crate::account::steps::own_url;
use crate::adapter::{Account, AccountType, SessionRecord, User, UserId};
use crate::callbacks::{
    CallbackError, CallbackFailure, Callbacks, ClaimsCause, SignInAttempt, SignInDecision,
};
use crate::context::Context;
use crate::cookies::Cookie;
use crate::directory::family::Family;
use crate::directory::observe::{self, Sighting};
use crate::directory::{ServiceSession, SessionKey};
use crate::error::Error;
use crate::events::Event;
use crate::jwe::Lifetime;
use crate::linking::here::HereBy;
use crate::linking::{Known, Linked, SessionAfter};
use crate::path::Action;
use crate::response::Reply;
use crate::second_factor::gate::{Held, Opened};
use crate::second_factor::{proof, waiting};
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
    begin_session_of(ctx, visit, linked, Shown::by(account)).await
}

/// How somebody proved who it is, as the application is told.
pub(crate) struct Shown {
    pub(crate) account: Account,
    /// What another service says of the person, as it says it.
    pub(crate) profile: Option<Value>,
    /// Hash of what the service calls its session.
    pub(crate) service_session: Option<SessionKey>,
}

impl Shown {
    /// Without another service.
    pub(crate) fn by(account: Account) -> Self {
        Self {
            account,
            profile: None,
            service_session: None,
        }
    }

    /// The service that somebody proved it to, where it was one.
    fn service(&self) -> Option<ServiceSession> {
        let is_service = matches!(self.account.kind, AccountType::OAuth | AccountType::Oidc);
        is_service.then(|| ServiceSession {
            provider: self.account.provider.clone(),
            key: self.service_session,
        })
    }
}

/// The same for somebody whom another service knows.
pub(crate) async fn begin_session_of(
    ctx: &Context,
    visit: &Visit<'_>,
    linked: Linked,
    shown: Shown,
) -> Result<Reply, Error> {
    let Linked {
        user,
        session,
        is_new_user,
        began,
    } = linked;
    let service = shown.service();
    let Shown {
        account,
        profile,
        service_session,
    } = shown;
    let cause = || ClaimsCause::SignIn {
        user: Box::new(user.clone()),
        account: Box::new(account.clone()),
        profile: profile.clone(),
        is_new_user,
    };
    let mut cookies = match session {
        SessionAfter::Held(held) => {
            let shown = Shown {
                account,
                profile,
                service_session,
            };
            return hold(ctx, visit, held, (&user.id, is_new_user), shown).await;
        }
        SessionAfter::Row(session, opened, known) => {
            if known == Known::Left
                && let Some(key) = observe::key_of_row(ctx, &session.session_token)
            {
                let entry = Entry {
                    key,
                    user: &user.id,
                    expires: session.expires,
                    service,
                };
                begun(ctx, visit, entry).await;
                proof::begun(ctx, key, &user.id, opened).await;
            }
            row_cookies(visit, &session)
        }
        // SPEC: contract §6.1: the row does not move, and the cookie gets its end.
        SessionAfter::Kept(HereBy::Row(session)) => row_cookies(visit, &session),
        SessionAfter::Token(opened) => {
            let begins = Begins::Anew {
                began,
                opened,
                service,
            };
            token_cookies(ctx, visit, &user, cause(), begins).await?
        }
        SessionAfter::Kept(HereBy::Token(family)) => {
            let begins = Begins::Before { family };
            token_cookies(ctx, visit, &user, cause(), begins).await?
        }
    };
    cookies.extend(waiting::forget(visit));
    ctx.tell(|| Event::SignIn {
        user,
        account,
        profile,
        is_new_user,
    })
    .await;
    let reply = Reply::redirect(destination(ctx, visit, is_new_user)).with_cookies(cookies);
    Ok(reply.never_cached_as_json())
}

/// Leads to the second factor in place of a session. Nobody is signed in yet, and nobody is told that somebody were.
async fn hold(
    ctx: &Context,
    visit: &Visit<'_>,
    held: Held,
    (user, is_new_user): (&UserId, bool),
    shown: Shown,
) -> Result<Reply, Error> {
    let settings = ctx.second_factor.as_ref().ok_or(Error::UnknownAction)?;
    let provider = shown.account.provider.clone();
    let mut content = waiting::Content::new(held, shown.account, &visit.callback_url);
    content.profile = shown.profile;
    content.is_new_user = is_new_user;
    content.service_session = shown.service_session.map(|key| key.to_hex());
    let cookies = waiting::begin(ctx, settings, visit, user, content).await?;
    tracing::info!(user.id = %user, "a sign-in waits for its second factor");
    ctx.tell(|| Event::SecondFactorAsked {
        user_id: user.clone(),
        provider,
    })
    .await;
    let page = own_url(ctx, visit.origin, Action::SecondFactor.name());
    let reply = Reply::redirect(page).with_cookies(cookies);
    Ok(reply.never_cached_as_json())
}

/// What the list of sessions is to say of one that begins.
struct Entry<'a> {
    key: SessionKey,
    user: &'a UserId,
    expires: Timestamp,
    service: Option<ServiceSession>,
}

/// After the sign-in and not in its transaction: a list that cannot be written keeps nobody out.
async fn begun(ctx: &Context, visit: &Visit<'_>, entry: Entry<'_>) {
    let sighting = Sighting {
        key: entry.key,
        user: entry.user,
        expires: entry.expires,
        headers: visit.intake.headers,
        extensions: visit.intake.extensions,
    };
    observe::begun(ctx, sighting, entry.service).await;
}

fn row_cookies(visit: &Visit<'_>, session: &SessionRecord) -> Vec<Cookie> {
    visit
        .session_cookie(Strategy::Database)
        .write(session.session_token.expose(), session.expires)
}

/// Whether the session of a token is a new one.
enum Begins {
    Anew {
        began: Timestamp,
        opened: Opened,
        service: Option<ServiceSession>,
    },
    /// It is another token of the same session.
    Before { family: Option<Family> },
}

async fn token_cookies(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &User,
    cause: ClaimsCause,
    begins: Begins,
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
    match begins {
        Begins::Anew {
            began,
            opened,
            service,
        } if ctx.directory.is_some() => {
            let family = Family::begin(began, &*ctx.random);
            family.write(&mut claims);
            let entry = Entry {
                key: family.key(),
                user: &user.id,
                expires,
                service,
            };
            begun(ctx, visit, entry).await;
            proof::begun(ctx, family.key(), &user.id, opened).await;
        }
        Begins::Before {
            family: Some(family),
        } => family.write(&mut claims),
        Begins::Anew { .. } | Begins::Before { family: None } => {}
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
