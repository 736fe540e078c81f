//! The gate between a proven first factor and a session.
//!
//! SECURITY: GHSA-4qvm-r4pr-v3wg: a session begins only with an [`Opened`], and nobody but this file makes one. Whoever adds a
//! way to sign in has to ask here, because nothing else compiles.

use super::check::Proven;
use super::{Factor, Level, Require, SecondFactor, device, owned};
use crate::adapter::UserId;
use crate::context::Context;
use crate::error::Error;
use crate::visit::Visit;

/// Whether a session begins.
#[derive(Debug)]
pub(crate) enum Gate {
    /// It does.
    Open(Opened),
    /// The second factor is to be proven first, or set up.
    Held(Held),
}

/// A session may begin.
// INVARIANT: made by this file alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    first: Factor,
    second: Option<Factor>,
}

/// A sign-in that is to wait.
// INVARIANT: made by this file alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    first: Factor,
}

impl Opened {
    pub(crate) fn first(self) -> Factor {
        self.first
    }

    pub(crate) fn second(self) -> Option<Factor> {
        self.second
    }
}

impl Held {
    pub(crate) fn first(self) -> Factor {
        self.first
    }
}

/// Asks for a user who may have a second factor.
pub(crate) async fn ask(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
    first: Factor,
) -> Result<Gate, Error> {
    let Some(settings) = &ctx.second_factor else {
        return Ok(open(first, None));
    };
    if Level::of(&[first]) == Level::Two {
        return Ok(open(first, None));
    }
    if !owned::is_asked(ctx, settings, user).await? {
        return Ok(without_factor(settings, first));
    }
    if device::is_remembered(ctx, settings, visit, user).await? {
        return Ok(open(first, Some(Factor::RememberedDevice)));
    }
    Ok(Gate::Held(Held { first }))
}

/// Asks for a user who is new, or of whom all that was set up before is about to be removed.
pub(crate) fn ask_for_newcomer(ctx: &Context, first: Factor) -> Gate {
    match &ctx.second_factor {
        Some(settings) if Level::of(&[first]) == Level::One => without_factor(settings, first),
        _ => open(first, None),
    }
}

/// A sign-in that waited has its second factor.
pub(super) fn pass(first: Factor, second: Proven) -> Gate {
    open(first, Some(second.factor()))
}

/// SECURITY: CVE-2026-94218, CVE-2025-3910: where everybody needs one, setting it up comes before any session.
fn without_factor(settings: &SecondFactor, first: Factor) -> Gate {
    match settings.require() {
        Require::Optional => open(first, None),
        Require::Always => Gate::Held(Held { first }),
    }
}

fn open(first: Factor, second: Option<Factor>) -> Gate {
    Gate::Open(Opened { first, second })
}
