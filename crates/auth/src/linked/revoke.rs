//! The end of tokens at the services that gave them.
//!
//! What we forget, a copy of the table remembers: so the service is asked to take tokens back when an account or its user is
//! removed. Nobody waits for it and nothing depends on it: what the person asked for has happened before.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::refresh::replace;
use super::{authority, oauth_provider, place};
use crate::adapter::{Account, UserId};
use crate::context::Context;
use crate::oauth::TokenHint;
use crate::providers::Provider;
use crate::providers::oauth::{OAuthProvider, TokenRevocation};
use crate::secret::Secret;

/// What makes tokens end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The account is removed, or its user.
    Removed,
    /// Somebody signs out of a session that began at the service.
    SignedOut,
}

impl End {
    fn counts_for(self, provider: &OAuthProvider) -> bool {
        match (self, provider.revokes_tokens) {
            (_, TokenRevocation::Never) => false,
            (Self::Removed, _) => true,
            (Self::SignedOut, rule) => rule == TokenRevocation::AlsoAtSignOut,
        }
    }
}

/// Whether any service is to be told. Costs no query.
pub(crate) fn is_asked_for(ctx: &Context, end: End) -> bool {
    let is_told =
        |provider: &Provider| matches!(provider, Provider::OAuth(one) if end.counts_for(one));
    ctx.oauth.is_some() && ctx.providers.iter().any(is_told)
}

/// The accounts of a user who is about to be removed, where a service is to be told of that.
///
/// A store that fails keeps nobody here: it is logged, and no token is given back.
pub(crate) async fn about_to_go(ctx: &Context, user: &UserId) -> Vec<Account> {
    let Some(store) = ctx
        .store
        .as_ref()
        .filter(|_| is_asked_for(ctx, End::Removed))
    else {
        return Vec::new();
    };
    let accounts = store.accounts_of(user).await;
    accounts.unwrap_or_else(|error| {
        tracing::warn!(user.id = %user, "the tokens of a user are not given back: {error}");
        Vec::new()
    })
}

/// Gives back the tokens of accounts that are gone from the store.
pub(crate) async fn give_back(ctx: &Context, accounts: &[Account], end: End) {
    let grants: Vec<Grant> = accounts
        .iter()
        .filter_map(|account| Grant::of(ctx, account, end))
        .collect();
    if grants.is_empty() {
        return;
    }
    let shared = ctx.clone();
    let work = async move {
        for grant in grants {
            grant.give_back(&shared).await;
        }
    };
    in_background(work.boxed()).await;
}

/// Gives back the tokens of an account that stays: they are removed from it first, so that nobody gets one that is dead.
pub(crate) async fn take_from(ctx: &Context, account: &Account) {
    let Some(provider) = oauth_provider(ctx, &account.provider) else {
        return;
    };
    if !End::SignedOut.counts_for(provider) {
        return;
    }
    let nothing = ["access_token", "refresh_token"].map(|name| (name.to_owned(), Value::Null));
    match replace(ctx, account, Map::from_iter(nothing)).await {
        Ok(true) => give_back(ctx, std::slice::from_ref(account), End::SignedOut).await,
        // Others were kept meanwhile, by somebody who signed in or by a refresh.
        Ok(false) => {}
        Err(error) => {
            let provider = &account.provider;
            tracing::warn!(provider.id = provider, %error, "the tokens of an account are not given back");
        }
    }
}

/// The tokens of one account, opened.
struct Grant {
    provider: String,
    /// The refresh token first: with it careful services take the others back.
    tokens: Vec<(TokenHint, Secret)>,
}

impl Grant {
    /// `None` where there is nothing to give back, or the service is not to be told.
    fn of(ctx: &Context, account: &Account, end: End) -> Option<Self> {
        let provider = oauth_provider(ctx, &account.provider)?;
        if !end.counts_for(provider) {
            return None;
        }
        let authority = authority(ctx, &account.provider);
        let open = |hint: TokenHint| {
            let place = place(account, &authority);
            let opened = ctx.linked.keys.open(place, hint.name(), &account.extra);
            Some((hint, opened.ok()??))
        };
        let hints = [TokenHint::RefreshToken, TokenHint::AccessToken];
        let tokens: Vec<_> = hints.into_iter().filter_map(open).collect();
        (!tokens.is_empty()).then(|| Self {
            provider: account.provider.clone(),
            tokens,
        })
    }

    async fn give_back(&self, ctx: &Context) {
        let provider = oauth_provider(ctx, &self.provider);
        let (Some(provider), Some(oauth)) = (provider, &ctx.oauth) else {
            return;
        };
        for (hint, token) in &self.tokens {
            let hint = *hint;
            match oauth.revoke(provider, token, hint).await {
                Ok(true) => {
                    tracing::info!(
                        provider.id = provider.id,
                        token = hint.name(),
                        "a token was given back"
                    );
                }
                // It has no place for that.
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(provider.id = provider.id, token = hint.name(), %error, "a token was not given back");
                }
            }
        }
    }
}

/// Goes on when whoever asked has their answer. Each exchange with a service is bounded in time.
#[cfg(feature = "http")]
async fn in_background(work: BoxFuture<'static, ()>) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn(work);
        }
        Err(_) => work.await,
    }
}

/// Nothing here could go on alone.
#[cfg(not(feature = "http"))]
async fn in_background(work: BoxFuture<'static, ()>) {
    work.await;
}
