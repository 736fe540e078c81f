//! Who is at the browser.

use serde_json::json;

use super::Flow;
use crate::adapter::{User, UserId};
use crate::error::Error;
use crate::flows::account::person::{Person, signed_in};
use crate::flows::pages::with_query;
use crate::response::Reply;
use crate::second_factor::owned::{self, Owned};
use crate::second_factor::waiting::{self, Waiting};

/// Who is at the browser, with the factors that the person has.
pub(super) enum Who {
    /// Somebody who proved the first factor, and nothing else yet.
    Waiting(Box<Waiting>, User, Owned),
    /// Somebody who is signed in.
    Here(Box<Person>, Owned),
    Nobody,
}

impl Who {
    /// Whose factors are asked for, and what they are.
    pub(super) fn owner(&self) -> Option<(&UserId, &Owned)> {
        match self {
            Self::Waiting(_, user, owned) => Some((&user.id, owned)),
            Self::Here(person, owned) => Some((&person.user.id, owned)),
            Self::Nobody => None,
        }
    }
}

/// Who is at the browser. A sign-in that waits comes first: it was begun last, since every session that begins ends it.
pub(super) async fn who(flow: &Flow<'_>) -> Result<Who, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    if let Some(waiting) = waiting::find(ctx, flow.settings, visit).await?
        && let Some(user) = flow.step.accounts.store.user(&waiting.user_id).await?
    {
        let owned = owned::of(ctx, flow.settings, &user.id).await?;
        return Ok(Who::Waiting(Box::new(waiting), user, owned));
    }
    let Some(person) = signed_in(&flow.step).await? else {
        return Ok(Who::Nobody);
    };
    let owned = owned::of(ctx, flow.settings, &person.user.id).await?;
    Ok(Who::Here(Box::new(person), owned))
}

/// The answer to nobody: the sign-in begins anew.
pub(super) fn nobody(flow: &Flow<'_>) -> Reply {
    let visit = flow.step.visit;
    let members = [
        ("callbackUrl", visit.callback_url.as_str()),
        ("error", "SessionRequired"),
    ];
    let url = with_query(&flow.step.url("signin"), &members);
    if !visit.intake.wants_json() {
        return Reply::redirect(url);
    }
    let body = json!({ "error": "Unauthorized", "message": "Sign in first.", "url": url });
    Reply::json(body)
        .status(http::StatusCode::UNAUTHORIZED)
        .never_cached()
}
