//! Runs plans. Decides nothing that a plan could have decided.

use std::collections::HashMap;
use std::sync::Arc;

use hallpass_db::Rows;
use hallpass_sql::{Expr, Query, Statement, Value};

use crate::client::Client;
use crate::error::{Error, Rejection};
use crate::plan::{Level, LockThenWrite, Most, Plan, ReadBack, Slot, Work};
use crate::record::Record;
use crate::shape::{self, Found, Group, Grouped, Shape};
use crate::write::Writer;

/// Rows that one statement names by key, at most.
const CHUNK: usize = 500;
/// Rows whose related rows one statement reads, at most.
const LEVEL_CHUNK: usize = 8192;

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    pub(crate) records: Vec<Record>,
    pub(crate) count: u64,
}

impl Client {
    pub(crate) async fn execute(&self, plan: &Plan, arguments: &[Value]) -> Result<Outcome, Error> {
        let values = plan.values(self, arguments)?;
        let mut outcome = Outcome::default();
        if let Some(found) = self.rows_of(plan, &values).await? {
            outcome.records = found.into_records()?;
            return Ok(outcome);
        }
        match &plan.work {
            // Found above.
            Work::Nothing | Work::Rows { .. } | Work::Levels { .. } | Work::LookUp { .. } => {}
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
                outcome.count = u64::try_from(outcome.records.len()).unwrap_or(u64::MAX);
            }
        }
        Ok(outcome)
    }

    /// What a read finds, of which no records are made; nothing where there is nothing to read.
    #[cfg(feature = "http")]
    pub(crate) async fn unread(
        &self,
        plan: &Plan,
        arguments: &[Value],
    ) -> Result<Option<Found>, Error> {
        let values = plan.values(self, arguments)?;
        self.rows_of(plan, &values).await
    }

    async fn rows_of(&self, plan: &Plan, values: &[Value]) -> Result<Option<Found>, Error> {
        let (shape, rows, levels) = match &plan.work {
            Work::Rows { query, shape } => {
                let rows = self.statement(&plan.model, query, values).await?.rows;
                plan.check(rows.len())?;
                (shape, rows, Vec::new())
            }
            Work::Levels {
                query,
                shape,
                levels,
                all,
            } => {
                let rows = self.statement(&plan.model, query, values).await?.rows;
                plan.check(rows.len())?;
                let levels = self.levels(levels, &rows, values, all.as_ref()).await?;
                check_all(&rows, &levels, all.as_ref())?;
                (shape, rows, levels)
            }
            Work::LookUp { query, shape } => {
                let rows = self.look_up(&plan.model, query, values).await?.rows;
                (shape, rows, Vec::new())
            }
            _ => return Ok(None),
        };
        Ok(Some(Found {
            shape: Arc::clone(shape),
            rows,
            levels,
        }))
    }

    /// The rows of each relation to many of these rows: one statement a relation, however many rows there are, up to as
    /// many as one statement can name.
    async fn levels(
        &self,
        levels: &[Level],
        rows: &[Vec<Value>],
        values: &[Value],
        all: Option<&Most>,
    ) -> Result<Vec<Grouped>, Error> {
        let mut grouped = Vec::with_capacity(levels.len());
        for level in levels {
            grouped.push(Grouped {
                parent_at: level.parent_at.clone(),
                groups: self.level(level, rows, values, all).await?,
            });
        }
        Ok(grouped)
    }

    async fn level(
        &self,
        level: &Level,
        rows: &[Vec<Value>],
        values: &[Value],
        all: Option<&Most>,
    ) -> Result<HashMap<Vec<u8>, Group>, Error> {
        let mut keys = HashMap::new();
        for row in rows {
            if let Some(key) = shape::key(row, &level.parent_at) {
                keys.entry(key)
                    .or_insert_with(|| named(row, &level.parent_at));
            }
        }
        let keys: Vec<_> = keys.into_values().collect();
        let mut found = Vec::new();
        for chunk in keys.chunks(LEVEL_CHUNK) {
            let mut select = level.select(chunk);
            if let Some(all) = all {
                all.cap(None, &mut select);
            }
            let query = hallpass_sql::emit(&Statement::Select(select), self.engine.dialect)?;
            found.extend(self.statement(&level.model, &query, values).await?.rows);
            check(all, found.len())?;
        }
        let inner = Box::pin(self.levels(&level.levels, &found, values, all)).await?;
        let mut grouped: HashMap<_, Group> = HashMap::new();
        for mut row in found {
            let Some(key) = shape::key(&row, &level.key_at) else {
                continue;
            };
            let group = grouped.entry(key).or_default();
            // Before rows inside are put into it, so that no more memory is taken than rows there may be.
            group.weight = group.weight.saturating_add(weight(&row, &inner));
            check_weight(all, group.weight)?;
            check(level.most.as_ref(), group.records.len() + 1)?;
            group.records.push(level.shape.record(&mut row, &inner)?);
        }
        if level.shape.reversed {
            grouped
                .values_mut()
                .for_each(|group| group.records.reverse());
        }
        Ok(grouped)
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
        if let Some(model) = self.schema().model(model).filter(|_| work.cascades) {
            Writer::alone(self)
                .remove_cascading_of(model, &keys)
                .await?;
        }
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
        // Unless one went with another.
        if work.cascades || usize::try_from(affected) == Ok(keys.len()) {
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

impl Plan {
    /// The values of a run by a client.
    ///
    /// # Errors
    /// [`Error::Rejected`] where it is not that client's plan, else as its arguments.
    pub(crate) fn values(&self, client: &Client, arguments: &[Value]) -> Result<Vec<Value>, Error> {
        client.access.require_own(&self.model)?;
        // Members of the person are asked for below.
        if !self.whose.is(&client.access) {
            return Err(Error::Rejected {
                model: self.model.clone(),
                rejection: Rejection::Other,
            });
        }
        Slot::values(&self.slots, &client.engine, &client.access, arguments)
    }

    /// Refuses more rows than the plan may give.
    fn check(&self, rows: usize) -> Result<(), Error> {
        check(self.most.as_ref(), rows)
    }
}

fn check(most: Option<&Most>, rows: usize) -> Result<(), Error> {
    match most {
        Some(most) => Ok(most.check(rows)?),
        None => Ok(()),
    }
}

fn check_weight(most: Option<&Most>, rows: u64) -> Result<(), Error> {
    check(most, usize::try_from(rows).unwrap_or(usize::MAX))
}

/// Refuses rows that are too many together with those inside of them.
fn check_all(rows: &[Vec<Value>], levels: &[Grouped], all: Option<&Most>) -> Result<(), Error> {
    let weights = rows.iter().map(|row| weight(row, levels));
    check_weight(all, weights.fold(0, u64::saturating_add))
}

/// How many rows a row is, together with those inside of it.
fn weight(row: &[Value], levels: &[Grouped]) -> u64 {
    let inside = levels.iter().filter_map(|level| level.group(row));
    inside.fold(1, |sum, group| sum.saturating_add(group.weight))
}

fn records(shape: &Arc<Shape>, rows: Rows) -> Result<Vec<Record>, Error> {
    shape.records(rows.rows, &[])
}

fn named(row: &[Value], at: &[usize]) -> Vec<Value> {
    at.iter()
        .filter_map(|position| row.get(*position).cloned())
        .collect()
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
