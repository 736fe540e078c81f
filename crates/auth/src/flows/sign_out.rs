//! The end of a session.
//!
//! Source: contract authjs §4.

mod there;

use url::Url;

use crate::adapter::AdapterError;
use crate::context::Context;
use crate::directory::family::Family;
use crate::directory::{SessionEntry, SessionKey, observe};
use crate::error::{Error, ErrorType, log_only};
use crate::events::Event;
use crate::response::Reply;
use crate::secret::SessionToken;
use crate::session::Strategy;
use crate::visit::Visit;

/// `POST signout`. Works without a session too; then nothing ends and nobody is told.
///
/// Signing out here comes first, whatever the service that the session began with says afterwards.
pub(crate) async fn end(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let cookie = visit.session_cookie(ctx.settings.session.strategy);
    let ended = match (cookie.value(), ctx.settings.session.strategy) {
        (None, _) => None,
        (Some(value), Strategy::Jwt) => end_token(ctx, visit, value).await,
        (Some(value), Strategy::Database) => end_row(ctx, value).await?,
    };
    let there = match &ended {
        Some(ended) => there::address(ctx, visit, ended).await,
        None => None,
    };
    if let Some(ended) = &ended {
        there::give_back(ctx, ended).await;
    }
    let target = there.as_ref().map_or(&*visit.callback_url, Url::as_str);
    Ok(Reply::redirect(target).with_cookies(cookie.clear()))
}

/// Gives what was known of the session, where a service may have to hear of it.
async fn end_token(ctx: &Context, visit: &Visit<'_>, token: &str) -> Option<SessionEntry> {
    let claims = visit.cookies.session_keys.decode(token, ctx.now()).ok()?;
    // Read before: it goes with the session. Of one that was ended elsewhere nothing is there.
    let known = match Family::of(&claims) {
        Some(family) => there::known(ctx, family.key()).await,
        None => None,
    };
    observe::signed_out(ctx, &claims).await;
    ctx.tell(|| Event::SignOutToken { claims }).await;
    known
}

/// A store that cannot be reached keeps the session alive, so it must not look as if it had ended. Any other
/// failure is logged and the cookie goes.
///
/// SECURITY: who shows an old cookie learns nothing of its person: only a session that ends now gives what was known of it.
async fn end_row(ctx: &Context, token: &str) -> Result<Option<SessionEntry>, Error> {
    let token = SessionToken::new(token);
    let known = there::known(ctx, SessionKey::of_token(&token)).await;
    match ctx.store()?.delete_session(&token).await {
        Ok(session) => {
            observe::ended(ctx, &token).await;
            let was_alive = session
                .as_ref()
                .is_some_and(|session| session.expires >= ctx.now());
            ctx.tell(|| Event::SignOutSession { session }).await;
            Ok(known.filter(|_| was_alive))
        }
        Err(error @ AdapterError::Unavailable(_)) => Err(error.into()),
        Err(error) => {
            log_only(ErrorType::SignOutError, &error);
            Ok(None)
        }
    }
}
