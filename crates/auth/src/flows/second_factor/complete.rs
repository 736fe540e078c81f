//! The end of a sign-in that waited: its session begins as it would have without a second factor.

use super::Flow;
use crate::adapter::{Account, User};
use crate::directory::SessionKey;
use crate::error::Error;
use crate::flows::sign_in::{Shown, begin_session_of};
use crate::linking::{self, Linked, Proof};
use crate::response::Reply;
use crate::second_factor::Factor;
use crate::second_factor::check::Proven;
use crate::second_factor::waiting::{self, Waiting};

/// Uses the waiting sign-in up and begins the session. `None` where it is gone, or rests on what is not so any more.
///
/// SECURITY: the password is read again before the sign-in is used up. One that was changed before has ended what waits, and
/// one that is changed after is seen by the write of the session.
pub(super) async fn sign_in(
    flow: &Flow<'_>,
    waiting: Waiting,
    user: User,
    second: Proven,
) -> Result<Option<Reply>, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let began = ctx.now();
    let password = match (&ctx.passwords, waiting.content.first()) {
        (Some(passwords), Some(Factor::Password)) => passwords.store.password(&user.id).await?,
        _ => None,
    };
    if waiting.content.first() == Some(Factor::Password) && password.is_none() {
        return Ok(None);
    }
    let Some(gate) = waiting::take(flow.settings, &waiting, second).await? else {
        return Ok(None);
    };
    let content = waiting.content;
    let proof = Proof {
        password,
        began,
        charge: None,
    };
    let linked = linking::by_second_factor(ctx, visit, user, proof, gate).await?;
    let Some(linked) = linked else {
        return Ok(None);
    };
    tracing::info!(user.id = %linked.user.id, "signed in with a second factor");
    let linked = Linked {
        is_new_user: content.is_new_user,
        ..linked
    };
    let shown = Shown {
        account: Account {
            user_id: linked.user.id.clone(),
            ..content.account
        },
        profile: content.profile,
        service_session: content
            .service_session
            .as_deref()
            .and_then(SessionKey::from_hex),
    };
    let visit = visit.leading_to(content.callback_url);
    begin_session_of(ctx, &visit, linked, shown).await.map(Some)
}
