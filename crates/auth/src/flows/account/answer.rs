//! How steps answer: pages and redirects to forms, JSON to programs.

use http::StatusCode;
use serde_json::json;

use super::Step;
use crate::account::{Refusal, steps};
use crate::flows::pages;
use crate::pages::{NoticePage, Site, notice};
use crate::path::Action;
use crate::response::Reply;

impl<'a> Step<'a> {
    pub(in crate::flows) fn site(&self) -> Site<'a> {
        pages::site(self.ctx, Some(self.visit.origin))
    }

    /// A page of ours.
    pub(in crate::flows) fn url(&self, path: &str) -> String {
        steps::own_url(self.ctx, self.visit.origin, path)
    }

    /// A page for people. It may stand at an address with a token, so it tells nobody where it was.
    pub(in crate::flows) fn page(&self, html: String) -> Reply {
        pages::page(self.ctx, html).no_referrer()
    }

    pub(in crate::flows) fn csrf_token(&self) -> &str {
        self.visit.csrf.token().expose()
    }

    /// How long a new password must be.
    pub(in crate::flows) fn min_length(&self) -> usize {
        let passwords = self.ctx.passwords.as_ref();
        passwords.map_or(0, |passwords| passwords.rules().min_length)
    }

    /// A member of the form.
    pub(in crate::flows) fn typed(&self, name: &str) -> &str {
        self.visit.intake.body.text(name).unwrap_or_default()
    }
}

/// It is done: on to a page of ours.
pub(in crate::flows) fn done(step: &Step<'_>, path: &str) -> Reply {
    let url = step.url(path);
    if step.visit.intake.wants_json() {
        Reply::json(json!({ "url": url })).never_cached()
    } else {
        Reply::redirect(url)
    }
}

pub(in crate::flows) fn to_account(step: &Step<'_>) -> Reply {
    Reply::redirect(step.url("account"))
}

/// It did not go on: the page again with the reason, or the reason as JSON. Whoever must sign in again is sent there.
pub(in crate::flows) fn refused(
    step: &Step<'_>,
    refusal: Refusal,
    page: impl FnOnce(&str) -> Reply,
) -> Reply {
    if refusal == Refusal::SignInAgain && !step.visit.intake.wants_json() {
        return sign_in_again(step);
    }
    if refusal == Refusal::ProveSecondFactor {
        return second_factor_first(step);
    }
    let text = refusal.text();
    let reply = if step.visit.intake.wants_json() {
        Reply::json(json!({ "error": refusal.code(), "message": text })).never_cached()
    } else {
        page(&text)
    };
    reply.status(status(refusal))
}

/// Off to the sign-in page, which says why, and back.
fn sign_in_again(step: &Step<'_>) -> Reply {
    let back = match step.visit.intake.route.action {
        Action::AccountDelete => "account/delete",
        Action::UnlinkAccount => "account/linked",
        _ => "account",
    };
    let members = [
        ("callbackUrl", &*step.url(back)),
        ("error", "SessionRequired"),
    ];
    Reply::redirect(pages::with_query(&step.url("signin"), &members))
}

/// Off to the page that asks for a code, and back.
fn second_factor_first(step: &Step<'_>) -> Reply {
    let back = match step.visit.intake.route.action {
        Action::AccountDelete => "account/delete",
        Action::UnlinkAccount => "account/linked",
        action if action.is_of_second_factor() => "account/second-factor",
        _ => "account",
    };
    let members = [("callbackUrl", &*step.url(back))];
    let url = pages::with_query(&step.url(Action::SecondFactor.name()), &members);
    if !step.visit.intake.wants_json() {
        return Reply::redirect(url);
    }
    let refusal = Refusal::ProveSecondFactor;
    let body = json!({ "error": refusal.code(), "message": refusal.text(), "url": url });
    Reply::json(body)
        .status(StatusCode::FORBIDDEN)
        .never_cached()
}

fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::InvalidLink
        | Refusal::WrongPassword
        | Refusal::WrongCode
        | Refusal::ProveSecondFactor
        | Refusal::SignInAgain => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The page of a link that is worth nothing.
pub(in crate::flows) fn invalid_link(step: &Step<'_>, label: &str, path: &str) -> Reply {
    refused(step, Refusal::InvalidLink, |text| {
        let html = notice(&NoticePage {
            site: step.site(),
            title: "This link does not work",
            text,
            link: Some((label, &step.url(path))),
        });
        step.page(html)
    })
}
