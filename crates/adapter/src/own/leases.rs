//! Leases, each taken by one statement.

use std::time::Duration;

use async_trait::async_trait;
use hallpass_auth::adapter::AdapterError;
use hallpass_auth::linked::{Lease, LeaseStore};
use hallpass_data::{Client, Error, Prepared, Value, field, kept, parameter, when};
use jiff::Timestamp;

use super::needed;
use crate::convert;
use crate::store::{DataAdapter, text};

pub(super) const MODEL: &str = "HallpassLease";

/// How long to wait before it is tried again.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Statements {
    /// key, now, holder, expires; changes something where it is taken
    take: Prepared<u64>,
    /// key, holder
    end: Prepared<u64>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is = |name: &str, number| field(name).exactly(parameter(number));
        let is_over = || field("expires").lte(parameter(1));
        Ok(Self {
            take: client
                .upsert(MODEL)
                .create("key", parameter(0))
                .create("holder", parameter(2))
                .create("expires", parameter(3))
                // Before the end is moved: some databases see in an expression what an earlier one has set.
                .change("holder", when(is_over(), parameter(2), kept()))
                .change("expires", when(is_over(), parameter(3), kept()))
                .prepare()?,
            end: client
                .delete_many(MODEL)
                .filter(is("key", 0).and(is("holder", 1)))
                .prepare()?,
        })
    }
}

impl DataAdapter {
    /// Whether the schema has our model of leases.
    pub fn keeps_leases(&self) -> bool {
        self.own.leases.is_some()
    }

    fn leases(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.leases, MODEL)
    }
}

#[async_trait]
impl LeaseStore for DataAdapter {
    async fn take_lease(&self, lease: &Lease, now: Timestamp) -> Result<bool, AdapterError> {
        let arguments = [
            text(&lease.key),
            Value::Timestamp(now),
            text(&lease.holder),
            Value::Timestamp(lease.expires),
        ];
        let taken = self.leases()?.take.run(&self.client, &arguments).await;
        Ok(taken.map_err(convert::error)? > 0)
    }

    async fn end_lease(&self, lease: &Lease) -> Result<(), AdapterError> {
        let arguments = [text(&lease.key), text(&lease.holder)];
        let ended = self.leases()?.end.run(&self.client, &arguments).await;
        ended.map_err(convert::error)?;
        Ok(())
    }

    async fn await_lease(&self, _lease: &Lease) -> Result<(), AdapterError> {
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}
