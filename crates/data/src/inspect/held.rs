//! Whether the catalog shows that a rule is kept.

use hallpass_db::{Catalog, ForeignKey, Table};
use hallpass_zmodel::schema::Model;

use super::Rule;
use super::statements::{column, columns};
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
        Rule::LowerCase { .. }
        | Rule::DistinctInLowerCase { .. }
        | Rule::Trimmed { .. }
        | Rule::DistinctTrimmed { .. } => Held::Missing,
        Rule::Reference { field, target, .. } => {
            let target = self::model(engine, target)?;
            reference(&references(engine, table, &column(model, field)?, target))
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

fn reference(keys: &[&ForeignKey]) -> Held {
    match keys {
        [] => Held::Missing,
        keys if keys.iter().all(|key| cascades(key)) => Held::Kept,
        _ => Held::NoCascade,
    }
}

pub(super) fn cascades(key: &ForeignKey) -> bool {
    key.on_delete.eq_ignore_ascii_case("CASCADE")
}

/// The keys by which a column names rows of another model.
pub(super) fn references<'c>(
    engine: &Engine,
    table: &'c Table,
    column: &str,
    target: &Model,
) -> Vec<&'c ForeignKey> {
    let capability = engine.capability();
    let (columns_fold, tables_fold) = (
        capability.column_names_fold_case,
        capability.table_names_fold_case,
    );
    let names = |key: &&ForeignKey| {
        matches!(key.columns.as_slice(), [only] if is_same(only, column, columns_fold))
            && is_same(&key.references_table, &target.table, tables_fold)
    };
    table.foreign_keys.iter().filter(names).collect()
}

pub(super) fn model<'e>(engine: &'e Engine, name: &str) -> Result<&'e Model, Error> {
    engine.schema.model(name).ok_or_else(|| {
        Error::Invalid(InvalidInput::UnknownModel {
            model: name.to_owned(),
        })
    })
}

pub(super) fn table<'c>(engine: &Engine, catalog: &'c Catalog, name: &str) -> Option<&'c Table> {
    let fold = engine.capability().table_names_fold_case;
    let mut tables = catalog.tables.iter();
    tables.find(|table| is_same(&table.name, name, fold))
}

pub(super) fn is_same(left: &str, right: &str, fold: bool) -> bool {
    if fold {
        left.eq_ignore_ascii_case(right)
    } else {
        left == right
    }
}
