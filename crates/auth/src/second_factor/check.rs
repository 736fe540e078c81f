//! Whether somebody has the second factor.

use super::passkey::{self, Bound};
use super::{
    Factor, Factors, RecoveryCode, SecondFactor, TotpCode, TotpRecord, TotpSecret, TotpStep,
};
use crate::account::Refusal;
use crate::adapter::UserId;
use crate::context::Context;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::visit::Visit;

/// Somebody showed to have the second factor, just now.
// INVARIANT: made by this file alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proven(Factor);

impl Proven {
    pub(crate) fn factor(self) -> Factor {
        self.0
    }
}

/// Judges what somebody typed, and uses it up: six digits are of the app, anything else is a recovery code.
///
/// SECURITY: counted before it is judged, for the account and for the client, under one limit for all kinds of codes
/// (CVE-2024-4629, CVE-2026-9798, GHSA-85v8-vx4w-q684). Only whoever proved the first factor comes here, so that no stranger
/// can use up what the owner has left, or learn whether there is anything to guess.
///
/// # Errors
/// [`Refusal::WrongCode`] for everything that is not good.
pub(crate) async fn check(
    ctx: &Context,
    settings: &SecondFactor,
    visit: &Visit<'_>,
    user: &UserId,
    typed: &str,
) -> Result<Proven, Error> {
    let limits = &ctx.limits;
    let charge = limits
        .charge(LimitedAction::SecondFactor, visit, Some(user.as_str()))
        .await?;
    let factors = settings.store().factors(user).await?;
    let proven = proven(ctx, settings, user, &factors, typed).await?;
    let proven = proven.ok_or(Refusal::WrongCode)?;
    limits.succeeded(charge).await;
    tracing::info!(user.id = %user, factor = proven.name(), "a second factor was proven");
    Ok(Proven(proven))
}

/// Judges what came of a ceremony of a passkey. Counted as a code.
///
/// # Errors
/// [`Refusal::WrongCode`] for everything that is not good: a key of somebody else is answered as any that is wrong.
pub(crate) async fn check_passkey(
    ctx: &Context,
    visit: &Visit<'_>,
    bound: &Bound<'_>,
    data: &str,
) -> Result<Proven, Error> {
    let limits = &ctx.limits;
    let charge = limits
        .charge(
            LimitedAction::SecondFactor,
            visit,
            Some(bound.user.as_str()),
        )
        .await?;
    match passkey::judge(ctx, visit, bound, data).await {
        Ok(()) => {}
        Err(error @ (Error::Passkey(_) | Error::PasskeyChallenge | Error::NoPasskeys)) => {
            tracing::info!(user.id = %bound.user, cause = %error, "a passkey was refused as second factor");
            return Err(Refusal::WrongCode.into());
        }
        Err(error) => return Err(error),
    }
    limits.succeeded(charge).await;
    tracing::info!(user.id = %bound.user, factor = Factor::Passkey.name(), "a second factor was proven");
    Ok(Proven(Factor::Passkey))
}

/// Judges a code of an app that is about to be set up. Counted as any other.
///
/// # Errors
/// As [`check`].
pub(crate) async fn check_new(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
    secret: &TotpSecret,
    typed: &str,
) -> Result<(TotpStep, Proven), Error> {
    let limits = &ctx.limits;
    let charge = limits
        .charge(LimitedAction::SecondFactor, visit, Some(user.as_str()))
        .await?;
    let code = TotpCode::parse(typed).ok_or(Refusal::WrongCode)?;
    let step = secret.step_of(&code, ctx.now());
    let step = step.ok_or(Refusal::WrongCode)?;
    limits.succeeded(charge).await;
    Ok((step, Proven(Factor::Totp)))
}

async fn proven(
    ctx: &Context,
    settings: &SecondFactor,
    user: &UserId,
    factors: &Factors,
    typed: &str,
) -> Result<Option<Factor>, Error> {
    let Some(app) = &factors.totp else {
        return Ok(None);
    };
    if let Some(code) = TotpCode::parse(typed) {
        let good = use_code(ctx, settings, app, &code).await?;
        return Ok(good.then_some(Factor::Totp));
    }
    let Some(code) = RecoveryCode::parse(typed) else {
        return Ok(None);
    };
    for hash in settings.keys.recovery_hashes(user, &code) {
        if settings.store().use_recovery_code(user, &hash).await? {
            return Ok(Some(Factor::RecoveryCode));
        }
    }
    Ok(None)
}

/// SECURITY: RFC 6238 section 5.2: a code that was good once is not good again, also in parallel.
async fn use_code(
    ctx: &Context,
    settings: &SecondFactor,
    app: &TotpRecord,
    code: &TotpCode,
) -> Result<bool, Error> {
    let now = ctx.now();
    let Some(secret) = settings.keys.open_totp(&app.user_id, &app.sealed, now) else {
        tracing::error!(
            user.id = %app.user_id,
            "the secret of an authenticator app does not open: the secret that sealed it is gone from AUTH_SECRET"
        );
        return Ok(false);
    };
    let Some(step) = secret.step_of(code, now) else {
        return Ok(false);
    };
    let used = settings
        .store()
        .use_totp_step(&app.user_id, &app.id, step.number());
    Ok(used.await?)
}
