//! The accounts of a user as people see them, and the end of one.

use jiff::Timestamp;

use super::access::{Decision, decide};
use super::revoke::{self, End};
use super::{authority, oauth_provider, place, ways_in};
use crate::adapter::{Account, AccountType, AdapterError, Unlink, Unlinked, UserId};
use crate::context::Context;
use crate::error::Error;
use crate::events::Event;
use crate::second_factor::Factor;

/// An account at another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// The provider's id.
    pub provider: String,
    /// The name people know it by.
    pub name: String,
    /// Who the person is there.
    pub provider_account_id: String,
    /// Since when, where the table keeps it.
    pub since: Option<Timestamp>,
    /// Whether its tokens are worth nothing, so that only signing in there again gives others.
    pub needs_sign_in: bool,
}

/// The user's accounts at other services, sorted by provider. Passkeys are none.
pub(crate) async fn list(ctx: &Context, user: &UserId) -> Result<Vec<LinkedAccount>, Error> {
    let accounts = ctx.store()?.accounts_of(user).await?;
    let is_service = |one: &&Account| matches!(one.kind, AccountType::OAuth | AccountType::Oidc);
    Ok(accounts
        .iter()
        .filter(is_service)
        .map(|account| shown(ctx, account))
        .collect())
}

fn shown(ctx: &Context, account: &Account) -> LinkedAccount {
    let provider = oauth_provider(ctx, &account.provider);
    let authority = authority(ctx, &account.provider);
    let decision = || {
        decide(
            account,
            place(account, &authority),
            &ctx.linked.keys,
            ctx.now(),
        )
    };
    let has_token = account
        .extra
        .get("access_token")
        .is_some_and(|token| !token.is_null());
    LinkedAccount {
        name: provider
            .map_or(&*account.provider, |provider| provider.name())
            .to_owned(),
        provider: account.provider.clone(),
        provider_account_id: account.provider_account_id.clone(),
        since: since(account),
        needs_sign_in: provider.is_some() && has_token && decision() == Decision::SignInAgain,
    }
}

/// The layouts of Prisma have a column for it.
fn since(account: &Account) -> Option<Timestamp> {
    account.extra.get("createdAt")?.as_str()?.parse().ok()
}

/// Removes an account of a user, unless it is the last way in.
pub(crate) async fn unlink(
    ctx: &Context,
    user: &UserId,
    provider: &str,
    provider_account_id: &str,
) -> Result<Unlinked, AdapterError> {
    let Some(store) = &ctx.store else {
        return Ok(Unlinked::Unknown);
    };
    let unlink = Unlink {
        user_id: user.clone(),
        provider: provider.to_owned(),
        provider_account_id: provider_account_id.to_owned(),
        ways_in: ways_in(ctx),
    };
    let outcome = store.unlink_unless_last(unlink).await?;
    if let Unlinked::Done(account) = &outcome {
        tracing::info!(user.id = %user, provider.id = account.provider, "an account was unlinked");
        if account.kind == AccountType::WebAuthn {
            forget_proofs(ctx, user).await?;
        }
        ctx.tell(|| Event::UnlinkAccount {
            account: without_tokens(account),
        })
        .await;
        revoke::give_back(ctx, std::slice::from_ref(account), End::Removed).await;
    }
    Ok(outcome)
}

/// SECURITY: Supabase #2607: a session is not worth two factors by a passkey that is gone. Which one proved it is not kept, so
/// that the others are asked for anew.
async fn forget_proofs(ctx: &Context, user: &UserId) -> Result<(), AdapterError> {
    match &ctx.second_factor {
        Some(settings) => settings.store().forget_proofs(user, Factor::Passkey).await,
        None => Ok(()),
    }
}

/// Who hears of an account that is gone needs none of its secrets.
fn without_tokens(account: &Account) -> Account {
    let mut account = account.clone();
    for name in super::seal::SEALED {
        account.extra.remove(name);
    }
    account
}
