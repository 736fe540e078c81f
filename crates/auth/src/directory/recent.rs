//! Whether somebody signed in lately, which is a proof by itself where there is no other.

use std::time::Duration;

use super::SessionKey;
use crate::adapter::UserId;
use crate::context::Context;
use crate::error::Error;
use crate::time::after;

/// How long ago a sign-in may be.
const RECENT: Duration = Duration::from_secs(600);

/// Whether a session of a user began in the last minutes.
///
/// SECURITY: by the directory, which alone knows when a session began: the times of rows and tokens move with every use.
pub(crate) async fn is_recent(
    ctx: &Context,
    user: &UserId,
    session: Option<&SessionKey>,
) -> Result<bool, Error> {
    let Some(directory) = &ctx.directory else {
        tracing::warn!("a recent sign-in counts as a proof only with a session directory");
        return Ok(false);
    };
    let Some(key) = session else {
        return Ok(false);
    };
    let entry = directory.store.entry(key).await?;
    let created = entry
        .filter(|entry| entry.user_id == *user)
        .and_then(|entry| entry.created);
    Ok(created.is_some_and(|created| ctx.now() <= after(created, RECENT)))
}
