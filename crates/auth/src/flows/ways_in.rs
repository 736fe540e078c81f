//! Who may add and remove ways to sign in: accounts at services, and keys.
//!
//! SECURITY: GHSA-4qvm-r4pr-v3wg, and OWASP ASVS 5.0 requirement 7.5.1. Whoever copied a session could else add a way in of
//! their own, and be in for ever. So the person at the browser must have shown lately who it is: by the second factor where
//! there is one, else by signing in. To remove an account at a service the password counts too, which a form asks for
//! (`account::person::prove`).

use http::StatusCode;
use serde_json::json;

use crate::account::Refusal;
use crate::account::steps::own_url;
use crate::adapter::UserId;
use crate::config::ChangingWaysIn;
use crate::context::Context;
use crate::directory::SessionKey;
use crate::directory::recent::is_recent;
use crate::error::Error;
use crate::flows::pages::with_query;
use crate::flows::second_factor::{Lately, lately_in};
use crate::path::Action;
use crate::response::Reply;
use crate::second_factor::owned::passkeys_count;
use crate::visit::Visit;

/// Whether the person at hand may change ways in.
///
/// # Errors
/// [`Refusal::ProveSecondFactor`] where there is a second factor that was not proven lately, [`Refusal::SignInAgain`] where
/// there is none and the sign-in is long ago.
pub(super) async fn check(
    ctx: &Context,
    user: &UserId,
    session: Option<&SessionKey>,
) -> Result<(), Error> {
    proven_lately(ctx, user, session, ctx.settings.changing_ways_in).await
}

/// The same for a key.
///
/// SECURITY: where a passkey is a second factor that is asked for, the first one takes a sign-in of the last minutes whatever
/// is configured: else whoever copied a session could keep the owner out for ever.
///
/// # Errors
/// As [`check`].
pub(super) async fn check_adding_passkey(
    ctx: &Context,
    user: &UserId,
    session: Option<&SessionKey>,
) -> Result<(), Error> {
    let rule = match &ctx.second_factor {
        Some(settings) if passkeys_count(settings) => ChangingWaysIn::AfterRecentSignIn,
        _ => ctx.settings.changing_ways_in,
    };
    proven_lately(ctx, user, session, rule).await
}

async fn proven_lately(
    ctx: &Context,
    user: &UserId,
    session: Option<&SessionKey>,
    rule: ChangingWaysIn,
) -> Result<(), Error> {
    let lately = lately_in(ctx, user, session).await?;
    let is_enough = lately == Lately::Proven
        || rule == ChangingWaysIn::InAnySession
        || is_recent(ctx, user, session).await?;
    match is_enough {
        true => Ok(()),
        false => Err(Refusal::SignInAgain.into()),
    }
}

/// Where the person shows who it is, and comes back from to `back`. `None` for what no proof helps against.
pub(super) fn proof_url(
    ctx: &Context,
    visit: &Visit<'_>,
    refusal: Refusal,
    back: &str,
) -> Option<String> {
    let page = |action: Action| own_url(ctx, visit.origin, action.name());
    match refusal {
        Refusal::ProveSecondFactor => {
            let page = page(Action::SecondFactor);
            Some(with_query(&page, &[("callbackUrl", back)]))
        }
        Refusal::SignInAgain => {
            let own = page(Action::SignIn);
            let page = ctx.settings.pages.sign_in.as_deref().unwrap_or(&own);
            let members = [("callbackUrl", back), ("error", "SessionRequired")];
            Some(with_query(page, &members))
        }
        _ => None,
    }
}

/// How an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// To a browser that goes from page to page.
    Redirect,
    /// To a script.
    Json,
}

impl Told {
    /// As the request wants it.
    pub(super) fn to(visit: &Visit<'_>) -> Self {
        match visit.intake.wants_json() {
            true => Self::Json,
            false => Self::Redirect,
        }
    }
}

/// In place of what was refused for want of a proof: where it is asked for, and back to `back` from there.
pub(super) fn or_ask(
    ctx: &Context,
    visit: &Visit<'_>,
    result: Result<Reply, Error>,
    told: Told,
    back: &str,
) -> Result<Reply, Error> {
    let Err(Error::Account(refusal)) = result else {
        return result;
    };
    let Some(url) = proof_url(ctx, visit, refusal, back) else {
        return result;
    };
    if told == Told::Redirect {
        return Ok(Reply::redirect(url));
    }
    let body = json!({ "error": refusal.code(), "message": refusal.text(), "url": url });
    let reply = Reply::json(body).status(StatusCode::FORBIDDEN);
    Ok(reply.never_cached())
}
