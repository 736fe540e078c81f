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
use crate::flows::pages::with_query;
use crate::flows::second_factor::lately_in;
use crate::linking::here::Here;
use crate::path::Action;
use crate::response::Reply;
use crate::visit::Visit;

/// Whether the person at hand may change keys.
///
/// # Errors
/// [`Refusal::ProveSecondFactor`] where there is a second factor that was not proven lately.
pub(super) async fn check(ctx: &Context, here: &Here) -> Result<(), Error> {
    lately_in(ctx, &here.user.id, here.key().as_ref()).await?;
    Ok(())
}

/// In place of what was refused for want of the second factor: where a code is asked for, and back from there.
pub(super) fn or_ask(
    ctx: &Context,
    visit: &Visit<'_>,
    result: Result<Reply, Error>,
    as_json: bool,
) -> Result<Reply, Error> {
    let refusal = Refusal::ProveSecondFactor;
    match result {
        Err(Error::Account(refused)) if refused == refusal => {}
        result => return result,
    }
    let back = own_url(ctx, visit, Action::Passkeys.name());
    let page = own_url(ctx, visit, Action::SecondFactor.name());
    let url = with_query(&page, &[("callbackUrl", &back)]);
    if !as_json {
        return Ok(Reply::redirect(url));
    }
    let body = json!({ "error": refusal.code(), "message": refusal.text(), "url": url });
    let reply = Reply::json(body).status(StatusCode::FORBIDDEN);
    Ok(reply.never_cached())
}
