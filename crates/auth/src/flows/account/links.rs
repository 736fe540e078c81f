//! Links that act at once in the browser that asked for them, and ask for a click anywhere else.

use super::Step;
use crate::account::steps::Sent;
use crate::cookies::Cookie;
use crate::cookies::link_requests::{LinkMark, LinkRequests};
use crate::one_time::{OneTimeToken, Purpose};
use crate::request::Verb;
use crate::secret::LinkToken;

/// What to do with a link.
pub(super) enum Next<'a> {
    /// What it is for.
    Act(&'a str),
    /// Ask for a click, and use nothing up: this may be a mail scanner.
    Ask(&'a str),
    /// There is none.
    NoLink,
}

/// The token of a request: of the form where one was clicked, else of the address.
pub(super) fn next<'a>(step: &'a Step<'_>, purpose: Purpose) -> Next<'a> {
    let intake = step.visit.intake;
    let fields = match intake.verb {
        Verb::Post => &intake.body,
        Verb::Get => &intake.query,
    };
    match fields.text("token") {
        None => Next::NoLink,
        Some(token) if intake.verb == Verb::Post => Next::Act(token),
        // What is fetched ahead would be used up before anybody sees it.
        Some(token) if !intake.is_prefetch() && was_asked_here(step, purpose, token) => {
            Next::Act(token)
        }
        Some(token) => Next::Ask(token),
    }
}

fn asked(step: &Step<'_>) -> LinkRequests {
    let visit = step.visit;
    LinkRequests::read(
        &visit.cookies.link_request,
        &visit.intake.jar,
        step.ctx.now(),
    )
}

/// Whether this browser asked for the link.
pub(super) fn was_asked_here(step: &Step<'_>, purpose: Purpose, token: &str) -> bool {
    asked(step).holds(&LinkMark::of(purpose.name(), &LinkToken::new(token)))
}

/// Lets the browser remember a link, for as long as it works.
pub(super) fn remember(step: &Step<'_>, sent: &Sent) -> Cookie {
    let mut asked = asked(step);
    asked.add(mark(&sent.token), sent.expires);
    cookie(step, &asked)
}

/// Lets the browser forget a link that is used up.
pub(super) fn forget(step: &Step<'_>, purpose: Purpose, token: &str) -> Option<Cookie> {
    let mark = LinkMark::of(purpose.name(), &LinkToken::new(token));
    let mut asked = asked(step);
    asked.holds(&mark).then(|| {
        asked.remove(&mark);
        cookie(step, &asked)
    })
}

fn mark(token: &OneTimeToken) -> LinkMark {
    LinkMark::of(token.purpose().name(), &token.to_text())
}

fn cookie(step: &Step<'_>, asked: &LinkRequests) -> Cookie {
    asked.to_cookie(
        &step.visit.cookies.link_request,
        step.ctx.now(),
        &*step.ctx.random,
    )
}
