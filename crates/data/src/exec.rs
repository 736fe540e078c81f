//! Runs plans. Decides nothing that a plan could have decided.

use std::sync::Arc;

use hallpass_db::Rows;
use hallpass_sql::{Expr, Query, Statement, Value};

use crate::client::Client;
use crate::error::{Error, Rejection};
use crate::plan::{LockThenWrite, Plan, ReadBack, Work};
use crate::record::Record;
use crate::shape::Shape;

/// Rows that one statement names by key, at most.
const CHUNK: usize = 500;

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    pub(crate) records: Vec<Record>,
    pub(crate) count: u64,
}

impl Client {
    pub(crate) async fn execute(&self, plan: &Plan, arguments: &[Value]) -> Result<Outcome, Error> {
        if !self.access.is(&plan.access) {
            return Err(Error::Rejected {
                model: plan.model.clone(),
                rejection: Rejection::Other,
            });
        }
        let slots = plan.slots.iter();
        let values = slots.map(|slot| slot.value(&self.engine, arguments));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let mut outcome = Outcome::default();
        match &plan.work {
            Work::Nothing => {}
            Work::Rows { query, shape } => {
                outcome.records =
                    records(shape, self.statement(&plan.model, query, &values).await?)?;
            }
            Work::LookUp { query, shape } => {
                outcome.records = records(shape, self.look_up(&plan.model, query, &values).await?)?;
            }
            Work::Count(query) => {
                outcome.count = counted(&self.statement(&plan.model, query, &values).await?);
            }
            Work::Affected(query) => {
                outcome.count = self.statement(&plan.model, query, &values).await?.affected;
            }
            Work::InsertThenRead {
                insert,
                read,
                shape,
            } => {
                let rows = self
                    .transaction(async |tx| {
                        tx.insert_then_read(&plan.model, insert, read, values.clone())
                            .await
                    })
                    .await?;
                outcome.records = records(shape, rows)?;
            }
            Work::LockThenWrite(work) => {
                outcome.records = self
                    .transaction(async |tx| tx.lock_then_write(&plan.model, work, &values).await)
                    .await?;
            }
        }
        Ok(outcome)
    }

    async fn insert_then_read(
        &self,
        model: &str,
        insert: &Query,
        read: &Query,
        mut values: Vec<Value>,
    ) -> Result<Rows, Error> {
        let inserted = self.statement(model, insert, &values).await?;
        let id = inserted.inserted_id.and_then(|id| i64::try_from(id).ok());
        values.extend(id.map(Value::Int));
        self.statement(model, read, &values).await
    }

    async fn lock_then_write(
        &self,
        model: &str,
        work: &LockThenWrite,
        values: &[Value],
    ) -> Result<Vec<Record>, Error> {
        let locked = self.statement(model, &work.lock, values).await?;
        let keys = keys(model, work, &locked)?;
        let mut records_read = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(CHUNK) {
            self.write_by_key(model, work, chunk, values).await?;
            if let Some(read) = &work.read {
                let rows = self.read_by_key(model, work, read, chunk, values).await?;
                records_read.extend(records(&work.shape, rows)?);
            }
        }
        if work.read.is_none() {
            return records(&work.shape, locked);
        }
        Ok(records_read)
    }

    async fn write_by_key(
        &self,
        model: &str,
        work: &LockThenWrite,
        keys: &[Vec<Value>],
        values: &[Value],
    ) -> Result<(), Error> {
        let filter = Some(by_keys(&work.key, keys));
        let mut statement = work.write.clone();
        match &mut statement {
            Statement::Update(update) => update.filter = filter,
            Statement::Delete(delete) => delete.filter = filter,
            _ => {}
        }
        let query = hallpass_sql::emit(&statement, self.engine.dialect)?;
        let affected = self.statement(model, &query, values).await?.affected;
        // The rows are locked, so every one of them must still be there.
        if usize::try_from(affected) == Ok(keys.len()) {
            Ok(())
        } else {
            Err(not_read_back(model))
        }
    }

    async fn read_by_key(
        &self,
        model: &str,
        work: &LockThenWrite,
        read: &ReadBack,
        keys: &[Vec<Value>],
        values: &[Value],
    ) -> Result<Rows, Error> {
        let mut select = read.select.clone();
        select.filter = Some(by_new_keys(&work.key, &read.set, keys));
        let query = hallpass_sql::emit(&Statement::Select(select), self.engine.dialect)?;
        self.statement(model, &query, values).await
    }
}

fn records(shape: &Arc<Shape>, rows: Rows) -> Result<Vec<Record>, Error> {
    let rows = rows.rows.into_iter();
    rows.map(|mut row| shape.record(&mut row)).collect()
}

fn counted(rows: &Rows) -> u64 {
    match rows.rows.first().and_then(|row| row.first()) {
        Some(Value::Int(count)) => u64::try_from(*count).unwrap_or_default(),
        _ => 0,
    }
}

fn keys(model: &str, work: &LockThenWrite, locked: &Rows) -> Result<Vec<Vec<Value>>, Error> {
    let key = |row: &Vec<Value>| {
        let parts = work
            .key_at
            .iter()
            .map(|position| row.get(*position).cloned());
        // A row without a key cannot be named, so it is not written either.
        let parts = parts.map(|part| part.filter(|value| *value != Value::Null));
        parts
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| not_read_back(model))
    };
    locked.rows.iter().map(key).collect()
}

fn by_keys(columns: &[String], keys: &[Vec<Value>]) -> Expr {
    let unset = vec![None; columns.len()];
    by_new_keys(columns, &unset, keys)
}

fn by_new_keys(columns: &[String], set: &[Option<Expr>], keys: &[Vec<Value>]) -> Expr {
    let row = |key: &Vec<Value>| {
        let parts = columns.iter().zip(set).zip(key);
        let parts = parts.map(|((column, set), old)| {
            let value = set.clone().unwrap_or_else(|| Expr::Value(old.clone()));
            Expr::column(column).equals(value)
        });
        Expr::And(parts.collect())
    };
    Expr::Or(keys.iter().map(row).collect())
}

fn not_read_back(model: &str) -> Error {
    Error::NotReadBack {
        model: model.to_owned(),
    }
}
