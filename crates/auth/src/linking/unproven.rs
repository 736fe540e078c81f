//! Users of the same address whom somebody else may have made: nobody has proven their address.
//!
//! SECURITY: CVE-2026-53516: a stranger registers the address of somebody else, and waits until its owner comes by an account
//! at a service. Whoever joins such a user must not share it with the stranger. See docs/design/unproven-accounts.md.

use crate::adapter::{Account, User};
use crate::context::Context;
use crate::error::Error;
use crate::linked::oauth_provider;
use crate::providers::Provider;
use crate::providers::oauth::LinkByEmail;

/// Whether somebody else may get in as this user, whose address nobody has proven: by a password, a passkey, or an account at
/// a service whose word for addresses the operator does not take.
pub(super) async fn may_be_a_strangers(ctx: &Context, user: &User) -> Result<bool, Error> {
    let Some(verifying) = ctx.settings.before_proof.verifying_providers() else {
        return Ok(false);
    };
    // What the application compares passwords with cannot be seen from here.
    let is_credentials = |provider: &Provider| matches!(provider, Provider::Credentials(_));
    if ctx.providers.iter().any(is_credentials) {
        return Ok(true);
    }
    if let Some(passwords) = &ctx.passwords
        && passwords.store.password(&user.id).await?.is_some()
    {
        return Ok(true);
    }
    let is_trusted = |account: &Account| {
        let provider = oauth_provider(ctx, &account.provider);
        verifying.contains(&account.provider)
            || provider.is_some_and(|it| it.link_by_email == LinkByEmail::Dangerously)
    };
    let accounts = ctx.store()?.accounts_of(&user.id).await?;
    Ok(!accounts.iter().all(is_trusted))
}
