//! The second factor at a glance, and what its owner does with it.

use serde_json::json;

use super::who::{Who, nobody, who};
use super::{Flow, setup};
use crate::account::Refusal;
use crate::error::Error;
use crate::flows::account::answer::refused;
use crate::flows::account::person::{Person, password_of, prove, signed_in};
use crate::pages::{DeviceItem, Moment, SecondFactorOverview, second_factor_overview};
use crate::response::Reply;
use crate::second_factor::owned::{self, Owned};
use crate::second_factor::steps;
use crate::second_factor::{DeviceRecord, Require};
use crate::time::iso_millis;

/// Where the page is.
pub(super) const PATH: &str = "account/second-factor";

/// `GET account/second-factor`.
pub(super) async fn show(flow: &Flow<'_>) -> Result<Reply, Error> {
    let Who::Here(person, owned) = who(flow).await? else {
        return Ok(nobody(flow));
    };
    if flow.step.visit.intake.wants_json() {
        return as_json(flow, &person, &owned).await;
    }
    page(flow, &person, None).await
}

async fn as_json(flow: &Flow<'_>, person: &Person, owned: &Owned) -> Result<Reply, Error> {
    let factors = &owned.factors;
    let devices = devices(flow, person).await?;
    let devices = devices.iter().map(|device| {
        json!({
            "id": device.id,
            "client": device.client,
            "created": iso_millis(device.created),
            "expires": iso_millis(device.expires),
        })
    });
    let body = json!({
        "on": factors.totp.is_some(),
        "since": factors.totp.as_ref().map(|app| iso_millis(app.created)),
        "recoveryCodes": factors.recovery_codes,
        "passkeys": owned.passkeys.len(),
        "passkeysAreAsked": owned::passkeys_count(flow.settings),
        "required": flow.settings.require() == Require::Always,
        "devices": devices.collect::<Vec<_>>(),
    });
    Ok(Reply::json(body).never_cached())
}

async fn devices(flow: &Flow<'_>, person: &Person) -> Result<Vec<DeviceRecord>, Error> {
    let store = flow.settings.store();
    Ok(store.devices(&person.user.id, flow.step.ctx.now()).await?)
}

/// `POST second-factor/remove`: `password` is the person's where there is one.
pub(super) async fn remove(flow: &Flow<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(&flow.step).await? else {
        return Ok(nobody(flow));
    };
    let removed = async {
        let _ = prove(&flow.step, &person).await?;
        if flow.settings.require() == Require::Always {
            return Err(Refusal::FactorRequired.into());
        }
        if !steps::remove(flow.place(), &person.user).await? {
            return Err(Refusal::NoFactor.into());
        }
        Ok(done(flow, "off"))
    };
    or_again(flow, &person, removed.await).await
}

/// `POST second-factor/codes`: `password` is the person's where there is one.
pub(super) async fn new_codes(flow: &Flow<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(&flow.step).await? else {
        return Ok(nobody(flow));
    };
    let shown = async {
        let _ = prove(&flow.step, &person).await?;
        let codes = steps::new_codes(flow.place(), &person.user).await?;
        let back = Reply::redirect(flow.step.url(PATH));
        Ok(setup::show_codes(flow, &codes, back))
    };
    or_again(flow, &person, shown.await).await
}

/// `POST second-factor/devices`: forgets the one of this `id`, or all. Whoever is signed in may: nothing is gained by it but
/// that a code is asked for again.
pub(super) async fn forget_devices(flow: &Flow<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(&flow.step).await? else {
        return Ok(nobody(flow));
    };
    let (store, user) = (flow.settings.store(), &person.user.id);
    match flow.step.typed("id") {
        "" => store.distrust(user).await?,
        // One that is not there is forgotten already.
        id => {
            let _ = store.forget_device(user, id).await?;
        }
    }
    Ok(done(flow, "forgotten"))
}

fn done(flow: &Flow<'_>, what: &str) -> Reply {
    let url = flow.step.url(PATH);
    match flow.step.visit.intake.wants_json() {
        true => Reply::json(json!({ "url": url })).never_cached(),
        false => Reply::redirect(format!("{url}?done={what}")),
    }
}

/// What was refused is said on the page.
async fn or_again(
    flow: &Flow<'_>,
    person: &Person,
    result: Result<Reply, Error>,
) -> Result<Reply, Error> {
    match result {
        Err(Error::Account(refusal)) => {
            let page = page(flow, person, Some(refusal)).await?;
            Ok(refused(&flow.step, refusal, |_| page))
        }
        result => result,
    }
}

async fn page(flow: &Flow<'_>, person: &Person, refusal: Option<Refusal>) -> Result<Reply, Error> {
    let step = &flow.step;
    let now = step.ctx.now();
    let owned = owned::of(step.ctx, flow.settings, &person.user.id).await?;
    let factors = owned.factors;
    let devices = devices(flow, person).await?;
    let items: Vec<DeviceItem<'_>> = devices
        .iter()
        .map(|device| DeviceItem {
            id: &device.id,
            client: device.client.as_deref().unwrap_or("Unknown browser"),
            created: Moment::of(device.created, now),
        })
        .collect();
    let alert = refusal.map(Refusal::text);
    let html = second_factor_overview(&SecondFactorOverview {
        site: step.site(),
        csrf_token: step.csrf_token(),
        base_url: &step.url("second-factor"),
        account_url: &step.url("account"),
        since: factors.totp.map(|app| Moment::of(app.created, now)),
        recovery_codes: factors.recovery_codes,
        asks_passkey: !owned.passkeys.is_empty() && owned::passkeys_count(flow.settings),
        is_required: flow.settings.require() == Require::Always,
        has_password: password_of(step, &person.user).await?.is_some(),
        devices: &items,
        notice: step.visit.intake.query.text("done").and_then(said),
        alert: alert.as_deref(),
    });
    Ok(step.page(html))
}

/// Of a closed set, so that no text of a query reaches the page (CVE-2025-71404).
fn said(done: &str) -> Option<&'static str> {
    match done {
        "off" => Some("Two-step sign-in is off."),
        "forgotten" => Some("That browser is asked for a code again."),
        _ => None,
    }
}
