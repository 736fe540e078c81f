//! What was proven in a session, beside the session: known to the application, and taken back with the factor.

use std::time::Duration;

use jiff::Timestamp;

use super::gate::Opened;
use super::{Assurance, Factor, Level, ProofRecord, SecondFactor};
use crate::adapter::UserId;
use crate::context::Context;
use crate::directory::SessionKey;
use crate::directory::family::Family;
use crate::error::{Error, ErrorType, log_only};
use crate::secret::SessionToken;
use crate::session::Strategy;
use crate::time::after;
use crate::visit::Visit;

/// How long a proof counts at all. Source: NIST SP 800-63B-4 section 2.1.3: after thirty days at the latest anew.
const COUNTS: Duration = Duration::from_secs(30 * 86_400);

/// A session begins. A proof that cannot be kept makes it worth less, and keeps nobody out.
pub(crate) async fn begun(ctx: &Context, key: SessionKey, user: &UserId, opened: Opened) {
    if let (Some(settings), Some(record)) = (&ctx.second_factor, of_new(ctx, key, user, opened)) {
        log(settings.store().put_proof(record).await.map_err(Into::into));
    }
}

/// What is to be kept of a session that begins, where second factors are.
pub(crate) fn of_new(
    ctx: &Context,
    key: SessionKey,
    user: &UserId,
    opened: Opened,
) -> Option<ProofRecord> {
    ctx.second_factor.as_ref()?;
    Some(record(ctx, key, user, opened.first(), opened.second()))
}

/// The second factor is proven in a session that goes on.
pub(crate) async fn renewed(
    ctx: &Context,
    settings: &SecondFactor,
    key: SessionKey,
    user: &UserId,
    (first, second): (Factor, Factor),
) -> Result<(), Error> {
    let record = record(ctx, key, user, first, Some(second));
    Ok(settings.store().put_proof(record).await?)
}

fn record(
    ctx: &Context,
    key: SessionKey,
    user: &UserId,
    first: Factor,
    second: Option<Factor>,
) -> ProofRecord {
    ProofRecord {
        key,
        user_id: user.clone(),
        first,
        second,
        at: ctx.now(),
        expires: after(ctx.now(), COUNTS),
    }
}

/// What is known of a session of a user.
pub(crate) async fn of(
    ctx: &Context,
    settings: &SecondFactor,
    key: &SessionKey,
    user: &UserId,
) -> Result<Option<ProofRecord>, Error> {
    let found = settings.store().proof(key).await?;
    // SECURITY: CVE-2022-39263: stores have given back what was not asked for.
    let good = |proof: &ProofRecord| proof.user_id == *user && proof.expires >= ctx.now();
    Ok(found.filter(|proof| proof.key == *key).filter(good))
}

/// The proof of the session at hand goes over to the one that takes its place.
pub(crate) async fn carry(ctx: &Context, visit: &Visit<'_>, user: &UserId, to: SessionKey) {
    let (Some(settings), Some(from)) = (&ctx.second_factor, key_at_hand(ctx, visit)) else {
        return;
    };
    let carried = async {
        let Some(proof) = of(ctx, settings, &from, user).await? else {
            return Ok(());
        };
        let moved = ProofRecord { key: to, ..proof };
        Ok(settings.store().put_proof(moved).await?)
    };
    log(carried.await);
}

fn key_at_hand(ctx: &Context, visit: &Visit<'_>) -> Option<SessionKey> {
    let strategy = ctx.settings.session.strategy;
    let cookie = visit.session_cookie(strategy);
    let value = cookie.value()?;
    match strategy {
        Strategy::Database => Some(SessionKey::of_token(&SessionToken::new(value))),
        Strategy::Jwt => {
            let keys = &visit.cookies.session_keys;
            let claims = keys.decode(value, ctx.now()).ok()?;
            Family::of(&claims).map(|family| family.key())
        }
    }
}

impl ProofRecord {
    /// How sure it is, by this.
    pub(crate) fn assurance(&self) -> Assurance {
        let factors: Vec<Factor> = [self.first].into_iter().chain(self.second).collect();
        Assurance {
            level: Level::of(&factors),
            factors,
            authenticated_at: Some(self.at),
        }
    }

    /// Whether two factors were proven within this time.
    pub(crate) fn is_recent(&self, now: Timestamp, max_age: Duration) -> bool {
        let assurance = self.assurance();
        assurance.level == Level::Two && assurance.is_fresh(now, max_age)
    }
}

fn log(result: Result<(), Error>) {
    if let Err(error) = result {
        log_only(ErrorType::AdapterError, &error);
    }
}
