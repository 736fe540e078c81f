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

use async_trait::async_trait;
use jiff::Timestamp;

pub(crate) use charge::Limits;
pub use key::LimitKey;
pub use memory::MemoryLimiter;
pub use quota::{InvalidQuota, Quota, Taken, Window};
#[cfg(feature = "redis")]
pub use redis::{InvalidRedisUrl, RedisLimiter};
pub use rules::{InvalidRule, LimitRules, LimitedAction, Subject};

use crate::adapter::AdapterError;

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

    /// Takes back one that was allowed; without a running counter nothing happens.
    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError>;

    /// Forgets the counters of these keys; absent is no error.
    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError>;
}
