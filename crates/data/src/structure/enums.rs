//! How the types of enums differ from the wanted ones, where enums are types.

use hallpass_db::{DatabaseEnum, Table};
use hallpass_sql::{
    AddLabel, AlterColumn, Column, ColumnChanges, ColumnType, CreateEnum, Dialect, RenameEnum,
    Statement, TableName,
};

use super::alike::canonical_type;
use super::compare::Comparison;
use super::step::Effect;

impl<'a> Comparison<'a> {
    pub(super) fn new_enums(&mut self) {
        for item in &self.wanted.enums {
            let Some(found) = self.find_enum(&item.name) else {
                self.step(
                    format!("create-enum:{}", item.name.name),
                    Effect::Adds,
                    "a type with its labels",
                    vec![Statement::CreateEnum(item.clone())],
                );
                continue;
            };
            let gone = found
                .labels
                .iter()
                .filter(|label| !item.labels.contains(label));
            let gone: Vec<_> = gone.map(String::as_str).collect();
            if gone.is_empty() {
                self.add_labels(item, found);
            } else {
                let consequence = format!(
                    "{} can be stored no longer; it fails where a row has it",
                    gone.join(", ")
                );
                let statements = self.replace_enum(item);
                self.step(
                    format!("replace-enum:{}", item.name.name),
                    Effect::MayFail,
                    consequence,
                    statements,
                );
            }
        }
    }

    fn add_labels(&mut self, item: &CreateEnum, found: &DatabaseEnum) {
        let new = item
            .labels
            .iter()
            .filter(|label| !found.labels.contains(label));
        for label in new {
            self.step(
                format!("add-label:{}.{label}", item.name.name),
                Effect::Adds,
                "one more value that may be stored",
                vec![Statement::AddLabel(AddLabel {
                    name: item.name.clone(),
                    label: label.clone(),
                })],
            );
        }
    }

    /// The type is made anew under its name, and every column that is of it becomes of the new one.
    fn replace_enum(&self, item: &CreateEnum) -> Vec<Statement> {
        let old = format!("{}_old", item.name.name);
        let mut statements = vec![
            Statement::RenameEnum(RenameEnum {
                name: item.name.clone(),
                new_name: old.clone(),
            }),
            Statement::CreateEnum(item.clone()),
        ];
        for table in &self.wanted.tables {
            let columns = table
                .columns
                .iter()
                .filter(|column| is_of(column, &item.name));
            let Some(found) = self.find(&table.name) else {
                continue;
            };
            for column in columns.filter(|column| self.column(found, &column.name).is_some()) {
                statements.push(Statement::AlterColumn(AlterColumn {
                    table: table.name.clone(),
                    column: column.clone(),
                    changes: ColumnChanges {
                        column_type: true,
                        default: true,
                        ..Default::default()
                    },
                }));
            }
        }
        statements.push(Statement::DropEnum(TableName {
            name: old,
            ..item.name.clone()
        }));
        statements
    }

    pub(super) fn old_enums(&mut self) {
        let wanted = self.wanted;
        for found in &self.catalog.enums {
            let is_wanted = |item: &&CreateEnum| {
                item.name.name == found.name
                    && self.same_schema(&item.name, found.schema.as_deref())
            };
            if wanted.enums.iter().any(|item| is_wanted(&item)) {
                continue;
            }
            // A table that nobody wants may have it: then it can go no sooner than that.
            let is_used = self
                .unwanted()
                .iter()
                .any(|table| has_type(table, &found.name));
            let (effect, consequence) = if is_used {
                (
                    Effect::LosesData,
                    "the type goes after the table that has it",
                )
            } else {
                (
                    Effect::MayFail,
                    "the schema does not know the type; it fails where a column is of it",
                )
            };
            self.step(
                format!("drop-enum:{}", found.name),
                effect,
                consequence,
                vec![Statement::DropEnum(TableName {
                    schema: found.schema.clone(),
                    name: found.name.clone(),
                })],
            );
        }
    }

    fn find_enum(&self, name: &TableName) -> Option<&'a DatabaseEnum> {
        let mut enums = self.catalog.enums.iter();
        enums.find(|one| one.name == name.name && self.same_schema(name, one.schema.as_deref()))
    }
}

fn is_of(column: &Column, name: &TableName) -> bool {
    let is_enum = |column_type: &ColumnType| matches!(column_type, ColumnType::Enum { name: one, .. } if one == name);
    match &column.column_type {
        ColumnType::List(element) => is_enum(element),
        one => is_enum(one),
    }
}

fn has_type(table: &Table, name: &str) -> bool {
    let mut columns = table.columns.iter();
    columns.any(|column| {
        canonical_type(&column.database_type, Dialect::Postgres).trim_end_matches("[]") == name
    })
}
