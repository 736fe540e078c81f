//! The address of a user is shown to be theirs.

use super::Step;
use super::answer::{done, invalid_link, refused};
use super::links::{self, Next};
use super::person::{signed_in, unknown};
use crate::account::{Opener, Refusal, steps};
use crate::adapter::Earlier;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::one_time::Purpose;
use crate::pages::{ClickPage, NoticePage, click, notice};
use crate::response::Reply;

const KEEP_HINT: &str = "If you chose a password when you registered, type it here to keep it. Without it, or with another \
                         one, you choose a new password afterwards.";

/// Where a proof leads that removed what was there before.
const REMOVED: &str = "verify-email?removed";

/// `GET verify-email`: follows a link, or says how things stand.
pub(super) async fn show(step: &Step<'_>) -> Result<Reply, Error> {
    match links::next(step, Purpose::VerifyEmail) {
        Next::Act(token) => act(step, token).await,
        Next::Ask(token) => Ok(ask(step, token)),
        Next::NoLink => state(step).await,
    }
}

/// `POST verify-email`: the click on the page of a link, or the wish for another link.
pub(super) async fn post(step: &Step<'_>) -> Result<Reply, Error> {
    match links::next(step, Purpose::VerifyEmail) {
        Next::Act(token) | Next::Ask(token) => act(step, token).await,
        Next::NoLink => send(step).await,
    }
}

async fn act(step: &Step<'_>, token: &str) -> Result<Reply, Error> {
    let ctx = step.ctx;
    let charge = ctx
        .limits
        .charge(LimitedAction::Link, step.visit, None)
        .await?;
    let by = opener(step, token).await?;
    let forgotten = links::forget(step, Purpose::VerifyEmail, token);
    let reply = match steps::verify_email(ctx, step.accounts, token, by).await {
        Ok(proof) => {
            ctx.limits.succeeded(charge).await;
            match proof.removed_earlier && !proof.kept_password {
                true => done(step, REMOVED),
                false => done(step, "verify-email?done"),
            }
        }
        Err(Error::Account(_)) => invalid_link(step, "Send a new link", "verify-email"),
        Err(error) => return Err(error),
    };
    Ok(reply.with_cookies(forgotten))
}

/// SECURITY: CVE-2026-53516: the browser that asked, or a session of the user, shows that it is the same person who chose the
/// password.
async fn opener(step: &Step<'_>, token: &str) -> Result<Opener, Error> {
    if links::was_asked_here(step, Purpose::VerifyEmail, token) {
        return Ok(Opener::Asker);
    }
    if let Some(knowing) = by_password(step, token).await? {
        return Ok(knowing);
    }
    let person = signed_in(step).await?;
    Ok(person.map_or(Opener::Anybody, |person| Opener::User(person.user.id)))
}

/// Whoever typed the password that was chosen. A wrong one counts as none, and the link is used up: it is one guess.
async fn by_password(step: &Step<'_>, token: &str) -> Result<Option<Opener>, Error> {
    let (ctx, typed) = (step.ctx, step.typed("password"));
    if typed.is_empty() || !keeps_passwords(step) {
        return Ok(None);
    }
    let purpose = Purpose::VerifyEmail;
    let Some(link) = steps::pending(ctx, step.accounts, purpose, token).await? else {
        return Ok(None);
    };
    let action = LimitedAction::Password;
    let limits = &ctx.limits;
    let charge = limits
        .charge_address(action, step.visit, &link.email)
        .await?;
    let opener = steps::opener_with_password(ctx, &link, typed).await?;
    if opener == Opener::Anybody {
        return Ok(None);
    }
    limits.succeeded(charge).await;
    Ok(Some(opener))
}

/// Whether a password can be kept that would be removed otherwise.
fn keeps_passwords(step: &Step<'_>) -> bool {
    let removes = step.ctx.settings.before_proof.first() != Earlier::Kept;
    step.ctx.passwords.is_some() && removes
}

fn ask(step: &Step<'_>, token: &str) -> Reply {
    step.page(click(&ClickPage {
        site: step.site(),
        title: "Confirm your email",
        text: "One click shows that this email address is yours.",
        action: &step.url("verify-email"),
        fields: &[("csrfToken", step.csrf_token()), ("token", token)],
        password: keeps_passwords(step).then_some(KEEP_HINT),
        button: "Confirm email",
        aside: "Did not create an account? Close this page and nothing happens.",
    }))
}

async fn send(step: &Step<'_>) -> Result<Reply, Error> {
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "verify-email"));
    };
    let address = person.user.email.as_deref();
    let action = LimitedAction::VerifyMail;
    let _ = step.ctx.limits.charge(action, step.visit, address).await?;
    let user = &person.user;
    match steps::send_verification(step.ctx, step.accounts, step.visit.origin, user).await {
        Ok(sent) => {
            Ok(done(step, "verify-email?sent").with_cookies([links::remember(step, &sent)]))
        }
        Err(Error::Account(refusal)) => Ok(refused(step, refusal, |text| {
            plain(step, "Confirm your email", text)
        })),
        Err(error) => Err(error),
    }
}

/// What stands here without a link.
async fn state(step: &Step<'_>) -> Result<Reply, Error> {
    let query = &step.visit.intake.query;
    if query.get("done").is_some() {
        return Ok(plain(
            step,
            "Email confirmed",
            "Thank you. This email address is yours now.",
        ));
    }
    if query.get("removed").is_some() {
        return Ok(removed(step));
    }
    if query.get("sent").is_some() {
        let text = "A link that confirms your address is on its way to you.";
        return Ok(plain(step, "Check your email", text));
    }
    let Some(person) = signed_in(step).await? else {
        return Ok(unknown(step, "verify-email"));
    };
    if person.user.email.is_none() {
        return Ok(plain(
            step,
            "Confirm your email",
            &Refusal::NoAddress.text(),
        ));
    }
    if person.user.email_verified.is_some() {
        return Ok(plain(
            step,
            "Email confirmed",
            "Your email address is confirmed.",
        ));
    }
    Ok(step.page(click(&ClickPage {
        site: step.site(),
        title: "Confirm your email",
        text: "We send you an email with a link. Follow it to show that the address is yours.",
        action: &step.url("verify-email"),
        fields: &[("csrfToken", step.csrf_token())],
        password: None,
        button: "Send the link",
        aside: "",
    })))
}

/// After a first proof by somebody who did not show to be the one who made the user.
fn removed(step: &Step<'_>) -> Reply {
    let (label, path) = match step.ctx.passwords {
        Some(_) => ("Choose a new password", "forgot-password"),
        None => ("Sign in", "signin"),
    };
    step.page(notice(&NoticePage {
        site: step.site(),
        title: "Email confirmed",
        text: "Thank you. This email address is yours now. The link was not opened in the browser that asked for it, so an \
               earlier password and earlier sign-ins no longer work: somebody else could have made them.",
        link: Some((label, &step.url(path))),
    }))
}

fn plain(step: &Step<'_>, title: &str, text: &str) -> Reply {
    step.page(notice(&NoticePage {
        site: step.site(),
        title,
        text,
        link: Some(("Your account", &step.url("account"))),
    }))
}
