//! A passkey in place of a code: `GET second-factor/passkey` begins, and `POST second-factor` takes what came of it.

use serde_json::json;

use super::Flow;
use super::who::{Who, nobody, who};
use crate::directory::SessionKey;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::response::Reply;
use crate::second_factor::check::{Proven, check_passkey};
use crate::second_factor::passkey::{self, Bound};

/// `GET second-factor/passkey`: `action` and `options`, as `webauthn-options` gives them.
pub(super) async fn options(flow: &Flow<'_>) -> Result<Reply, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    // Good ones count as well: there is nothing to guess, only work to be asked for.
    let _charge = ctx
        .limits
        .charge(LimitedAction::Passkey, visit, None)
        .await?;
    let who = who(flow).await?;
    let (Some(place), Some((user, owned))) = (place(&who), who.owner()) else {
        return Ok(nobody(flow));
    };
    if owned.passkeys.is_empty() {
        let body = json!({ "error": "Invalid request" });
        let reply = Reply::json(body).status(http::StatusCode::BAD_REQUEST);
        return Ok(reply.never_cached());
    }
    let bound = Bound {
        user,
        place: &place,
    };
    let (options, cookie) = passkey::begin(ctx, visit, &bound, &owned.passkeys)?;
    let body = json!({ "action": "authenticate", "options": options });
    Ok(Reply::json(body).never_cached().with_cookies([cookie]))
}

/// Judges what came of it. `None` where nobody is there.
pub(super) async fn check(flow: &Flow<'_>, who: &Who, data: &str) -> Result<Option<Proven>, Error> {
    let (Some(place), Some((user, _))) = (place(who), who.owner()) else {
        return Ok(None);
    };
    let bound = Bound {
        user,
        place: &place,
    };
    let proven = check_passkey(flow.step.ctx, flow.step.visit, &bound, data);
    proven.await.map(Some)
}

/// What a challenge is bound to, so that it serves neither at a sign-in by passkey, nor at another sign-in that waits, nor in
/// another session. The blank makes it the id of no provider.
fn place(who: &Who) -> Option<String> {
    match who {
        Who::Nobody => None,
        Who::Waiting(waiting, ..) => Some(format!("second-factor waiting:{}", waiting.name())),
        Who::Here(person, _) => {
            let session = person.session.key().map(SessionKey::to_hex);
            Some(format!(
                "second-factor session:{}",
                session.unwrap_or_default()
            ))
        }
    }
}
