//! The secrets of one sign-in at a service: sent along, kept in cookies of this browser, and compared at the end.
//!
//! SECURITY: each cookie names its provider (GHSA-x445-f3h2-j279) and who was signed in when it was made. An account
//! shown at the end becomes theirs, so it must still be they who are there: otherwise a browser that somebody else begins
//! in, or that changed hands in between, would add one person's account to another's.
//!
//! Source: contract authjs §2.3, §5.3.2, §5.3.3; RFC 7636; RFC 9700 §2.1, §4.7.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::failure::ServiceFailure;
use super::proxy::Way;
use crate::adapter::UserId;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::cookies::sealed::{CHECK_LIFETIME, InvalidCheck, SealedCookie, SealedFor};
use crate::environment::{Random, array};
use crate::jwe::Lifetime;
use crate::providers::oauth::{OAuthProvider, ResponseMode};
use crate::visit::Visit;

/// What is sent to the service, and what the browser keeps meanwhile.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) state: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) cookies: Vec<Cookie>,
}

/// Draws the secrets. `here` is signed in now.
pub(super) fn begin(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    way: &Way,
    here: Option<&UserId>,
) -> Sent {
    let checks = &visit.cookies.checks;
    let seal = |cookie: &SealedCookie, value: &str| {
        let sealed_for = SealedFor {
            provider: &provider.id,
            user: here.map(UserId::as_str),
        };
        cookie.seal_for(
            value,
            sealed_for,
            lifetime(ctx, CHECK_LIFETIME),
            &*ctx.random,
        )
    };
    let mut sent = Sent::default();
    if way.checks.state {
        let state = if provider.quirks.wants_plain_state() {
            ctx.random.hex_token()
        } else {
            new_state(ctx, way.comes_back_to.as_deref())
        };
        let cookie = seal(&checks.state, &state);
        sent.cookies.push(posted(provider, cookie));
        sent.state = Some(state);
    }
    if way.checks.pkce {
        let verifier = secret(&*ctx.random);
        sent.cookies.push(seal(&checks.pkce, &verifier));
        sent.challenge = Some(challenge(&verifier));
    }
    if way.checks.nonce {
        let nonce = secret(&*ctx.random);
        let cookie = seal(&checks.nonce, &nonce);
        sent.cookies.push(posted(provider, cookie));
        sent.nonce = Some(nonce);
    }
    sent
}

/// What the browser kept.
pub(super) struct Kept {
    pub(super) state: Option<String>,
    pub(super) verifier: Option<String>,
    pub(super) nonce: Option<String>,
    /// Makes the browser forget them.
    pub(super) deletions: Vec<Cookie>,
}

/// Opens what the browser kept, when `here` is signed in as then.
pub(super) fn end(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    way: &Way,
    here: Option<&UserId>,
) -> Result<Kept, ServiceFailure> {
    let checks = &visit.cookies.checks;
    let mut deletions = Vec::new();
    let mut open = |wanted: bool, cookie: &SealedCookie| -> Result<_, ServiceFailure> {
        if !wanted {
            return Ok(None);
        }
        let unsealed = cookie.open(&visit.intake.jar, &provider.id, ctx.now())?;
        if unsealed.user.as_deref() != here.map(UserId::as_str) {
            return Err(ServiceFailure::AnotherPerson);
        }
        deletions.push(cookie.delete());
        Ok(Some(unsealed.value))
    };
    let state = open(way.checks.state, &checks.state)?;
    let verifier = open(way.checks.pkce, &checks.pkce)?;
    let nonce = open(way.checks.nonce, &checks.nonce)?;
    Ok(Kept {
        state,
        verifier,
        nonce,
        deletions,
    })
}

/// SPEC: contract §2.1: cookies that must come with a form of the service. The verifier's stays as it is: a browser that
/// leaves it out is sent around once more (`posted`).
fn posted(provider: &OAuthProvider, cookie: Cookie) -> Cookie {
    match provider.response_mode {
        ResponseMode::Query => cookie,
        ResponseMode::FormPost => cookie.cross_site(),
    }
}

pub(super) fn lifetime(ctx: &Context, max_age: Duration) -> Lifetime {
    Lifetime {
        now: ctx.now(),
        max_age,
    }
}

/// A state: sealed, so that a proxy of ours can believe where it comes from.
///
/// SECURITY: CVE-2026-110862: keys of their own, so that a state opens as nothing else, and nothing else as a state.
fn new_state(ctx: &Context, comes_back_to: Option<&str>) -> String {
    let mut claims = Map::new();
    if let Some(origin) = comes_back_to {
        claims.insert("origin".to_owned(), origin.into());
    }
    claims.insert("random".to_owned(), secret(&*ctx.random).into());
    let lifetime = lifetime(ctx, CHECK_LIFETIME);
    ctx.state_keys.encode(claims, lifetime, &*ctx.random)
}

/// Where a state comes from, when it was made behind a proxy of ours.
pub(super) fn origin_of_state(ctx: &Context, state: &str) -> Result<Option<String>, InvalidCheck> {
    let claims = ctx.state_keys.decode(state, ctx.now());
    let claims = claims.map_err(|_| InvalidCheck)?;
    let origin = claims.get("origin").and_then(|origin| origin.as_str());
    Ok(origin.map(str::to_owned))
}

/// 256 random bits as 43 characters.
fn secret(random: &dyn Random) -> String {
    BASE64.encode(array::<32, _>(random))
}

/// Source: RFC 7636 §4.2, S256.
fn challenge(verifier: &str) -> String {
    BASE64.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_is_the_standards() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
