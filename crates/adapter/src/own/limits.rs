//! Counters of limits, each taken from by one statement.

use async_trait::async_trait;
use hallpass_auth::adapter::AdapterError;
use hallpass_auth::limit::{LimitKey, Limiter, Quota, Taken, Window};
use hallpass_auth::time::after;
use hallpass_data::{
    Client, Error, Prepared, Record, Value, any, field, kept, parameter, plus, when,
};
use jiff::Timestamp;

use super::needed;
use crate::convert;
use crate::layout::LayoutError;
use crate::store::{DataAdapter, text};

pub(super) const MODEL: &str = "HallpassLimit";

#[derive(Debug)]
pub(super) struct Statements {
    /// key, now, the end of a new window, how many there may be; changes something where one is taken
    take: Prepared<u64>,
    /// key
    running: Prepared<Option<Record>>,
    /// key, now
    give_back: Prepared<u64>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly` costs nothing here, and keys that differ are never one.
        let is_key = || field("key").exactly(parameter(0));
        let is_over = || field("expires").lte(parameter(1));
        let next = when(field("taken").lt(parameter(3)), plus(1), kept());
        Ok(Self {
            take: client
                .upsert(MODEL)
                .create("key", parameter(0))
                .create("taken", 1)
                .create("expires", parameter(2))
                .change("taken", when(is_over(), 1, next))
                .change("expires", when(is_over(), parameter(2), kept()))
                .prepare()?,
            running: client.find_first(MODEL).filter(is_key()).prepare()?,
            give_back: client
                .update_many(MODEL)
                .filter(is_key().and(field("expires").gt(parameter(1))))
                .set("taken", when(field("taken").gt(0), plus(-1), kept()))
                .prepare()?,
        })
    }
}

impl DataAdapter {
    /// The same store, once it is sure that it can count for limits.
    ///
    /// # Errors
    /// [`LayoutError::Own`] when the schema lacks our model.
    pub fn limit_store(self) -> Result<Self, LayoutError> {
        match self.own.limits {
            Some(_) => Ok(self),
            None => Err(LayoutError::Own { model: MODEL }),
        }
    }

    fn limits(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.limits, MODEL)
    }

    /// How long to wait where nothing could be taken. A counter that went in the meantime leaves nothing to wait for.
    async fn wait(&self, key: &LimitKey, now: Timestamp) -> Result<Taken, AdapterError> {
        let arguments = [text(key.as_str())];
        let row = self.limits()?.running.run(&self.client, &arguments).await;
        let row = row.map_err(convert::error)?;
        let ends = row.as_ref().map(|row| convert::get(row, "expires"));
        let window = Window {
            taken: 0,
            ends: ends.transpose()?.unwrap_or(now),
        };
        Ok(Taken::Refused {
            retry_after: window.rest(now),
        })
    }
}

#[async_trait]
impl Limiter for DataAdapter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Taken, AdapterError> {
        if quota.count == 0 {
            return Ok(Window::take(None, quota, now).1);
        }
        let arguments = [
            text(key.as_str()),
            Value::Timestamp(now),
            Value::Timestamp(after(now, quota.window)),
            Value::Int(i64::from(quota.count)),
        ];
        let taken = self.limits()?.take.run(&self.client, &arguments).await;
        match taken.map_err(convert::error)? {
            0 => self.wait(key, now).await,
            _ => Ok(Taken::Allowed),
        }
    }

    async fn give_back(&self, key: &LimitKey, now: Timestamp) -> Result<(), AdapterError> {
        let arguments = [text(key.as_str()), Value::Timestamp(now)];
        let given = self.limits()?.give_back.run(&self.client, &arguments).await;
        given.map_err(convert::error)?;
        Ok(())
    }

    async fn forget(&self, keys: &[LimitKey]) -> Result<(), AdapterError> {
        self.limits()?;
        if keys.is_empty() {
            return Ok(());
        }
        let keys = keys.iter().map(|key| field("key").exactly(key.as_str()));
        let removed = self.client.delete_many(MODEL).filter(any(keys)).run().await;
        removed.map_err(convert::error)?;
        Ok(())
    }
}
