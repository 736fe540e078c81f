//! Somebody forgot the password.

use super::Step;
use super::answer::{done, refused};
use crate::account::{Refusal, steps};
use crate::error::Error;
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::pages::{ForgotPasswordPage, NoticePage, forgot_password, notice};
use crate::response::Reply;

/// `GET forgot-password`.
pub(super) fn show(step: &Step<'_>) -> Reply {
    if step.visit.intake.query.get("sent").is_none() {
        return form(step, None);
    }
    step.page(notice(&NoticePage {
        site: step.site(),
        title: "Check your email",
        text: "We have sent you an email. If there is an account with this address, it holds a link to choose a new \
               password.",
        link: Some(("Back to the sign-in page", &step.url("signin"))),
    }))
}

/// `POST forgot-password`. The answer is the same for every address.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let Ok(email) = Email::parse(step.typed("email")) else {
        return Ok(refused(step, Refusal::InvalidAddress, |text| {
            form(step, Some(text))
        }));
    };
    let action = LimitedAction::ForgotPassword;
    let address = Some(email.as_str());
    let _ = step.ctx.limits.charge(action, step.visit, address).await?;
    let origin = step.visit.origin;
    steps::send_password_reset(step.ctx, step.accounts, origin, &email).await?;
    Ok(done(step, "forgot-password?sent"))
}

fn form(step: &Step<'_>, alert: Option<&str>) -> Reply {
    let typed = step.visit.intake.query.text("email");
    step.page(forgot_password(&ForgotPasswordPage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &step.url("forgot-password"),
        sign_in_url: &step.url("signin"),
        email: step.visit.intake.body.text("email").or(typed),
        alert,
    }))
}
