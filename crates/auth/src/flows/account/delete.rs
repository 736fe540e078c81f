//! Somebody leaves.

use super::Step;
use super::answer::{done, refused};
use super::person::{Person, password_of, prove, signed_in, unknown};
use crate::account::steps;
use crate::error::Error;
use crate::pages::{DeletePage, NoticePage, delete_account, notice};
use crate::response::Reply;

/// `GET account/delete`: asks, and says afterwards that it is done.
pub(super) async fn show(step: &Step<'_>) -> Result<Reply, Error> {
    let person = signed_in(step).await?;
    if person.is_none() && step.visit.intake.query.get("done").is_some() {
        return Ok(step.page(notice(&NoticePage {
            site: step.site(),
            title: "Account deleted",
            text: "Your account is gone, with all that belonged to it.",
            link: Some((step.visit.origin.host(), step.visit.origin.as_str())),
        })));
    }
    match person {
        Some(person) => form(step, &person, None).await,
        None => Ok(unknown(step, "account/delete")),
    }
}

/// `POST account/delete`.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "account/delete"));
    };
    match prove(step, &person).await {
        Ok(_) => {
            let origin = step.visit.origin;
            steps::delete(step.ctx, step.accounts, origin, person.user).await?;
            let strategy = step.ctx.settings.session.strategy;
            let cookie = step.visit.session_cookie(strategy);
            Ok(done(step, "account/delete?done").with_cookies(cookie.clear()))
        }
        Err(Error::Account(refusal)) => {
            let page = form(step, &person, Some(&refusal.text())).await?;
            Ok(refused(step, refusal, |_| page))
        }
        Err(error) => Err(error),
    }
}

async fn form(step: &Step<'_>, person: &Person, alert: Option<&str>) -> Result<Reply, Error> {
    let has_password = password_of(step, &person.user).await?.is_some();
    Ok(step.page(delete_account(&DeletePage {
        site: step.site(),
        csrf_token: step.csrf_token(),
        action: &step.url("account/delete"),
        account_url: &step.url("account"),
        has_password,
        alert,
    })))
}
