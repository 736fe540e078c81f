//! Access tokens anew: asked for once, however many want one, and kept.
//!
//! SECURITY: CVE-2026-53517: a refresh token that is used twice makes careful services end all tokens of the person. In one
//! process those who want the same token wait for one piece of work; among processes a lease says whose it is, and the
//! new tokens are written only over those that were sent.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::access::{AccessToken, AccessTokenError, Decision, decide};
use super::{Lease, place, seal_members};
use crate::adapter::{Account, AccountChange, UserId};
use crate::context::Context;
use crate::environment::hex;
use crate::oauth::{Known, OAuthError, TokenSet};
use crate::providers::oauth::OAuthProvider;
use crate::secret::Secret;
use crate::time::after;

pub(crate) type Outcome = Result<AccessToken, AccessTokenError>;

/// Which account: provider, and the person's id there.
pub(crate) type AccountKey = (String, String);

/// How long a process may take to renew a token: more than a request to a service may.
const LEASE: Duration = Duration::from_secs(60);

/// How often it is looked whether another process is done: some ten seconds.
const LOOKS: usize = 200;

/// How often the store is asked to keep new tokens, which are lost otherwise.
const KEEPS: usize = 3;

/// A token of this user at this service that is good for a while.
pub(crate) async fn access_token(ctx: &Context, user: &UserId, provider: &str) -> Outcome {
    let service = service(ctx, provider)?;
    let account = find(ctx, user, service).await?;
    if let Decision::Use(token) = judge(ctx, &account) {
        return Ok(token);
    }
    let shared = ctx.clone();
    let key = (account.provider, account.provider_account_id);
    let work = {
        let (user, key) = (user.clone(), key.clone());
        move || {
            async move {
                let outcome = renewed(&shared, &user, &key).await;
                shared.linked.flights.landed(&key);
                outcome
            }
            .boxed()
        }
    };
    ctx.linked.flights.join(&key, work).await
}

fn service<'a>(ctx: &'a Context, id: &str) -> Result<&'a OAuthProvider, AccessTokenError> {
    super::oauth_provider(ctx, id).ok_or(AccessTokenError::UnknownProvider)
}

/// The user's account there; of several, one that needs no signing in.
async fn find(
    ctx: &Context,
    user: &UserId,
    service: &OAuthProvider,
) -> Result<Account, AccessTokenError> {
    let store = ctx
        .store
        .as_ref()
        .ok_or(AccessTokenError::UnknownProvider)?;
    let accounts = store.accounts_of(user).await?;
    let mut there: Vec<Account> = accounts
        .into_iter()
        .filter(|account| account.provider == service.id())
        .collect();
    let good = there
        .iter()
        .position(|account| judge(ctx, account) != Decision::SignInAgain);
    match there.is_empty() {
        true => Err(AccessTokenError::NotLinked),
        false => Ok(there.swap_remove(good.unwrap_or_default())),
    }
}

fn judge(ctx: &Context, account: &Account) -> Decision {
    let authority = super::authority(ctx, &account.provider);
    decide(
        account,
        place(account, &authority),
        &ctx.linked.keys,
        ctx.now(),
    )
}

/// The account as it is by now, unless it is somebody else's.
async fn again(
    ctx: &Context,
    user: &UserId,
    key: &AccountKey,
) -> Result<Account, AccessTokenError> {
    let store = ctx
        .store
        .as_ref()
        .ok_or(AccessTokenError::UnknownProvider)?;
    let account = store.account(&key.0, &key.1).await?;
    let own = account.filter(|account| account.user_id == *user);
    own.ok_or(AccessTokenError::NotLinked)
}

/// Renews the tokens of an account, or waits for who does.
async fn renewed(ctx: &Context, user: &UserId, key: &AccountKey) -> Outcome {
    for _ in 0..LOOKS {
        let account = again(ctx, user, key).await?;
        let meanwhile = match judge(ctx, &account) {
            Decision::Use(token) => return Ok(token),
            Decision::SignInAgain => return Err(AccessTokenError::SignInAgain),
            Decision::Refresh { meanwhile, .. } => meanwhile,
        };
        let lease = Lease {
            key: lease_key(key),
            holder: ctx.random.uuid(),
            expires: after(ctx.now(), LEASE),
        };
        if take(ctx, &lease).await? {
            let outcome = alone(ctx, user, key).await;
            give_back(ctx, &lease).await;
            return outcome;
        }
        if let Some(token) = meanwhile {
            return Ok(token);
        }
        if let Some(leases) = &ctx.linked.leases {
            leases.await_lease(&lease).await?;
        }
    }
    Err(AccessTokenError::Busy)
}

/// Without a store of leases this process counts as the only one.
async fn take(ctx: &Context, lease: &Lease) -> Result<bool, AccessTokenError> {
    match &ctx.linked.leases {
        Some(leases) => Ok(leases.take_lease(lease, ctx.now()).await?),
        None => Ok(true),
    }
}

async fn give_back(ctx: &Context, lease: &Lease) {
    if let Some(leases) = &ctx.linked.leases
        && let Err(error) = leases.end_lease(lease).await
    {
        tracing::warn!("a lease was not given back and ends by itself: {error}");
    }
}

/// With the lease: nobody else sends the refresh token now. Twice, because an Auth.js application on the same table knows no
/// leases and may have renewed the tokens meanwhile.
async fn alone(ctx: &Context, user: &UserId, key: &AccountKey) -> Outcome {
    for _ in 0..2 {
        // SECURITY: read again, because the one who had the lease before may have used up what was read then.
        let account = again(ctx, user, key).await?;
        let (refresh_token, meanwhile) = match judge(ctx, &account) {
            Decision::Use(token) => return Ok(token),
            Decision::SignInAgain => return Err(AccessTokenError::SignInAgain),
            Decision::Refresh {
                refresh_token,
                meanwhile,
            } => (refresh_token, meanwhile),
        };
        match ask(ctx, &account, &refresh_token).await {
            Ok(tokens) => {
                keep(ctx, &account, &tokens).await;
                return Ok(token_of(&account, &tokens));
            }
            Err(OAuthError::Refused {
                code: "invalid_grant",
            }) => {
                if forget(ctx, &account).await? {
                    return Err(AccessTokenError::SignInAgain);
                }
            }
            Err(error) => {
                tracing::warn!(provider.id = account.provider, %error, "a token was not renewed");
                return meanwhile.ok_or(AccessTokenError::Away(error));
            }
        }
    }
    Err(AccessTokenError::SignInAgain)
}

async fn ask(
    ctx: &Context,
    account: &Account,
    refresh_token: &Secret,
) -> Result<TokenSet, OAuthError> {
    let missing = OAuthError::Settings("there is no such service any more");
    let provider = super::oauth_provider(ctx, &account.provider).ok_or(missing)?;
    let missing = OAuthError::Settings("there is no HTTP client");
    let oauth = ctx.oauth.as_ref().ok_or(missing)?;
    let id_token = super::id_token(ctx, account);
    let known = Known {
        account_id: &account.provider_account_id,
        id_token: id_token.as_ref(),
    };
    oauth.refresh(provider, refresh_token, known).await
}

fn token_of(account: &Account, tokens: &TokenSet) -> AccessToken {
    let before = account.extra.get("scope").and_then(Value::as_str);
    let scope = tokens.scope.as_deref().or(before);
    AccessToken {
        token: tokens.access_token.clone(),
        token_type: Some(tokens.token_type.clone()),
        expires_at: tokens.expires_at,
        scope: scope.map(str::to_owned),
        provider_account_id: account.provider_account_id.clone(),
    }
}

/// The members of the account that new tokens change; what the service did not say stays.
pub(crate) fn members_of(tokens: &TokenSet) -> Map<String, Value> {
    let expires_at = tokens.expires_at.map(|at| at.as_second().into());
    let secret = |secret: &Secret| Value::from(secret.expose());
    let mut members = Map::new();
    members.insert("access_token".to_owned(), secret(&tokens.access_token));
    members.insert("token_type".to_owned(), tokens.token_type.as_str().into());
    // The end of the old token is not the new one's.
    members.insert("expires_at".to_owned(), expires_at.unwrap_or(Value::Null));
    let others = [
        ("refresh_token", tokens.refresh_token.as_ref().map(secret)),
        ("id_token", tokens.id_token.as_ref().map(secret)),
        ("scope", tokens.scope.as_deref().map(Value::from)),
    ];
    for (name, value) in others {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    }
    members
}

/// Writes new tokens over those that were sent. A failure costs the next refresh, not this one.
async fn keep(ctx: &Context, account: &Account, tokens: &TokenSet) {
    for tried in 1..=KEEPS {
        let error = match replace(ctx, account, members_of(tokens)).await {
            Ok(true) => return,
            Ok(false) => {
                let provider = &account.provider;
                tracing::info!(provider.id = provider, "other tokens were kept meanwhile");
                return;
            }
            Err(error) => error,
        };
        tracing::error!(provider.id = account.provider, tried, %error, "a new token was not kept");
    }
}

/// The refresh token is worth nothing. `false` when another is kept by now.
async fn forget(ctx: &Context, account: &Account) -> Result<bool, AccessTokenError> {
    let mut nothing = Map::new();
    nothing.insert("refresh_token".to_owned(), Value::Null);
    let forgotten = replace(ctx, account, nothing).await?;
    if forgotten {
        tracing::info!(
            user.id = %account.user_id, provider.id = account.provider,
            "the service took a refresh token back: the person has to sign in there again"
        );
    }
    Ok(forgotten)
}

/// Writes members of an account where its tokens still are as they were read.
pub(super) async fn replace(
    ctx: &Context,
    account: &Account,
    mut members: Map<String, Value>,
) -> Result<bool, AccessTokenError> {
    let store = ctx
        .store
        .as_ref()
        .ok_or(AccessTokenError::UnknownProvider)?;
    let authority = super::authority(ctx, &account.provider);
    seal_members(ctx, place(account, &authority), &mut members).await?;
    let expected = ["access_token", "refresh_token"].map(|name| {
        let there = account.extra.get(name).cloned().unwrap_or(Value::Null);
        (name.to_owned(), there)
    });
    let change = AccountChange {
        user_id: account.user_id.clone(),
        provider: account.provider.clone(),
        provider_account_id: account.provider_account_id.clone(),
        expected: Map::from_iter(expected),
        members,
    };
    Ok(store.update_account(change).await?)
}

/// Keeps what the service gave when somebody signed in again: so a sign-in heals an account whose tokens are worth nothing.
/// Auth.js keeps the old ones for ever. A failure is logged: it keeps nobody out.
pub(crate) async fn renew(ctx: &Context, user: &UserId, shown: &Account) {
    let key = (shown.provider.clone(), shown.provider_account_id.clone());
    let mut members = shown.extra.clone();
    members.retain(|_, value| !value.is_null());
    if !members.contains_key("access_token") {
        return;
    }
    members.entry("expires_at").or_insert(Value::Null);
    for _ in 0..2 {
        let written = match again(ctx, user, &key).await {
            Ok(account) => replace(ctx, &account, members.clone()).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(true) => return,
            // A refresh came in between: what the person has just agreed to is newer.
            Ok(false) => {}
            Err(error) => {
                let provider = &shown.provider;
                tracing::warn!(provider.id = provider, %error, "tokens of a sign-in were not kept");
                return;
            }
        }
    }
}

/// Nothing of the person stands in it.
fn lease_key((provider, provider_account_id): &AccountKey) -> String {
    let mut hash = Sha256::new();
    for part in [provider, provider_account_id] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    format!("tokens:{}", hex(&hash.finalize()))
}
