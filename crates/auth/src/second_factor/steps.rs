//! The steps themselves, for routes and for applications: add, remove, new codes, and tell whom it concerns.

use super::{Factor, RecoveryCode, SecondFactor, TotpRecord, TotpSecret, TotpStep};
use crate::account::MailKind;
use crate::account::steps::notify;
use crate::account::{Accounts, Refusal};
use crate::adapter::{User, UserId};
use crate::context::Context;
use crate::environment::{array, hex};
use crate::error::Error;
use crate::events::Event;
use crate::origin::Origin;
use crate::secret::TokenHash;

/// Where a step happens, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) settings: &'a SecondFactor,
    pub(crate) accounts: &'a Accounts,
    pub(crate) origin: &'a Origin,
}

/// An app that somebody showed to have, by a code of this step.
pub(crate) struct ShownApp<'a> {
    pub(crate) secret: &'a TotpSecret,
    pub(crate) step: TotpStep,
    /// The one in whose place it comes.
    pub(crate) replaces: Option<&'a str>,
}

/// Adds an app; gives the recovery codes, which nobody sees again.
///
/// # Errors
/// [`Refusal::FactorExists`] where the user has another app than the one to replace.
pub(crate) async fn add(
    place: Place<'_>,
    user: &User,
    app: ShownApp<'_>,
) -> Result<Vec<RecoveryCode>, Error> {
    let Place { ctx, settings, .. } = place;
    let codes = RecoveryCode::set(&*ctx.random);
    let sealed = settings
        .keys
        .seal_totp(&user.id, app.secret, ctx.now(), &*ctx.random);
    let record = TotpRecord {
        user_id: user.id.clone(),
        id: hex(&array::<16, _>(&*ctx.random)),
        sealed,
        // The code that showed the app to work is used up by it.
        last_step: app.step.number(),
        created: ctx.now(),
    };
    let hashes = hashes(settings, &user.id, &codes);
    let added = settings.store().add_totp(record, &hashes, app.replaces);
    if !added.await? {
        return Err(Refusal::FactorExists.into());
    }
    tracing::info!(user.id = %user.id, "a second factor was added");
    tell(place, user, MailKind::SecondFactorAdded).await;
    ctx.tell(|| Event::SecondFactorAdded {
        user_id: user.id.clone(),
    })
    .await;
    Ok(codes)
}

/// Another set of recovery codes.
pub(crate) async fn new_codes(place: Place<'_>, user: &User) -> Result<Vec<RecoveryCode>, Error> {
    let Place { ctx, settings, .. } = place;
    let codes = RecoveryCode::set(&*ctx.random);
    let hashes = hashes(settings, &user.id, &codes);
    let store = settings.store();
    if !store.replace_recovery_codes(&user.id, &hashes).await? {
        return Err(Refusal::NoFactor.into());
    }
    tracing::info!(user.id = %user.id, "recovery codes were replaced");
    tell(place, user, MailKind::RecoveryCodesReplaced).await;
    ctx.tell(|| Event::RecoveryCodesReplaced {
        user_id: user.id.clone(),
    })
    .await;
    Ok(codes)
}

/// Removes the second factor of a user; whether there was one.
pub(crate) async fn remove(place: Place<'_>, user: &User) -> Result<bool, Error> {
    let Place { ctx, settings, .. } = place;
    if !settings.store().remove_factors(&user.id).await? {
        return Ok(false);
    }
    tracing::info!(user.id = %user.id, "a second factor was removed");
    tell(place, user, MailKind::SecondFactorRemoved).await;
    ctx.tell(|| Event::SecondFactorRemoved {
        user_id: user.id.clone(),
    })
    .await;
    Ok(true)
}

/// Tells the owner where a recovery code was used: it is what a thief would use.
pub(crate) async fn used(place: Place<'_>, user: &User, factor: Factor) {
    if factor != Factor::RecoveryCode {
        return;
    }
    tell(place, user, MailKind::RecoveryCodeUsed).await;
    let user_id = user.id.clone();
    place.ctx.tell(|| Event::RecoveryCodeUsed { user_id }).await;
}

async fn tell(place: Place<'_>, user: &User, kind: MailKind) {
    let to = user.email.as_deref();
    notify(place.ctx, place.accounts, place.origin, to, kind).await;
}

fn hashes(settings: &SecondFactor, user: &UserId, codes: &[RecoveryCode]) -> Vec<TokenHash> {
    let first = |code| settings.keys.recovery_hashes(user, code).into_iter().next();
    codes.iter().filter_map(first).collect()
}
