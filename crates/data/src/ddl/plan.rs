use hallpass_db::{Catalog, DatabaseEnum};
use hallpass_sql::{
    AddColumn, AddForeignKey, Column, CreateIndex, CreateTable, Statement, TableName, TakenOver,
};

use super::wanted::{Wanted, WantedTable};
use super::{CreateTablesError, Created, Growth, MissingColumn, MissingLabel};
use crate::client::Engine;

/// The statements that make what is missing, in their order, each with the table it concerns.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) statements: Vec<(String, Statement)>,
    pub(super) created: Created,
}

impl Plan {
    pub(super) fn of(
        engine: &Engine,
        wanted: &Wanted,
        catalog: &Catalog,
        growth: Growth,
    ) -> Result<Self, CreateTablesError> {
        check(engine, wanted, catalog, growth)?;
        let mut plan = Self::default();
        plan.add_places(wanted, catalog);
        plan.add_columns(engine, wanted, catalog);
        plan.add_enums(wanted, catalog);
        let is_missing = |table: &&WantedTable| find(engine, catalog, &table.name).is_none();
        let missing = wanted.tables.iter().filter(is_missing).collect();
        plan.add_tables(engine, missing);
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    fn add(&mut self, table: &str, statement: Statement) {
        self.statements.push((table.to_owned(), statement));
    }

    /// Schemas of the database, and its extensions.
    fn add_places(&mut self, wanted: &Wanted, catalog: &Catalog) {
        let places = catalog.places.clone().unwrap_or_default();
        for create in &wanted.schemas {
            if !places.schemas.contains(&create.name) {
                self.add(&create.name, Statement::CreateSchema(create.clone()));
            }
        }
        for create in &wanted.extensions {
            if !places.extensions.contains(&create.name) {
                self.add(&create.name, Statement::CreateExtension(create.clone()));
            }
        }
    }

    /// All that are missing: what may not be added has been refused before.
    fn add_columns(&mut self, engine: &Engine, wanted: &Wanted, catalog: &Catalog) {
        for table in &wanted.tables {
            for (column, missing) in missing_columns(engine, table, catalog) {
                let add = AddColumn {
                    table: TableName {
                        name: missing.table.clone(),
                        ..table.name.clone()
                    },
                    column: column.clone(),
                };
                self.add(&missing.table, Statement::AddColumn(add));
                self.created.columns.push(missing);
            }
        }
    }

    fn add_enums(&mut self, wanted: &Wanted, catalog: &Catalog) {
        for item in &wanted.enums {
            let name = &item.name.name;
            if enumeration(catalog, &item.name).is_none() {
                self.add(name, Statement::CreateEnum(item.clone()));
                self.created.enums.push(name.clone());
            }
        }
    }

    /// A table comes after those it points at, with its keys inside; keys that go round in a circle come last.
    ///
    /// So each statement leaves a whole table behind, which matters where a rollback does not undo it.
    fn add_tables(&mut self, engine: &Engine, mut waiting: Vec<&WantedTable>) {
        let mut deferred = Vec::new();
        while !waiting.is_empty() {
            let position = waiting.iter().position(|table| is_ready(table, &waiting));
            let table = waiting.remove(position.unwrap_or(0));
            self.add_table(engine, table, &waiting, &mut deferred);
        }
        for add in deferred {
            let table = add.table.name.clone();
            self.add(&table, Statement::AddForeignKey(add));
        }
    }

    fn add_table(
        &mut self,
        engine: &Engine,
        wanted: &WantedTable,
        waiting: &[&WantedTable],
        deferred: &mut Vec<AddForeignKey>,
    ) {
        let capability = engine.capability();
        let (table, name) = (wanted.name.clone(), &wanted.name.name);
        let is_there = |target: &TableName| !waiting.iter().any(|one| one.name == *target);
        let keys = wanted.foreign_keys.iter().cloned();
        let (now, later): (Vec<_>, Vec<_>) =
            keys.partition(|key| capability.forward_references || is_there(&key.target));
        deferred.extend(later.into_iter().map(|foreign_key| AddForeignKey {
            table: table.clone(),
            foreign_key,
        }));
        let indexes = wanted.indexes.iter().cloned();
        let (inside, after): (Vec<_>, Vec<_>) = indexes.partition(|_| capability.inline_indexes);
        let create = CreateTable {
            table: table.clone(),
            columns: wanted.columns.clone(),
            primary_key: wanted.primary_key.clone(),
            indexes: inside,
            foreign_keys: now,
            taken_over: TakenOver::default(),
        };
        self.add(name, Statement::CreateTable(create));
        for index in after {
            let table = table.clone();
            self.add(name, Statement::CreateIndex(CreateIndex { table, index }));
        }
        self.created.tables.push(name.clone());
    }
}

fn is_ready(table: &WantedTable, waiting: &[&WantedTable]) -> bool {
    let mut targets = table.foreign_keys.iter().map(|key| &key.target);
    targets.all(|target| *target == table.name || !waiting.iter().any(|one| one.name == *target))
}

fn check(
    engine: &Engine,
    wanted: &Wanted,
    catalog: &Catalog,
    growth: Growth,
) -> Result<(), CreateTablesError> {
    let is_refused = |table: &WantedTable, column: &Column| {
        growth == Growth::Tables || !rows_can_do_without(table, column)
    };
    let columns: Vec<_> = wanted
        .tables
        .iter()
        .flat_map(|table| {
            let missing = missing_columns(engine, table, catalog).into_iter();
            missing.filter(|(column, _)| is_refused(table, column))
        })
        .map(|(_, missing)| missing)
        .collect();
    let labels: Vec<_> = wanted
        .enums
        .iter()
        .flat_map(|item| missing_labels(&item.name, &item.labels, catalog))
        .collect();
    if columns.is_empty() && labels.is_empty() {
        Ok(())
    } else {
        Err(CreateTablesError::Incomplete { columns, labels })
    }
}

/// Whether a column can be added that no row there has a value for, and nothing else is needed for it.
fn rows_can_do_without(table: &WantedTable, column: &Column) -> bool {
    let keys = table.primary_key.iter().flat_map(|key| &key.columns);
    let indexes = table.indexes.iter().flat_map(|index| &index.columns);
    let indexed = indexes.map(|column| &column.name);
    let related = table.foreign_keys.iter().flat_map(|key| &key.columns);
    let mut used = keys.chain(indexed).chain(related);
    column.nullable && column.default.is_none() && !used.any(|name| *name == column.name)
}

fn missing_columns<'w>(
    engine: &Engine,
    wanted: &'w WantedTable,
    catalog: &Catalog,
) -> Vec<(&'w Column, MissingColumn)> {
    let Some(table) = find(engine, catalog, &wanted.name) else {
        return Vec::new();
    };
    let fold = engine.capability().column_names_fold_case;
    let is_there = |name: &str| table.columns.iter().any(|one| same(&one.name, name, fold));
    let missing = wanted
        .columns
        .iter()
        .filter(|column| !is_there(&column.name));
    missing
        .map(|column| {
            let missing = MissingColumn {
                table: table.name.clone(),
                column: column.name.clone(),
            };
            (column, missing)
        })
        .collect()
}

fn missing_labels(name: &TableName, labels: &[String], catalog: &Catalog) -> Vec<MissingLabel> {
    let Some(found) = enumeration(catalog, name) else {
        return Vec::new();
    };
    let missing = labels.iter().filter(|label| !found.labels.contains(label));
    missing
        .map(|label| MissingLabel {
            enumeration: name.name.clone(),
            label: label.clone(),
        })
        .collect()
}

/// The table that a name means.
pub(crate) fn find<'c>(
    engine: &Engine,
    catalog: &'c Catalog,
    name: &TableName,
) -> Option<&'c hallpass_db::Table> {
    let fold = engine.capability().table_names_fold_case;
    let mut tables = catalog.tables.iter();
    tables.find(|table| {
        same(&table.name, &name.name, fold) && lives(catalog, name, table.schema.as_deref())
    })
}

fn enumeration<'c>(catalog: &'c Catalog, name: &TableName) -> Option<&'c DatabaseEnum> {
    let mut enums = catalog.enums.iter();
    enums.find(|one| one.name == name.name && lives(catalog, name, one.schema.as_deref()))
}

/// Whether something that was found in a schema of the database is in that of the name. Of the current one, neither
/// need say it.
fn lives(catalog: &Catalog, name: &TableName, found: Option<&str>) -> bool {
    let places = catalog.places.as_ref();
    let current = places.map(|places| places.current.as_str());
    let wanted = name
        .schema
        .as_deref()
        .filter(|schema| Some(*schema) != current);
    wanted == found
}

fn same(left: &str, right: &str, fold: bool) -> bool {
    if fold {
        left.eq_ignore_ascii_case(right)
    } else {
        left == right
    }
}
