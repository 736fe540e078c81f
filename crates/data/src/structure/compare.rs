//! From the tables that are there to those that are wanted: a step for each difference.
//!
//! A table's keys and indexes are known by their columns, whatever they are called; indexes that the catalog leaves out
//! (over expressions, parts of texts, words) by their name. What belongs to Hallpass or to migrations is passed over.

use hallpass_db::{Catalog, Table};
use hallpass_sql::{
    AddColumn, AddForeignKey, AddPrimaryKey, AlterColumn, Capability, CreateIndex, CreateTable,
    Dialect, DropColumn, DropForeignKey, DropIndex, DropPrimaryKey, EmitError, ForeignKey, Index,
    IndexKind, PrimaryKey, Statement, TableName, TakenOver,
};

use super::column::{self, Change};
use super::step::{Effect, Plan, Step};
use super::{keys, rebuild};
use crate::ddl::{Wanted, WantedTable};

/// Tables of these names, or that begin so, are nobody's schema.
const OWN: &[&str] = &["_prisma_migrations", "hallpass_", "_hallpass_"];
/// The table of `hallpass sync`, where it lives beside the others. Applications refer to it, so that it is pulled like theirs;
/// no schema has to name it to keep it.
const USERS_SYNC: &str = "neon_auth_users_sync";

pub(super) struct Comparison<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) catalog: &'a Catalog,
    pub(super) dialect: Dialect,
    steps: Vec<Step>,
}

/// The steps from what is there to what is wanted.
pub(super) fn compare(
    wanted: &Wanted,
    catalog: &Catalog,
    dialect: Dialect,
) -> Result<Plan, EmitError> {
    let mut comparison = Comparison {
        wanted,
        catalog,
        dialect,
        steps: Vec::new(),
    };
    comparison.places();
    comparison.new_enums();
    // Keys of tables that stay go before the tables they refer to.
    comparison.tables()?;
    comparison.old_tables();
    comparison.new_tables();
    comparison.old_enums();
    Ok(Plan {
        steps: comparison.steps,
    })
}

impl<'a> Comparison<'a> {
    pub(super) fn capability(&self) -> &'static Capability {
        self.dialect.capability()
    }

    pub(super) fn step(
        &mut self,
        name: String,
        effect: Effect,
        consequence: impl Into<String>,
        statements: Vec<Statement>,
    ) {
        self.steps.push(Step {
            name,
            effect,
            consequence: consequence.into(),
            statements,
        });
    }

    fn places(&mut self) {
        let places = self.catalog.places.clone().unwrap_or_default();
        for create in &self.wanted.schemas {
            if !places.schemas.contains(&create.name) {
                self.step(
                    format!("create-schema:{}", create.name),
                    Effect::Adds,
                    "a schema for tables",
                    vec![Statement::CreateSchema(create.clone())],
                );
            }
        }
        for create in &self.wanted.extensions {
            if !places.extensions.contains(&create.name) {
                self.step(
                    format!("create-extension:{}", create.name),
                    Effect::Adds,
                    "the database's extension is switched on, which needs the right to do so",
                    vec![Statement::CreateExtension(create.clone())],
                );
            }
        }
    }

    /// The tables that the schema does not know.
    pub(super) fn unwanted(&self) -> Vec<&'a Table> {
        let tables = self.catalog.tables.iter();
        tables
            .filter(|table| {
                let mut wanted = self.wanted.tables.iter();
                !is_own(table)
                    && table.name != USERS_SYNC
                    && !wanted.any(|one| self.is_found(&one.name, table))
            })
            .collect()
    }

    /// A table goes before those it refers to; what refers to it in a circle goes with it.
    fn old_tables(&mut self) {
        let mut waiting = self.unwanted();
        while !waiting.is_empty() {
            let free = waiting
                .iter()
                .position(|table| !is_referred_to(table, &waiting));
            let table = waiting.remove(free.unwrap_or(0));
            let mut statements = self.keys_to(table, &waiting);
            statements.push(Statement::DropTable(name_of(table)));
            self.step(
                format!("drop-table:{}", table.name),
                Effect::LosesData,
                "the schema does not know the table; it goes with every row",
                statements,
            );
        }
    }

    /// What others refer to a table by.
    fn keys_to(&self, table: &Table, others: &[&Table]) -> Vec<Statement> {
        if !self.capability().add_foreign_key {
            return Vec::new();
        }
        let keys = others
            .iter()
            .flat_map(|other| other.foreign_keys.iter().map(move |key| (other, key)));
        keys.filter(|(_, key)| key.references_table == table.name)
            .filter_map(|(other, key)| {
                Some(Statement::DropForeignKey(DropForeignKey {
                    table: name_of(other),
                    name: key.name.clone()?,
                }))
            })
            .collect()
    }

    fn tables(&mut self) -> Result<(), EmitError> {
        let wanted = self.wanted;
        for table in &wanted.tables {
            if let Some(found) = self.find(&table.name) {
                self.table(table, found)?;
            }
        }
        Ok(())
    }

    fn table(&mut self, wanted: &WantedTable, found: &Table) -> Result<(), EmitError> {
        let columns = column::changes(self, wanted, found)?;
        let keys = keys::changes(self, wanted, found);
        let needs_rebuild = !self.capability().alter_column
            && (columns.iter().any(|change| needs_rebuild(wanted, change))
                || keys.need_rebuild(found));
        if needs_rebuild {
            rebuild::step(self, wanted, found, &columns, &keys);
            return Ok(());
        }
        self.drop_keys(wanted, found, &keys);
        for change in columns {
            self.change_column(wanted, change);
        }
        self.add_keys(wanted, &keys);
        Ok(())
    }

    fn change_column(&mut self, wanted: &WantedTable, change: Change) {
        let table = &wanted.name;
        let (name, effect, consequence) = change.words(table);
        let statement = match change {
            Change::Add { column, .. } => Statement::AddColumn(AddColumn {
                table: table.clone(),
                column,
            }),
            Change::Drop { column, .. } => Statement::DropColumn(DropColumn {
                table: table.clone(),
                column,
            }),
            Change::Alter {
                column, changes, ..
            } => Statement::AlterColumn(AlterColumn {
                table: table.clone(),
                column,
                changes,
            }),
        };
        self.step(name, effect, consequence, vec![statement]);
    }

    fn drop_keys(&mut self, wanted: &WantedTable, found: &Table, keys: &keys::Changes) {
        let table = &wanted.name;
        for name in &keys.old_foreign_keys {
            self.step(
                format!("drop-foreign-key:{}.{name}", table.name),
                Effect::Loosens,
                "rows may refer to rows that are not there",
                vec![Statement::DropForeignKey(DropForeignKey {
                    table: table.clone(),
                    name: name.clone(),
                })],
            );
        }
        for index in &keys.old_indexes {
            self.drop_index(table, index);
        }
        if let Some(key) = keys.primary_key.clone() {
            self.change_primary_key(table, found, key);
        }
    }

    fn drop_index(&mut self, table: &TableName, index: &keys::OldIndex) {
        let consequence = if index.unique {
            "rows may be alike that were kept apart"
        } else {
            "reads that used it become slower"
        };
        self.step(
            format!("drop-index:{}.{}", table.name, index.name),
            Effect::Loosens,
            consequence,
            vec![Statement::DropIndex(DropIndex {
                table: table.clone(),
                name: index.name.clone(),
                is_constraint: index.is_constraint,
            })],
        );
    }

    fn change_primary_key(&mut self, table: &TableName, found: &Table, key: Option<PrimaryKey>) {
        let old = found.primary_key_name.clone();
        let old = old.filter(|_| !found.primary_key.is_empty()).map(|name| {
            Statement::DropPrimaryKey(DropPrimaryKey {
                table: table.clone(),
                name,
            })
        });
        let new = key.map(|key| {
            Statement::AddPrimaryKey(AddPrimaryKey {
                table: table.clone(),
                key,
            })
        });
        self.step(
            format!("change-primary-key:{}", table.name),
            Effect::MayFail,
            "it fails where rows are alike in the new key, or others refer to the old one",
            old.into_iter().chain(new).collect(),
        );
    }

    fn add_keys(&mut self, wanted: &WantedTable, keys: &keys::Changes) {
        for index in &keys.new_indexes {
            self.add_index(&wanted.name, index);
        }
        for key in &keys.new_foreign_keys {
            self.add_foreign_key(&wanted.name, key);
        }
    }

    fn add_index(&mut self, table: &TableName, index: &Index) {
        let (effect, consequence) = if index.kind == IndexKind::Unique {
            (Effect::MayFail, "it fails where rows are alike in it")
        } else {
            (Effect::Adds, "writes wait while it is built")
        };
        self.step(
            format!("create-index:{}.{}", table.name, index.name),
            effect,
            consequence,
            vec![Statement::CreateIndex(CreateIndex {
                table: table.clone(),
                index: index.clone(),
            })],
        );
    }

    fn add_foreign_key(&mut self, table: &TableName, key: &ForeignKey) {
        self.step(
            format!("add-foreign-key:{}.{}", table.name, key.name),
            Effect::MayFail,
            format!(
                "it fails where a row refers to one of `{}` that is not there",
                key.target.name
            ),
            vec![Statement::AddForeignKey(AddForeignKey {
                table: table.clone(),
                foreign_key: key.clone(),
            })],
        );
    }

    /// Tables first, then what they refer to: keys may go round in a circle.
    fn new_tables(&mut self) {
        let wanted = self.wanted;
        let new: Vec<_> = wanted
            .tables
            .iter()
            .filter(|table| self.find(&table.name).is_none())
            .collect();
        let mut later = Vec::new();
        for table in new {
            let (statements, keys) = create(table, self.capability());
            later.extend(keys);
            self.step(
                format!("create-table:{}", table.name.name),
                Effect::Adds,
                "a table with its keys and indexes",
                statements,
            );
        }
        for (table, key) in later {
            self.step(
                format!("add-foreign-key:{}.{}", table.name, key.name),
                Effect::Adds,
                format!("a key of the new table to `{}`", key.target.name),
                vec![Statement::AddForeignKey(AddForeignKey {
                    table,
                    foreign_key: key,
                })],
            );
        }
    }

    pub(super) fn find(&self, name: &TableName) -> Option<&'a Table> {
        let mut tables = self.catalog.tables.iter();
        tables.find(|table| self.is_found(name, table))
    }

    fn is_found(&self, name: &TableName, table: &Table) -> bool {
        let fold = self.capability().table_names_fold_case;
        same(&name.name, &table.name, fold) && self.same_schema(name, table.schema.as_deref())
    }

    /// `None` in the catalog is the current schema, in the wanted name whatever is current.
    pub(super) fn same_schema(&self, name: &TableName, found: Option<&str>) -> bool {
        let places = self.catalog.places.as_ref();
        let current = places.map(|places| places.current.as_str());
        let wanted = name
            .schema
            .as_deref()
            .filter(|schema| Some(*schema) != current);
        wanted == found
    }

    pub(super) fn column<'t>(
        &self,
        table: &'t Table,
        name: &str,
    ) -> Option<&'t hallpass_db::Column> {
        let fold = self.capability().column_names_fold_case;
        let mut columns = table.columns.iter();
        columns.find(|column| same(&column.name, name, fold))
    }
}

/// The statements that make a table, and the keys that come when all tables are there.
pub(super) fn create(
    table: &WantedTable,
    capability: &Capability,
) -> (Vec<Statement>, Vec<(TableName, ForeignKey)>) {
    let inline = capability.inline_indexes;
    let (inside, after): (Vec<_>, Vec<_>) = table.indexes.iter().cloned().partition(|_| inline);
    let forward = capability.forward_references;
    let keys = table.foreign_keys.iter().cloned();
    let (now, later): (Vec<_>, Vec<_>) = keys.partition(|_| forward);
    let create = CreateTable {
        table: table.name.clone(),
        columns: table.columns.clone(),
        primary_key: table.primary_key.clone(),
        indexes: inside,
        foreign_keys: now,
        taken_over: TakenOver::default(),
    };
    let indexes = after.into_iter().map(|index| {
        Statement::CreateIndex(CreateIndex {
            table: table.name.clone(),
            index,
        })
    });
    let statements = std::iter::once(Statement::CreateTable(create)).chain(indexes);
    let later = later.into_iter().map(|key| (table.name.clone(), key));
    (statements.collect(), later.collect())
}

/// Where columns cannot be changed, only what rows can do without is added in place.
fn needs_rebuild(wanted: &WantedTable, change: &Change) -> bool {
    match change {
        Change::Add { column, .. } => {
            let is_constant = matches!(column.default, Some(hallpass_sql::ColumnDefault::Value(_)));
            let fits = if column.default.is_none() {
                column.nullable
            } else {
                is_constant
            };
            let mut keys = wanted.foreign_keys.iter().flat_map(|key| &key.columns);
            !fits || keys.any(|name| *name == column.name)
        }
        Change::Drop { .. } | Change::Alter { .. } => true,
    }
}

/// Whether a table is of Hallpass itself or of migrations.
pub(crate) fn is_own(table: &Table) -> bool {
    OWN.iter().any(|own| table.name.starts_with(own))
}

fn is_referred_to(table: &Table, others: &[&Table]) -> bool {
    let mut keys = others
        .iter()
        .filter(|other| other.name != table.name)
        .flat_map(|other| &other.foreign_keys);
    keys.any(|key| key.references_table == table.name)
}

pub(super) fn name_of(table: &Table) -> TableName {
    TableName {
        schema: table.schema.clone(),
        name: table.name.clone(),
    }
}

pub(super) fn same(one: &str, other: &str, fold: bool) -> bool {
    if fold {
        one.eq_ignore_ascii_case(other)
    } else {
        one == other
    }
}
