//! How the keys and indexes of a table differ from the wanted ones.

use hallpass_db::Table;
use hallpass_sql::{Action, Dialect, ForeignKey, Index, IndexKind, PrimaryKey};

use super::compare::{Comparison, same};
use crate::ddl::WantedTable;

/// The differences.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The primary key that it shall have, where that is another.
    pub(super) primary_key: Option<Option<PrimaryKey>>,
    pub(super) new_indexes: Vec<Index>,
    pub(super) old_indexes: Vec<OldIndex>,
    pub(super) new_foreign_keys: Vec<ForeignKey>,
    /// By their names.
    pub(super) old_foreign_keys: Vec<String>,
    /// Whether foreign keys differ, where they have no names.
    pub(super) foreign_keys_differ: bool,
}

/// An index that nobody wants.
#[derive(Debug)]
pub(super) struct OldIndex {
    pub(super) name: String,
    pub(super) unique: bool,
    pub(super) is_constraint: bool,
}

impl Changes {
    /// Whether they can only be made with the table.
    pub(super) fn need_rebuild(&self, found: &Table) -> bool {
        let constraint = self.old_indexes.iter().any(|index| index.is_constraint);
        let same_key = self
            .primary_key
            .as_ref()
            .is_none_or(|key| key.is_none() && found.primary_key.is_empty());
        constraint || !same_key || self.foreign_keys_differ
    }
}

pub(super) fn changes(comparison: &Comparison<'_>, wanted: &WantedTable, found: &Table) -> Changes {
    let reader = Reader { comparison, found };
    let (new_indexes, old_indexes) = reader.indexes(wanted);
    let (new_foreign_keys, old) = reader.foreign_keys(wanted);
    Changes {
        primary_key: reader.primary_key(wanted),
        new_indexes,
        old_indexes,
        foreign_keys_differ: !new_foreign_keys.is_empty() || !old.is_empty(),
        new_foreign_keys,
        old_foreign_keys: old.into_iter().flatten().collect(),
    }
}

/// The index that is there and has the columns of a wanted one.
pub(super) fn alike<'f>(
    comparison: &Comparison<'_>,
    found: &'f Table,
    wanted: &Index,
) -> Option<&'f hallpass_db::Index> {
    let unique = wanted.kind == IndexKind::Unique;
    let list = if unique {
        &found.uniques
    } else {
        &found.indexes
    };
    let reader = Reader { comparison, found };
    list.iter()
        .find(|one| reader.is_alike(wanted, &one.columns, unique))
}

struct Reader<'c> {
    comparison: &'c Comparison<'c>,
    found: &'c Table,
}

impl Reader<'_> {
    fn primary_key(&self, wanted: &WantedTable) -> Option<Option<PrimaryKey>> {
        let columns = wanted
            .primary_key
            .as_ref()
            .map_or(&[][..], |key| &key.columns);
        (!self.same_columns(columns, &self.found.primary_key)).then(|| wanted.primary_key.clone())
    }

    fn indexes(&self, wanted: &WantedTable) -> (Vec<Index>, Vec<OldIndex>) {
        let new = wanted.indexes.iter().filter(|index| !self.has_index(index));
        let of = |list: &[hallpass_db::Index], unique: bool| {
            let old = list.iter().filter(|index| {
                let mut wanted = wanted.indexes.iter();
                !wanted.any(|one| self.is_alike(one, &index.columns, unique))
            });
            old.filter(|index| unique || !self.serves_a_key(wanted, index))
                .map(|index| OldIndex {
                    name: index.name.clone(),
                    unique,
                    is_constraint: index.is_constraint,
                })
                .collect::<Vec<_>>()
        };
        let mut old = of(&self.found.uniques, true);
        old.extend(of(&self.found.indexes, false));
        (new.cloned().collect(), old)
    }

    fn has_index(&self, index: &Index) -> bool {
        let unique = index.kind == IndexKind::Unique;
        let list = if unique {
            &self.found.uniques
        } else {
            &self.found.indexes
        };
        let by_columns = list
            .iter()
            .any(|one| self.is_alike(index, &one.columns, unique));
        // The primary key keeps apart as well.
        let by_key = unique && self.same_columns(&columns(index), &self.found.primary_key);
        by_columns || by_key || self.found.other_indexes.contains(&index.name)
    }

    fn is_alike(&self, wanted: &Index, found: &[String], unique: bool) -> bool {
        (wanted.kind == IndexKind::Unique) == unique && self.same_columns(&columns(wanted), found)
    }

    /// MySQL makes an index for every foreign key that has none, and needs it.
    fn serves_a_key(&self, wanted: &WantedTable, index: &hallpass_db::Index) -> bool {
        let inline = self.comparison.capability().inline_indexes;
        let mut keys = wanted.foreign_keys.iter();
        inline && keys.any(|key| self.same_columns(&key.columns, &index.columns))
    }

    fn foreign_keys(&self, wanted: &WantedTable) -> (Vec<ForeignKey>, Vec<Option<String>>) {
        let found = &self.found.foreign_keys;
        let new = wanted
            .foreign_keys
            .iter()
            .filter(|key| !found.iter().any(|one| self.is_key(key, one)));
        let old = found.iter().filter(|one| {
            let mut wanted = wanted.foreign_keys.iter();
            !wanted.any(|key| self.is_key(key, one))
        });
        (
            new.cloned().collect(),
            old.map(|one| one.name.clone()).collect(),
        )
    }

    fn is_key(&self, wanted: &ForeignKey, found: &hallpass_db::ForeignKey) -> bool {
        let capability = self.comparison.capability();
        let table = &found.references_table;
        let table = table
            .rsplit_once('.')
            .map_or(table.as_str(), |(_, name)| name);
        let dialect = self.comparison.dialect;
        same(
            &wanted.target.name,
            table.trim_matches('"'),
            capability.table_names_fold_case,
        ) && self.same_columns(&wanted.columns, &found.columns)
            && self.same_columns(&wanted.references, &found.references_columns)
            && action(wanted.on_delete, dialect) == said(&found.on_delete, dialect)
            && action(wanted.on_update, dialect) == said(&found.on_update, dialect)
    }

    fn same_columns(&self, wanted: &[String], found: &[String]) -> bool {
        let fold = self.comparison.capability().column_names_fold_case;
        let mut pairs = wanted.iter().zip(found);
        wanted.len() == found.len() && pairs.all(|(one, other)| same(one, other, fold))
    }
}

fn columns(index: &Index) -> Vec<String> {
    let columns = index.columns.iter();
    columns.map(|column| column.name.clone()).collect()
}

fn action(action: Action, dialect: Dialect) -> &'static str {
    match action {
        Action::Cascade => "CASCADE",
        Action::Restrict => said("RESTRICT", dialect),
        Action::NoAction => "NO ACTION",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    }
}

/// MySQL checks at once in both cases, and says one for the other.
fn said(words: &str, dialect: Dialect) -> &'static str {
    let is_mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
    match words.to_ascii_uppercase().as_str() {
        "CASCADE" => "CASCADE",
        "RESTRICT" if !is_mysql => "RESTRICT",
        "SET NULL" => "SET NULL",
        "SET DEFAULT" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}
