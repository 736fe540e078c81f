//! Sign-ins between the first factor and the second.
//!
//! What was proven stands in the store, sealed, under the hash of a secret that this browser alone has. It can be looked at
//! until it is taken, which works once; another password, or another factor, ends it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::Proven;
use super::gate::{self, Gate, Held};
use super::{Factor, SecondFactor, WaitingRecord};
use crate::adapter::{Account, UserId};
use crate::context::Context;
use crate::cookies::Cookie;
use crate::error::Error;
use crate::jwe::Lifetime;
use crate::secret::{LinkToken, TokenHash};
use crate::time::after;
use crate::visit::Visit;

/// How long a sign-in waits.
pub(crate) const WAIT: Duration = Duration::from_secs(600);

/// More than this no column of text holds on every database, in bytes.
const MAX_SEALED: usize = 60_000;

/// A sign-in that waits, of this browser.
// INVARIANT: made by `find` alone, of a record that was good then. No issuer of sessions takes one.
pub(crate) struct Waiting {
    pub(crate) user_id: UserId,
    pub(crate) content: Content,
    hash: TokenHash,
}

impl Waiting {
    /// Names it, for what is bound to it.
    pub(crate) fn name(&self) -> &str {
        self.hash.expose()
    }
}

/// What was proven, and what the sign-in goes on with.
#[derive(Serialize, Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    first: String,
    pub(crate) account: Account,
    pub(crate) profile: Option<Value>,
    pub(crate) is_new_user: bool,
    pub(crate) callback_url: String,
    /// Hash of what the service calls its session, as hex.
    #[serde(default)]
    pub(crate) service_session: Option<String>,
}

impl Content {
    pub(crate) fn new(held: Held, account: Account, callback_url: &str) -> Self {
        Self {
            first: held.first().name().to_owned(),
            account,
            profile: None,
            is_new_user: false,
            callback_url: callback_url.to_owned(),
            service_session: None,
        }
    }

    /// What was proven. `None` where a newer process wrote it.
    pub(crate) fn first(&self) -> Option<Factor> {
        Factor::of_name(&self.first)
    }

    /// The application hears less of another service whose answer is too long to keep.
    fn shortened(self) -> Self {
        let mut account = self.account;
        account.extra.clear();
        Self {
            account,
            profile: None,
            ..self
        }
    }
}

/// Lets a sign-in wait; gives the cookies that say so.
pub(crate) async fn begin(
    ctx: &Context,
    settings: &SecondFactor,
    visit: &Visit<'_>,
    user: &UserId,
    content: Content,
) -> Result<Vec<Cookie>, Error> {
    let lifetime = Lifetime {
        now: ctx.now(),
        max_age: WAIT,
    };
    let seal = |content: &Content| {
        let content = serde_json::to_value(content).unwrap_or_default();
        let keys = &settings.keys;
        keys.seal_waiting(user, content, lifetime, &*ctx.random)
    };
    let mut sealed = seal(&content);
    if sealed.len() > MAX_SEALED {
        tracing::warn!("what a service says of a person is too long to keep while a sign-in waits");
        sealed = seal(&content.shortened());
    }
    let token = LinkToken::generate(&*ctx.random);
    let hash = settings.keys.waiting_hashes(&token).into_iter().next();
    let expires = after(ctx.now(), WAIT);
    settings
        .store()
        .wait(WaitingRecord {
            hash: hash.ok_or(Error::NoStore)?,
            user_id: user.clone(),
            sealed,
            expires,
        })
        .await?;
    let cookie = Cookie::new(&visit.cookies.specs.second_factor, token.expose());
    // Whoever was signed in here is not any more: between two people there is no session.
    let strategy = ctx.settings.session.strategy;
    let mut cookies = visit.session_cookie(strategy).clear();
    cookies.push(cookie.expires(expires));
    Ok(cookies)
}

/// The sign-in that waits in this browser. It stays.
pub(crate) async fn find(
    ctx: &Context,
    settings: &SecondFactor,
    visit: &Visit<'_>,
) -> Result<Option<Waiting>, Error> {
    let spec = &visit.cookies.specs.second_factor;
    let Some(value) = visit.intake.jar.get(spec.name()) else {
        return Ok(None);
    };
    for hash in settings.keys.waiting_hashes(&LinkToken::new(value)) {
        if let Some(record) = settings.store().waiting(&hash).await? {
            return Ok(opened(ctx, settings, hash, record));
        }
    }
    Ok(None)
}

fn opened(
    ctx: &Context,
    settings: &SecondFactor,
    hash: TokenHash,
    record: WaitingRecord,
) -> Option<Waiting> {
    // SECURITY: CVE-2022-39263: stores have given back what was not asked for.
    if record.hash != hash || record.expires < ctx.now() {
        return None;
    }
    let user_id = record.user_id;
    let content = settings
        .keys
        .open_waiting(&user_id, &record.sealed, ctx.now())?;
    Some(Waiting {
        content: serde_json::from_value(content).ok()?,
        user_id,
        hash,
    })
}

/// Uses it up, with the second factor: of any number of requests exactly one goes on. `None` where it is gone.
pub(crate) async fn take(
    settings: &SecondFactor,
    waiting: &Waiting,
    second: Proven,
) -> Result<Option<Gate>, Error> {
    let Some(first) = waiting.content.first() else {
        return Ok(None);
    };
    let taken = settings.store().take_waiting(&waiting.hash).await?;
    Ok(taken.map(|_| gate::pass(first, second)))
}

/// Makes the browser forget it, where it knows of one.
pub(crate) fn forget(visit: &Visit<'_>) -> Option<Cookie> {
    let spec = &visit.cookies.specs.second_factor;
    let known = visit.intake.jar.get(spec.name()).is_some();
    known.then(|| Cookie::delete(spec))
}
