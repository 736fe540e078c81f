//! The sessions of whoever asks: shown, and ended one by one or all others at once.
//!
//! Pages for people, JSON for programs (by `Accept: application/json` or `X-Auth-Return-Redirect`). Whose sessions they
//! are comes from the session of the request and from nowhere else (CVE-2025-61928). A session of somebody else is
//! answered as one that does not exist.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::pages::{self, with_query};
use super::session::{self, Purpose, Request};
use crate::adapter::UserId;
use crate::authenticated::Session;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::directory::manage::{self, Revoked};
use crate::directory::{Kept, Page, SessionEntry, SessionId, SessionKey};
use crate::error::Error;
use crate::pages::{SessionItem, SessionsNotice};
use crate::request::Verb;
use crate::response::Reply;
use crate::time::iso_millis;
use crate::visit::Visit;

/// How many sessions a page shows.
const PAGE_SIZE: u32 = 20;

/// How far anybody turns pages.
const LAST_PAGE: u32 = 1_000;

/// Who asks.
struct Owner {
    user: UserId,
    current: Option<SessionKey>,
    kept: Option<Kept>,
    /// Those that prolong the session that asks.
    cookies: Vec<Cookie>,
}

/// `GET sessions`.
pub(crate) async fn show(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(owner) = owner(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    let notice = visit.intake.query.text("notice");
    let notice = notice.and_then(SessionsNotice::from_query);
    let part = Part::of(visit);
    let entries = part.read(ctx, &owner.user).await?;
    let reply = if visit.intake.wants_json() {
        Reply::json(entries.to_json(owner.current))
    } else {
        html(ctx, visit, &owner, &entries, notice)
    };
    Ok(reply.never_cached().with_cookies(owner.cookies))
}

/// `POST sessions/revoke`: ends one of one's own.
pub(crate) async fn revoke(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(owner) = owner(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    let id = SessionId::new(visit.intake.body.text("id").unwrap_or_default());
    let own = match owner.current {
        Some(key) => ends_current(ctx, &owner.user, key, &id).await?,
        None => false,
    };
    match manage::revoke_one(ctx, &owner.user, &id).await? {
        Revoked::Unknown => unknown(ctx, visit, owner).await,
        Revoked::Ended if own => Ok(gone(ctx, visit)),
        Revoked::Ended => {
            let reply = done(ctx, visit, json!({ "ended": 1 }), "ended");
            Ok(reply.with_cookies(owner.cookies))
        }
    }
}

/// `POST sessions/revoke-others`: ends all of one's own but the one that asks.
pub(crate) async fn revoke_others(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(owner) = owner(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    let ended = manage::revoke_all(ctx, &owner.user, owner.kept).await?;
    let reply = done(ctx, visit, json!({ "ended": ended }), "others-ended");
    Ok(reply.with_cookies(owner.cookies))
}

async fn owner(ctx: &Context, visit: &Visit<'_>) -> Result<Option<Owner>, Error> {
    // SECURITY: a session that was ended elsewhere a moment ago ends no other.
    if visit.intake.verb == Verb::Post {
        manage::refresh(ctx).await?;
    }
    let found = session::read(ctx, Request::of(visit), Purpose::Know).await?;
    let (proof, cookies) = found.into_proof();
    Ok(proof.map(|session: Session| Owner {
        user: session.user_id().clone(),
        current: session.key().copied(),
        kept: session.kept(),
        cookies,
    }))
}

/// Whether the session to end is the one that asks.
async fn ends_current(
    ctx: &Context,
    user: &UserId,
    current: SessionKey,
    id: &SessionId,
) -> Result<bool, Error> {
    let key = manage::key_of(ctx, ctx.directory()?, user, id).await?;
    Ok(key == Some(current))
}

fn signed_out(ctx: &Context, visit: &Visit<'_>) -> Reply {
    if visit.intake.wants_json() {
        let message = "Sign in to see your sessions.";
        return Reply::json(json!({ "message": message })).status(StatusCode::UNAUTHORIZED);
    }
    let back = list_url(ctx, visit, &[]);
    let own = format!("{}{}/signin", visit.origin, ctx.settings.base_path);
    let page = ctx.settings.pages.sign_in.as_deref().unwrap_or(&own);
    Reply::redirect(with_query(page, &[("callbackUrl", &back)]))
}

/// The person ended the session that asked: this browser is signed out.
fn gone(ctx: &Context, visit: &Visit<'_>) -> Reply {
    let cookie = visit.session_cookie(ctx.settings.session.strategy);
    let reply = if visit.intake.wants_json() {
        Reply::json(json!({ "ended": 1 }))
    } else {
        Reply::redirect(visit.origin.to_string())
    };
    reply.never_cached().with_cookies(cookie.clear())
}

fn done(ctx: &Context, visit: &Visit<'_>, data: Value, notice: &str) -> Reply {
    if visit.intake.wants_json() {
        return Reply::json(data).never_cached();
    }
    Reply::redirect(list_url(ctx, visit, &[("notice", notice)]))
}

async fn unknown(ctx: &Context, visit: &Visit<'_>, owner: Owner) -> Result<Reply, Error> {
    let reply = if visit.intake.wants_json() {
        Reply::json(json!({ "message": SessionsNotice::Unknown.text() }))
    } else {
        let entries = Part::first().read(ctx, &owner.user).await?;
        html(ctx, visit, &owner, &entries, Some(SessionsNotice::Unknown))
    };
    Ok(reply
        .never_cached()
        .status(StatusCode::NOT_FOUND)
        .with_cookies(owner.cookies))
}

/// A part of the list.
struct Part {
    /// The first is 1.
    number: u32,
}

/// What it holds.
struct Entries {
    number: u32,
    list: Vec<SessionEntry>,
    has_more: bool,
    now: Timestamp,
}

impl Part {
    fn first() -> Self {
        Self { number: 1 }
    }

    /// The one that the query names.
    fn of(visit: &Visit<'_>) -> Self {
        let named = visit.intake.query.text("page");
        let number = named.and_then(|text| text.parse().ok()).unwrap_or(1);
        Self {
            number: u32::clamp(number, 1, LAST_PAGE),
        }
    }

    async fn read(self, ctx: &Context, user: &UserId) -> Result<Entries, Error> {
        let page = Page {
            skip: (self.number - 1) * PAGE_SIZE,
            // One more tells whether there are more.
            take: PAGE_SIZE + 1,
        };
        let mut list = manage::list(ctx, user, page).await?;
        let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        let has_more = list.len() > size && self.number < LAST_PAGE;
        list.truncate(size);
        Ok(Entries {
            number: self.number,
            list,
            has_more,
            now: ctx.now(),
        })
    }
}

impl Entries {
    fn to_json(&self, current: Option<SessionKey>) -> Value {
        let moment = |moment: Option<Timestamp>| moment.map(iso_millis);
        let sessions = self.list.iter().map(|entry| {
            json!({
                "id": entry.id.as_str(),
                "current": Some(entry.key) == current,
                "client": entry.client.name,
                "userAgent": entry.client.user_agent,
                "network": entry.client.network,
                "country": entry.client.country,
                "created": moment(entry.created),
                "lastSeen": moment(entry.last_seen),
                "expires": iso_millis(entry.expires),
            })
        });
        let next = self.has_more.then_some(self.number + 1);
        json!({ "sessions": sessions.collect::<Vec<_>>(), "nextPage": next })
    }
}

fn list_url(ctx: &Context, visit: &Visit<'_>, members: &[(&str, &str)]) -> String {
    let list = format!("{}{}/sessions", visit.origin, ctx.settings.base_path);
    if members.is_empty() {
        list
    } else {
        with_query(&list, members)
    }
}

fn html(
    ctx: &Context,
    visit: &Visit<'_>,
    owner: &Owner,
    entries: &Entries,
    notice: Option<SessionsNotice>,
) -> Reply {
    let items: Vec<SessionItem> = entries
        .list
        .iter()
        .map(|entry| SessionItem::of(entry, entries.now, Some(entry.key) == owner.current))
        .collect();
    let turn = |number: u32| list_url(ctx, visit, &[("page", &number.to_string())]);
    let newer = (entries.number > 1).then(|| turn(entries.number - 1));
    let older = entries.has_more.then(|| turn(entries.number + 1));
    pages::sessions(
        ctx,
        visit,
        &pages::Listed {
            items: &items,
            newer_url: newer.as_deref(),
            older_url: older.as_deref(),
            notice,
        },
    )
}
