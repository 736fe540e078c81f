//! Rows that stand in several tables: one in that of each delegate which a model extends, and one in its own.
//!
//! Source: contract zenstack §2.11.

use hallpass_sql::{Statement, Value};
use hallpass_zmodel::schema::{Field, Model};

use super::Writer;
use super::changes::Part;
use super::insert::{Row, Source};
use super::known::{Known, carried};
use super::rows::{CHUNK, by_keys, delete, update};
use crate::error::{Error, InvalidInput};
use crate::plan::{Planner, Scene, field, key_fields, root};

impl<'s> Writer<'s> {
    /// Adds rows to the table of each delegate, the outermost first, then to that of the model; gives what was wanted of
    /// each, in their order. As many statements as there are tables, however many rows.
    pub(super) async fn insert_parts(
        &self,
        model: &'s Model,
        rows: Vec<Row<'s>>,
        wanted: &[&'s Field],
        source: Source,
    ) -> Result<Vec<Known<'s>>, Error> {
        let planner = self.planner();
        let key = key_fields(model)?;
        let mut known = vec![Known::default(); rows.len()];
        for part in lineage(&planner, model) {
            let wanted: Vec<_> = if part.base.is_none() {
                let others = wanted
                    .iter()
                    .filter(|field| is_in(&planner, model, part, field));
                key.iter().chain(others).copied().collect()
            } else {
                let here = wanted.iter().copied();
                here.filter(|field| is_in(&planner, model, part, field))
                    .collect()
            };
            let rows = rows.iter().zip(&known);
            let rows = rows.map(|(row, known)| part_of(&planner, model, part, row, known));
            let rows = rows.collect::<Result<_, Error>>()?;
            let added = self.insert_alone(part, rows, &wanted, source).await?;
            for (known, added) in known.iter_mut().zip(added) {
                known.join(added);
            }
        }
        Ok(known)
    }

    /// Changes the rows of these identities, in each table that has something of it, and gives their number.
    pub(super) async fn update_parts(
        &self,
        planner: &Planner<'s>,
        parts: &[Part<'s>],
        rows: &[Known<'s>],
    ) -> Result<u64, Error> {
        let mut count = 0;
        for part in parts {
            let condition = by_keys(planner, Scene::alone(part.model), rows)?;
            let update = update(part.model, part.assignments.clone(), condition);
            let statement = Statement::Update(update);
            count = self.say(planner, part.model, &statement).await?.affected;
        }
        Ok(count)
    }

    /// Removes rows that this transaction holds, and gives their number.
    pub(super) async fn remove(&self, model: &'s Model, rows: &[Known<'s>]) -> Result<u64, Error> {
        let planner = self.planner();
        self.remove_cascading(model, rows).await?;
        let root = root(&planner.engine.schema, model);
        self.remove_by_keys(&planner, root, rows).await?;
        // Some of them may have gone with others before.
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Removes rows of one table.
    pub(super) async fn remove_by_keys(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        rows: &[Known<'s>],
    ) -> Result<(), Error> {
        for rows in rows.chunks(CHUNK) {
            let delete = delete(model, by_keys(planner, Scene::alone(model), rows)?);
            self.say(planner, model, &Statement::Delete(delete)).await?;
        }
        Ok(())
    }
}

/// Refuses new rows of a model that has rows only as others that extend it.
///
/// # Errors
/// [`Error::NotSupported`] for a delegate.
pub(crate) fn require_own_rows(model: &Model) -> Result<(), Error> {
    if model.discriminator.is_some() {
        return Err(Error::NotSupported(format!(
            "`{}` is a delegate: its rows are created as those of a model that extends it",
            model.name
        )));
    }
    Ok(())
}

/// What tells in each delegate which model a new row is of, as the columns take it.
pub(super) fn kinds<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
) -> Result<Vec<(&'s Field, Value)>, Error> {
    let lineage: Vec<_> = lineage(planner, model).collect();
    let pairs = lineage.iter().zip(lineage.iter().skip(1));
    let kinds = pairs.filter_map(|(base, extending)| {
        let name = base.discriminator.as_deref()?;
        Some((name, &extending.discriminator_value))
    });
    let kinds = kinds.map(|(name, value)| {
        let (field, codec) = planner.column(model, name)?;
        let stored = codec.store(&Value::Text(value.clone()));
        let stored = stored.map_err(|_| InvalidInput::Type {
            model: model.name.clone(),
            field: name.to_owned(),
            expected: codec.expected(),
        })?;
        Ok((field, stored))
    });
    kinds.collect()
}

/// New rows as each model sees them that they are of, the outermost delegate first.
pub(super) fn parts_of<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    rows: &[Row<'s>],
) -> Result<Vec<(&'s Model, Vec<Row<'s>>)>, Error> {
    let as_part = |part: &'s Model| {
        let row = |row: &Row<'s>| {
            let fields = row.iter().filter_map(|(field, value)| {
                let field = part.field(&field.name)?;
                Some((field, value.clone()))
            });
            fields.collect()
        };
        (part, rows.iter().map(row).collect())
    };
    Ok(lineage(planner, model).map(as_part).collect())
}

/// The outermost delegate first, the model itself last.
fn lineage<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
) -> impl Iterator<Item = &'s Model> + use<'s> {
    let mut lineage: Vec<_> = planner.engine.schema.lineage(model).collect();
    lineage.reverse();
    lineage.into_iter()
}

/// Whether the table of `part` has the column of a field of `model` that is no part of its identity.
fn is_in(planner: &Planner<'_>, model: &Model, part: &Model, field: &Field) -> bool {
    !model.id.contains(&field.name) && planner.engine.schema.keeper(model, field).name == part.name
}

/// What of a new row stands in the table of `part`.
fn part_of<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    part: &'s Model,
    row: &Row<'s>,
    known: &Known<'s>,
) -> Result<Row<'s>, Error> {
    let is_outermost = part.base.is_none();
    let mut values = Vec::new();
    if !is_outermost {
        // The identity that the first table gave.
        for id in key_fields(part)? {
            let value = known.value(model, id)?;
            values.push((id, carried(planner, part, id, value)?));
        }
    }
    for (one, value) in row {
        let is_id = model.id.contains(&one.name);
        if is_in(planner, model, part, one) || (is_outermost && is_id) {
            values.push((field(part, &one.name)?, value.clone()));
        }
    }
    Ok(values)
}
