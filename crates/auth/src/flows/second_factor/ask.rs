//! Asks for a code: at the sign-in, and before what may lock others out.

use serde_json::json;

use super::who::{Who, nobody, who};
use super::{Flow, complete, manage, rotate};
use crate::account::Refusal;
use crate::adapter::User;
use crate::error::Error;
use crate::flows::account::answer::refused;
use crate::pages::{SecondFactorPage, second_factor};
use crate::path::Action;
use crate::response::Reply;
use crate::second_factor::Factors;
use crate::second_factor::check::check;
use crate::second_factor::{device, steps};

/// `GET second-factor`.
pub(super) async fn show(flow: &Flow<'_>) -> Result<Reply, Error> {
    let (waits, user, factors) = match who(flow).await? {
        Who::Nobody => return Ok(nobody(flow)),
        Who::Waiting(_, user, factors) => (true, user, factors),
        Who::Here(person, factors) => (false, person.user, factors),
    };
    if factors.totp.is_none() {
        return Ok(elsewhere(flow, waits));
    }
    if flow.step.visit.intake.wants_json() {
        return Ok(as_json(waits, &factors));
    }
    Ok(page(flow, waits, &user, None))
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

fn as_json(waits: bool, factors: &Factors) -> Reply {
    let mut methods = vec!["totp"];
    if factors.recovery_codes > 0 {
        methods.push("recovery-code");
    }
    Reply::json(json!({ "waiting": waits, "methods": methods })).never_cached()
}

/// `POST second-factor`: `code` is of the app or a recovery code, `remember` is `on` where the browser is to be remembered.
pub(super) async fn post(flow: &Flow<'_>) -> Result<Reply, Error> {
    let (ctx, visit) = (flow.step.ctx, flow.step.visit);
    let who = who(flow).await?;
    let (waits, user) = match &who {
        Who::Nobody => return Ok(nobody(flow)),
        Who::Waiting(_, user, _) => (true, user.clone()),
        Who::Here(person, _) => (false, person.user.clone()),
    };
    let typed = flow.step.typed("code");
    let proven = match check(ctx, flow.settings, visit, &user.id, typed).await {
        Ok(proven) => proven,
        Err(Error::Account(refusal)) => {
            let page = page(flow, waits, &user, Some(refusal));
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

fn page(flow: &Flow<'_>, waits: bool, user: &User, refusal: Option<Refusal>) -> Reply {
    let (step, visit) = (&flow.step, flow.step.visit);
    let asked = |name: &str| {
        visit
            .intake
            .query
            .text(name)
            .or(visit.intake.body.text(name))
    };
    let by_recovery_code = asked("method") == Some("recovery-code");
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
