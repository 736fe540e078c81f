//! Writes of one row by one statement that gives the row back. The statement is planned once, for all who write the same fields
//! (`docs/design/plans.md`).

use hallpass_sql::{Expr, Insert, Query, Statement, Value};
use hallpass_zmodel::schema::{Field, Model};

use super::Writer;
use super::answer::{Flat, unseen};
use super::changes::{columns_set, moments};
use super::known::Known;
use super::owned::not_found;
use super::parts::require_own_rows;
use super::rows::{NEVER, Purpose, Which, changed, columns, update};
use crate::args::{Change, Changes, NewRow, Selection};
use crate::error::Error;
use crate::plan::{Planner, Slot, emit};
use crate::record::Record;
use crate::reuse::{Asked, OneRow, Write};

impl<'s> Writer<'s> {
    /// Changes the one row that is meant and gives what was selected of it, if it may be seen. `None`, and nothing is done,
    /// where that takes more than one statement, or one that is not like others.
    pub(crate) async fn change_one_flat(
        &self,
        which: &Which<'s>,
        changes: &Changes<'s>,
        selection: &Selection,
    ) -> Result<Option<Record>, Error> {
        let capability = self.client.engine().capability();
        let is_plain = changes.nested.is_empty() && !changes.values.is_empty();
        if !is_plain || !capability.update_returning {
            return Ok(None);
        }
        let mut meant = Which::of(which.model, which.filter.clone());
        let Some(mut arguments) = self.client.loosened(meant.model, &mut meant.filter) else {
            return Ok(None);
        };
        let first = arguments.len();
        for (_, change) in &changes.values {
            let Change::Set(value) = change else {
                return Ok(None);
            };
            arguments.push(value.clone());
        }
        let fields = changed(&changes.values);
        let asked = Asked {
            model: meant.model,
            which: Some(&meant.filter),
            fields: &fields,
            selection,
        };
        let write = self.client.kept_write(asked, |planner| {
            self.plan_change(planner, &meant, (&fields, first), selection)
        })?;
        #[cfg(test)]
        tests::require_same_change(
            self,
            &write,
            (which, &changes.values),
            &arguments,
            selection,
        );
        let Some(one) = &write.one else {
            return Ok(None);
        };
        match self.run_one(meant.model, &write, one, arguments).await? {
            Some(row) => Ok(Some(self.shown_kept(meant.model, &one.flat, row).await?)),
            None => Err(not_found(meant.model)),
        }
    }

    /// Adds a row and gives what was selected of it, as stored, if it may be seen; `None` as
    /// [`change_one_flat`](Self::change_one_flat).
    pub(crate) async fn create_one_flat(
        &self,
        model: &'s Model,
        row: &NewRow<'s>,
        selection: &Selection,
    ) -> Result<Option<Record>, Error> {
        let capability = self.client.engine().capability();
        let is_plain = row.nested.is_empty() && !model.is_polymorphic();
        if !is_plain || !capability.insert_returning {
            return Ok(None);
        }
        require_own_rows(model)?;
        let row = self.planner().filled(model, &row.values)?;
        let fields: Vec<_> = row.iter().map(|(field, _)| *field).collect();
        let asked = Asked {
            model,
            which: None,
            fields: &fields,
            selection,
        };
        let write = self.client.kept_write(asked, |planner| {
            plan_insert(planner, model, &fields, selection)
        })?;
        let Some(one) = &write.one else {
            return Ok(None);
        };
        self.check_create(model, std::slice::from_ref(&row)).await?;
        let arguments = row.into_iter().map(|(_, value)| value).collect();
        match self.run_one(model, &write, one, arguments).await? {
            Some(row) => Ok(Some(self.shown_kept(model, &one.flat, row).await?)),
            None => Err(unseen(model)),
        }
    }

    /// The statement that changes such a row, and whether one is enough.
    fn plan_change(
        &self,
        planner: &mut Planner<'s>,
        which: &Which<'s>,
        (fields, first): (&[&'s Field], usize),
        selection: &Selection,
    ) -> Result<Option<OneRow>, Error> {
        let model = which.model;
        let Some(flat) = Flat::of_one(planner, model, selection)? else {
            return Ok(None);
        };
        if self.judges_changes(planner, model, fields)? {
            return Ok(None);
        }
        let condition = Self::condition(planner, which, &Purpose::Update(fields.to_vec()))?;
        if !self.can_say_at_once(model, &condition) {
            return Ok(None);
        }
        let query = if condition == NEVER {
            None
        } else {
            let mut assignments = given(planner, fields, first);
            assignments.extend(moments(planner, model, fields)?);
            let mut update = update(model, columns_set(&assignments), condition);
            update.returning = columns(&flat.fields);
            Some(emit(planner, &Statement::Update(update))?)
        };
        Ok(Some(OneRow {
            query,
            flat: flat.kept(planner, model)?,
        }))
    }

    async fn run_one(
        &self,
        model: &'s Model,
        write: &Write,
        one: &OneRow,
        arguments: Vec<Value>,
    ) -> Result<Option<Known<'s>>, Error> {
        let Some(query) = &one.query else {
            return Ok(None);
        };
        let values = write.values(self.client, arguments)?;
        let rows = self.at.statement(&model.name, query, &values).await?;
        let row = rows.rows.into_iter().next();
        row.map(|row| one.flat.row(model, row)).transpose()
    }
}

fn plan_insert<'s>(
    planner: &mut Planner<'s>,
    model: &'s Model,
    fields: &[&'s Field],
    selection: &Selection,
) -> Result<Option<OneRow>, Error> {
    let Some(flat) = Flat::of_one(planner, model, selection)? else {
        return Ok(None);
    };
    let insert = Insert {
        table: Planner::table(model),
        columns: fields.iter().map(|field| field.column.clone()).collect(),
        rows: vec![slots(planner, fields.len(), 0)],
        unless: None,
        conflict: None,
        returning: columns(&flat.fields),
    };
    let query: Query = emit(planner, &Statement::Insert(insert))?;
    Ok(Some(OneRow {
        query: Some(query),
        flat: flat.kept(planner, model)?,
    }))
}

/// Fields and the slots of what they become.
fn given<'s>(
    planner: &mut Planner<'s>,
    fields: &[&'s Field],
    first: usize,
) -> Vec<(&'s Field, Expr)> {
    let slots = slots(planner, fields.len(), first);
    fields.iter().copied().zip(slots).collect()
}

fn slots(planner: &mut Planner<'_>, count: usize, first: usize) -> Vec<Expr> {
    let numbers = first..first + count;
    numbers
        .map(|number| planner.slot(Slot::Given(number)))
        .collect()
}

/// Every change of the suites is planned both ways: what a kept statement says, with its values in it, is what one of its own
/// says.
#[cfg(test)]
mod tests {
    use hallpass_sql::Bind;

    use super::*;
    use crate::client::Client;
    use crate::reuse::Reusable as _;

    /// What fills these slots, but for the moment of the run.
    fn but_moments(
        client: &Client,
        slots: &[Slot],
        arguments: &[Value],
    ) -> Result<Vec<Value>, Error> {
        let values = slots.iter().map(|slot| match slot {
            Slot::Now(_) => Ok(Value::Null),
            slot => slot.value(&client.engine, &client.access, arguments),
        });
        values.collect()
    }

    /// A statement with its values in it.
    fn said(query: &Query, values: &[Value]) -> (String, Vec<Value>) {
        let binds = query.binds.iter().map(|bind| match bind {
            Bind::Value(value) => value.clone(),
            Bind::Parameter(number) => values[*number].clone(),
        });
        (query.text.clone(), binds.collect())
    }

    pub(super) fn require_same_change<'s>(
        writer: &Writer<'s>,
        kept: &Write,
        (which, changes): (&Which<'s>, &[(&'s Field, Change)]),
        arguments: &[Value],
        selection: &Selection,
    ) {
        let mut planner = Planner::new(writer.client);
        let flat = Flat::of_one(&mut planner, which.model, selection).unwrap();
        let is_one = flat.is_some() && writer.changes_at_once(which, changes).unwrap();
        assert_eq!(kept.one.is_some(), is_one, "{}", which.model.name);
        let (Some(one), Some(flat)) = (&kept.one, flat) else {
            return;
        };
        let mut planner = Planner::new(writer.client);
        let purpose = Purpose::update(changes);
        let condition = Writer::condition(&mut planner, which, &purpose).unwrap();
        let Some(query) = &one.query else {
            assert_eq!(condition, NEVER);
            return;
        };
        let assignments = super::super::changes::assignments(&mut planner, which.model, changes);
        let mut update = update(which.model, columns_set(&assignments.unwrap()), condition);
        update.returning = columns(&flat.fields);
        let own = emit(&planner, &Statement::Update(update)).unwrap();
        let client = writer.client;
        let (_, own_slots) = planner.end();
        // What no column takes is refused at the run, whoever planned it.
        let (Ok(values), Ok(own_values)) = (
            but_moments(client, kept.slots(), arguments),
            but_moments(client, &own_slots, &[]),
        ) else {
            return;
        };
        let (text, kept_values) = said(query, &values);
        let (own_text, own_values) = said(&own, &own_values);
        assert_eq!(text, own_text, "a kept statement says something else");
        assert_eq!(kept_values, own_values);
    }
}
