//! The routes of accounts: ours, beside the closed list of Auth.js. Without [`Accounts`] none of them exists.
//!
//! Forms get pages, and redirects so that a reload repeats nothing; whoever asks for JSON gets `{"url"}` or
//! `{"error", "message"}`. No GET uses a link up but one in the browser that asked for it (mail scanners); those that choose
//! a password never do.

pub(in crate::flows) mod answer;
mod delete;
mod email;
mod forgot;
pub(in crate::flows) mod fresh;
mod linked;
mod links;
mod name;
mod overview;
mod password;
pub(in crate::flows) mod person;
mod register;
mod reset;
mod strength;
mod verify;

use crate::account::Accounts;
use crate::context::Context;
use crate::error::Error;
use crate::path::Action;
use crate::request::Verb;
use crate::response::Reply;
use crate::visit::Visit;

/// Whether a route of accounts is there.
pub(crate) fn is_offered(ctx: &Context, action: Action) -> bool {
    let needs_passwords = matches!(
        action,
        Action::ForgotPassword
            | Action::ResetPassword
            | Action::AccountPassword
            | Action::PasswordStrength
    );
    if action == Action::Register && ctx.registration.is_none() {
        return false;
    }
    ctx.accounts.is_some() && (ctx.passwords.is_some() || !needs_passwords)
}

/// A step of an account, with all that it needs.
pub(in crate::flows) struct Step<'a> {
    pub(in crate::flows) ctx: &'a Context,
    pub(in crate::flows) visit: &'a Visit<'a>,
    pub(in crate::flows) accounts: &'a Accounts,
}

/// Answers a route of accounts. Forms must be ours.
pub(crate) async fn answer(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let accounts = ctx.accounts.as_ref().ok_or(Error::UnknownAction)?;
    let step = Step {
        ctx,
        visit,
        accounts,
    };
    let verb = visit.intake.verb;
    if verb == Verb::Post {
        visit.require_csrf()?;
    }
    match (verb, visit.intake.route.action) {
        (Verb::Get, Action::VerifyEmail) => verify::show(&step).await,
        (Verb::Post, Action::VerifyEmail) => verify::post(&step).await,
        (Verb::Get, Action::ForgotPassword) => Ok(forgot::show(&step)),
        (Verb::Post, Action::ForgotPassword) => forgot::post(&step).await,
        (Verb::Get, Action::ResetPassword) => Ok(reset::show(&step)),
        (Verb::Post, Action::ResetPassword) => reset::post(&step).await,
        (Verb::Get, Action::Register) => Ok(register::show(&step)),
        (Verb::Post, Action::Register) => {
            let settings = ctx.registration.ok_or(Error::UnknownAction)?;
            register::post(&step, settings).await
        }
        (Verb::Post, Action::PasswordStrength) => strength::post(&step).await,
        (Verb::Get, Action::Account) => overview::show(&step).await,
        (Verb::Post, Action::AccountName) => name::post(&step).await,
        (Verb::Post, Action::AccountPassword) => password::post(&step).await,
        (Verb::Get, Action::AccountEmail) => email::show(&step).await,
        (Verb::Post, Action::AccountEmail) => email::post(&step).await,
        (Verb::Get, Action::LinkedAccounts) => linked::show(&step).await,
        (Verb::Get, Action::UnlinkAccount) => linked::ask(&step).await,
        (Verb::Post, Action::UnlinkAccount) => linked::post(&step).await,
        (Verb::Get, Action::AccountDelete) => delete::show(&step).await,
        (Verb::Post, Action::AccountDelete) => delete::post(&step).await,
        (Verb::Get, Action::AccountName | Action::AccountPassword) => Ok(answer::to_account(&step)),
        _ => Err(Error::UnknownAction),
    }
}
