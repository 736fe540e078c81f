//! Tables of databases that cannot change a column or a key in place: made anew, filled from the old one, and put in its
//! place.
//!
//! SPEC: <https://www.sqlite.org/lang_altertable.html#otheralter>. Foreign keys are off meanwhile
//! (`Database::begin_change`), since to drop the old table would delete what refers to it.

use hallpass_db::Table;
use hallpass_sql::{CopyRows, RenameTable, Statement, TableName};

use super::column::Change;
use super::compare::{Comparison, create, name_of};
use super::keys;
use super::step::Effect;
use crate::ddl::WantedTable;

/// One step for all that differs.
pub(super) fn step(
    comparison: &mut Comparison<'_>,
    wanted: &WantedTable,
    found: &Table,
    columns: &[Change],
    keys: &keys::Changes,
) {
    let mut effect = Effect::Adds;
    let mut parts = Vec::new();
    for change in columns {
        let (name, of, words) = change.words(&wanted.name);
        effect = effect.max(of);
        parts.push(format!("{name} ({words})"));
    }
    if !keys.old_indexes.is_empty() {
        effect = effect.max(Effect::Loosens);
        parts.push("indexes of it go".to_owned());
    }
    if keys.primary_key.is_some() || keys.foreign_keys_differ || !keys.new_indexes.is_empty() {
        effect = effect.max(Effect::MayFail);
        parts.push("its keys change (it fails where rows do not go with them)".to_owned());
    }
    let statements = statements(comparison, wanted, found);
    comparison.step(
        format!("rebuild-table:{}", wanted.name.name),
        effect,
        format!(
            "the table is made anew and its rows copied: {}",
            parts.join("; ")
        ),
        statements,
    );
}

fn statements(comparison: &Comparison<'_>, wanted: &WantedTable, found: &Table) -> Vec<Statement> {
    let old = name_of(found);
    let new = TableName {
        name: format!("new_{}", wanted.name.name),
        ..wanted.name.clone()
    };
    let mut anew = wanted.clone();
    anew.name = new.clone();
    // A key of the table to itself is to the one that takes its name.
    let indexes = std::mem::take(&mut anew.indexes);
    let (mut statements, _) = create(&anew, comparison.capability());
    let both = wanted.columns.iter().filter_map(|column| {
        let found = comparison.column(found, &column.name)?;
        Some(found.name.clone())
    });
    let columns: Vec<_> = both.collect();
    if !columns.is_empty() {
        statements.push(Statement::CopyRows(CopyRows {
            from: old.clone(),
            to: new.clone(),
            columns,
        }));
    }
    statements.push(Statement::DropTable(old));
    statements.push(Statement::RenameTable(RenameTable {
        table: new,
        name: wanted.name.name.clone(),
    }));
    statements.extend(indexes.into_iter().map(|index| {
        Statement::CreateIndex(hallpass_sql::CreateIndex {
            table: wanted.name.clone(),
            index,
        })
    }));
    statements
}
