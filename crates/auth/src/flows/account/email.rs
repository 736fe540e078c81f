//! Another address, shown to be the user's by a link to it.

use super::Step;
use super::answer::{done, invalid_link, refused, to_account};
use super::links::{self, Next};
use super::overview::{self, Part};
use super::person::{Person, prove, signed_in, unknown};
use crate::account::{Refusal, steps};
use crate::error::Error;
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::one_time::Purpose;
use crate::pages::{ClickPage, NoticePage, click, notice};
use crate::response::Reply;

/// `GET account/email`: follows a link.
pub(super) async fn show(step: &Step<'_>) -> Result<Reply, Error> {
    match links::next(step, Purpose::ChangeEmail) {
        Next::Act(token) => act(step, token).await,
        Next::Ask(token) => Ok(match signed_in(step).await? {
            Some(_) => click_page(step, token),
            None => sign_in_first(step),
        }),
        Next::NoLink => Ok(to_account(step)),
    }
}

fn click_page(step: &Step<'_>, token: &str) -> Reply {
    step.page(click(&ClickPage {
        site: step.site(),
        title: "Confirm your new email",
        text: "One click makes this the email address of your account.",
        action: &step.url("account/email"),
        fields: &[("csrfToken", step.csrf_token()), ("token", token)],
        password: None,
        button: "Confirm new email",
        aside: "Did not ask for this? Close this page and nothing happens.",
    }))
}

/// Says how to go on; the link stays as it is. Its token is kept out of the address of the sign-in page.
fn sign_in_first(step: &Step<'_>) -> Reply {
    if step.visit.intake.wants_json() {
        return unknown(step, "account");
    }
    step.page(notice(&NoticePage {
        site: step.site(),
        title: "Sign in first",
        text: "Sign in to the account that is to use this address, then open the link in the email again. Did not ask for \
               this? Close this page and nothing happens.",
        link: Some(("Sign in", &step.url("signin"))),
    }))
}

/// `POST account/email`: the click on the page of a link, or the wish for another address (`email`, `password`).
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    if let Next::Act(token) = links::next(step, Purpose::ChangeEmail) {
        return act(step, token).await;
    }
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "account"));
    };
    match ask(step, &person).await {
        Ok(reply) => Ok(reply),
        Err(Error::Account(refusal)) => {
            let page = overview::page(step, &person, Some((Part::Email, refusal))).await?;
            Ok(refused(step, refusal, |_| page))
        }
        Err(error) => Err(error),
    }
}

/// Whether the address is another user's is answered by a mail to that user alone.
async fn ask(step: &Step<'_>, person: &Person) -> Result<Reply, Error> {
    let email = Email::parse(step.typed("email")).map_err(|_| Refusal::InvalidAddress)?;
    let _ = prove(step, person).await?;
    let action = LimitedAction::VerifyMail;
    let address = Some(email.as_str());
    let _ = step.ctx.limits.charge(action, step.visit, address).await?;
    let origin = step.visit.origin;
    let (ctx, accounts) = (step.ctx, step.accounts);
    let sent = steps::send_email_change(ctx, accounts, origin, &person.user, &email).await?;
    Ok(done(step, "account?done=email-sent").with_cookies([links::remember(step, &sent)]))
}

/// SECURITY: whoever reads the mailbox and whoever has the account must be the same person, so the link works only where
/// the user who asked is signed in. Else a click of the owner would give the address to somebody else's account.
async fn act(step: &Step<'_>, token: &str) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(sign_in_first(step));
    };
    let ctx = step.ctx;
    let charge = ctx
        .limits
        .charge(LimitedAction::Link, step.visit, None)
        .await?;
    let forgotten = links::forget(step, Purpose::ChangeEmail, token);
    let origin = step.visit.origin;
    let by = &person.user.id;
    let reply = match steps::confirm_email_change(ctx, step.accounts, origin, by, token).await {
        Ok(_) => {
            ctx.limits.succeeded(charge).await;
            done(step, "verify-email?done")
        }
        Err(Error::Account(_)) => invalid_link(step, "Your account", "account"),
        Err(error) => return Err(error),
    };
    Ok(reply.with_cookies(forgotten))
}
