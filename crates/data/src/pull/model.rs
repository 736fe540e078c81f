//! A table as a model.

use hallpass_db::{Column, Index, Table};

use super::Pull;
use super::names::{free, identifier, quoted};
use super::naming::FieldName;
use super::types::{FieldType, default, field_type};

impl Pull<'_> {
    pub(super) fn model(&self, table: &Table) -> String {
        let name = self.names.model(&table.name).unwrap_or_default();
        let names = self.field_names(table);
        let mut lines: Vec<String> = Vec::new();
        for (column, (_, field)) in table.columns.iter().zip(&names) {
            lines.push(self.field(table, column, field));
        }
        let mut taken: Vec<_> = names.iter().map(|(_, name)| name.clone()).collect();
        for end in self.ends(table, &mut taken) {
            lines.push(format!(
                "{} {}{} {}",
                end.name, end.model, end.arity, end.attribute
            ));
        }
        let mut block = self.block(table, &names);
        if name != table.name {
            block.push(format!("@@map({})", quoted(&table.name)));
        }
        let mut text = String::new();
        if table.primary_key.is_empty() && table.uniques.is_empty() {
            text.push_str("/// This table has no key, so that no row of it can be named.\n");
            block.push("@@ignore".to_owned());
        }
        for other in &table.other_indexes {
            text.push_str(&format!(
                "/// The index `{}` has no words here; it stays as it is.\n",
                other.replace(['\n', '\r'], " ")
            ));
        }
        text.push_str(&format!("model {name} {{\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
        if !block.is_empty() {
            text.push('\n');
        }
        for line in block {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str("}\n");
        text
    }

    /// Columns and what their fields are called, in their order.
    pub(super) fn field_names(&self, table: &Table) -> Vec<(String, String)> {
        let known = |column: &Column| Some(self.known(table, column)?.field.clone());
        let columns = || table.columns.iter();
        let mut taken: Vec<_> = columns().filter_map(known).collect();
        columns()
            .map(|column| {
                let name = known(column);
                let name = name.unwrap_or_else(|| free(&identifier(&column.name), &mut taken));
                (column.name.clone(), name)
            })
            .collect()
    }

    fn known(&self, table: &Table, column: &Column) -> Option<&FieldName> {
        self.naming?.model(&table.name)?.field(&column.name)
    }

    fn field(&self, table: &Table, column: &Column, name: &str) -> String {
        let (found, labels) = self.type_of(table, column);
        let known = self.known(table, column);
        let found = match known.and_then(|known| known.kind) {
            Some((kind, native)) => FieldType::new(kind, native),
            None => found,
        };
        let in_key = table.primary_key.contains(&column.name);
        let arity = if found.is_list {
            "[]"
        } else if column.nullable && !in_key {
            "?"
        } else {
            ""
        };
        let mut parts = vec![name.to_owned(), format!("{}{arity}", found.name)];
        if table.primary_key == [column.name.as_str()] {
            parts.push("@id".to_owned());
        }
        let unique = table
            .uniques
            .iter()
            .any(|index| index.columns == [column.name.as_str()]);
        if unique && table.primary_key != [column.name.as_str()] {
            parts.push("@unique".to_owned());
        }
        // SQLite counts in every sole key that is an integer, said or not.
        if let Some(default) = known.and_then(|known| known.default.as_ref()) {
            parts.push(format!("@default({default})"));
        } else if column.counts && found.is_supported() {
            parts.push("@default(autoincrement())".to_owned());
        } else if found.is_supported()
            && let Some(default) = default(column, &found, labels)
        {
            parts.push(format!("@default({default})"));
        }
        let more = known.map_or(&[][..], |known| &known.attributes);
        parts.extend(more.iter().map(|&attribute| attribute.to_owned()));
        parts.extend(found.native);
        if name != column.name {
            parts.push(format!("@map({})", quoted(&column.name)));
        }
        parts.join(" ")
    }

    fn type_of<'p>(&'p self, table: &Table, column: &Column) -> (FieldType, Option<&'p [String]>) {
        let of_enum = |name: &str, is_list| FieldType {
            name: name.to_owned(),
            native: None,
            is_list,
        };
        if let Some(item) = self.names.inline_enum(&table.name, &column.name) {
            return (of_enum(&item.name, false), Some(&item.labels));
        }
        let plain = column.database_type.replace('"', "");
        let (element, is_list) = plain
            .strip_suffix("[]")
            .map_or((plain.as_str(), false), |one| (one, true));
        let mut enums = self.catalog.enums.iter().enumerate();
        match enums.find(|(_, item)| item.name == element) {
            Some((position, item)) => (
                of_enum(self.names.of_enum(position), is_list),
                Some(&item.labels),
            ),
            None => (field_type(column, self.dialect), None),
        }
    }

    /// Keys and indexes of several columns.
    fn block(&self, table: &Table, names: &[(String, String)]) -> Vec<String> {
        let list = |columns: &[String]| {
            let found = columns.iter().filter_map(|column| {
                names
                    .iter()
                    .find(|(one, _)| one == column)
                    .map(|(_, name)| name.as_str())
            });
            found.collect::<Vec<_>>().join(", ")
        };
        let mut lines = Vec::new();
        if table.primary_key.len() > 1 {
            lines.push(format!("@@id([{}])", list(&table.primary_key)));
        }
        for index in table.uniques.iter().filter(|index| index.columns.len() > 1) {
            lines.push(format!("@@unique([{}])", list(&index.columns)));
        }
        for index in table
            .indexes
            .iter()
            .filter(|index| !self.serves_a_key(table, index))
        {
            lines.push(format!("@@index([{}])", list(&index.columns)));
        }
        lines
    }

    /// MySQL makes one for every foreign key, by the key's name.
    fn serves_a_key(&self, table: &Table, index: &Index) -> bool {
        let makes = self.dialect.capability().inline_indexes;
        let mut keys = table.foreign_keys.iter();
        makes
            && keys
                .any(|key| key.columns == index.columns && key.name.as_ref() == Some(&index.name))
    }
}
