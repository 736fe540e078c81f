//! Sign-in at another service: `start` sends the browser there, `finish` takes what it brings back.
//!
//! To add what one service does differently: nothing here, but its [`Quirks`](crate::providers::oauth::Quirks).
//!
//! Source: contract authjs §5.3; RFC 9700. Decisions: docs/design/oauth-flow.md.

mod account;
mod answer;
mod authorize;
mod checks;
mod failure;
mod finish;
mod posted;
mod proxy;

use self::proxy::Way;
use crate::context::Context;
use crate::error::Error;
use crate::linking::here::here;
use crate::oauth::OAuth;
use crate::providers::oauth::OAuthProvider;
use crate::response::Reply;
use crate::visit::Visit;

pub(crate) use failure::ServiceFailure;
pub(crate) use finish::finish;
pub(crate) use proxy::RedirectProxy;

/// `POST signin/{id}`: somebody wants to sign in there, or to add an account there to the one they are signed in with.
pub(crate) async fn start(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
) -> Result<Reply, Error> {
    let here = here(ctx, visit).await?;
    let way = Way::of(ctx, visit, provider);
    let endpoint = client(ctx, provider)?
        .authorization_endpoint(provider)
        .await;
    let endpoint = endpoint.map_err(|error| failed(provider, error))?;
    let here = here.as_ref().map(|here| &here.user.id);
    let sent = checks::begin(ctx, visit, provider, &way, here);
    let target = authorize::url(authorize::Request {
        endpoint,
        provider,
        redirect_uri: &way.redirect_uri,
        query: &visit.intake.query,
        sent: &sent,
    });
    let target = target.map_err(|error| failed(provider, error))?;
    let reply = Reply::redirect(target).with_cookies(sent.cookies);
    Ok(reply.never_cached_as_json())
}

fn client<'a>(ctx: &'a Context, provider: &OAuthProvider) -> Result<&'a OAuth, Error> {
    let client = ctx.oauth.as_ref();
    client.ok_or_else(|| failed(provider, ServiceFailure::NoClient))
}

fn failed(provider: &OAuthProvider, source: impl Into<ServiceFailure>) -> Error {
    Error::Service {
        provider: provider.id.clone(),
        source: source.into(),
    }
}
