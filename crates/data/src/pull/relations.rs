//! Which relations the foreign keys of a database make.

use hallpass_db::{Catalog, ForeignKey, Table};

use super::Pull;
use super::names::{free, identifier};

/// One end of a relation, as a field of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) name: String,
    pub(super) model: String,
    /// `?`, `[]` or nothing.
    pub(super) arity: &'static str,
    pub(super) attribute: String,
}

/// Whether a table does nothing but keep two lists: `_…` with the columns `A` and `B`, each a key.
pub(super) fn is_join(table: &Table, catalog: &Catalog) -> bool {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut keys = table.foreign_keys.iter();
    let to_ids = keys.all(|key| {
        let target = catalog.table(&key.references_table);
        key.columns.len() == 1
            && target.is_some_and(|target| target.primary_key == key.references_columns)
    });
    table.name.starts_with('_') && columns == ["A", "B"] && table.foreign_keys.len() == 2 && to_ids
        // An older form has no primary key; what is pushed would add one.
        && table.primary_key == ["A", "B"]
}

impl Pull<'_> {
    /// The relation fields of a table's model; names in `taken` are not used.
    pub(super) fn ends(&self, table: &Table, taken: &mut Vec<String>) -> Vec<End> {
        let mut ends = Vec::new();
        for key in &table.foreign_keys {
            ends.extend(self.owner(table, key, taken));
        }
        for other in &self.tables {
            for key in other
                .foreign_keys
                .iter()
                .filter(|key| key.references_table == table.name)
            {
                ends.extend(self.opposite(other, key, taken));
            }
        }
        for join in &self.joins {
            ends.extend(self.lists(join, table, taken));
        }
        ends
    }

    fn owner(&self, table: &Table, key: &ForeignKey, taken: &mut Vec<String>) -> Option<End> {
        let model = self.names.model(&key.references_table)?;
        let target = self.catalog.table(&key.references_table)?;
        let columns = key.columns.iter();
        let optional = columns
            .filter_map(|name| table.column(name))
            .any(|column| column.nullable);
        let stem = match key.columns.as_slice() {
            [only] => without_id(only),
            _ => model.to_owned(),
        };
        let mut parts = vec![self.relation_name(table, key)];
        parts.push(format!("fields: [{}]", self.fields(table, &key.columns)));
        parts.push(format!(
            "references: [{}]",
            self.fields(target, &key.references_columns)
        ));
        let usual = if optional { "SET NULL" } else { "RESTRICT" };
        parts.extend(action("onDelete", &key.on_delete, usual, self.is_mysql()));
        parts.extend(action(
            "onUpdate",
            &key.on_update,
            "CASCADE",
            self.is_mysql(),
        ));
        Some(End {
            name: free(&identifier(&stem), taken),
            model: model.to_owned(),
            arity: if optional { "?" } else { "" },
            attribute: format!("@relation({})", parts.join(", ")),
        })
    }

    fn opposite(&self, owner: &Table, key: &ForeignKey, taken: &mut Vec<String>) -> Option<End> {
        let model = self.names.model(&owner.name)?;
        let unique = owner.primary_key == key.columns
            || owner
                .uniques
                .iter()
                .any(|unique| unique.columns == key.columns);
        Some(End {
            name: free(model, taken),
            model: model.to_owned(),
            arity: if unique { "?" } else { "[]" },
            attribute: format!("@relation({})", self.relation_name(owner, key)),
        })
    }

    fn lists(&self, join: &Table, table: &Table, taken: &mut Vec<String>) -> Vec<End> {
        let target = |column: &str| {
            let mut keys = join.foreign_keys.iter();
            keys.find(|key| key.columns == [column])
                .map(|key| key.references_table.as_str())
        };
        let (Some(a), Some(b)) = (target("A"), target("B")) else {
            return Vec::new();
        };
        let name = join.name.trim_start_matches('_');
        let mut ends = Vec::new();
        // The order of the two fields of a self relation is that of their names.
        for (own, other, letter) in [(a, b, "a"), (b, a, "b")] {
            let Some(model) = self.names.model(other).filter(|_| own == table.name) else {
                continue;
            };
            let stem = if a == b {
                format!("{model}_{letter}")
            } else {
                model.to_owned()
            };
            ends.push(End {
                name: free(&stem, taken),
                model: model.to_owned(),
                arity: "[]",
                attribute: format!("@relation(\"{name}\")"),
            });
        }
        ends
    }

    /// Every relation has a name of its own: a person gives it a better one where one is needed.
    fn relation_name(&self, table: &Table, key: &ForeignKey) -> String {
        let own = self.names.model(&table.name).unwrap_or_default();
        let other = self.names.model(&key.references_table).unwrap_or_default();
        let columns = identifier(&key.columns.join("_"));
        format!("\"{own}_{columns}_{other}\"")
    }

    fn fields(&self, table: &Table, columns: &[String]) -> String {
        let names = self.field_names(table);
        let found = columns.iter().map(|column| {
            let found = names.iter().find(|(one, _)| one == column);
            found.map_or_else(|| identifier(column), |(_, name)| name.clone())
        });
        found.collect::<Vec<_>>().join(", ")
    }

    fn is_mysql(&self) -> bool {
        self.dialect.capability().inline_indexes
    }
}

/// `authorId` and `author_id` are of an `author`.
fn without_id(column: &str) -> String {
    let stems = ["_id", "Id", "_ID", "ID"];
    let stem = stems.iter().find_map(|ending| column.strip_suffix(ending));
    match stem.filter(|stem| !stem.is_empty()) {
        Some(stem) => stem.to_owned(),
        None => format!("{column}_relation"),
    }
}

fn action(name: &str, found: &str, usual: &str, is_mysql: bool) -> Option<String> {
    let same = found == usual || (is_mysql && found == "NO ACTION" && usual == "RESTRICT");
    let word = match found {
        "CASCADE" => "Cascade",
        "SET NULL" => "SetNull",
        "SET DEFAULT" => "SetDefault",
        "RESTRICT" => "Restrict",
        _ => "NoAction",
    };
    (!same).then(|| format!("{name}: {word}"))
}
