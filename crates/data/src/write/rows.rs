//! Single statements about the rows of one model, whatever the dialect can say at once.

use hallpass_db::Rows;
use hallpass_sql::{Delete, Expr, RowLock, Select, Source, Statement, Update, Value};
use hallpass_zmodel::schema::{Field, Model, Operation};

use super::Writer;
use super::changes::{assignments, changed_keys, columns_set, parts};
use super::end::Table;
use super::known::{Known, carried, holds};
use super::linked::linked;
use crate::args::{Change, Filter};
use crate::error::Error;
use crate::plan::{Planner, Scene, key_fields};

/// Rows that one statement names by key, at most.
pub(super) const CHUNK: usize = 500;

/// The condition that no row meets, for which no statement need be sent.
pub(super) const NEVER: Expr = Expr::Bool(false);

/// Which rows.
#[derive(Debug, Clone)]
pub(crate) struct Which<'s> {
    pub(crate) model: &'s Model,
    /// What the caller says of them.
    pub(crate) filter: Filter,
    /// What the engine knows of them.
    pub(crate) held: Vec<(&'s Field, Value)>,
    /// The row that a table between links them with.
    pub(super) linked: Option<(Table<'s>, Value)>,
    /// How many at most.
    pub(crate) limit: Option<u32>,
}

/// What a condition is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose<'s> {
    /// To find a row that then is named by its key.
    Find,
    /// The same, where these fields of it then are changed.
    FindToUpdate(Vec<&'s Field>),
    /// To change these fields. Their own rules are part of the condition: between a look at the rows and their change
    /// others may write.
    Update(Vec<&'s Field>),
    /// To look at the rows that are meant by that, whatever the rules of these fields say.
    LookAt(Vec<&'s Field>),
    Delete,
}

impl<'s> Purpose<'s> {
    /// To make these changes.
    pub(super) fn update(changes: &[(&'s Field, Change)]) -> Self {
        Self::Update(changed(changes))
    }
}

/// The fields that changes are about.
pub(super) fn changed<'s>(changes: &[(&'s Field, Change)]) -> Vec<&'s Field> {
    changes.iter().map(|(field, _)| *field).collect()
}

impl<'s> Which<'s> {
    /// Those that pass a filter.
    pub(crate) fn of(model: &'s Model, filter: Filter) -> Self {
        Self {
            model,
            filter,
            held: Vec::new(),
            linked: None,
            limit: None,
        }
    }

    /// Of these, those that hold these values.
    pub(super) fn holding(mut self, held: &[(&'s Field, Value)]) -> Self {
        self.held.extend_from_slice(held);
        self
    }

    /// Whether the caller says nothing of them.
    pub(super) fn is_any(&self) -> bool {
        self.filter == Filter::All(Vec::new())
    }

    /// The row of this identity.
    pub(super) fn known(model: &'s Model, row: &Known<'s>) -> Result<Self, Error> {
        Ok(Self {
            held: held(model, row)?,
            ..Self::of(model, Filter::All(Vec::new()))
        })
    }
}

impl<'s> Writer<'s> {
    /// The condition that rows meet.
    pub(super) fn condition(
        planner: &mut Planner<'s>,
        which: &Which<'s>,
        purpose: &Purpose<'s>,
    ) -> Result<Expr, Error> {
        let scene = Planner::own(which.model);
        let mut parts = Vec::new();
        if !which.is_any() {
            parts.extend(planner.filter(scene, Some(&which.filter))?);
        }
        if !which.held.is_empty() {
            parts.push(holds(planner, scene, &which.held)?);
        }
        if let Some((table, own)) = &which.linked {
            let id = planner.at(scene, table.other)?;
            parts.push(linked(planner, *table, id, own));
        }
        parts.extend(match purpose {
            Purpose::Find | Purpose::FindToUpdate(_) => planner.readable(scene)?,
            Purpose::Update(fields) | Purpose::LookAt(fields) => {
                planner.may_update(scene, fields)?
            }
            Purpose::Delete => planner.may(Operation::Delete, scene)?,
        });
        if let Purpose::FindToUpdate(fields) = purpose {
            parts.extend(planner.may_update(scene, fields)?);
        }
        if let Purpose::Update(fields) = purpose {
            parts.extend(planner.may_write_all(scene, fields)?);
        }
        parts.extend(Self::extended_rules(planner, scene, purpose)?);
        if parts.contains(&NEVER) {
            return Ok(NEVER);
        }
        let condition = Expr::And(parts);
        match which.limit {
            Some(limit) => limited(which.model, condition, limit),
            None => Ok(condition),
        }
    }

    /// Whether a row passes and may be seen.
    pub(super) async fn sees(&self, which: &Which<'s>) -> Result<bool, Error> {
        let key = key_fields(which.model)?;
        Ok(self.locate(which, &Purpose::Find, &key).await?.is_some())
    }

    /// How many rows pass, and may be what `purpose` says.
    pub(super) async fn passing(
        &self,
        which: &Which<'s>,
        purpose: &Purpose<'s>,
    ) -> Result<u64, Error> {
        let mut planner = self.planner();
        let condition = Self::condition(&mut planner, which, purpose)?;
        if condition == NEVER {
            return Ok(0);
        }
        self.count(&planner, which.model, condition).await
    }

    /// The first row that passes and may be seen, held until the transaction ends.
    pub(super) async fn locate(
        &self,
        which: &Which<'s>,
        purpose: &Purpose<'s>,
        wanted: &[&'s Field],
    ) -> Result<Option<Known<'s>>, Error> {
        let mut planner = self.planner();
        let condition = Self::condition(&mut planner, which, purpose)?;
        let mut rows = self
            .select(&planner, which.model, condition, wanted, Hold::Yes)
            .await?;
        Ok(if rows.is_empty() {
            None
        } else {
            Some(rows.swap_remove(0))
        })
    }

    /// Rows that pass and may be seen.
    pub(super) async fn seen(
        &self,
        which: &Which<'s>,
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        let mut planner = self.planner();
        let condition = Self::condition(&mut planner, which, &Purpose::Find)?;
        self.select(&planner, which.model, condition, wanted, Hold::No)
            .await
    }

    pub(super) async fn select(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        condition: Expr,
        wanted: &[&'s Field],
        hold: Hold,
    ) -> Result<Vec<Known<'s>>, Error> {
        if condition == NEVER {
            return Ok(Vec::new());
        }
        let scene = Planner::own(model);
        let columns = wanted.iter().map(|field| planner.at(scene, field));
        let columns = columns.collect::<Result<_, _>>()?;
        let mut select = planner.rows(scene, columns)?;
        select.filter = Some(condition);
        if hold == Hold::Yes && planner.engine.capability().select_for_update {
            select.lock = Some(RowLock::Update);
        }
        let rows = self.say(planner, model, &Statement::Select(select)).await?;
        read(planner, model, wanted, rows)
    }

    /// How many rows pass a condition.
    pub(super) async fn count(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        condition: Expr,
    ) -> Result<u64, Error> {
        let mut select = planner.rows(Planner::own(model), vec![Expr::CountAll])?;
        select.filter = Some(condition);
        let rows = self.say(planner, model, &Statement::Select(select)).await?;
        Ok(counted(&rows))
    }

    /// Changes rows and gives what was wanted of each, as it is afterwards.
    pub(super) async fn update(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        let mut planner = self.planner();
        let model = which.model;
        let condition = Self::condition(&mut planner, which, &Purpose::update(changes))?;
        if condition == NEVER {
            return Ok(Vec::new());
        }
        if planner.engine.capability().update_returning && model.base.is_none() {
            let assignments = columns_set(&assignments(&mut planner, model, changes)?);
            let mut update = update(model, assignments, condition);
            update.returning = columns(wanted);
            let rows = self
                .say(&planner, model, &Statement::Update(update))
                .await?;
            return read(&planner, model, wanted, rows);
        }
        let keys = self.keys(&planner, model, condition).await?;
        self.update_known(model, &keys, changes, wanted).await
    }

    /// Changes rows that this transaction holds, and gives what was wanted of each, as it is afterwards.
    pub(super) async fn update_known(
        &self,
        model: &'s Model,
        rows: &[Known<'s>],
        changes: &[(&'s Field, Change)],
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        let mut planner = self.planner();
        let assignments = assignments(&mut planner, model, changes)?;
        let parts = parts(&planner.engine.schema, model, &assignments);
        let mut changed = Vec::with_capacity(rows.len());
        for rows in rows.chunks(CHUNK) {
            self.update_parts(&planner, &parts, rows).await?;
            let keys = changed_keys(&planner, model, rows, changes)?;
            let condition = by_keys(&planner, Planner::own(model), &keys)?;
            let read = self.select(&planner, model, condition, wanted, Hold::No);
            changed.extend(read.await?);
        }
        Ok(changed)
    }

    /// Changes rows and gives their number.
    pub(super) async fn update_counted(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
    ) -> Result<u64, Error> {
        let mut planner = self.planner();
        let model = which.model;
        let condition = Self::condition(&mut planner, which, &Purpose::update(changes))?;
        if condition == NEVER {
            return Ok(0);
        }
        let assignments = assignments(&mut planner, model, changes)?;
        if self.can_say_at_once(model, &condition) {
            let update = update(model, columns_set(&assignments), condition);
            let rows = self
                .say(&planner, model, &Statement::Update(update))
                .await?;
            return Ok(rows.affected);
        }
        let parts = parts(&planner.engine.schema, model, &assignments);
        let mut count = 0;
        for keys in self.keys(&planner, model, condition).await?.chunks(CHUNK) {
            count += self.update_parts(&planner, &parts, keys).await?;
        }
        Ok(count)
    }

    /// Removes rows and gives their number.
    pub(crate) async fn delete_counted(&self, which: &Which<'s>) -> Result<u64, Error> {
        let mut planner = self.planner();
        let model = which.model;
        let condition = Self::condition(&mut planner, which, &Purpose::Delete)?;
        if condition == NEVER {
            return Ok(0);
        }
        if self.can_remove_at_once(model, &condition) {
            let delete = delete(model, condition);
            let rows = self
                .say(&planner, model, &Statement::Delete(delete))
                .await?;
            return Ok(rows.affected);
        }
        let keys = self.keys(&planner, model, condition).await?;
        self.remove(model, &keys).await
    }

    /// Removes rows and gives what was wanted of each, as it was.
    pub(crate) async fn delete(
        &self,
        which: &Which<'s>,
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        let mut planner = self.planner();
        let model = which.model;
        let condition = Self::condition(&mut planner, which, &Purpose::Delete)?;
        if condition == NEVER {
            return Ok(Vec::new());
        }
        if planner.engine.capability().delete_returning
            && self.can_remove_at_once(model, &condition)
        {
            let mut delete = delete(model, condition);
            delete.returning = columns(wanted);
            let rows = self
                .say(&planner, model, &Statement::Delete(delete))
                .await?;
            return read(&planner, model, wanted, rows);
        }
        let key = key_fields(model)?;
        let all: Vec<_> = wanted.iter().chain(&key).copied().collect();
        let rows = self
            .select(&planner, model, condition, &all, Hold::Yes)
            .await?;
        self.remove(model, &rows).await?;
        Ok(rows)
    }

    /// Whether a change of rows is one statement.
    pub(crate) fn changes_at_once(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
    ) -> Result<bool, Error> {
        // Where every condition can be said at once it need not be known.
        let can = self.can_say_any_at_once(which.model) || {
            let mut planner = self.planner();
            let condition = Self::condition(&mut planner, which, &Purpose::update(changes))?;
            self.can_say_at_once(which.model, &condition)
        };
        Ok(can && !self.judges_changes(&self.planner(), which.model, &changed(changes))?)
    }

    /// Whether a removal of rows is one statement.
    pub(crate) fn removes_at_once(&self, which: &Which<'s>) -> Result<bool, Error> {
        let mut planner = self.planner();
        let condition = Self::condition(&mut planner, which, &Purpose::Delete)?;
        Ok(self.can_remove_at_once(which.model, &condition))
    }

    /// Whether a write of one table may carry a condition, which there must not read the table that is written.
    pub(super) fn can_say_at_once(&self, model: &Model, condition: &Expr) -> bool {
        self.can_say_any_at_once(model) || (model.base.is_none() && !condition.has_query())
    }

    /// The same, whatever the condition.
    fn can_say_any_at_once(&self, model: &Model) -> bool {
        let capability = self.client.engine().capability();
        model.base.is_none() && capability.writes_read_own_table
    }

    /// The same of a removal, which nothing must follow that the database does not do by itself.
    fn can_remove_at_once(&self, model: &'s Model, condition: &Expr) -> bool {
        self.can_say_at_once(model, condition) && !self.cascades(model)
    }

    /// Rows that may be changed, held until the transaction ends.
    pub(super) async fn hold(
        &self,
        which: &Which<'s>,
        changes: &[(&'s Field, Change)],
        wanted: &[&'s Field],
    ) -> Result<Vec<Known<'s>>, Error> {
        let mut planner = self.planner();
        let condition = Self::condition(&mut planner, which, &Purpose::update(changes))?;
        self.select(&planner, which.model, condition, wanted, Hold::Yes)
            .await
    }

    async fn keys(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        condition: Expr,
    ) -> Result<Vec<Known<'s>>, Error> {
        let key = key_fields(model)?;
        self.select(planner, model, condition, &key, Hold::Yes)
            .await
    }
}

/// Whether rows that are read stay as they are until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Yes,
    No,
}

pub(super) fn update(model: &Model, assignments: Vec<(String, Expr)>, condition: Expr) -> Update {
    Update {
        table: Planner::table(model),
        assignments,
        filter: Some(condition),
        returning: Vec::new(),
    }
}

pub(super) fn delete(model: &Model, condition: Expr) -> Delete {
    Delete {
        table: Planner::table(model),
        filter: Some(condition),
        returning: Vec::new(),
    }
}

/// The columns of fields, as a statement gives them back.
pub(super) fn columns(fields: &[&Field]) -> Vec<Expr> {
    let columns = fields.iter().map(|field| Expr::column(&field.column));
    columns.collect()
}

/// Rows that were given back in such columns.
pub(super) fn read<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    fields: &[&'s Field],
    rows: Rows,
) -> Result<Vec<Known<'s>>, Error> {
    let rows = rows.rows.into_iter();
    rows.map(|row| Known::read(planner, model, fields, row))
        .collect()
}

fn counted(rows: &Rows) -> u64 {
    match rows.rows.first().and_then(|row| row.first()) {
        Some(Value::Int(count)) => u64::try_from(*count).unwrap_or_default(),
        _ => 0,
    }
}

/// The condition for no more than so many of the rows that pass.
fn limited(model: &Model, condition: Expr, limit: u32) -> Result<Expr, Error> {
    let key: Vec<Expr> = columns(&key_fields(model)?);
    let mut few = Select::from(Planner::source(model, None), key.clone());
    few.filter = Some(condition.clone());
    few.limit = Some(Expr::Value(Value::Int(limit.into())));
    // MySQL reads from the table that it changes only through the rows of another statement.
    let few = Source::Query {
        select: Box::new(few),
        alias: "few".to_owned(),
    };
    let few = Select::from(few, key.clone());
    // Once more outside: a row that somebody changed in between is looked at again by what stands there alone.
    let few = Expr::InQuery(key, Box::new(few));
    Ok(Expr::And(vec![condition, few]))
}

/// The rows of these identities.
pub(super) fn by_keys<'s>(
    planner: &Planner<'s>,
    scene: Scene<'s, '_>,
    keys: &[Known<'s>],
) -> Result<Expr, Error> {
    let model = scene.model;
    if let [only] = key_fields(model)?.as_slice() {
        let list = keys.iter().map(|key| {
            let value = key.value(model, only)?;
            Ok(Expr::exact(carried(planner, model, only, value)?))
        });
        let list = list.collect::<Result<_, Error>>()?;
        return Ok(Expr::In(Box::new(planner.at(scene, only)?), list));
    }
    let rows = keys.iter().map(|key| {
        let held = held(model, key)?;
        holds(planner, scene, &held)
    });
    Ok(Expr::Or(rows.collect::<Result<_, _>>()?))
}

/// What the identity of a row is.
fn held<'s>(model: &'s Model, row: &Known<'s>) -> Result<Vec<(&'s Field, Value)>, Error> {
    let fields = key_fields(model)?.into_iter();
    fields
        .map(|field| Ok((field, row.value(model, field)?.clone())))
        .collect()
}
