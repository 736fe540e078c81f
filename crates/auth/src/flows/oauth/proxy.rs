//! The way of an answer: straight to us, or through a deployment of ours that services know.
//!
//! Services take only redirect addresses that were registered, and deployments for previews have an address of their own
//! each. So all of them name the address of one, which sends the browser on to where the state says.
//!
//! SECURITY: the state is sealed with the secret that all deployments share, so it is one of them who says where the
//! browser goes on to. It must know its own address for sure: the builder refuses a proxy where the host of requests
//! counts, by which anybody could have their own address sealed and be sent the codes of others.
//!
//! Source: contract authjs §5.3.1 to §5.3.3, §12.

use url::Url;

use super::checks::origin_of_state;
use super::failure::ServiceFailure;
use crate::context::Context;
use crate::cookies::sealed::InvalidCheck;
use crate::origin::Origin;
use crate::providers::oauth::{Checks, OAuthProvider, ResponseMode};
use crate::visit::Visit;

/// A deployment of ours through which answers come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedirectProxy {
    /// Up to its base path, without final slash.
    base: String,
    origin: Origin,
}

impl RedirectProxy {
    /// Reads a full URL up to the base path. `None` when it is no http or https URL, or has a query.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_plain = url.query().is_none() && url.fragment().is_none();
        let origin = Origin::of(&url).ok().filter(|_| is_plain)?;
        let base = format!("{origin}{}", url.path().trim_end_matches('/'));
        Some(Self { base, origin })
    }
}

/// How a sign-in at a service comes back.
#[derive(Debug)]
pub(super) struct Way {
    /// Where the service sends the browser.
    pub(super) redirect_uri: String,
    /// Our own callback, where a proxy stands between.
    pub(super) comes_back_to: Option<String>,
    /// What is checked. Through a proxy always the state, which holds the way.
    pub(super) checks: Checks,
}

impl Way {
    pub(super) fn of(ctx: &Context, visit: &Visit<'_>, provider: &OAuthProvider) -> Self {
        let own = callback(
            &format!("{}{}", visit.origin, ctx.settings.base_path),
            provider,
        );
        let proxy = ctx.settings.redirect_proxy.as_ref();
        let proxy = proxy.filter(|proxy| proxy.origin != *visit.origin && can_go_on(provider));
        match proxy {
            None => Self {
                redirect_uri: own,
                comes_back_to: None,
                checks: provider.checks,
            },
            Some(proxy) => Self {
                redirect_uri: callback(&proxy.base, provider),
                comes_back_to: Some(own),
                checks: Checks {
                    state: true,
                    ..provider.checks
                },
            },
        }
    }
}

/// Whether an answer of this provider can be sent on. SPEC: contract §5.3.1: a form cannot.
fn can_go_on(provider: &OAuthProvider) -> bool {
    provider.response_mode == ResponseMode::Query && !provider.quirks.wants_plain_state()
}

fn callback(base: &str, provider: &OAuthProvider) -> String {
    format!("{base}/callback/{}", provider.id)
}

/// Where an answer goes on to that came to us as the proxy of another deployment.
pub(super) fn goes_on_to(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    state: Option<&str>,
) -> Result<Option<String>, ServiceFailure> {
    let proxy = ctx.settings.redirect_proxy.as_ref();
    let is_here = proxy.is_some_and(|proxy| proxy.origin == *visit.origin);
    let is_sealed = !provider.quirks.wants_plain_state();
    let (Some(state), true) = (state, is_here && is_sealed) else {
        return Ok(None);
    };
    let Some(target) = origin_of_state(ctx, state)? else {
        return Ok(None);
    };
    let url = Url::parse(&target).map_err(|_| InvalidCheck)?;
    let origin = Origin::of(&url).map_err(|_| InvalidCheck)?;
    if origin == *visit.origin {
        return Ok(None);
    }
    let is_callback = url.path().ends_with(&callback("", provider));
    if !is_callback || url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidCheck.into());
    }
    let query = visit.intake.raw_query.unwrap_or_default();
    Ok(Some(format!("{origin}{}?{query}", url.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_plain_address() {
        for (text, base) in [
            ("https://app.example/auth", Some("https://app.example/auth")),
            (
                "https://App.Example:443/api/auth/",
                Some("https://app.example/api/auth"),
            ),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://app.example/auth?x=1", None),
            ("https://app.example/auth#x", None),
            ("/auth", None),
            ("app.example", None),
            ("ftp://app.example/auth", None),
        ] {
            let proxy = RedirectProxy::parse(text);
            assert_eq!(proxy.map(|proxy| proxy.base).as_deref(), base, "{text}");
        }
    }
}
