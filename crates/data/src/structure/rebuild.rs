//! Tables of databases that cannot change a column or a key in place: made anew, filled from the old one, and put in its
//! place.
//!
//! SPEC: <https://www.sqlite.org/lang_altertable.html#otheralter>. Foreign keys are off meanwhile
//! (`Database::begin_change`), since to drop the old table would delete what refers to it, and so is the look at what else names
//! the table (`RenameReferences`), for until the new one has its name they name nothing. Indexes and triggers go with the old
//! table and are made again by the texts that the database has kept of them; `standing` proves afterwards that they still work.

use hallpass_db::{Definition, DefinitionKind, Table};
use hallpass_sql::{
    CarryCounter, CopyRows, CreateIndex, CreateTable, RenameReferences, RenameTable, Statement,
    TableName,
};

use super::column::{Change, is_counter};
use super::compare::{Comparison, create, name_of, same};
use super::keys;
use super::step::Effect;
use super::written::{self, Written};
use crate::ddl::WantedTable;

/// One step for all that differs.
pub(super) fn step(
    comparison: &mut Comparison<'_>,
    wanted: &WantedTable,
    found: &Table,
    columns: &[Change],
    keys: &keys::Changes,
) {
    let old = Old::of(comparison, wanted, found, keys);
    let mut effect = Effect::Adds;
    let mut parts = Vec::new();
    for change in columns {
        let (name, of, words) = change.words(&wanted.name);
        effect = effect.max(of);
        parts.push(format!("{name} ({words})"));
    }
    if !keys.old_indexes.is_empty() {
        effect = effect.max(Effect::Loosens);
        let names = keys.old_indexes.iter().map(|index| &*index.name);
        parts.push(format!("indexes go ({})", list(names)));
    }
    if keys.primary_key.is_some() || keys.foreign_keys_differ || !keys.new_indexes.is_empty() {
        effect = effect.max(Effect::MayFail);
        parts.push("its keys change (it fails where rows do not go with them)".to_owned());
    }
    if !old.written.lost.is_empty() {
        effect = Effect::LosesData;
        let lost = old.written.lost.join(", ");
        parts.push(format!("what no schema says is LOST: {lost}"));
    }
    if !old.triggers.is_empty() {
        let names = old.triggers.iter().map(|trigger| &*trigger.name);
        parts.push(format!("its triggers are made again ({})", list(names)));
    }
    let statements = old.statements(comparison, wanted, found);
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

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What the database keeps of the old table as text.
struct Old<'a> {
    written: Written,
    /// The indexes that stay.
    indexes: Vec<&'a Definition>,
    triggers: Vec<&'a Definition>,
}

impl<'a> Old<'a> {
    fn of(
        comparison: &Comparison<'a>,
        wanted: &WantedTable,
        found: &Table,
        keys: &keys::Changes,
    ) -> Self {
        let definitions = comparison.catalog.definitions.iter();
        let own = definitions.filter(|one| one.table.eq_ignore_ascii_case(&found.name));
        let of = |kind| {
            let own = own.clone().filter(move |one| one.kind == kind);
            own.collect::<Vec<_>>()
        };
        let text = of(DefinitionKind::Table);
        let text = text.first().map_or("", |one| one.text.as_str());
        let mut indexes = of(DefinitionKind::Index);
        indexes.retain(|index| !keys.old_indexes.iter().any(|old| old.name == index.name));
        Self {
            written: written::read(text, |name| wanted_column(wanted, name).is_some()),
            indexes,
            triggers: of(DefinitionKind::Trigger),
        }
    }

    fn statements(
        &self,
        comparison: &Comparison<'_>,
        wanted: &WantedTable,
        found: &Table,
    ) -> Vec<Statement> {
        let old = name_of(found);
        let new = TableName {
            name: format!("new_{}", wanted.name.name),
            ..wanted.name.clone()
        };
        let mut statements = self.create(comparison, wanted, &new);
        let counts = wanted
            .columns
            .iter()
            .any(|one| is_counter(&one.column_type));
        if self.written.counts && counts {
            statements.push(Statement::CarryCounter(CarryCounter {
                from: old.clone(),
                to: new.clone(),
            }));
        }
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
        statements.extend([
            Statement::DropTable(old),
            Statement::RenameReferences(RenameReferences::Stay),
            Statement::RenameTable(RenameTable {
                table: new,
                name: wanted.name.name.clone(),
            }),
            Statement::RenameReferences(RenameReferences::Follow),
        ]);
        statements.extend(self.beside(comparison, wanted, found));
        statements
    }

    /// A key of the table to itself is to the one that takes its name.
    fn create(
        &self,
        comparison: &Comparison<'_>,
        wanted: &WantedTable,
        new: &TableName,
    ) -> Vec<Statement> {
        let mut anew = wanted.clone();
        anew.name = new.clone();
        // They come when the old ones, whose names they may have, are gone.
        anew.indexes = Vec::new();
        let (mut statements, _) = create(&anew, comparison.capability());
        let mut taken_over = self.written.taken_over.clone();
        for (column, _) in &mut taken_over.collations {
            if let Some(name) = wanted_column(wanted, column) {
                *column = name.to_owned();
            }
        }
        if let Some(Statement::CreateTable(create)) = statements.first_mut() {
            *create = CreateTable {
                taken_over,
                ..create.clone()
            };
        }
        statements
    }

    /// The indexes and triggers: those that stay as they were written, then what is new.
    fn beside(
        &self,
        comparison: &Comparison<'_>,
        wanted: &WantedTable,
        found: &Table,
    ) -> impl Iterator<Item = Statement> {
        let again = |one: &&Definition| Statement::AsWritten(one.text.clone());
        let stays = |name: &str| self.indexes.iter().any(|one| one.name == name);
        let new = wanted.indexes.iter().filter(|index| {
            let alike = keys::alike(comparison, found, index);
            !stays(&index.name) && !alike.is_some_and(|found| stays(&found.name))
        });
        let new = new.map(|index| {
            Statement::CreateIndex(CreateIndex {
                table: wanted.name.clone(),
                index: index.clone(),
            })
        });
        let kept = self.indexes.iter().map(again);
        let triggers = self.triggers.iter().map(again);
        let statements: Vec<_> = kept.chain(new).chain(triggers).collect();
        statements.into_iter()
    }
}

/// How the new table writes the name of a column that it has.
fn wanted_column<'w>(wanted: &'w WantedTable, name: &str) -> Option<&'w str> {
    let mut columns = wanted.columns.iter();
    let column = columns.find(|column| same(&column.name, name, true))?;
    Some(&column.name)
}
