//! The passkeys of whoever asks: shown, named, removed. Adding one is a ceremony (`options`, `finish`).
//!
//! Pages for people, JSON for programs. Whose they are comes from the session of the request and from nowhere else. A
//! passkey of somebody else is answered as one that does not exist.

use http::StatusCode;
use serde_json::{Value, json};

use crate::adapter::{Unlinked, User, UserId};
use crate::context::Context;
use crate::error::Error;
use crate::flows::account;
use crate::flows::pages::{self, with_query};
use crate::flows::ways_in::{self, Told};
use crate::linking::here::here;
use crate::pages::{AddPasskey, PasskeyItem, PasskeysNotice, PasskeysPage};
use crate::passkey::{Passkey, steps};
use crate::path::Action;
use crate::response::Reply;
use crate::time::iso_millis;
use crate::visit::Visit;

/// `GET passkeys`.
pub(crate) async fn show(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(user) = signed_in(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    let keys = ctx.passkeys()?.store.passkeys_of(&user.id).await?;
    if visit.intake.wants_json() {
        return Ok(Reply::json(as_json(&keys)).never_cached());
    }
    let notice = visit.intake.query.text("notice");
    let notice = notice.and_then(PasskeysNotice::from_query);
    Ok(page(ctx, visit, &keys, notice))
}

/// `POST passkeys/rename`.
pub(crate) async fn rename(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(user) = signed_in(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    let Some(name) = steps::name_of(visit.intake.body.text("name").unwrap_or_default()) else {
        return refused(ctx, visit, &user.id, PasskeysNotice::Name).await;
    };
    let store = &ctx.passkeys()?.store;
    let renamed = match named(ctx, visit, &user.id).await? {
        Some(passkey) => {
            let id = &passkey.authenticator.credential_id;
            store.rename_passkey(&user.id, id, name).await?
        }
        None => false,
    };
    match renamed {
        true => Ok(done(ctx, visit, PasskeysNotice::Renamed)),
        false => refused(ctx, visit, &user.id, PasskeysNotice::Unknown).await,
    }
}

/// `POST passkeys/remove`. The last way in stays.
pub(crate) async fn remove(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let removed = remove_named(ctx, visit).await;
    ways_in::or_ask(ctx, visit, removed, Told::to(visit), &page_url(ctx, visit))
}

async fn remove_named(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let Some(here) = here(ctx, visit).await? else {
        return Ok(signed_out(ctx, visit));
    };
    ways_in::check(ctx, &here.user.id, here.key().as_ref()).await?;
    let user = here.user;
    let Some(passkey) = named(ctx, visit, &user.id).await? else {
        return refused(ctx, visit, &user.id, PasskeysNotice::Unknown).await;
    };
    match steps::remove(ctx, Some(visit.origin), &user, &passkey).await? {
        Unlinked::Done(_) => Ok(done(ctx, visit, PasskeysNotice::Removed)),
        Unlinked::Unknown => refused(ctx, visit, &user.id, PasskeysNotice::Unknown).await,
        Unlinked::LastWayIn => refused(ctx, visit, &user.id, PasskeysNotice::LastWayIn).await,
    }
}

/// Who is signed in, in this very moment.
async fn signed_in(ctx: &Context, visit: &Visit<'_>) -> Result<Option<User>, Error> {
    Ok(here(ctx, visit).await?.map(|here| here.user))
}

/// The passkey of the user that the form names.
async fn named(ctx: &Context, visit: &Visit<'_>, user: &UserId) -> Result<Option<Passkey>, Error> {
    let id = visit.intake.body.text("id").unwrap_or_default();
    let keys = ctx.passkeys()?.store.passkeys_of(user).await?;
    let is_it = |key: &Passkey| key.authenticator.credential_id.digest() == id;
    Ok(keys.into_iter().find(is_it))
}

fn as_json(keys: &[Passkey]) -> Value {
    let passkeys = keys.iter().map(|key| {
        json!({
            "id": key.authenticator.credential_id.digest(),
            "name": key.notes.name,
            "created": key.notes.created.map(iso_millis),
            "lastUsed": key.notes.last_used.map(iso_millis),
            "deviceType": key.authenticator.device_type.name(),
            "transports": key.authenticator.transports,
        })
    });
    json!({ "passkeys": passkeys.collect::<Vec<_>>() })
}

/// The page with all of them.
pub(super) fn page_url(ctx: &Context, visit: &Visit<'_>) -> String {
    own_url(ctx, visit, Action::Passkeys.name())
}

fn own_url(ctx: &Context, visit: &Visit<'_>, path: &str) -> String {
    format!("{}{}/{path}", visit.origin, ctx.settings.base_path)
}

fn signed_out(ctx: &Context, visit: &Visit<'_>) -> Reply {
    if visit.intake.wants_json() {
        let body = json!({ "error": "Unauthorized", "message": "Sign in first." });
        return Reply::json(body)
            .status(StatusCode::UNAUTHORIZED)
            .never_cached();
    }
    let back = own_url(ctx, visit, "passkeys");
    let own = own_url(ctx, visit, "signin");
    let page = ctx.settings.pages.sign_in.as_deref().unwrap_or(&own);
    Reply::redirect(with_query(page, &[("callbackUrl", &back)]))
}

fn done(ctx: &Context, visit: &Visit<'_>, notice: PasskeysNotice) -> Reply {
    if visit.intake.wants_json() {
        return Reply::json(json!({ "message": notice.text() })).never_cached();
    }
    let members = [("notice", notice.code().to_ascii_lowercase())];
    let members = members.each_ref().map(|(name, value)| (*name, &**value));
    Reply::redirect(with_query(&own_url(ctx, visit, "passkeys"), &members))
}

async fn refused(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
    notice: PasskeysNotice,
) -> Result<Reply, Error> {
    let status = match notice {
        PasskeysNotice::Unknown => StatusCode::NOT_FOUND,
        PasskeysNotice::LastWayIn => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let reply = if visit.intake.wants_json() {
        Reply::json(json!({ "error": notice.code(), "message": notice.text() })).never_cached()
    } else {
        let keys = ctx.passkeys()?.store.passkeys_of(user).await?;
        page(ctx, visit, &keys, Some(notice))
    };
    Ok(reply.status(status))
}

fn page(
    ctx: &Context,
    visit: &Visit<'_>,
    keys: &[Passkey],
    notice: Option<PasskeysNotice>,
) -> Reply {
    let now = ctx.now();
    let items: Vec<PasskeyItem> = keys.iter().map(|key| PasskeyItem::of(key, now)).collect();
    let own = |path: &str| own_url(ctx, visit, path);
    let provider = ctx.passkey_providers().next();
    let urls = provider.map(|provider| {
        let id = provider.id();
        (
            id,
            own(&format!("callback/{id}")),
            own(&format!("webauthn-options/{id}")),
        )
    });
    let back_url = own("passkeys?notice=added");
    let add = urls.as_ref().map(|(id, action, options_url)| AddPasskey {
        id,
        action,
        options_url,
        back_url: &back_url,
    });
    let has_account = account::is_offered(ctx, Action::Account);
    let html = crate::pages::passkeys(&PasskeysPage {
        site: pages::site(ctx, Some(visit.origin)),
        csrf_token: visit.csrf.token().expose(),
        passkeys: &items,
        add,
        rename_url: &own("passkeys/rename"),
        remove_url: &own("passkeys/remove"),
        account_url: has_account.then(|| own("account")).as_deref(),
        notice,
    });
    pages::page(ctx, html).never_cached()
}
