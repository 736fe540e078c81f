//! Counters of limits, taken from by one statement: one of them, or several together.

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, StoreId};
use hallpass_auth::limit::{
    LimitKey, Limiter, Quota, Settlement, Spent, Taken, Window, one_by_one,
};
use hallpass_auth::time::after;
use hallpass_data::{
    Client, Error, Filter, Parameter, Prepared, Record, Value, any, field, given, kept, parameter,
    plus, when,
};
use jiff::Timestamp;

use super::needed;
use crate::convert;
use crate::layout::LayoutError;
use crate::store::{DataAdapter, text};

pub(super) const MODEL: &str = "HallpassLimit";

/// How many counters are taken from together at most: more than any action has quotas by default.
const MOST: usize = 6;

#[derive(Debug)]
pub(super) struct Statements {
    /// key, now, the end of a new window, how many there may be; changes something where one is taken
    take: Prepared<u64>,
    /// Of two together, of three, and so on; none where the database does not say how many rows it changed.
    together: Vec<Together>,
    /// key
    running: Prepared<Option<Record>>,
    /// key, now
    give_back: Prepared<u64>,
    /// now, and keys: the first gives one back, the others are forgotten. Of two keys, of three, and so on.
    settle: Vec<Prepared<u64>>,
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
            together: match client.counts_upserted_rows() {
                true => (2..=MOST)
                    .map(|n| Together::plan(client, n))
                    .collect::<Result<_, _>>()?,
                false => Vec::new(),
            },
            running: client.find_first(MODEL).filter(is_key()).prepare()?,
            give_back: client
                .update_many(MODEL)
                .filter(is_key().and(field("expires").gt(parameter(1))))
                .set("taken", when(field("taken").gt(0), plus(-1), kept()))
                .prepare()?,
            settle: (2..=MOST)
                .map(|keys| plan_settle(client, keys))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// A counter that is forgotten ends now, and goes with others that are over: one statement changes rows, or removes them.
///
/// Rows are found by their keys alone. Where a condition on `expires` stands beside, PostgreSQL may think that few counters
/// run, and look through the end of that index, where all stood that were forgotten since the last VACUUM.
fn plan_settle(client: &Client, keys: usize) -> Result<Prepared<u64>, Error> {
    let is_key = |n| field("key").exactly(parameter(n));
    let has_some = field("expires").gt(parameter(0)).and(field("taken").gt(0));
    let one_less = when(has_some, plus(-1), kept());
    client
        .update_many(MODEL)
        .filter(is_one_of((1..=keys).map(parameter)))
        .set("taken", when(is_key(1), one_less, 0))
        .set("expires", when(is_key(1), kept(), parameter(0)))
        .prepare()
}

/// Keys are ASCII in small letters, of which no collation takes two for one.
fn is_one_of(keys: impl IntoIterator<Item = Parameter>) -> Filter {
    field("key").one_of(keys)
}

/// The arguments of a settlement, where there is a statement for one like it.
fn settled<'s>(
    statements: &'s Statements,
    settlement: &Settlement,
) -> Option<(&'s Prepared<u64>, Vec<Value>)> {
    let [client] = settlement.give_back.as_slice() else {
        return None;
    };
    let statement = statements
        .settle
        .get(settlement.forget.len().checked_sub(1)?)?;
    let keys = [client].into_iter().chain(&settlement.forget);
    let keys = keys.map(|key| text(key.as_str()));
    let now = Value::Timestamp(settlement.at);
    Some((statement, [now].into_iter().chain(keys).collect()))
}

/// Several counters, of different keys.
#[derive(Debug)]
struct Together {
    /// now; of each a key, the end of a new window, how many there may be. Counts from how many one is taken: from none where
    /// one of them had none left before.
    take: Prepared<u64>,
    /// the keys
    counters: Prepared<Vec<Record>>,
}

impl Together {
    fn plan(client: &Client, number: usize) -> Result<Self, Error> {
        let key = |n: usize| parameter(1 + 3 * n);
        let end = |n: usize| parameter(2 + 3 * n);
        let count = |n: usize| parameter(3 + 3 * n);
        let is_key = |n| field("key").exactly(key(n));
        let is_over = || field("expires").lte(parameter(0));
        let has_one = |n| is_key(n).and(field("taken").lt(count(n)));
        // Also of one that is over: who comes then takes one by one, once.
        let is_spent = |n| is_key(n).and(field("taken").gte(count(n)));
        let row = |n| [("key", key(n).into()), ("expires", end(n).into())];
        Ok(Self {
            // SECURITY: what is spent is looked for before anything is written, so that a client that may try nothing more uses
            // up nothing of the address that it asks for, and leaves no row. Who takes the last one at the same moment is seen
            // by the row itself.
            take: client
                .upsert(MODEL)
                .create_rows((0..number).map(row))
                .create("taken", 1)
                .unless(is_one_of((0..number).map(key)).and(any((0..number).map(is_spent))))
                .only(is_over().or(any((0..number).map(has_one))))
                .change("taken", when(is_over(), 1, plus(1)))
                .change("expires", when(is_over(), given(), kept()))
                .prepare()?,
            counters: client
                .find_many(MODEL)
                .filter(is_one_of((0..number).map(parameter)))
                .prepare()?,
        })
    }

    /// From how many one was taken.
    async fn take(
        &self,
        client: &Client,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<usize, AdapterError> {
        let mut arguments = vec![Value::Timestamp(now)];
        for (key, quota) in takes {
            arguments.push(text(key.as_str()));
            arguments.push(Value::Timestamp(after(now, quota.window)));
            arguments.push(Value::Int(i64::from(quota.count)));
        }
        let taken = self.take.run(client, &arguments).await;
        Ok(usize::try_from(taken.map_err(convert::error)?).unwrap_or(usize::MAX))
    }

    /// The first that is spent; `None` where one can be taken from each.
    async fn spent(
        &self,
        client: &Client,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<Option<Spent>, AdapterError> {
        let keys: Vec<_> = takes.iter().map(|(key, _)| text(key.as_str())).collect();
        let rows = self.counters.run(client, &keys).await;
        let rows = rows.map_err(convert::error)?;
        for (index, (key, quota)) in takes.iter().enumerate() {
            for row in &rows {
                let is_it = convert::get::<&str>(row, "key")? == key.as_str();
                let is_spent = convert::get::<i64>(row, "taken")? >= i64::from(quota.count);
                let ends = convert::get(row, "expires")?;
                if is_it && is_spent && now < ends {
                    let retry_after = rest(ends, now);
                    return Ok(Some(Spent { index, retry_after }));
                }
            }
        }
        Ok(None)
    }
}

fn rest(ends: Timestamp, now: Timestamp) -> std::time::Duration {
    Window { taken: 0, ends }.rest(now)
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

    /// As [`Limiter::settle`], at the end of a transaction.
    pub(crate) async fn settle_later(
        &self,
        tx: &Client,
        settlement: &Settlement,
    ) -> Result<(), AdapterError> {
        let statements = self.limits()?;
        let done = match settled(statements, settlement) {
            Some((statement, arguments)) => statement.run_later(tx, &arguments).await,
            None => self.settle_one_by_one(tx, statements, settlement).await,
        };
        done.map_err(convert::error)
    }

    async fn settle_one_by_one(
        &self,
        client: &Client,
        statements: &Statements,
        settlement: &Settlement,
    ) -> Result<(), Error> {
        for key in &settlement.give_back {
            let arguments = [text(key.as_str()), Value::Timestamp(settlement.at)];
            statements.give_back.run_later(client, &arguments).await?;
        }
        remove(client, &settlement.forget).await
    }

    /// How long to wait where nothing could be taken. A counter that went in the meantime leaves nothing to wait for.
    async fn wait(&self, key: &LimitKey, now: Timestamp) -> Result<Taken, AdapterError> {
        let arguments = [text(key.as_str())];
        let row = self.limits()?.running.run(&self.client, &arguments).await;
        let row = row.map_err(convert::error)?;
        let ends = row.as_ref().map(|row| convert::get(row, "expires"));
        Ok(Taken::Refused {
            retry_after: rest(ends.transpose()?.unwrap_or(now), now),
        })
    }

    /// The statements for so many, where there are any.
    fn together(&self, takes: &[(LimitKey, Quota)]) -> Result<Option<&Together>, AdapterError> {
        // Nothing can be taken from a quota of none, which then needs no row.
        if takes.iter().any(|(_, quota)| quota.count == 0) {
            return Ok(None);
        }
        let limits = self.limits()?;
        let place = takes.len().checked_sub(2);
        Ok(place.and_then(|place| limits.together.get(place)))
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

    /// One statement takes one from each where all have one left. Where somebody took the last one at the same moment, this
    /// attempt is refused, too.
    async fn take_all(
        &self,
        takes: &[(LimitKey, Quota)],
        now: Timestamp,
    ) -> Result<Option<Spent>, AdapterError> {
        let Some(together) = self.together(takes)? else {
            return one_by_one(self, takes, now).await;
        };
        let taken = together.take(&self.client, takes, now).await?;
        if taken == takes.len() {
            return Ok(None);
        }
        let spent = together.spent(&self.client, takes, now).await?;
        match spent {
            // What was spent a moment ago may have been given back since.
            None if taken > 0 => Ok(Some(Spent {
                index: 0,
                retry_after: rest(now, now),
            })),
            // Or its time was over.
            None => one_by_one(self, takes, now).await,
            Some(spent) if taken > 0 => Ok(Some(spent)),
            Some(spent) => {
                let before = takes.get(..spent.index).unwrap_or_default();
                let earlier = one_by_one(self, before, now).await?;
                Ok(Some(earlier.unwrap_or(spent)))
            }
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
        let removed = remove(&self.client, keys).await;
        removed.map_err(convert::error)
    }

    async fn settle(&self, settlement: &Settlement) -> Result<(), AdapterError> {
        let statements = self.limits()?;
        let done = match settled(statements, settlement) {
            Some((statement, arguments)) => {
                let settled = statement.run(&self.client, &arguments).await;
                settled.map(drop)
            }
            None => {
                self.settle_one_by_one(&self.client, statements, settlement)
                    .await
            }
        };
        done.map_err(convert::error)
    }

    fn store_id(&self) -> Option<StoreId> {
        Some(self.id.clone())
    }
}

async fn remove(client: &Client, keys: &[LimitKey]) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys = keys.iter().map(|key| field("key").exactly(key.as_str()));
    client.delete_many(MODEL).filter(any(keys)).run().await?;
    Ok(())
}
