//! Another password by a link.
//!
//! SECURITY: CVE-2026-18963: nothing is kept between the steps but the link, which is judged where the password is set.

use super::Step;
use super::answer::{done, invalid_link, refused};
use super::strength::line;
use crate::account::{Refusal, steps};
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::one_time::{OneTimeToken, Purpose};
use crate::pages::{NoticePage, ResetPasswordPage, notice, reset_password};
use crate::response::Reply;

/// `GET reset-password`: never looks the link up, so that a scanner learns and uses up nothing.
pub(super) fn show(step: &Step<'_>) -> Reply {
    let query = &step.visit.intake.query;
    if query.get("done").is_some() {
        return step.page(notice(&NoticePage {
            site: step.site(),
            title: "Password changed",
            text: "Your new password counts from now on. You were signed out everywhere.",
            link: Some(("Sign in", &step.url("signin"))),
        }));
    }
    let token = query.text("token").unwrap_or_default();
    if OneTimeToken::parse(Purpose::ResetPassword, token).is_none() {
        return unusable(step);
    }
    form(step, token, None)
}

/// `POST reset-password`.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let ctx = step.ctx;
    let charge = ctx
        .limits
        .charge(LimitedAction::Link, step.visit, None)
        .await?;
    let (token, password) = (step.typed("token"), step.typed("password"));
    let origin = step.visit.origin;
    match steps::reset_password(ctx, step.accounts, origin, token, password).await {
        Ok(_) => {
            ctx.limits.succeeded(charge).await;
            let cookie = step.visit.session_cookie(ctx.settings.session.strategy);
            Ok(done(step, "reset-password?done").with_cookies(cookie.clear()))
        }
        Err(Error::Account(Refusal::InvalidLink)) => Ok(unusable(step)),
        Err(Error::Account(refusal)) => {
            Ok(refused(step, refusal, |text| form(step, token, Some(text))))
        }
        Err(error) => Err(error),
    }
}

fn form(step: &Step<'_>, token: &str, alert: Option<&str>) -> Reply {
    step.page(reset_password(&ResetPasswordPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &step.url("reset-password"),
        token,
        min_length: step.min_length(),
        strength: line(&step.url("password-strength"), None),
        alert,
    }))
}

fn unusable(step: &Step<'_>) -> Reply {
    invalid_link(step, "Send a new link", "forgot-password")
}
