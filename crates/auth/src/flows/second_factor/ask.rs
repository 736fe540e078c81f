//! Asks for a code: at the sign-in, and before what may lock others out.

use serde_json::json;

use super::who::{Who, nobody, who};
use super::{Flow, complete, manage, passkey, rotate};
use crate::account::Refusal;
use crate::adapter::User;
use crate::error::Error;
use crate::flows::account::answer::refused;
use crate::pages::{SecondFactorPage, second_factor};
use crate::path::Action;
use crate::response::Reply;
use crate::second_factor::check::{Proven, check};
use crate::second_factor::owned::Owned;
use crate::second_factor::{device, steps};
use crate::witness::{self, Attempt};

/// `GET second-factor`.
pub(super) async fn show(flow: &Flow<'_>) -> Result<Reply, Error> {
    let (waits, user, owned) = match who(flow).await? {
        Who::Nobody => return Ok(nobody(flow)),
        Who::Waiting(_, user, owned) => (true, user, owned),
        Who::Here(person, owned) => (false, person.user, owned),
    };
    if owned.is_none() {
        return Ok(elsewhere(flow, waits));
    }
    if flow.step.visit.intake.wants_json() {
        return Ok(as_json(waits, &owned));
    }
    let asked = Asked {
        waits,
        user: &user,
        owned: &owned,
    };
    Ok(page(flow, &asked, None))
}

/// There is nothing to ask for: whoever waits sets a factor up first.
fn elsewhere(flow: &Flow<'_>, waits: bool) -> Reply {
    let url = flow.step.url(match waits {
        true => "second-factor/setup",
        false => manage::PATH,
    });
    match flow.step.visit.intake.wants_json() {
        true => Reply::json(json!({ "waiting": waits, "methods": [], "url": url })).never_cached(),
        false => Reply::redirect(url),
    }
}

fn as_json(waits: bool, owned: &Owned) -> Reply {
    let has_app = owned.factors.totp.is_some();
    let methods = [
        ("totp", has_app),
        ("recovery-code", has_app && owned.factors.recovery_codes > 0),
        ("passkey", !owned.passkeys.is_empty()),
    ];
    let methods = methods.into_iter().filter(|(_, is_there)| *is_there);
    let methods: Vec<&str> = methods.map(|(name, _)| name).collect();
    Reply::json(json!({ "waiting": waits, "methods": methods })).never_cached()
}

/// `POST second-factor`: `code` is of the app or a recovery code, and in its place `data` is what came of the ceremony of a
/// passkey; `remember` is `on` where the browser is to be remembered.
pub(super) async fn post(flow: &Flow<'_>) -> Result<Reply, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let who = who(flow).await?;
    let (waits, user, owned) = match &who {
        Who::Nobody => return Ok(nobody(flow)),
        Who::Waiting(_, user, owned) => (true, user.clone(), owned),
        Who::Here(person, owned) => (false, person.user.clone(), owned),
    };
    let proven = match judged(flow, &who).await {
        Ok(Some(proven)) => proven,
        Ok(None) => return Ok(nobody(flow)),
        Err(Error::Account(refusal)) => {
            witness::refused_account(ctx, Attempt::SecondFactor, refusal, Some(&user.id));
            let asked = Asked {
                waits,
                user: &user,
                owned,
            };
            let page = page(flow, &asked, Some(refusal));
            return Ok(refused(&flow.step, refusal, |_| page));
        }
        Err(error) => return Err(error),
    };
    steps::used(flow.place(), &user, proven.factor()).await;
    match who {
        Who::Waiting(waiting, ..) => {
            let wanted = flow.step.typed("remember") == "on";
            let Some(reply) = complete::sign_in(flow, *waiting, user.clone(), proven).await? else {
                return Ok(nobody(flow));
            };
            let cookie = match wanted {
                true => device::remember(ctx, flow.settings, visit, &user.id).await?,
                false => None,
            };
            Ok(reply.with_cookies(cookie))
        }
        Who::Here(person, _) => {
            let cookies = rotate::proven(flow, &person, proven).await?;
            let url = visit.callback_url.clone();
            let reply = match visit.intake.wants_json() {
                true => Reply::json(json!({ "url": url })).never_cached(),
                false => Reply::redirect(url),
            };
            Ok(reply.with_cookies(cookies))
        }
        Who::Nobody => Ok(nobody(flow)),
    }
}

/// By the answer of an authenticator where there is one, else by what was typed.
async fn judged(flow: &Flow<'_>, who: &Who) -> Result<Option<Proven>, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    if let Some(data) = visit.intake.body.text("data") {
        return passkey::check(flow, who, data).await;
    }
    let Some((user, _)) = who.owner() else {
        return Ok(None);
    };
    let proven = check(ctx, flow.settings, visit, user, flow.step.typed("code"));
    proven.await.map(Some)
}

/// Whom the page asks.
struct Asked<'a> {
    waits: bool,
    user: &'a User,
    owned: &'a Owned,
}

fn page(flow: &Flow<'_>, asked_of: &Asked<'_>, refusal: Option<Refusal>) -> Reply {
    let (step, visit) = (&flow.step, flow.step.visit);
    let Asked { waits, user, owned } = *asked_of;
    let asked = |name: &str| {
        visit
            .intake
            .query
            .text(name)
            .or(visit.intake.body.text(name))
    };
    let has_app = owned.factors.totp.is_some();
    let by_recovery_code = has_app && asked("method") == Some("recovery-code");
    let has_passkey = !owned.passkeys.is_empty() && !by_recovery_code;
    let options_url = has_passkey.then(|| step.url("second-factor/passkey"));
    let own = step.url(Action::SecondFactor.name());
    let members = [
        ("method", "recovery-code"),
        ("callbackUrl", visit.callback_url.as_str()),
    ];
    let other = match by_recovery_code {
        true => crate::flows::pages::with_query(&own, members.get(1..).unwrap_or_default()),
        false => crate::flows::pages::with_query(&own, &members),
    };
    let days = flow.settings.remember().map(|span| span.as_secs() / 86_400);
    let alert = refusal.map(Refusal::text);
    let html = second_factor(&SecondFactorPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &own,
        callback_url: (!waits).then_some(&visit.callback_url),
        who: user.email.as_deref().or(user.name.as_deref()),
        has_app,
        passkey_options_url: options_url.as_deref(),
        by_recovery_code,
        other_url: &other,
        remember_days: days.filter(|_| waits),
        cancel_url: &match waits {
            true => step.url("signin"),
            false => step.url("account"),
        },
        alert: alert.as_deref(),
    });
    step.page(html)
}
