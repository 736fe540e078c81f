//! Sign-in by mail address and password.
//!
//! SECURITY: an unknown address, one that several users have, a wrong password, a user without password and one whose
//! address is not proven yet get the same answer after the same work: one read of the store and one comparison.

use super::credentials::{finish_proven, nobody};
use crate::adapter::User;
use crate::context::Context;
use crate::error::{Error, as_strangers_see};
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::linking::Proof;
use crate::password::{Password, PasswordHash};
use crate::providers::PasswordProvider;
use crate::response::Reply;
use crate::visit::Visit;

/// `POST callback/{id}`.
pub(crate) async fn sign_in(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &PasswordProvider,
) -> Result<Reply, Error> {
    visit.require_csrf()?;
    let typed = |name: &str| visit.intake.body.text(name).unwrap_or_default();
    // What is no address, and no password, is nobody's: both are known before anybody is looked for.
    let email = Email::parse(typed("email")).map_err(|_| nobody("no-address", None))?;
    let password =
        Password::parse(typed("password")).map_err(|_| nobody("password-too-long", None))?;
    let charge = ctx
        .limits
        .charge(LimitedAction::Password, visit, Some(email.as_str()))
        .await?;
    let passwords = ctx.passwords()?;
    let began = ctx.now();
    let found = passwords.store.user_and_password(email.as_str()).await;
    let found = as_strangers_see(found)?;
    let (user, hash): (Option<User>, Option<PasswordHash>) = match found {
        Some((user, hash)) => (Some(user), hash),
        None => (None, None),
    };
    let id = user.as_ref().map(|user| &user.id);
    let reason = match (id, &hash) {
        (None, _) => "unknown-user",
        (Some(_), None) => "user-without-password",
        (Some(_), Some(_)) => "wrong-password",
    };
    let proven = passwords.check(id, &password, hash).await?;
    let id = id.cloned();
    let Some((user, hash)) = user.zip(proven) else {
        return Err(nobody(reason, id));
    };
    let mut proof = Proof {
        password: Some(hash),
        began,
        charge: Some(charge),
    };
    let reply = go_on(ctx, visit, provider, user, &mut proof).await;
    // What no write has taken along: the password was right, whatever became of the sign-in.
    if let Some(charge) = proof.charge {
        ctx.limits.succeeded(charge).await;
    }
    // A password that was changed in the meantime is a wrong one.
    reply?.ok_or_else(|| nobody("changed-meanwhile", id))
}

/// The password was right.
async fn go_on(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &PasswordProvider,
    user: User,
    proof: &mut Proof,
) -> Result<Option<Reply>, Error> {
    if user.email_verified.is_none() && !provider.admits_unverified() {
        tracing::info!(user.id = %user.id, "a sign-in was refused: the address is not proven yet");
        return Err(nobody("address-not-proven", Some(user.id)));
    }
    finish_proven(ctx, visit, provider.id(), user, proof).await
}
