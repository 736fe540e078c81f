use std::marker::PhantomData;

use hallpass_sql::{Query, Value};

use crate::client::Client;
use crate::error::Error;
use crate::exec::Outcome;
use crate::plan::{Plan, Work};
use crate::record::Record;

/// An operation that is planned once and run many times, by any client of the same schema and database.
#[derive(Debug)]
pub struct Prepared<T> {
    pub(crate) plan: Plan,
    answer: PhantomData<fn() -> T>,
}

impl<T: Answer> Prepared<T> {
    /// The statement that a run begins with, for `EXPLAIN` and logs; none where there is nothing to do.
    pub fn statement(&self) -> Option<&Query> {
        match &self.plan.work {
            Work::Nothing => None,
            Work::Rows { query, .. }
            | Work::Levels { query, .. }
            | Work::LookUp { query, .. }
            | Work::Count(query)
            | Work::Affected(query) => Some(query),
            Work::InsertThenRead { insert, .. } => Some(insert),
            Work::LockThenWrite(work) => Some(&work.lock),
        }
    }

    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            plan,
            answer: PhantomData,
        }
    }

    /// Runs with these arguments; the n-th fills `parameter(n)`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when an argument is missing or does not fit its field, else as the operation itself.
    pub async fn run(&self, client: &Client, arguments: &[Value]) -> Result<T, Error> {
        let outcome = client.execute(&self.plan, arguments).await?;
        T::of(outcome, &self.plan.model)
    }
}

/// What an operation gives; only the four below.
pub trait Answer: sealed::Sealed + Sized {
    #[doc(hidden)]
    fn of(outcome: Outcome, model: &str) -> Result<Self, Error>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for Option<super::Record> {}
    impl Sealed for Vec<super::Record> {}
    impl Sealed for super::Record {}
    impl Sealed for u64 {}
}

impl Answer for Option<Record> {
    fn of(outcome: Outcome, _: &str) -> Result<Self, Error> {
        Ok(outcome.records.into_iter().next())
    }
}

impl Answer for Vec<Record> {
    fn of(outcome: Outcome, _: &str) -> Result<Self, Error> {
        Ok(outcome.records)
    }
}

impl Answer for Record {
    fn of(outcome: Outcome, model: &str) -> Result<Self, Error> {
        let first = outcome.records.into_iter().next();
        first.ok_or_else(|| Error::NotReadBack {
            model: model.to_owned(),
        })
    }
}

impl Answer for u64 {
    fn of(outcome: Outcome, _: &str) -> Result<Self, Error> {
        Ok(outcome.count)
    }
}
