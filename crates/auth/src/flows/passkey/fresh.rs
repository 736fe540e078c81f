//! Who may add and remove keys.
//!
//! SECURITY: GHSA-4qvm-r4pr-v3wg: a passkey is two factors in one. Whoever has a second factor must have proven it lately, else
//! a session that was copied would be enough to do without the second factor for ever.

use http::StatusCode;
use serde_json::json;

use super::manage::own_url;
use crate::account::Refusal;
use crate::context::Context;
use crate::error::Error;
use crate::flows::account::person::is_recent;
use crate::flows::pages::with_query;
use crate::flows::second_factor::{Lately, lately_in};
use crate::linking::here::Here;
use crate::path::Action;
use crate::response::Reply;
use crate::second_factor::owned::passkeys_count;
use crate::visit::Visit;

/// Whether the person at hand may change keys.
///
/// # Errors
/// [`Refusal::ProveSecondFactor`] where there is a second factor that was not proven lately.
pub(super) async fn check(ctx: &Context, here: &Here) -> Result<(), Error> {
    lately_in(ctx, &here.user.id, here.key().as_ref()).await?;
    Ok(())
}

/// Whether the person at hand may add a key.
///
/// SECURITY: where a passkey is a second factor that is asked for, the first one takes a sign-in of the last minutes: else whoever
/// copied a session could keep the owner out for ever.
///
/// # Errors
/// As [`check`], and [`Refusal::SignInAgain`].
pub(super) async fn check_adding(ctx: &Context, here: &Here) -> Result<(), Error> {
    let (user, key) = (&here.user.id, here.key());
    let lately = lately_in(ctx, user, key.as_ref()).await?;
    let counts = ctx.second_factor.as_ref().is_some_and(passkeys_count);
    if lately == Lately::Proven || !counts || is_recent(ctx, user, key.as_ref()).await? {
        return Ok(());
    }
    Err(Refusal::SignInAgain.into())
}

/// In place of what was refused for want of a proof: where it is asked for, and back from there.
pub(super) fn or_ask(
    ctx: &Context,
    visit: &Visit<'_>,
    result: Result<Reply, Error>,
    as_json: bool,
) -> Result<Reply, Error> {
    let back = own_url(ctx, visit, Action::Passkeys.name());
    let page = |action: Action| own_url(ctx, visit, action.name());
    let (refusal, url) = match result {
        Err(Error::Account(refusal @ Refusal::ProveSecondFactor)) => {
            let page = page(Action::SecondFactor);
            (refusal, with_query(&page, &[("callbackUrl", &back)]))
        }
        Err(Error::Account(refusal @ Refusal::SignInAgain)) => {
            let members = [("callbackUrl", &*back), ("error", "SessionRequired")];
            (refusal, with_query(&page(Action::SignIn), &members))
        }
        result => return result,
    };
    if !as_json {
        return Ok(Reply::redirect(url));
    }
    let body = json!({ "error": refusal.code(), "message": refusal.text(), "url": url });
    let reply = Reply::json(body).status(StatusCode::FORBIDDEN);
    Ok(reply.never_cached())
}
