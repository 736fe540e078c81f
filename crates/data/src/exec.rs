//! Runs plans. Decides nothing that a plan could have decided.

use std::collections::HashMap;
use std::sync::Arc;

use hallpass_db::{ErrorKind, Rows};
use hallpass_sql::{Expr, Query, Statement, Value};

use crate::client::Client;
use crate::error::{Error, Rejection};
use crate::plan::{All, Level, LockThenWrite, Plan, ReadBack, Slot, Work};
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
                let work = self.transaction(async |tx| {
                    tx.insert_then_read(&plan.model, insert, read, values.clone())
                        .await
                });
                outcome.records = records(shape, Box::pin(work).await?)?;
            }
            Work::LockThenWrite(work) => {
                let work = self
                    .transaction(async |tx| tx.lock_then_write(&plan.model, work, &values).await);
                outcome.records = Box::pin(work).await?;
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

    // What several statements do is boxed here and above: nearly every plan is one statement, and has room for what is not.
    async fn rows_of(&self, plan: &Plan, values: &[Value]) -> Result<Option<Found>, Error> {
        let mut room = Room::of(plan.all.as_ref());
        let (shape, rows, levels) = match &plan.work {
            Work::Rows { query, shape } => {
                let found = self.statement_within(&plan.model, query, values, room.bytes());
                let rows = room.entered(found.await)?;
                plan.check(&rows)?;
                (shape, rows, Vec::new())
            }
            Work::Levels {
                query,
                shape,
                levels,
            } => {
                let found = self.statement_within(&plan.model, query, values, room.bytes());
                let rows = room.entered(found.await)?;
                plan.check(&rows)?;
                let levels = Box::pin(self.levels(levels, &rows, values, &mut room)).await?;
                room.check_all(&rows, &levels)?;
                (shape, rows, levels)
            }
            Work::LookUp { query, shape } => {
                let found = self.look_up(&plan.model, query, values, room.bytes());
                let rows = room.entered(found.await)?;
                plan.check(&rows)?;
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
        room: &mut Room<'_>,
    ) -> Result<Vec<Grouped>, Error> {
        let mut grouped = Vec::with_capacity(levels.len());
        for level in levels {
            grouped.push(Grouped {
                parent_at: level.parent_at.clone(),
                groups: self.level(level, rows, values, room).await?,
            });
        }
        Ok(grouped)
    }

    async fn level(
        &self,
        level: &Level,
        rows: &[Vec<Value>],
        values: &[Value],
        room: &mut Room<'_>,
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
            if let Some(all) = room.all {
                all.cap(&mut select);
            }
            let query = hallpass_sql::emit(&Statement::Select(select), self.engine.dialect)?;
            let read = self.statement_within(&level.model, &query, values, room.bytes());
            found.extend(room.entered(read.await)?);
            room.check(found.len())?;
        }
        let inner = Box::pin(self.levels(&level.levels, &found, values, room)).await?;
        let mut grouped: HashMap<_, Group> = HashMap::new();
        for row in found {
            let Some(key) = shape::key(&row, &level.key_at) else {
                continue;
            };
            let group = grouped.entry(key).or_default();
            // Before rows inside are put into it, so that no more memory is taken than rows there may be.
            group.weight = group.weight.saturating_add(weight(&row, &inner));
            room.check_weight(group.weight)?;
            if let Some(most) = &level.most {
                most.check(group.records.len() + 1)?;
            }
            group.records.push(level.shape.record(row, &inner)?);
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
    fn check(&self, rows: &[Vec<Value>]) -> Result<(), Error> {
        if let Some(most) = &self.most {
            most.check(rows.len())?;
        }
        if let Some(all) = &self.all {
            all.check_documents(rows)?;
        }
        Ok(())
    }
}

/// How much a read may still give, over all its statements.
struct Room<'p> {
    all: Option<&'p All>,
    /// The bytes that came.
    came: u64,
}

impl<'p> Room<'p> {
    fn of(all: Option<&'p All>) -> Self {
        Self { all, came: 0 }
    }

    /// How many bytes may still come; none where any number may.
    fn bytes(&self) -> Option<u64> {
        let most = self.all?.bytes()?;
        Some(most.saturating_sub(self.came))
    }

    /// The rows that a statement gave, which take room.
    fn entered(&mut self, found: Result<Rows, Error>) -> Result<Vec<Vec<Value>>, Error> {
        match (found, self.all) {
            (Ok(found), _) => {
                self.came = self.came.saturating_add(found.bytes);
                Ok(found.rows)
            }
            (Err(Error::Database(source)), Some(all)) if source.kind() == ErrorKind::TooLarge => {
                Err(all.too_many_bytes().into())
            }
            (Err(error), _) => Err(error),
        }
    }

    fn check(&self, rows: usize) -> Result<(), Error> {
        self.check_weight(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    fn check_weight(&self, rows: u64) -> Result<(), Error> {
        match self.all {
            Some(all) => Ok(all.check(rows)?),
            None => Ok(()),
        }
    }

    /// Refuses rows that are too many together with those inside of them.
    fn check_all(&self, rows: &[Vec<Value>], levels: &[Grouped]) -> Result<(), Error> {
        let weights = rows.iter().map(|row| weight(row, levels));
        self.check_weight(weights.fold(0, u64::saturating_add))
    }
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
