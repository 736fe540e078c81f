//! A service says, server to server, that somebody signed out there: their sessions here end.
//!
//! SECURITY: CVE-2026-18569: anybody can send such a request. Nothing of it counts before the signature of its token was
//! verified, and each token counts once.
//!
//! Source: OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::directory::manage;
use crate::environment::hex;
use crate::error::Error;
use crate::linked::{Lease, LeaseStore};
use crate::oauth::{LogoutToken, OAuth};
use crate::providers::oauth::OAuthProvider;
use crate::response::Reply;
use crate::visit::Visit;

/// What is needed to end sessions by such a request.
struct Means<'a> {
    oauth: &'a OAuth,
    /// Where it is kept which tokens were seen.
    seen: &'a dyn LeaseStore,
}

fn means(ctx: &Context) -> Option<Means<'_>> {
    let is_complete = ctx.directory.is_some() && ctx.store.is_some();
    Some(Means {
        oauth: ctx.oauth.as_ref().filter(|_| is_complete)?,
        seen: ctx.linked.leases.as_deref()?,
    })
}

/// Whether it is there: sessions can be ended, and it is kept which tokens were seen.
pub(crate) fn is_offered(ctx: &Context) -> bool {
    means(ctx).is_some()
}

/// `POST backchannel-logout/{provider}` with `logout_token`.
pub(crate) async fn take(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
) -> Result<Reply, Error> {
    let means = means(ctx).ok_or(Error::UnknownAction)?;
    let token = visit.intake.body.text("logout_token").unwrap_or_default();
    let reply = match means.oauth.logout_token(provider, token).await {
        Ok(token) => end(ctx, &means, provider, &token).await?,
        Err(error) => {
            tracing::warn!(provider.id = provider.id(), %error, "a logout token was refused");
            refused()
        }
    };
    Ok(reply.never_cached().leaves_base_cookies())
}

async fn end(
    ctx: &Context,
    means: &Means<'_>,
    provider: &OAuthProvider,
    token: &LogoutToken,
) -> Result<Reply, Error> {
    // The service's names of sessions are not kept here, so that one without a person cannot be followed.
    let Some(subject) = &token.subject else {
        tracing::warn!(
            provider.id = provider.id(),
            "a logout token names no person"
        );
        return Ok(refused());
    };
    if was_seen(ctx, means, provider, token, ctx.now()).await? {
        return Ok(refused());
    }
    end_sessions(ctx, provider, subject).await?;
    // After the work and not before: a store that goes away in between must not keep the service's next try from counting.
    // Two at the same moment both do the work, which is the same.
    match was_seen(ctx, means, provider, token, token.expires_at).await? {
        true => Ok(refused()),
        false => Ok(Reply::json(json!({}))),
    }
}

/// Whether a token was taken before. Until when it is kept that this one was: a moment that is over already only asks.
async fn was_seen(
    ctx: &Context,
    means: &Means<'_>,
    provider: &OAuthProvider,
    token: &LogoutToken,
    until: Timestamp,
) -> Result<bool, Error> {
    let once = Lease {
        key: key(provider, token),
        holder: ctx.random.uuid(),
        expires: until,
    };
    let is_new = means.seen.take_lease(&once, ctx.now()).await?;
    if !is_new {
        tracing::warn!(provider.id = provider.id(), "a logout token came twice");
    }
    Ok(!is_new)
}

/// SECURITY: CVE-2026-110863: who it is follows from provider and subject together.
async fn end_sessions(ctx: &Context, provider: &OAuthProvider, subject: &str) -> Result<(), Error> {
    let owner = ctx.store()?.user_by_account(provider.id(), subject).await?;
    // SPEC: §2.7: whoever is not signed in is signed out already.
    if let Some(owner) = owner {
        manage::revoke_all_surely(ctx, &owner.id, None).await?;
        tracing::info!(user.id = %owner.id, provider.id = provider.id(), "signed out by the service");
    }
    Ok(())
}

/// SPEC: §2.8.
fn refused() -> Reply {
    Reply::json(json!({ "error": "invalid_request" })).status(StatusCode::BAD_REQUEST)
}

fn key(provider: &OAuthProvider, token: &LogoutToken) -> String {
    let mut hash = Sha256::new();
    for part in [provider.id(), &token.id] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    format!("logout:{}", hex(&hash.finalize()))
}
