//! Accounts of other services after the sign-in: their tokens for later, what a person sees of them, and how they go.
//!
//! Invariants: a token stands in the table sealed, unless somebody else has to read it there; a refresh token is sent to
//! the service that it is of, and by one process at a time; nobody is left without a way in.
//!
//! Never here: how a service is spoken to (`oauth`) and how an account comes to be (`linking`).

mod lease;
pub(crate) mod seal;

pub use lease::{Lease, LeaseStore};

use seal::{Place, TokenKeys};

use crate::adapter::{Account, AdapterError, TokensAtRest, WaysIn};
use crate::context::Context;
use crate::error::Error;
use crate::providers::Provider;

/// What is kept for all accounts.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) keys: TokenKeys,
}

impl Linked {
    pub(crate) fn new(secrets: &crate::secrets::Secrets) -> Self {
        Self {
            keys: TokenKeys::derive(secrets),
        }
    }
}

/// Where the tokens of an account are bound to.
pub(crate) fn place(account: &Account) -> Place<'_> {
    Place {
        provider: &account.provider,
        provider_account_id: &account.provider_account_id,
    }
}

/// Makes an account ready for the store: its tokens as they are to stand there.
pub(crate) async fn seal(ctx: &Context, account: &mut Account) -> Result<(), Error> {
    let mut members = std::mem::take(&mut account.extra);
    let sealed = seal_members(ctx, place(account), &mut members).await;
    account.extra = members;
    Ok(sealed?)
}

async fn seal_members(
    ctx: &Context,
    place: Place<'_>,
    members: &mut serde_json::Map<String, serde_json::Value>,
) -> Result<(), AdapterError> {
    let Some(store) = &ctx.store else {
        return Ok(());
    };
    if store.tokens_at_rest().await? == TokensAtRest::Sealed {
        ctx.linked.keys.seal_all(place, members, &*ctx.random);
    }
    Ok(())
}

/// What lets somebody in, by what is configured.
pub(crate) fn ways_in(ctx: &Context) -> WaysIn {
    let is = |wanted: fn(&Provider) -> bool| ctx.providers.iter().any(wanted);
    WaysIn {
        providers: ctx
            .providers
            .iter()
            .map(|provider| provider.id().to_owned())
            .collect(),
        email: is(|provider| matches!(provider, Provider::Email(_))),
        password: is(|provider| matches!(provider, Provider::Password(_))),
    }
}
