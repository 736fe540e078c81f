//! Where sign-in, reading and sign-out meet the directory. Nothing here fails them: what cannot be taken down is logged.

use http::{Extensions, HeaderMap};
use jiff::Timestamp;
use serde_json::Value;

use super::client::country;
use super::family::Family;
use super::manage::{self, Directory};
use super::revocations::{Judged, Verdict, judge_rows};
use super::{
    ClientDetails, KeepNetwork, Outage, ServiceSession, SessionEntry, SessionId, SessionKey,
    Subject, TokenSignOut, Which, network,
};
use crate::adapter::{AdapterError, UserId};
use crate::authenticated::Unavailable;
use crate::callbacks::Claims;
use crate::client::Client;
use crate::context::Context;
use crate::error::{ErrorType, log_only};
use crate::secret::SessionToken;

/// A session that begins or is used.
#[derive(Clone, Copy)]
pub(crate) struct Sighting<'a> {
    pub(crate) key: SessionKey,
    pub(crate) user: &'a UserId,
    pub(crate) expires: Timestamp,
    /// Of the request.
    pub(crate) headers: &'a HeaderMap,
    /// Of the request.
    pub(crate) extensions: &'a Extensions,
}

impl Sighting<'_> {
    fn network(&self, ctx: &Context) -> Option<String> {
        match Client::of(self.extensions, self.headers, &ctx.settings.proxies) {
            Client::Known(address) => network(address),
            Client::BehindUnknownProxy | Client::Unknown => None,
        }
    }

    /// SECURITY: a client can send the header as well. Whoever stole a session would name the owner's country.
    fn country(&self, ctx: &Context, directory: &Directory) -> Option<String> {
        let name = directory.settings.country_header.as_ref();
        let is_believed = Client::is_vouched_for(self.extensions, &ctx.settings.proxies);
        country(self.headers, name.filter(|_| is_believed))
    }

    fn entry(self, ctx: &Context, directory: &Directory) -> SessionEntry {
        let strategy = ctx.settings.session.strategy;
        let unknown = SessionEntry::unknown(self.key, self.user.clone(), strategy, self.expires);
        SessionEntry {
            last_seen: Some(ctx.now()),
            client: ClientDetails {
                network: match directory.settings.network {
                    KeepNetwork::Yes => self.network(ctx),
                    KeepNetwork::No => None,
                },
                country: self.country(ctx, directory),
                ..ClientDetails::of_user_agent(self.headers)
            },
            ..unknown
        }
    }
}

/// A session begins. What is said of it is written after the sign-in; by a store that keeps both, with it
/// ([`Beside`](crate::adapter::Beside)).
///
/// SECURITY: [`entry_of_new`] is the one place that says when a session began. Who proved lately who they are is judged by it.
pub(crate) async fn begun(ctx: &Context, sighting: Sighting<'_>, service: Option<ServiceSession>) {
    if let (Some(directory), Some(entry)) = (&ctx.directory, entry_of_new(ctx, sighting, service)) {
        log(directory.store.add(entry).await);
    }
}

/// What the directory is to say of a session that begins, where one is kept.
pub(crate) fn entry_of_new(
    ctx: &Context,
    sighting: Sighting<'_>,
    service: Option<ServiceSession>,
) -> Option<SessionEntry> {
    let directory = ctx.directory.as_ref()?;
    let interval = directory.settings.last_seen_interval;
    directory.seen.is_due(&sighting.key, ctx.now(), interval);
    Some(SessionEntry {
        id: SessionId::generate(&*ctx.random),
        created: Some(ctx.now()),
        service,
        ..sighting.entry(ctx, directory)
    })
}

/// A session is used.
pub(crate) async fn seen(ctx: &Context, sighting: Sighting<'_>) {
    let Some(directory) = &ctx.directory else {
        return;
    };
    let interval = directory.settings.last_seen_interval;
    let now = ctx.now();
    if !directory.seen.is_due(&sighting.key, now, interval) {
        return;
    }
    // Other processes take it down too; the condition leaves one of them.
    let unless_since = now.checked_sub(interval).unwrap_or(Timestamp::UNIX_EPOCH);
    let entry = sighting.entry(ctx, directory);
    let touched = directory.store.touch(entry, unless_since).await;
    if matches!(touched, Err(AdapterError::Unavailable(_))) {
        directory.seen.pause(now);
    }
    log(touched);
}

/// A session in the store ended.
pub(crate) async fn ended(ctx: &Context, token: &SessionToken) {
    if let Some(directory) = &ctx.directory {
        let key = SessionKey::of_token(token);
        log(directory.store.forget(&key).await);
    }
}

/// Somebody signs out of a session in a cookie: copies of its token end with it, unless the settings say otherwise.
pub(crate) async fn signed_out(ctx: &Context, claims: &Claims) {
    let Some(directory) = &ctx.directory else {
        return;
    };
    let (Some(user), Some(family)) = (user_of(claims), Family::of(claims)) else {
        return;
    };
    let key = family.key();
    match directory.settings.sign_out {
        TokenSignOut::Revoke => {
            let user = UserId(user.into_owned());
            log(manage::end_tokens(ctx, directory, &user, Which::One(key)).await);
        }
        TokenSignOut::CookieOnly => log(directory.store.forget(&key).await),
    }
}

/// What is known of a session.
pub(crate) async fn known(ctx: &Context, key: SessionKey) -> Option<SessionEntry> {
    let found = ctx.directory.as_ref()?.store.entry(&key).await;
    found.unwrap_or_else(|error| {
        log::<()>(Err(error));
        None
    })
}

/// The key of a session in the store, where a directory is kept.
pub(crate) fn key_of_row(ctx: &Context, token: &SessionToken) -> Option<SessionKey> {
    ctx.directory.as_ref().map(|_| SessionKey::of_token(token))
}

/// What the directory says of a token whose claims are genuine.
pub(crate) enum Admission {
    /// It counts. Which session it is, where that can be told and a directory is kept.
    Counts(Option<Family>),
    /// Its session was ended.
    Revoked,
}

/// Whether a session in a cookie still counts. Costs no query, save that one request in a while asks what is new.
pub(crate) async fn admit(ctx: &Context, claims: &Claims) -> Result<Admission, Unavailable> {
    let Some(directory) = &ctx.directory else {
        return Ok(Admission::Counts(None));
    };
    let list = &directory.revocations;
    let interval = directory.settings.revocation_interval;
    list.refresh_if_due(&*directory.store, ctx.now(), interval)
        .await;
    if list.is_stale() && directory.settings.outage == Outage::Refuse {
        return Err(Unavailable::store(AdapterError::Unavailable(
            "the list of revoked sessions cannot be read".into(),
        )));
    }
    let family = Family::of(claims);
    let user = user_of(claims);
    let token = Judged {
        user: user.as_deref(),
        family: family.as_ref(),
    };
    let verdict = match list.judge(token) {
        Verdict::Unknown => ask(directory, token).await?,
        known => known,
    };
    Ok(match verdict {
        Verdict::Revoked => Admission::Revoked,
        Verdict::Good | Verdict::Unknown => Admission::Counts(family),
    })
}

/// Asks the table of what has no room in memory.
async fn ask(directory: &Directory, token: Judged<'_>) -> Result<Verdict, Unavailable> {
    let user = token
        .user
        .map(|user| Subject::User(UserId(user.to_owned())));
    let session = token.family.map(|family| Subject::Session(family.key()));
    let subjects: Vec<Subject> = user.into_iter().chain(session).collect();
    match directory.store.revocations_of(&subjects).await {
        Ok(rows) => Ok(judge_rows(&rows, token)),
        Err(error) if directory.settings.outage == Outage::Refuse => Err(Unavailable::store(error)),
        Err(error) => {
            log::<()>(Err(error));
            Ok(Verdict::Good)
        }
    }
}

/// Whose token it is, in the form that [`Session`](crate::Session) gives.
pub(crate) fn user_of(claims: &Claims) -> Option<std::borrow::Cow<'_, str>> {
    match claims.get("sub")? {
        Value::String(id) => Some(id.as_str().into()),
        Value::Number(id) => Some(id.to_string().into()),
        _ => None,
    }
}

fn log<T>(result: Result<T, AdapterError>) {
    if let Err(error) = result {
        log_only(ErrorType::AdapterError, &error);
    }
}
