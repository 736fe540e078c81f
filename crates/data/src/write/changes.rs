//! What columns become.

use hallpass_sql::{Arithmetic, Expr, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, FieldKind, Model, Scalar};

use super::known::Known;
use super::rows::changed;
use crate::args::{Calculation, Change};
use crate::error::Error;
use crate::plan::{Planner, key_fields, root};

/// What the columns of one table become.
#[derive(Debug)]
pub(super) struct Part<'s> {
    pub(super) model: &'s Model,
    pub(super) assignments: Vec<(String, Expr)>,
}

/// Assignments by the tables whose columns they are about. The identity changes last, in the table that the others
/// follow, so that all before find the row by the one it had.
pub(super) fn parts<'s>(
    schema: &'s Schema,
    model: &'s Model,
    assignments: &[(&'s Field, Expr)],
) -> Vec<Part<'s>> {
    let keeper = |field: &Field| {
        if model.id.contains(&field.name) {
            root(schema, model)
        } else {
            schema.keeper(model, field)
        }
    };
    let parts = schema.lineage(model).map(|part| {
        let own = assignments
            .iter()
            .filter(|(field, _)| keeper(field).name == part.name);
        Part {
            model: part,
            assignments: columns_set(own),
        }
    });
    parts.filter(|part| !part.assignments.is_empty()).collect()
}

/// The same by the columns of one table.
pub(super) fn columns_set<'a>(
    assignments: impl IntoIterator<Item = &'a (&'a Field, Expr)>,
) -> Vec<(String, Expr)> {
    let assignments = assignments.into_iter();
    assignments
        .map(|(field, value)| (field.column.clone(), value.clone()))
        .collect()
}

/// The assignments for changes, and for the moment of the last change.
pub(super) fn assignments<'s>(
    planner: &mut Planner<'s>,
    model: &'s Model,
    changes: &[(&'s Field, Change)],
) -> Result<Vec<(&'s Field, Expr)>, Error> {
    let mut assignments = Vec::with_capacity(changes.len() + 1);
    for (field, change) in changes {
        assignments.push((*field, new_value(field, change)));
    }
    assignments.extend(moments(planner, model, &changed(changes))?);
    Ok(assignments)
}

/// The assignment of the moment of the last change, where these fields change.
pub(super) fn moments<'s>(
    planner: &mut Planner<'s>,
    model: &'s Model,
    changed: &[&'s Field],
) -> Result<Vec<(&'s Field, Expr)>, Error> {
    let mut moments = Vec::new();
    for field in model.fields.iter().filter(|field| field.updated_at) {
        let is_given = changed.iter().any(|one| one.name == field.name);
        let counts = |one: &&Field| !field.updated_at_ignores.contains(&one.name);
        if !is_given && changed.iter().any(counts) {
            let now = planner.now(model, field)?;
            moments.push((field, planner.slot(now)));
        }
    }
    Ok(moments)
}

fn new_value(field: &Field, change: &Change) -> Expr {
    let old = Box::new(Expr::column(&field.column));
    match change {
        Change::Set(value) => Expr::Value(value.clone()),
        Change::Pushed(values) => Expr::Append(old, Box::new(Expr::Value(values.clone()))),
        Change::PushedDocuments(documents) => Expr::JsonAppend(old, documents.clone()),
        Change::Calculated(calculation, amount) => calculation_of(
            field,
            old,
            *calculation,
            Box::new(Expr::exact(amount.clone())),
        ),
    }
}

fn calculation_of(
    field: &Field,
    old: Box<Expr>,
    calculation: Calculation,
    amount: Box<Expr>,
) -> Expr {
    let range = range(field);
    let new = match calculation {
        Calculation::Increment => Expr::Add(old, amount),
        Calculation::Decrement => Expr::Arithmetic(old, Arithmetic::Subtract, amount),
        Calculation::Multiply => Expr::Arithmetic(old, Arithmetic::Multiply, amount),
        Calculation::Divide if range.is_some() => {
            Expr::Arithmetic(old, Arithmetic::DivideWhole, amount)
        }
        Calculation::Divide => Expr::Arithmetic(old, Arithmetic::Divide, amount),
    };
    match range {
        Some((least, most)) => Expr::Within(Box::new(new), least, most),
        None if field.kind == FieldKind::Scalar(Scalar::Decimal) => Expr::Kept(Box::new(new)),
        None => new,
    }
}

/// What a whole number of the field may be.
fn range(field: &Field) -> Option<(i64, i64)> {
    match field.kind {
        FieldKind::Scalar(Scalar::Int) => Some((i32::MIN.into(), i32::MAX.into())),
        FieldKind::Scalar(Scalar::BigInt) => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

/// The identities of rows after they changed.
pub(super) fn changed_keys<'s>(
    planner: &Planner<'s>,
    model: &'s Model,
    keys: &[Known<'s>],
    changes: &[(&'s Field, Change)],
) -> Result<Vec<Known<'s>>, Error> {
    let key = key_fields(model)?;
    let changed = |field: &&Field| changes.iter().any(|(one, _)| one.name == field.name);
    if !key.iter().any(changed) {
        return Ok(keys.to_vec());
    }
    let changed = keys.iter().map(|row| {
        let mut new = Known::default();
        for field in &key {
            let change = changes.iter().find(|(one, _)| one.name == field.name);
            let old = row.value(model, field)?;
            let value = match change {
                None => Some(old.clone()),
                Some((_, Change::Set(value))) => {
                    let (_, codec) = planner.column(model, &field.name)?;
                    codec.decode(value.clone())
                }
                Some((_, Change::Calculated(calculation, amount))) => {
                    calculated(old, *calculation, amount)
                }
                // No list is part of an identity.
                Some((_, Change::Pushed(_) | Change::PushedDocuments(_))) => None,
            };
            let value = value.ok_or_else(|| Error::NotReadBack {
                model: model.name.clone(),
            })?;
            new.add(field, value);
        }
        Ok(new)
    });
    changed.collect()
}

/// What the database calculates, where it must be known before it is read.
fn calculated(old: &Value, calculation: Calculation, amount: &Value) -> Option<Value> {
    let (Value::Int(old), Value::Int(amount)) = (old, amount) else {
        return None;
    };
    let new = match calculation {
        Calculation::Increment => old.checked_add(*amount),
        Calculation::Decrement => old.checked_sub(*amount),
        Calculation::Multiply => old.checked_mul(*amount),
        Calculation::Divide => old.checked_div(*amount),
    };
    new.map(Value::Int)
}
