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
use crate::directory::{SessionKey, manage};
use crate::environment::hex;
use crate::error::Error;
use crate::linked::{Lease, LeaseStore};
use crate::oauth::{LogoutToken, OAuth};
use crate::providers::oauth::OAuthProvider;
use crate::response::Reply;
use crate::visit::Visit;

/// How often sessions that began with one session at a service are looked for, a hundred at a time.
const MOST_ROUNDS: u32 = 100;

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
    if was_seen(ctx, means, provider, token, ctx.now()).await? {
        return Ok(refused());
    }
    match (&token.subject, &token.session) {
        // A session may have begun before its name was kept: whoever is named signs out of all.
        (Some(subject), _) => end_all(ctx, provider, subject).await?,
        (None, Some(session)) => end_one(ctx, provider, session).await?,
        (None, None) => {}
    }
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
async fn end_all(ctx: &Context, provider: &OAuthProvider, subject: &str) -> Result<(), Error> {
    let owner = ctx.store()?.user_by_account(provider.id(), subject).await?;
    // SPEC: §2.7: whoever is not signed in is signed out already.
    if let Some(owner) = owner {
        manage::revoke_all_surely(ctx, &owner.id, None).await?;
        tracing::info!(user.id = %owner.id, provider.id = provider.id(), "signed out by the service");
    }
    Ok(())
}

/// What began with one session at the service, and nothing else.
async fn end_one(ctx: &Context, provider: &OAuthProvider, session: &str) -> Result<(), Error> {
    let store = &ctx.directory()?.store;
    let session = SessionKey::of_service(provider.id(), session);
    let mut rounds = 0;
    loop {
        let found = store.of_service(&session).await?;
        // Each round removes the entries that it found; a store that does not must not keep us here.
        if found.is_empty() || rounds == MOST_ROUNDS {
            return Ok(());
        }
        for entry in found {
            manage::revoke_one(ctx, &entry.user_id, &entry.id).await?;
            tracing::info!(user.id = %entry.user_id, provider.id = provider.id(), "signed out by the service");
        }
        rounds += 1;
    }
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
