//! What a sign-in writes along, where the store of the users is also the one that keeps it.

use super::NewSession;
use crate::adapter::{Beside, StoreId, UserId};
use crate::context::Context;
use crate::directory::SessionKey;
use crate::directory::observe::{self, Sighting};
use crate::limit::Charge;
use crate::second_factor::gate::{Gate, Opened};
use crate::second_factor::proof;
use crate::visit::Visit;

/// What is to be written along.
pub(super) fn of(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
    (gate, session): (&Gate, Option<&NewSession>),
    charge: Option<&Charge>,
) -> Beside {
    let Some(store) = ctx.store.as_ref().and_then(|store| store.store_id()) else {
        return Beside::default();
    };
    let of_session = match (gate, session) {
        (Gate::Open(opened), Some(session)) => of_session(ctx, visit, user, session, *opened),
        _ => None,
    };
    Beside {
        settlement: charge.and_then(|charge| ctx.limits.settlement_in(&store, charge)),
        ..of_session
            .filter(|_| is_kept_in(ctx, &store))
            .unwrap_or_default()
    }
}

/// Whether all that is known of sessions is kept there.
fn is_kept_in(ctx: &Context, store: &StoreId) -> bool {
    let directory = ctx.directory.as_ref();
    let is_there = |id: Option<StoreId>| id.as_ref() == Some(store);
    directory.is_some_and(|directory| is_there(directory.store.store_id()))
        && ctx
            .second_factor
            .as_ref()
            .is_none_or(|factors| is_there(factors.store().store_id()))
}

fn of_session(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
    session: &NewSession,
    opened: Opened,
) -> Option<Beside> {
    let key = SessionKey::of_token(&session.token);
    let sighting = Sighting {
        key,
        user,
        expires: session.expires,
        headers: visit.intake.headers,
        extensions: visit.intake.extensions,
    };
    Some(Beside {
        entry: Some(observe::entry_of_new(ctx, sighting, None)?),
        proof: proof::of_new(ctx, key, user, opened),
        settlement: None,
    })
}
