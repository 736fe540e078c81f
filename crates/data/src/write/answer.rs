//! What a write gives back: the columns of its own statement where that is all that was asked for, else a read.
//!
//! Source: contract zenstack §2.2, §2.6: only the row that the call is about must be readable.

use std::sync::Arc;

use hallpass_sql::{Expr, Value};
use hallpass_zmodel::schema::{Field, Model, Operation};

use super::Writer;
use super::known::{Known, decoded};
use crate::args::{Filter, FindArgs, Listing, Selection, Test};
use crate::codec::Codec;
use crate::error::{Error, InvalidInput, Rejection};
use crate::plan::{Planner, field, key_fields};
use crate::policy::Access;
use crate::record::{Cell, Record};
use crate::reuse::Read;
use crate::shape::{Content, Shape};

/// Rows that are read after they were written, at most in one statement.
const CHUNK: usize = 500;

/// A selection of nothing but columns that whoever asks may see of every row, or of a row that the rules admit.
pub(crate) struct Flat<'s> {
    shape: Arc<Shape>,
    /// What the statement gives back: what was selected first.
    pub(crate) fields: Vec<&'s Field>,
    /// How many of them were selected.
    selected: usize,
    /// Whether the rules must be asked about what came back.
    is_judged: bool,
}

impl<'s> Flat<'s> {
    /// The selection, where a statement that writes one row can give it back by itself: also where not every row may be
    /// seen, as long as its own columns tell which. They are asked about when they are there.
    pub(crate) fn of_one(
        planner: &mut Planner<'s>,
        model: &'s Model,
        selection: &Selection,
    ) -> Result<Option<Self>, Error> {
        // Rows of several tables are read by a statement of their own.
        if model.is_polymorphic() {
            return Ok(None);
        }
        let rules = planner.readable(Planner::own(model))?;
        let needs_others = rules.as_ref().is_some_and(Expr::has_query);
        let Some(rules) = rules else {
            return Self::of(planner, model, selection);
        };
        let is_hidden = rules == Expr::Bool(false) || model.fields.iter().any(may_hide);
        if is_hidden || needs_others || selection.reaches_others() {
            return Ok(None);
        }
        let Some(mut flat) = Self::plain(planner, model, selection)? else {
            return Ok(None);
        };
        let is_selected = |field: &&Field| flat.fields.iter().any(|one| one.name == field.name);
        let columns = model.fields.iter();
        let columns = columns
            .filter(|field| field.has_column() && planner.column(model, &field.name).is_ok());
        let others: Vec<_> = columns.filter(|field| !is_selected(field)).collect();
        flat.fields.extend(others);
        flat.is_judged = true;
        Ok(Some(flat))
    }

    /// The selection, where a statement can give it back by itself, of however many rows.
    pub(crate) fn of(
        planner: &mut Planner<'s>,
        model: &'s Model,
        selection: &Selection,
    ) -> Result<Option<Self>, Error> {
        let scene = Planner::own(model);
        let is_guarded = matches!(planner.access, Access::Person(_))
            && (model.fields.iter().any(may_hide) || planner.readable(scene)?.is_some());
        // Rows of several tables are read by a statement of their own.
        if is_guarded || selection.reaches_others() || model.is_polymorphic() {
            return Ok(None);
        }
        Self::plain(planner, model, selection)
    }

    fn plain(
        planner: &mut Planner<'s>,
        model: &'s Model,
        selection: &Selection,
    ) -> Result<Option<Self>, Error> {
        // Worked out of the row and others, which no write gives back.
        let is_computed = |name: &str| model.field(name).is_some_and(|field| field.computed);
        let whole = Selection {
            asked: selection.asked,
            ..Selection::default()
        };
        let for_person = matches!(planner.access, Access::Person(_));
        let shape = if *selection == whole {
            let shapes = &planner.engine.shapes;
            shapes.whole(model, for_person, || Ok(planner.flat(model, selection)?.0))?
        } else {
            planner.flat(model, selection)?.0
        };
        if shape.fields.iter().any(|one| is_computed(&one.name)) {
            return Ok(None);
        }
        let columns = shape.fields.iter();
        let columns = columns.filter(|one| matches!(one.content, Content::Column { .. }));
        let fields = columns.map(|one| field(model, &one.name));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Self {
            shape,
            selected: fields.len(),
            fields,
            is_judged: false,
        }))
    }

    /// The record of a row of which all was asked.
    pub(crate) fn record(&self, model: &'s Model, row: &Known<'s>) -> Result<Record, Error> {
        let cells = self.fields.iter().take(self.selected).map(|field| {
            let value = row.value(model, field)?;
            Ok(Cell::Value(value.clone()))
        });
        Ok(Record {
            cells: cells.collect::<Result<_, Error>>()?,
            shape: Arc::clone(&self.shape),
        })
    }

    /// The same of a row that nobody else needs.
    fn record_of(&self, model: &'s Model, row: Known<'s>) -> Result<Record, Error> {
        let selected = self.fields.iter().take(self.selected);
        let mut pairs = selected.zip(row.values());
        let is_in_order = pairs.all(|(wanted, (field, _))| std::ptr::eq(*wanted, *field));
        if !is_in_order || row.values().len() < self.selected {
            return self.record(model, &row);
        }
        let values = row.into_values().into_iter().take(self.selected);
        Ok(Record {
            cells: values.map(|(_, value)| Cell::Value(value)).collect(),
            shape: Arc::clone(&self.shape),
        })
    }
}

/// A [`Flat`] that lends nothing, to be kept.
#[derive(Debug)]
pub(crate) struct KeptFlat {
    shape: Arc<Shape>,
    /// Where each field stands in the model, and what its column takes.
    columns: Vec<(usize, Codec)>,
    selected: usize,
    is_judged: bool,
}

impl<'s> Flat<'s> {
    pub(super) fn kept(
        self,
        planner: &Planner<'s>,
        model: &'s Model,
    ) -> Result<KeptFlat, InvalidInput> {
        let columns = self.fields.iter().map(|field| {
            let (_, codec) = planner.column(model, &field.name)?;
            let position = model.fields.iter().position(|one| one.name == field.name);
            Ok((position.unwrap_or_default(), codec))
        });
        Ok(KeptFlat {
            columns: columns.collect::<Result<_, InvalidInput>>()?,
            shape: self.shape,
            selected: self.selected,
            is_judged: self.is_judged,
        })
    }
}

impl KeptFlat {
    /// The record of a [`row`](Self::row), whose values are in the order of the columns.
    fn record(&self, row: Known<'_>) -> Result<Record, Error> {
        if row.values().len() < self.columns.len() {
            return Err(Error::NotReadBack {
                model: self.shape.model.clone(),
            });
        }
        let values = row.into_values().into_iter().take(self.selected);
        Ok(Record {
            cells: values.map(|(_, value)| Cell::Value(value)).collect(),
            shape: Arc::clone(&self.shape),
        })
    }

    /// What is known of a row that was given back.
    pub(super) fn row<'s>(&self, model: &'s Model, row: Vec<Value>) -> Result<Known<'s>, Error> {
        // Not collected: results of unknown number would make the list grow again and again.
        let mut values = Vec::with_capacity(self.columns.len());
        for ((position, codec), value) in self.columns.iter().zip(row) {
            if let Some(field) = model.fields.get(*position) {
                values.push((field, decoded(codec, model, field, value)?));
            }
        }
        Ok(Known::new(values))
    }
}

impl<'s> Writer<'s> {
    /// The record of the one row that was written, if it may be seen.
    ///
    /// # Errors
    /// [`Error::Rejected`]: it was written all the same.
    pub(crate) async fn shown(
        &self,
        model: &'s Model,
        flat: &Flat<'s>,
        row: Known<'s>,
    ) -> Result<Record, Error> {
        if flat.is_judged {
            self.require_seen(model, &row).await?;
        }
        flat.record_of(model, row)
    }

    /// The same of a [`KeptFlat`] and its [`row`](KeptFlat::row).
    pub(super) async fn shown_kept(
        &self,
        model: &'s Model,
        flat: &KeptFlat,
        row: Known<'s>,
    ) -> Result<Record, Error> {
        if flat.is_judged {
            self.require_seen(model, &row).await?;
        }
        flat.record(row)
    }

    async fn require_seen(&self, model: &'s Model, row: &Known<'s>) -> Result<(), Error> {
        let verdict = self.planner().seen(model, row.values())?;
        let rejection = Rejection::CannotReadBack;
        verdict.require(&self.at, model, rejection).await
    }

    /// Reads a row as the caller selected; `None` where it may not be seen.
    pub(crate) async fn read_back(
        &self,
        model: &'s Model,
        row: &Known<'s>,
        selection: &Selection,
    ) -> Result<Option<Record>, Error> {
        let filter = named(model, std::slice::from_ref(row))?;
        Ok(self
            .read(model, filter, selection)
            .await?
            .into_iter()
            .next())
    }

    /// Reads rows as the caller selected, those that may be seen.
    pub(crate) async fn read_back_all(
        &self,
        model: &'s Model,
        rows: &[Known<'s>],
        selection: &Selection,
    ) -> Result<Vec<Record>, Error> {
        let mut records = Vec::with_capacity(rows.len());
        for rows in rows.chunks(CHUNK) {
            records.extend(self.read(model, named(model, rows)?, selection).await?);
        }
        Ok(records)
    }

    /// Reads rows as the caller selected.
    pub(crate) async fn read(
        &self,
        model: &'s Model,
        filter: Filter,
        selection: &Selection,
    ) -> Result<Vec<Record>, Error> {
        let args = FindArgs {
            model: model.name.clone(),
            rows: Listing {
                filter: Some(filter),
                ..Listing::default()
            },
            selection: selection.clone(),
            asked: None,
        };
        let planned = self.at.planned(Read::Find { unique: false }, args)?;
        let outcome = self.at.execute(planned.plan(), planned.values()).await?;
        Ok(outcome.records)
    }
}

/// Whether rules may hide the field; those about changing it do not.
fn may_hide(field: &Field) -> bool {
    let mut policies = field.policies.iter();
    policies.any(|policy| policy.operations.contains(Operation::Read))
}

/// What is said to a caller whose write was done and whose result may not be seen.
pub(crate) fn unseen(model: &Model) -> Error {
    Error::Rejected {
        model: model.name.clone(),
        rejection: Rejection::CannotReadBack,
    }
}

/// The filter for the rows of these identities.
fn named(model: &Model, rows: &[Known<'_>]) -> Result<Filter, Error> {
    let key = key_fields(model)?;
    if let [only] = key.as_slice() {
        let values = rows
            .iter()
            .map(|row| Ok(row.value(model, only)?.clone().into()));
        let values = values.collect::<Result<_, Error>>()?;
        return Ok(Filter::Field(only.name.clone(), Test::In(values)));
    }
    let row = |row: &Known<'_>| {
        let parts = key.iter().map(|field| {
            let value: Value = row.value(model, field)?.clone();
            Ok(Filter::Field(
                field.name.clone(),
                Test::Equals(value.into()),
            ))
        });
        Ok(Filter::All(parts.collect::<Result<_, Error>>()?))
    };
    let rows = rows.iter().map(row);
    Ok(Filter::Any(rows.collect::<Result<_, Error>>()?))
}
