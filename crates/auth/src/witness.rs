//! Witnesses write down what happened and what was tried in vain, for those who look into it later: an audit trail.
//!
//! Unlike a [listener](crate::events) a witness hears of failures with their reasons, also of those that the visitor is not told apart,
//! hears where a request came from, and is not awaited: it must not keep anybody waiting. Of sessions that are read it hears nothing.
//!
//! SECURITY: no token, no password, no link reaches a witness. What was typed as an address does, so that attempts upon one address can be
//! seen together: whoever keeps it keeps a keyed hash of it.
//!
//! To add a reason: its arm in `reason`, or its name where the attempt is judged.

use std::fmt;
use std::net::IpAddr;

use http::header::USER_AGENT;
use http::request::Parts;

use crate::account::Refusal;
use crate::adapter::UserId;
use crate::client::{Client, TrustedProxies};
use crate::context::Context;
use crate::error::Error;
use crate::events::Event;
use crate::flows::oauth::ServiceFailure;
use crate::oauth::callback::CallbackError;
use crate::path::Action;
use crate::request::Intake;

/// What is kept of what a client calls itself, in bytes.
const AGENT: usize = 200;

/// Where a request came from, as far as that is known. Nothing is known of what an application does without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whence {
    /// The address of the client, canonical: see [`TrustedProxies`].
    pub client: Option<IpAddr>,
    /// What it calls itself, in visible ASCII, shortened.
    pub agent: Option<String>,
}

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// To sign in, or to be sent what one signs in with.
    SignIn,
    /// To show a second factor.
    SecondFactor,
    /// To change an account: to show a password again, or to use a link.
    Account,
}

/// An attempt that came to nothing.
#[derive(Clone, Copy)]
pub struct FailedAttempt<'a> {
    /// What was tried.
    pub what: Attempt,
    /// By which provider.
    pub provider: Option<&'a str>,
    /// Why it came to nothing: one of a few names, such as `wrong-password`.
    pub reason: &'static str,
    /// Who it was tried upon, where that is known.
    pub user: Option<&'a UserId>,
    /// What was typed as an address: anything, of any length.
    pub address: Option<&'a str>,
}

/// Without the address.
impl fmt::Debug for FailedAttempt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FailedAttempt")
            .field("what", &self.what)
            .field("provider", &self.provider)
            .field("reason", &self.reason)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Writes down. It answers at once: what takes time, it does later.
pub trait Witness: Send + Sync + 'static {
    /// Something happened.
    fn happened(&self, event: &Event, whence: &Whence);

    /// Something was tried in vain.
    fn failed(&self, attempt: &FailedAttempt<'_>, whence: &Whence);
}

/// Why credentials were refused; the visitor is told one thing for all.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) reason: &'static str,
    pub(crate) user: Option<UserId>,
}

impl Whence {
    pub(crate) fn of(parts: &Parts, proxies: &TrustedProxies) -> Self {
        let client = match Client::of(&parts.extensions, &parts.headers, proxies) {
            Client::Known(address) => Some(address),
            Client::BehindUnknownProxy | Client::Unknown => None,
        };
        let agent = parts.headers.get(USER_AGENT).map(|agent| {
            let visible = agent.as_bytes().iter().take(AGENT);
            let visible = visible.filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
            visible.map(|byte| char::from(*byte)).collect::<String>()
        });
        Self {
            client,
            agent: agent.filter(|agent| !agent.is_empty()),
        }
    }
}

/// Notes an error that ended a request, where it is of an attempt.
pub(crate) fn failed(ctx: &Context, intake: &Intake<'_>, error: &Error) {
    if !ctx.has_witnesses() {
        return;
    }
    let (Some(what), Some(reason)) = (attempt(intake.route.action), reason(error)) else {
        return;
    };
    let user = match error {
        Error::Credentials { denied, .. } => denied.user.as_ref(),
        _ => None,
    };
    let typed = |text: Option<&'_ str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let address = typed(intake.body.text("email")).or_else(|| typed(intake.query.text("email")));
    ctx.note_failed(&FailedAttempt {
        what,
        provider: intake.route.provider.as_deref(),
        reason,
        user,
        address: address.as_deref(),
    });
}

/// What somebody tries who asks for this.
fn attempt(action: Action) -> Option<Attempt> {
    match action {
        Action::SignIn | Action::Callback | Action::Register => Some(Attempt::SignIn),
        _ if action.is_of_second_factor() => Some(Attempt::SecondFactor),
        _ if action.is_of_account() || action.is_of_passkeys() => Some(Attempt::Account),
        _ => None,
    }
}

/// Why somebody did not get in. Mistakes of the configuration and outages are none: they stand in the log.
fn reason(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Refused | Error::RefusedByFailure(_) => "refused-by-application",
        Error::Credentials { denied, .. } => denied.reason,
        Error::MissingCsrf => "form-of-another-site",
        Error::PasskeyChallenge => "challenge-not-ours",
        Error::PasskeyUnknown => "unknown-passkey",
        Error::Passkey(_) | Error::PasskeyForm => "wrong-passkey",
        Error::PasskeyNotLinked | Error::NotLinked { .. } => "account-of-another-user",
        Error::LinkUnknown => "unknown-or-used-link",
        Error::LinkExpired => "expired-link",
        Error::LinkMismatch => "link-of-another-address",
        Error::TooMany { .. } => "too-many",
        Error::Service { source, .. } => match source {
            ServiceFailure::Check(_) => "not-begun-here",
            ServiceFailure::AnotherPerson => "another-person",
            ServiceFailure::Answer(CallbackError::Refused { .. }) => "refused-by-service",
            _ => "failed-at-service",
        },
        // Refusals of accounts are noted where it is known whose they are.
        _ => return None,
    })
}

/// Notes a refusal that is answered by a page, where it is of an attempt.
pub(crate) fn refused_account(
    ctx: &Context,
    what: Attempt,
    refusal: Refusal,
    user: Option<&UserId>,
) {
    if let Some(reason) = refused(refusal) {
        ctx.note_failed(&FailedAttempt {
            what,
            provider: None,
            reason,
            user,
            address: None,
        });
    }
}

/// What shows that somebody is not who they say, and not that they mistyped something.
fn refused(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::InvalidLink => Some("invalid-link"),
        Refusal::WrongPassword => Some("wrong-password"),
        Refusal::WrongCode => Some("wrong-code"),
        _ => None,
    }
}
