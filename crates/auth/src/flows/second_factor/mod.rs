//! The routes of the second factor: ours, beside the closed list of Auth.js. Without settings for it none of them exists.
//!
//! Whoever comes here is between two factors ([`Who::Waiting`]) or signed in ([`Who::Here`]); the one is never taken for the
//! other. Forms get pages and redirects, programs JSON.

mod ask;
mod complete;
mod manage;
mod passkey;
mod rotate;
mod setup;
mod who;

use crate::account::Refusal;
use crate::adapter::UserId;
use crate::context::Context;
use crate::directory::SessionKey;
use crate::error::Error;
use crate::flows::account::Step;
use crate::flows::account::person::Person;
use crate::path::Action;
use crate::request::Verb;
use crate::response::Reply;
use crate::second_factor::steps::Place;
use crate::second_factor::{SecondFactor, owned, proof};
use crate::visit::Visit;

/// A step with the settings of the second factor.
pub(super) struct Flow<'a> {
    step: Step<'a>,
    settings: &'a SecondFactor,
}

impl<'a> Flow<'a> {
    fn place(&self) -> Place<'a> {
        Place {
            ctx: self.step.ctx,
            settings: self.settings,
            accounts: self.step.accounts,
            origin: self.step.visit.origin,
        }
    }
}

/// Answers a route of the second factor. Forms must be ours.
pub(crate) async fn answer(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let (Some(settings), Some(accounts)) = (&ctx.second_factor, &ctx.accounts) else {
        return Err(Error::UnknownAction);
    };
    let step = Step {
        ctx,
        visit,
        accounts,
    };
    let flow = Flow { step, settings };
    let verb = visit.intake.verb;
    if verb == Verb::Post {
        visit.require_csrf()?;
    }
    match (verb, visit.intake.route.action) {
        (Verb::Get, Action::SecondFactor) => ask::show(&flow).await,
        (Verb::Post, Action::SecondFactor) => ask::post(&flow).await,
        (Verb::Get, Action::SecondFactorPasskey) => passkey::options(&flow).await,
        (Verb::Get, Action::SecondFactorSetUp) => setup::show(&flow).await,
        (Verb::Post, Action::SecondFactorSetUp) => setup::post(&flow).await,
        (Verb::Get, Action::AccountSecondFactor) => manage::show(&flow).await,
        (Verb::Post, Action::SecondFactorRemove) => manage::remove(&flow).await,
        (Verb::Post, Action::SecondFactorCodes) => manage::new_codes(&flow).await,
        (Verb::Post, Action::SecondFactorDevices) => manage::forget_devices(&flow).await,
        (
            Verb::Get,
            Action::SecondFactorRemove | Action::SecondFactorCodes | Action::SecondFactorDevices,
        ) => Ok(Reply::redirect(flow.step.url(manage::PATH))),
        _ => Err(Error::UnknownAction),
    }
}

/// Whether somebody proved the second factor lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lately {
    /// There is none to prove.
    None,
    Proven,
}

/// Whether the second factor was proven lately, for what may lock others out.
///
/// # Errors
/// [`Refusal::ProveSecondFactor`] where there is one and it was not.
pub(super) async fn lately(step: &Step<'_>, person: &Person) -> Result<Lately, Error> {
    lately_in(step.ctx, &person.user.id, person.session.key()).await
}

/// The same of a user in a session of this name.
///
/// # Errors
/// As [`lately`].
pub(super) async fn lately_in(
    ctx: &Context,
    user: &UserId,
    session: Option<&SessionKey>,
) -> Result<Lately, Error> {
    let Some(settings) = &ctx.second_factor else {
        return Ok(Lately::None);
    };
    if !owned::is_asked(ctx, settings, user).await? {
        return Ok(Lately::None);
    }
    let refused = || Error::Account(Refusal::ProveSecondFactor);
    let key = session.ok_or_else(refused)?;
    let proof = proof::of(ctx, settings, key, user).await?;
    match proof {
        Some(proof) if proof.is_recent(ctx.now(), settings.recent()) => Ok(Lately::Proven),
        _ => Err(refused()),
    }
}
