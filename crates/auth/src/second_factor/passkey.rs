//! A passkey in place of a code: its ceremony belongs to one sign-in that waits, or to one session, and to one user.

use serde_json::{Value, json};

use crate::adapter::UserId;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::cookies::sealed::SealedFor;
use crate::error::Error;
use crate::passkey::ceremony::Expected;
use crate::passkey::response::AssertionAnswer;
use crate::passkey::{CeremonyError, Challenge, Passkey, TIMEOUT_MS, descriptors};
use crate::visit::Visit;

/// Whom a ceremony is for, and what it goes on with.
pub(crate) struct Bound<'a> {
    pub(crate) user: &'a UserId,
    /// Names the sign-in that waits, or the session.
    // INVARIANT: has a blank, so that it is the id of no provider.
    pub(crate) place: &'a str,
}

/// Begins a ceremony: what the browser needs, and the cookie with its challenge. The keys are the user's alone, and each
/// must verify who uses it: a key that somebody found proves less than a code of a phone that is locked.
pub(crate) fn begin(
    ctx: &Context,
    visit: &Visit<'_>,
    bound: &Bound<'_>,
    keys: &[Passkey],
) -> Result<(Value, Cookie), Error> {
    let provider = ctx.passkey_providers().next().ok_or(Error::NoPasskeys)?;
    let challenge = Challenge::new(None, &*ctx.random);
    let options = json!({
        "challenge": challenge.text,
        "allowCredentials": descriptors(keys.iter().map(|key| &key.authenticator)),
        "timeout": TIMEOUT_MS,
        "userVerification": "required",
        "rpId": provider.relying_party_at(visit.origin),
    });
    let sealed_for = SealedFor {
        provider: bound.place,
        user: Some(bound.user.as_str()),
    };
    let passkeys = ctx.passkeys()?;
    let cookie = passkeys.remember(ctx, visit, &challenge, sealed_for);
    Ok((options, cookie))
}

/// Judges what came of it, and uses the challenge up.
///
/// # Errors
/// Whatever is wrong with it, or that the store failed.
pub(super) async fn judge(
    ctx: &Context,
    visit: &Visit<'_>,
    bound: &Bound<'_>,
    data: &str,
) -> Result<(), Error> {
    let passkeys = ctx.passkeys()?;
    let provider = ctx.passkey_providers().next().ok_or(Error::NoPasskeys)?;
    let answer = AssertionAnswer::parse(data)?;
    let (challenge, user) = passkeys.served(ctx, visit, bound.place).await?;
    if challenge.registrant.is_some() || user.as_ref() != Some(bound.user) {
        return Err(Error::PasskeyChallenge);
    }
    // SECURITY: of the keys of this user and no others, whatever the browser was asked for (rodauth 2.46).
    let keys = passkeys.store.passkeys_of(bound.user).await?;
    let is_it = |key: &&Passkey| key.authenticator.credential_id == answer.id;
    let known = keys.iter().find(is_it).ok_or(CeremonyError::UnknownKey)?;
    let key = &known.authenticator;
    if key.user_id != *bound.user || !is_account_of(ctx, bound.user, known).await? {
        return Err(CeremonyError::UnknownKey.into());
    }
    let expected = Expected {
        challenge: &challenge.text,
        origin: visit.origin.as_str(),
        relying_party: provider.relying_party_at(visit.origin),
    };
    passkeys.use_key(ctx, known, &answer, expected).await
}

/// Whether the account of a key is the user's as well, under whichever provider it was registered.
async fn is_account_of(ctx: &Context, user: &UserId, key: &Passkey) -> Result<bool, Error> {
    let store = ctx.store()?;
    let id = &key.authenticator.provider_account_id;
    for provider in ctx.passkey_providers() {
        let owner = store.user_by_account(provider.id(), id).await?;
        if owner.is_some_and(|owner| owner.id == *user) {
            return Ok(true);
        }
    }
    Ok(false)
}
