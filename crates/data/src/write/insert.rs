//! Adding rows of one model in as few statements as there can be.

use std::collections::HashMap;

use hallpass_sql::{Conflict, Expr, Insert, Statement, Value};
use hallpass_zmodel::schema::{DefaultValue, Field, Model};

use super::Writer;
use super::known::{Known, decoded};
use super::rows::{columns, read};
use crate::error::Error;
use crate::plan::Planner;

/// The values of a new row, as the columns take them.
pub(crate) type Row<'s> = Vec<(&'s Field, Value)>;

/// Where what is wanted of new rows comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// From what was given, where that tells it.
    Given,
    /// From the table.
    Stored,
}

/// Rows that get the same columns, and so fit into one statement.
struct Alike<'s> {
    rows: Vec<Row<'s>>,
    /// Where each stood among all rows.
    positions: Vec<usize>,
}

impl<'s> Writer<'s> {
    /// Adds rows, and gives what was wanted of each, in their order.
    pub(super) async fn insert(
        &self,
        model: &'s Model,
        rows: Vec<Row<'s>>,
        wanted: &[&'s Field],
        source: Source,
    ) -> Result<Vec<Known<'s>>, Error> {
        if model.base.is_some() {
            return self.insert_parts(model, rows, wanted, source).await;
        }
        self.insert_alone(model, rows, wanted, source).await
    }

    /// Adds rows to the table of the model itself.
    pub(super) async fn insert_alone(
        &self,
        model: &'s Model,
        rows: Vec<Row<'s>>,
        wanted: &[&'s Field],
        source: Source,
    ) -> Result<Vec<Known<'s>>, Error> {
        let planner = self.planner();
        let mut inserted = Vec::with_capacity(rows.len());
        for alike in alike(rows) {
            for (rows, positions) in alike.chunks(self.chunk(&alike, wanted)) {
                let known = self.insert_alike(&planner, model, rows, wanted, source);
                let known = known.await?;
                inserted.extend(positions.iter().copied().zip(known));
            }
        }
        inserted.sort_by_key(|(position, _)| *position);
        Ok(inserted.into_iter().map(|(_, known)| known).collect())
    }

    /// Adds the rows whose keys are not there yet, and gives their number and what was wanted of each.
    pub(super) async fn insert_new(
        &self,
        model: &'s Model,
        rows: Vec<Row<'s>>,
        wanted: &[&'s Field],
    ) -> Result<(u64, Vec<Known<'s>>), Error> {
        let planner = self.planner();
        let mut count = 0;
        let mut inserted = Vec::new();
        for alike in alike(rows) {
            for (rows, _) in alike.chunks(self.chunk(&alike, &[])) {
                let mut insert = insert(model, rows);
                insert.conflict = Some(Conflict::Skip);
                insert.returning = columns(wanted);
                let rows = self
                    .say(&planner, model, &Statement::Insert(insert))
                    .await?;
                count += rows.affected;
                inserted.extend(read(&planner, model, wanted, rows)?);
            }
        }
        Ok((count, inserted))
    }

    /// How many rows one statement takes.
    fn chunk(&self, alike: &Alike<'s>, wanted: &[&'s Field]) -> usize {
        let capability = self.client.engine().capability();
        let width = alike.rows.first().map_or(0, Vec::len);
        let is_known = |field: &&Field| alike.rows.iter().all(|row| given(row, field).is_some());
        // A row of defaults stands alone, and of several rows a counter tells one number only.
        if width == 0 || (!capability.insert_returning && !wanted.iter().all(is_known)) {
            return 1;
        }
        (capability.max_binds / width).max(1)
    }

    async fn insert_alike(
        &self,
        planner: &Planner<'s>,
        model: &'s Model,
        rows: &[Row<'s>],
        wanted: &[&'s Field],
        source: Source,
    ) -> Result<Vec<Known<'s>>, Error> {
        let returning = planner.engine.capability().insert_returning;
        let mut insert = insert(model, rows);
        if returning && source == Source::Stored {
            insert.returning = columns(wanted);
            let answer = self.say(planner, model, &Statement::Insert(insert)).await?;
            // Databases give rows back in the order in which they took them.
            return read(planner, model, wanted, answer);
        }
        let known = rows.iter().map(|row| known(planner, model, row, wanted));
        let known: Vec<_> = known.collect::<Result<_, Error>>()?;
        let is_told = known.iter().all(|(_, missing)| missing.is_empty());
        if is_told && source == Source::Given {
            self.say(planner, model, &Statement::Insert(insert)).await?;
            return Ok(known.into_iter().map(|(known, _)| known).collect());
        }
        if returning {
            insert.returning = columns(wanted);
        }
        let answer = self.say(planner, model, &Statement::Insert(insert)).await?;
        if returning {
            return read(planner, model, wanted, answer);
        }
        let counted = answer.inserted_id.and_then(|id| i64::try_from(id).ok());
        let known = known
            .into_iter()
            .map(|(known, missing)| counted_key(model, known, &missing, counted));
        known.collect()
    }
}

/// The number that the database counted, where it is all that was not known.
fn counted_key<'s>(
    model: &Model,
    mut known: Known<'s>,
    missing: &[&'s Field],
    counted: Option<i64>,
) -> Result<Known<'s>, Error> {
    match (missing, counted) {
        ([only], Some(id)) if only.default == Some(DefaultValue::Autoincrement) => {
            known.add(only, Value::Int(id));
            Ok(known)
        }
        _ => Err(Error::NotReadBack {
            model: model.name.clone(),
        }),
    }
}

/// What a row to add tells of the wanted fields, and which it does not tell.
fn known<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    row: &Row<'s>,
    wanted: &[&'s Field],
) -> Result<(Known<'s>, Vec<&'s Field>), Error> {
    let mut known = Known::default();
    let mut missing = Vec::new();
    for field in wanted {
        match given(row, field) {
            Some(value) => {
                let (_, codec) = planner.column(model, &field.name)?;
                known.add(field, decoded(&codec, model, field, value.clone())?);
            }
            None => missing.push(*field),
        }
    }
    Ok((known, missing))
}

fn given<'r>(row: &'r Row<'_>, field: &Field) -> Option<&'r Value> {
    let found = row.iter().find(|(one, _)| one.name == field.name);
    found.map(|(_, value)| value)
}

impl<'s> Alike<'s> {
    fn chunks(&self, size: usize) -> impl Iterator<Item = (&[Row<'s>], &[usize])> {
        self.rows.chunks(size).zip(self.positions.chunks(size))
    }
}

/// Rows by the columns they get.
fn alike<'s>(rows: Vec<Row<'s>>) -> Vec<Alike<'s>> {
    if rows.len() == 1 {
        return vec![Alike {
            rows,
            positions: vec![0],
        }];
    }
    let mut all: Vec<Alike<'s>> = Vec::new();
    // Rows can differ in so many ways that looking through all of them would take quadratic time.
    let mut known: HashMap<Vec<&'s str>, usize> = HashMap::new();
    for (position, row) in rows.into_iter().enumerate() {
        let columns = row.iter().map(|(field, _)| field.name.as_str()).collect();
        let number = *known.entry(columns).or_insert_with(|| {
            all.push(Alike {
                rows: Vec::new(),
                positions: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(alike) = all.get_mut(number) {
            alike.rows.push(row);
            alike.positions.push(position);
        }
    }
    all
}

fn insert(model: &Model, rows: &[Row<'_>]) -> Insert {
    let first = rows.first().map(Vec::as_slice).unwrap_or_default();
    let row = |row: &Row<'_>| {
        row.iter()
            .map(|(_, value)| Expr::Value(value.clone()))
            .collect()
    };
    Insert {
        table: Planner::table(model),
        columns: first
            .iter()
            .map(|(field, _)| field.column.clone())
            .collect(),
        rows: rows.iter().map(row).collect(),
        unless: None,
        conflict: None,
        returning: Vec::new(),
    }
}
