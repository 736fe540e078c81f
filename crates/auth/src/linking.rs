//! Which user a proven identity belongs to: the table of contract authjs §6.
//!
//! To add a kind of account: its rows as a function beside [`by_email`].

use serde_json::Value;

use crate::adapter::{Adapter, AdapterError, NewUser, SessionRecord, User, UserChanges, UserId};
use crate::context::Context;
use crate::directory::observe::{self, Admission};
use crate::error::Error;
use crate::events::Event;
use crate::secret::SessionToken;
use crate::session::{self, Decision, Strategy};
use crate::visit::Visit;

/// The user who signs in.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) user: User,
    /// The new session, where sessions are kept in the store.
    pub(crate) session: Option<SessionRecord>,
    pub(crate) is_new_user: bool,
}

/// Who is signed in in the browser where a sign-in happens.
#[derive(Default)]
struct Current {
    user: Option<UserId>,
    /// Where sessions are kept in the store: the one in the cookie, whether good or not.
    token: Option<SessionToken>,
}

/// Rows 6.2: somebody has proven to receive mail for `profile.email`.
pub(crate) async fn by_email(
    ctx: &Context,
    visit: &Visit<'_>,
    profile: User,
) -> Result<Linked, Error> {
    let store = ctx.store()?;
    let current = current(ctx, visit).await?;
    let email = profile.email.clone().unwrap_or_default();
    let (user, is_new_user) = match store.user_by_email(&email).await? {
        Some(known) => (welcome_back(ctx, store, current, known).await?, false),
        None => welcome(ctx, store, current, profile, &email).await?,
    };
    Ok(Linked {
        session: begin(ctx, store, &user).await?,
        user,
        is_new_user,
    })
}

/// A user of this address exists. Somebody else who is signed in here is signed out.
async fn welcome_back(
    ctx: &Context,
    store: &dyn Adapter,
    current: Current,
    known: User,
) -> Result<User, Error> {
    if current.user.as_ref() != Some(&known.id)
        && let Some(token) = current.token
    {
        store.delete_session(&token).await?;
    }
    let changes = UserChanges {
        email_verified: Some(Some(ctx.now())),
        ..UserChanges::default()
    };
    let user = store.update_user(&known.id, changes).await?;
    let user = user.ok_or(Error::UserVanished)?;
    ctx.tell(|| Event::UpdateUser { user: user.clone() }).await;
    Ok(user)
}

/// Nobody has this address: a user is added. Whoever is signed in here is not linked.
async fn welcome(
    ctx: &Context,
    store: &dyn Adapter,
    current: Current,
    profile: User,
    email: &str,
) -> Result<(User, bool), Error> {
    let new = NewUser {
        proposed_id: profile.id,
        name: profile.name,
        email: profile.email,
        email_verified: Some(ctx.now()),
        image: profile.image,
        extra: profile.extra,
    };
    match store.create_user(new).await {
        Ok(user) => {
            ctx.tell(|| Event::CreateUser { user: user.clone() }).await;
            Ok((user, true))
        }
        // Another link to the same address was faster.
        Err(AdapterError::Conflict(cause)) => match store.user_by_email(email).await? {
            Some(known) => Ok((welcome_back(ctx, store, current, known).await?, false)),
            None => Err(AdapterError::Conflict(cause).into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// SECURITY: always a new token, so that none that was known before is worth more after.
async fn begin(
    ctx: &Context,
    store: &dyn Adapter,
    user: &User,
) -> Result<Option<SessionRecord>, Error> {
    if ctx.settings.session.strategy == Strategy::Jwt {
        return Ok(None);
    }
    let session = SessionRecord {
        session_token: ctx.new_session_token(),
        user_id: user.id.clone(),
        expires: ctx.settings.session.expires(ctx.now()),
    };
    store.create_session(session.clone()).await?;
    Ok(Some(session))
}

async fn current(ctx: &Context, visit: &Visit<'_>) -> Result<Current, Error> {
    let cookie = visit.session_cookie(ctx.settings.session.strategy);
    match (cookie.value(), ctx.settings.session.strategy) {
        (None, _) => Ok(Current::default()),
        (Some(value), Strategy::Jwt) => of_token(ctx, visit, value).await,
        (Some(value), Strategy::Database) => of_rows(ctx, SessionToken::new(value)).await,
    }
}

async fn of_token(ctx: &Context, visit: &Visit<'_>, token: &str) -> Result<Current, Error> {
    let claims = visit.cookies.session_keys.decode(token, ctx.now());
    let mut claims = claims.ok();
    if let Some(genuine) = &claims
        && matches!(observe::admit(ctx, genuine).await?, Admission::Revoked)
    {
        claims = None;
    }
    let subject =
        claims.and_then(|claims| claims.get("sub").and_then(Value::as_str).map(str::to_owned));
    let user = match subject {
        Some(id) => ctx.store()?.user(&UserId(id)).await?,
        None => None,
    };
    Ok(Current {
        user: user.map(|user| user.id),
        token: None,
    })
}

/// SECURITY: Auth.js lets an expired session count as signed in; here it does not.
async fn of_rows(ctx: &Context, token: SessionToken) -> Result<Current, Error> {
    let now = ctx.now();
    let found = ctx.store()?.session_and_user(&token).await?;
    let user = found.and_then(|(record, user)| {
        let over = session::decide(&record, now, &ctx.settings.session) == Decision::End;
        (!over).then_some(user.id)
    });
    Ok(Current {
        user,
        token: Some(token),
    })
}
