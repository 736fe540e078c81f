//! Whether the catalog shows that a rule is kept.

use hallpass_db::{Catalog, Table};
use hallpass_zmodel::schema::Model;

use super::Rule;
use super::statements::columns;
use crate::client::Engine;
use crate::error::{Error, InvalidInput};

/// How far a rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// By the database itself.
    Kept,
    /// By nobody.
    Missing,
    /// A reference is there, but rows do not go with the row they name.
    NoCascade,
    /// There is no such table.
    NoTable,
}

pub(super) fn held(engine: &Engine, rule: &Rule, catalog: &Catalog) -> Result<Held, Error> {
    let model = model(engine, rule.model())?;
    let Some(table) = table(engine, catalog, &model.table) else {
        return Ok(Held::NoTable);
    };
    let fold = engine.capability().column_names_fold_case;
    let same = |left: &str, right: &str| is_same(left, right, fold);
    Ok(match rule {
        Rule::Unique { fields, .. } => {
            let wanted = columns(model, fields)?;
            kept(is_unique(table, &wanted, &same))
        }
        Rule::Index { fields, .. } => {
            let wanted = columns(model, fields)?;
            kept(is_indexed(table, &wanted, &same))
        }
        Rule::Reference { field, target, .. } => {
            let column = columns(model, std::slice::from_ref(field))?;
            let target = self::model(engine, target)?;
            reference(engine, table, &column, target, &same)
        }
    })
}

fn kept(is_kept: bool) -> Held {
    if is_kept { Held::Kept } else { Held::Missing }
}

/// A key of fewer columns makes more columns unique too.
fn is_unique(table: &Table, wanted: &[String], same: &impl Fn(&str, &str) -> bool) -> bool {
    let is_within = |key: &[String]| {
        !key.is_empty()
            && key
                .iter()
                .all(|column| wanted.iter().any(|name| same(name, column)))
    };
    is_within(&table.primary_key) || table.uniques.iter().any(|one| is_within(&one.columns))
}

/// An index serves when it begins with the columns, in whatever order.
fn is_indexed(table: &Table, wanted: &[String], same: &impl Fn(&str, &str) -> bool) -> bool {
    let begins = |key: &[String]| {
        key.get(..wanted.len()).is_some_and(|head| {
            wanted
                .iter()
                .all(|name| head.iter().any(|column| same(name, column)))
        })
    };
    let indexes = table.indexes.iter().chain(&table.uniques);
    begins(&table.primary_key) || indexes.into_iter().any(|one| begins(&one.columns))
}

fn reference(
    engine: &Engine,
    table: &Table,
    column: &[String],
    target: &Model,
    same: &impl Fn(&str, &str) -> bool,
) -> Held {
    let fold = engine.capability().table_names_fold_case;
    let keys = table.foreign_keys.iter().filter(|key| {
        key.columns.len() == column.len()
            && key
                .columns
                .iter()
                .zip(column)
                .all(|(one, other)| same(one, other))
            && is_same(&key.references_table, &target.table, fold)
    });
    let mut found = Held::Missing;
    for key in keys {
        if key.on_delete.eq_ignore_ascii_case("CASCADE") {
            return Held::Kept;
        }
        found = Held::NoCascade;
    }
    found
}

pub(super) fn model<'e>(engine: &'e Engine, name: &str) -> Result<&'e Model, Error> {
    engine.schema.model(name).ok_or_else(|| {
        Error::Invalid(InvalidInput::UnknownModel {
            model: name.to_owned(),
        })
    })
}

fn table<'c>(engine: &Engine, catalog: &'c Catalog, name: &str) -> Option<&'c Table> {
    let fold = engine.capability().table_names_fold_case;
    let mut tables = catalog.tables.iter();
    tables.find(|table| is_same(&table.name, name, fold))
}

fn is_same(left: &str, right: &str, fold: bool) -> bool {
    if fold {
        left.eq_ignore_ascii_case(right)
    } else {
        left == right
    }
}
