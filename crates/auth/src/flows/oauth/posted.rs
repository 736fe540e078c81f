//! Answers that come as a form, which the browser posts for the service.
//!
//! Such a request comes from another site, so browsers leave out the cookies that are `SameSite=Lax`: the session, the
//! address to return to, the verifier of PKCE. With Auth.js they are missing then. Here the form is sealed into a cookie
//! and the browser sent around once more: it comes back by itself, with all its cookies, and no code stands in an address.
//!
//! SECURITY: anybody can make a browser post here. What is kept by it is believed no more than a link is: the state
//! decides. It is good for a minute, at one provider.

use super::answer::{Answer, TooLong};
use super::checks::lifetime;
use super::failure::ServiceFailure;
use super::proxy::Way;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::cookies::POSTED_LIFETIME;
use crate::cookies::sealed::SealedFor;
use crate::providers::oauth::{OAuthProvider, ResponseMode};
use crate::request::Verb;
use crate::response::Reply;
use crate::visit::Visit;

/// The longest form that fits into a cookie once it is sealed, in bytes.
const MAX_FORM_BYTES: usize = 2600;

/// What a request to the callback brings.
pub(super) enum Received {
    /// An answer, and what the browser is to forget with it.
    Answer(Answer, Option<Cookie>),
    /// A form without the cookies of the browser.
    Around(Reply),
}

/// Reads the answer of a request: from the query, or for services that post from the form alone.
pub(super) fn receive(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    way: &Way,
) -> Result<Received, ServiceFailure> {
    match (provider.response_mode, visit.intake.verb) {
        (ResponseMode::Query, _) => {
            let query = visit.intake.raw_query.unwrap_or_default();
            Ok(Received::Answer(Answer::of_query(query)?, None))
        }
        (ResponseMode::FormPost, Verb::Post) => {
            let answer = Answer::of_form(&visit.intake.body)?;
            if has_its_cookies(visit) {
                return Ok(Received::Answer(answer, None));
            }
            let cookie = keep(ctx, visit, provider, &answer)?;
            let reply = Reply::redirect(&way.redirect_uri).with_cookies([cookie]);
            let reply = reply.never_cached().leaves_base_cookies();
            Ok(Received::Around(reply))
        }
        (ResponseMode::FormPost, Verb::Get) => {
            let cookie = &visit.cookies.checks.posted;
            let query = cookie.unseal(&visit.intake.jar, &provider.id, ctx.now())?;
            let answer = Answer::of_query(&query)?;
            Ok(Received::Answer(answer, Some(cookie.delete())))
        }
    }
}

/// Whether the browser sent the cookies that it leaves out of requests from other sites: no sign-in begins without the
/// one of CSRF.
fn has_its_cookies(visit: &Visit<'_>) -> bool {
    let csrf = visit.cookies.specs.csrf_token.name();
    visit.intake.jar.get(csrf).is_some()
}

fn keep(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    answer: &Answer,
) -> Result<Cookie, TooLong> {
    let form = answer.to_query();
    if form.len() > MAX_FORM_BYTES {
        return Err(TooLong);
    }
    let sealed_for = SealedFor {
        provider: &provider.id,
        user: None,
    };
    let lifetime = lifetime(ctx, POSTED_LIFETIME);
    let cookie = &visit.cookies.checks.posted;
    Ok(cookie.seal_for(&form, sealed_for, lifetime, &*ctx.random))
}
