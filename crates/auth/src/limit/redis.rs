//! Counters in a Redis (or Valkey), for replicas that have one anyway. Feature `redis`.
//!
//! Each step is one script, which the server runs alone. A counter goes by itself when its window is over. The connection
//! is opened with the first step and again when it breaks; a server that answers slowly is a server that is away.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, IntoConnectionInfo as _, RedisError, Script};
use async_trait::async_trait;
use jiff::Timestamp;

use super::{LimitKey, Limiter, Quota, Spent, Taken};
use crate::adapter::AdapterError;
use crate::secret::Secret;
use crate::time::after;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// How often one step tries to open a broken connection again.
const RETRIES: usize = 1;

/// What all keys begin with, if nothing else is said.
const PREFIX: &str = "hallpass:limit:";

/// The keys; now, and for each the end of a new window and how many there may be. Which key has none left (from 1 on, 0 for
/// none of them), and how many milliseconds to wait.
///
/// The time to live is by the server's clock, and only there to clean up; so it is longer than the window.
const TAKE: &str = "\
local now = tonumber(ARGV[1])
for i = 1, #KEYS do
  local row = redis.call('HMGET', KEYS[i], 'taken', 'ends')
  local taken, ends = tonumber(row[1]), tonumber(row[2])
  if not ends or ends <= now then taken, ends = 0, tonumber(ARGV[2 * i]) end
  if taken >= tonumber(ARGV[2 * i + 1]) then return {i, math.max(ends - now, 1)} end
  redis.call('HSET', KEYS[i], 'taken', string.format('%.0f', taken + 1), 'ends', string.format('%.0f', ends))
  redis.call('PEXPIRE', KEYS[i], string.format('%.0f', ends - now + 60000))
end
return {0, 0}";

/// The key; now.
const GIVE_BACK: &str = "\
local row = redis.call('HMGET', KEYS[1], 'taken', 'ends')
local taken, ends = tonumber(row[1]), tonumber(row[2])
if ends and ends > tonumber(ARGV[1]) and taken > 0 then redis.call('HINCRBY', KEYS[1], 'taken', -1) end
return 0";

/// Counters in a Redis. Clones share a connection.
#[derive(Clone)]
pub struct RedisLimiter {
    connection: ConnectionManager,
    prefix: String,
    take: Script,
    give_back: Script,
}

/// The address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("this is no address of a Redis")]
pub struct InvalidRedisUrl(#[source] RedisError);

impl InvalidRedisUrl {
    /// What to write instead.
    pub fn help(&self) -> &'static str {
        "write it as `redis://user:password@host:6379/0`, or `redis+unix:///run/redis.sock`; TLS (`rediss://`) is not \
         spoken, so put a tunnel before a Redis that asks for it"
    }
}

impl RedisLimiter {
    /// Counters in the Redis at this address. Nothing is connected yet; must be called within the Tokio runtime.
    ///
    /// # Errors
    /// [`InvalidRedisUrl`] when it is no address.
    pub fn new(url: &Secret) -> Result<Self, InvalidRedisUrl> {
        let info = url.expose().into_connection_info();
        let client = info.and_then(Client::open).map_err(InvalidRedisUrl)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT))
            .set_number_of_retries(RETRIES);
        let connection = ConnectionManager::new_lazy_with_config(client, config);
        Ok(Self {
            connection: connection.map_err(InvalidRedisUrl)?,
            prefix: PREFIX.to_owned(),
            take: Script::new(TAKE),
            give_back: Script::new(GIVE_BACK),
        })
    }

    /// Begins all keys with this, for installations that share a Redis and a secret; `hallpass:limit:` by default.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        Self { prefix, ..self }
    }

    fn place(&self, key: &LimitKey) -> String {
        format!("{}{key}", self.prefix)
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Taken, AdapterError> {
        let take = [(key.clone(), quota)];
        Ok(match self.take_all(&take, now).await? {
            None => Taken::Allowed,
            Some(Spent { retry_after, .. }) => Taken::Refused { retry_after },
        })
    }

    async fn take_all(
        &self,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<Option<Spent>, AdapterError> {
        let mut step = self.take.prepare_invoke();
        step.arg(now.as_millisecond());
        for (key, quota) in takes {
            step.key(self.place(key))
                .arg(after(now, quota.window).as_millisecond())
                .arg(quota.count);
        }
        let spent: (usize, u64) = step
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        Ok(match spent {
            (0, _) => None,
            (number, millis) => Some(Spent {
                index: number - 1,
                retry_after: Duration::from_millis(millis),
            }),
        })
    }

    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError> {
        let mut step = self.give_back.key(self.place(key));
        step.arg(now.as_millisecond());
        let done = step.invoke_async(&mut self.connection.clone()).await;
        done.map_err(failed)
    }

    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError> {
        if keys.is_empty() {
            return Ok(());
        }
        let places: Vec<String> = keys.iter().map(|key| self.place(key)).collect();
        let mut step = ::redis::cmd("DEL");
        step.arg(places);
        let done = step.query_async(&mut self.connection.clone()).await;
        done.map_err(failed)
    }
}

fn failed(error: RedisError) -> AdapterError {
    let is_away = error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_connection_refusal();
    if is_away {
        AdapterError::Unavailable(Box::new(error))
    } else {
        AdapterError::Other(Box::new(error))
    }
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RedisLimiter")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
