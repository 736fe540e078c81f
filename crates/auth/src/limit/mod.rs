//! Limits: how often one address and one client may try something in a time.
//!
//! A flow that checks a proof or sends a mail calls `Limits::charge` first. What it charges is counted *before* the
//! check, in one atomic step of a [`Limiter`], so that parallel requests cannot slip through (CVE-2024-4629); the check
//! comes after the path became a [`Route`](crate::path::Route), so that no spelling of the path escapes it
//! (CVE-2025-71399). A proof that succeeds takes its own charge back.
//!
//! Invariants: a store of counters sees no address and no client, only keyed hashes of them ([`LimitKey`]). A refusal
//! does not depend on whether an address is known. A store that fails opens nothing: the process then counts for
//! itself.
//!
//! To add an action: a row in `rules.rs`, and the call in its flow. To add a store: a type that implements
//! [`Limiter`] and passes the rules `LIMIT_RULES` of the test kit (feature `testing`).

mod charge;
mod key;
mod memory;
mod quota;
#[cfg(feature = "redis")]
mod redis;
mod rules;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub(crate) use charge::{Charge, Limits};
pub use key::LimitKey;
pub use memory::MemoryLimiter;
pub use quota::{InvalidQuota, Quota, Taken, Window};
#[cfg(feature = "redis")]
pub use redis::{InvalidRedisUrl, RedisLimiter};
pub use rules::{InvalidRule, LimitRules, LimitedAction, Subject};

use crate::adapter::{AdapterError, StoreId};

/// The first of several quotas that has none left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Its place among them.
    pub index: usize,
    /// When there are new ones; never zero.
    pub retry_after: Duration,
}

/// What an attempt that succeeded gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Of each of these one is given back.
    pub give_back: Vec<LimitKey>,
    /// These are forgotten.
    pub forget: Vec<LimitKey>,
    /// When.
    pub at: Timestamp,
}

/// [`Limiter::take_all`] by one [`Limiter::take`] each.
///
/// # Errors
/// What the store says.
pub async fn one_by_one<L: Limiter + ?Sized>(
    limiter: &L,
    takes: &[(LimitKey, Quota)],
    now: Timestamp,
) -> Result<Option<Spent>, AdapterError> {
    for (index, (key, quota)) in takes.iter().enumerate() {
        if let Taken::Refused { retry_after } = limiter.take(key, *quota, now).await? {
            return Ok(Some(Spent { index, retry_after }));
        }
    }
    Ok(None)
}

/// A store of counters.
///
/// A counter belongs to a key. It begins with the first [`take`](Self::take), ends when the window of the quota is over,
/// and counts what was allowed in between. [`Window::take`] is the rule; an implementation applies it in one atomic step,
/// whatever runs beside it.
#[async_trait]
pub trait Limiter: Send + Sync + 'static {
    /// Takes one from the quota of a key. A refusal changes nothing.
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Taken, AdapterError>;

    /// Takes one from each of these quotas, whose keys differ, in this order and up to the first that has none left: what
    /// was taken before that one stays taken, and what comes after it is left alone. Says which one it was.
    ///
    /// A store that does it by fewer steps than [`one_by_one`] may, where others take the last one of a quota at the same
    /// moment, take from those that come after it as well. It never takes too little.
    async fn take_all(
        &self,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<Option<Spent>, AdapterError> {
        one_by_one(self, takes, now).await
    }

    /// Takes back one that was allowed; without a running counter nothing happens.
    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError>;

    /// Forgets the counters of these keys; absent is no error.
    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError>;

    /// All that an attempt gives back when it succeeds, as [`give_back`](Self::give_back) and [`forget`](Self::forget)
    /// would do it.
    async fn settle(&self, settlement: &Settlement) -> Result<(), AdapterError> {
        for key in &settlement.give_back {
            self.give_back(key, settlement.at).await?;
        }
        self.forget(&settlement.forget).await
    }

    /// Names the store: see [`Adapter::store_id`](crate::adapter::Adapter::store_id).
    fn store_id(&self) -> Option<StoreId> {
        None
    }
}
