//! Signing out goes on at the service that the session began with, where its provider is set up so.
//!
//! Source: OpenID Connect RP-Initiated Logout 1.0 §2.

use url::Url;

use crate::adapter::{Account, UserId};
use crate::context::Context;
use crate::directory::{SessionEntry, SessionKey, observe};
use crate::linked::revoke::{self, End};
use crate::linked::{id_token, oauth_provider};
use crate::origin::Origin;
use crate::providers::Provider;
use crate::providers::oauth::OAuthProvider;
use crate::secret::Secret;
use crate::visit::Visit;

/// A longer token makes an address that servers and proxies refuse, in bytes.
const MAX_HINT_BYTES: usize = 4_096;

/// What is known of a session that is about to end. Costs no query where no service wants to hear of it.
pub(super) async fn known(ctx: &Context, key: SessionKey) -> Option<SessionEntry> {
    let signs_out =
        |provider: &Provider| matches!(provider, Provider::OAuth(one) if one.signs_out_there);
    let is_told = revoke::is_asked_for(ctx, End::SignedOut);
    if !is_told && !ctx.providers.iter().any(signs_out) {
        return None;
    }
    let entry = observe::known(ctx, key).await?;
    (entry.expires >= ctx.now()).then_some(entry)
}

/// Where the person goes to sign out there too. A service that is away, or has no such place, keeps nobody here.
pub(super) async fn address(ctx: &Context, visit: &Visit<'_>, ended: &SessionEntry) -> Option<Url> {
    let service = ended.service.as_ref()?;
    let provider = oauth_provider(ctx, &service.provider)?;
    if !provider.signs_out_there {
        return None;
    }
    let asked = ctx.oauth.as_ref()?.end_session_endpoint(provider).await;
    let place = asked.unwrap_or_else(|error| {
        tracing::warn!(provider.id = provider.id(), %error, "nobody can be led to the service to sign out");
        None
    });
    let mut place = place?;
    let hint = hint(ctx, provider, &ended.user_id).await;
    let mut query = place.query_pairs_mut();
    match &hint {
        Some(token) => query.append_pair("id_token_hint", token.expose()),
        None => query.append_pair("client_id", &provider.client.id),
    };
    if is_ours(&visit.callback_url, visit.origin) {
        query.append_pair("post_logout_redirect_uri", &visit.callback_url);
    }
    drop(query);
    Some(place)
}

/// Gives the tokens of the service back that the session began with, where its provider is set up so.
pub(super) async fn give_back(ctx: &Context, ended: &SessionEntry) {
    if !revoke::is_asked_for(ctx, End::SignedOut) {
        return;
    }
    let service = ended.service.as_ref();
    let Some(provider) = service.and_then(|service| oauth_provider(ctx, &service.provider)) else {
        return;
    };
    if let Some(account) = only_account(ctx, provider, &ended.user_id).await {
        revoke::take_from(ctx, &account).await;
    }
}

/// The service's own word on who it is.
async fn hint(ctx: &Context, provider: &OAuthProvider, user: &UserId) -> Option<Secret> {
    let account = only_account(ctx, provider, user).await?;
    id_token(ctx, &account).filter(|token| token.expose().len() <= MAX_HINT_BYTES)
}

/// The person's account there. Of several nobody knows which began the session, and the wrong one would sign out somebody
/// else.
async fn only_account(ctx: &Context, provider: &OAuthProvider, user: &UserId) -> Option<Account> {
    let accounts = ctx.store.as_ref()?.accounts_of(user).await;
    let accounts = accounts
        .inspect_err(|error| tracing::warn!("the accounts of a user could not be read: {error}"))
        .ok()?;
    let is_there = |account: &Account| account.provider == provider.id();
    let mut there = accounts.into_iter().filter(is_there);
    match (there.next(), there.next()) {
        (Some(account), None) => Some(account),
        _ => None,
    }
}

/// SECURITY: the service sends the browser back there: never to an address that is not ours.
fn is_ours(target: &str, origin: &Origin) -> bool {
    let target = Url::parse(target).ok();
    target.is_some_and(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        is_plain && Origin::of(&url).is_ok_and(|of_target| of_target == *origin)
    })
}
