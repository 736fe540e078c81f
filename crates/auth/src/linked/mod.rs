//! Accounts of other services after the sign-in: their tokens for later, what a person sees of them, and how they go.
//!
//! Invariants: a token stands in the table sealed, unless somebody else has to read it there; a refresh token is sent to
//! the service that it is of, and by one process at a time; nobody is left without a way in.
//!
//! Never here: how a service is spoken to (`oauth`) and how an account comes to be (`linking`).

mod access;
mod api;
mod flights;
mod lease;
pub(crate) mod manage;
mod refresh;
pub(crate) mod revoke;
pub(crate) mod seal;

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

pub use access::{AccessToken, AccessTokenError};
pub use lease::{Lease, LeaseStore};
pub use manage::LinkedAccount;
pub(crate) use refresh::{access_token, renew};

use flights::Flights;
use refresh::{AccountKey, Outcome};
use seal::{Place, TokenKeys};

use crate::adapter::{Account, AdapterError, TokensAtRest, WaysIn};
use crate::context::Context;
use crate::error::Error;
use crate::providers::Provider;
use crate::providers::oauth::OAuthProvider;
use crate::secret::Secret;
use crate::secrets::Secrets;

/// What is kept for all accounts.
pub(crate) struct Linked {
    pub(crate) keys: TokenKeys,
    flights: Flights<AccountKey, Outcome>,
    /// Where processes agree on who renews a token.
    pub(crate) leases: Option<Arc<dyn LeaseStore>>,
    /// What servers show that ask for tokens of people; none: they cannot.
    pub(crate) server_keys: Vec<Secret>,
}

impl Linked {
    pub(crate) fn new(
        secrets: &Secrets,
        leases: Option<Arc<dyn LeaseStore>>,
        server_keys: Vec<Secret>,
    ) -> Self {
        Self {
            keys: TokenKeys::derive(secrets),
            flights: Flights::new(),
            leases,
            server_keys,
        }
    }
}

/// Whether this is long enough for a key of [`AuthBuilder::server_keys`](crate::AuthBuilder::server_keys): 32 characters.
pub fn is_server_key(key: &Secret) -> bool {
    key.expose().len() >= 32
}

/// The service of this name, where one is configured.
pub(crate) fn oauth_provider<'a>(ctx: &'a Context, id: &str) -> Option<&'a OAuthProvider> {
    ctx.providers.iter().find_map(|provider| match provider {
        Provider::OAuth(provider) if provider.id() == id => Some(&**provider),
        _ => None,
    })
}

/// Where a service takes tokens: the origin of its token endpoint, else of its issuer. Empty for what is no service.
pub(crate) fn authority(ctx: &Context, provider: &str) -> String {
    let Some(provider) = oauth_provider(ctx, provider) else {
        return String::new();
    };
    let place = provider.token.url.as_deref().or(provider.issuer.as_deref());
    let url = place.and_then(|place| Url::parse(place).ok());
    url.map_or_else(String::new, |url| url.origin().ascii_serialization())
}

/// Where the tokens of an account are bound to.
fn place<'a>(account: &'a Account, authority: &'a str) -> Place<'a> {
    Place {
        provider: &account.provider,
        provider_account_id: &account.provider_account_id,
        authority,
    }
}

/// Makes an account ready for the store: its tokens as they are to stand there.
pub(crate) async fn seal(ctx: &Context, account: &mut Account) -> Result<(), Error> {
    let authority = authority(ctx, &account.provider);
    let mut members = std::mem::take(&mut account.extra);
    let sealed = seal_members(ctx, place(account, &authority), &mut members).await;
    account.extra = members;
    Ok(sealed?)
}

async fn seal_members(
    ctx: &Context,
    place: Place<'_>,
    members: &mut Map<String, Value>,
) -> Result<(), AdapterError> {
    let Some(store) = &ctx.store else {
        return Ok(());
    };
    if store.tokens_at_rest().await? == TokensAtRest::Sealed {
        ctx.linked.keys.seal_all(place, members, &*ctx.random);
    }
    Ok(())
}

/// The `id_token` that is kept of an account, where it can be opened.
pub(crate) fn id_token(ctx: &Context, account: &Account) -> Option<Secret> {
    let authority = authority(ctx, &account.provider);
    let keys = &ctx.linked.keys;
    let opened = keys.open(place(account, &authority), "id_token", &account.extra);
    opened.ok().flatten()
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

impl std::fmt::Debug for Linked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Linked").finish_non_exhaustive()
    }
}
