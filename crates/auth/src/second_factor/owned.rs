//! What a user can answer with.

use super::{Factors, PasskeysAsFactor, Require, SecondFactor};
use crate::adapter::UserId;
use crate::context::Context;
use crate::error::Error;
use crate::passkey::Passkey;

/// What a user can answer with, where a second factor is asked for.
pub(crate) struct Owned {
    /// The app and its recovery codes.
    pub(crate) factors: Factors,
    /// The passkeys, where any are taken here.
    pub(crate) passkeys: Vec<Passkey>,
}

impl Owned {
    /// Whether there is nothing to answer with.
    pub(crate) fn is_none(&self) -> bool {
        self.factors.totp.is_none() && self.passkeys.is_empty()
    }
}

/// All that a user has.
pub(crate) async fn of(
    ctx: &Context,
    settings: &SecondFactor,
    user: &UserId,
) -> Result<Owned, Error> {
    Ok(Owned {
        factors: settings.store().factors(user).await?,
        passkeys: passkeys_of(ctx, user).await?,
    })
}

/// Whether a sign-in of this user, or what may lock others out, takes a second factor.
pub(crate) async fn is_asked(
    ctx: &Context,
    settings: &SecondFactor,
    user: &UserId,
) -> Result<bool, Error> {
    if settings.store().factors(user).await?.totp.is_some() {
        return Ok(true);
    }
    Ok(passkeys_count(settings) && !passkeys_of(ctx, user).await?.is_empty())
}

/// Whether a passkey alone makes somebody one who has a second factor.
///
/// SECURITY: where everybody needs one, it does: else whoever has nothing but the password of somebody with a passkey could
/// set up an app in their place (CVE-2026-94218).
pub(crate) fn passkeys_count(settings: &SecondFactor) -> bool {
    settings.require() == Require::Always || settings.passkeys() == PasskeysAsFactor::Required
}

async fn passkeys_of(ctx: &Context, user: &UserId) -> Result<Vec<Passkey>, Error> {
    match &ctx.passkeys {
        Some(passkeys) => Ok(passkeys.store.passkeys_of(user).await?),
        None => Ok(Vec::new()),
    }
}
