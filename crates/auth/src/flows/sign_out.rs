//! The end of a session.
//!
//! Source: contract authjs §4.

use crate::adapter::AdapterError;
use crate::context::Context;
use crate::directory::observe;
use crate::error::{Error, ErrorType, log_only};
use crate::events::Event;
use crate::response::Reply;
use crate::secret::SessionToken;
use crate::session::Strategy;
use crate::visit::Visit;

/// `POST signout`. Works without a session too; then nothing ends and nobody is told.
pub(crate) async fn end(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let cookie = visit.session_cookie(ctx.settings.session.strategy);
    if let Some(value) = cookie.value() {
        match ctx.settings.session.strategy {
            Strategy::Jwt => end_token(ctx, visit, value).await,
            Strategy::Database => end_rows(ctx, value).await?,
        }
    }
    Ok(Reply::redirect(&visit.callback_url).with_cookies(cookie.clear()))
}

async fn end_token(ctx: &Context, visit: &Visit<'_>, token: &str) {
    if let Ok(claims) = visit.cookies.session_keys.decode(token, ctx.now()) {
        observe::signed_out(ctx, &claims).await;
        ctx.tell(|| Event::SignOutToken { claims }).await;
    }
}

/// A store that cannot be reached keeps the session alive, so it must not look as if it had ended. Any other
/// failure is logged and the cookie goes.
async fn end_rows(ctx: &Context, token: &str) -> Result<(), Error> {
    let token = SessionToken::new(token);
    match ctx.store()?.delete_session(&token).await {
        Ok(session) => {
            observe::ended(ctx, &token).await;
            ctx.tell(|| Event::SignOutSession { session }).await;
        }
        Err(error @ AdapterError::Unavailable(_)) => return Err(error.into()),
        Err(error) => log_only(ErrorType::SignOutError, &error),
    }
    Ok(())
}
