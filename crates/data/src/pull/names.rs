//! What tables, columns and labels are called in the language.

use std::collections::HashMap;

use hallpass_db::{Catalog, Table};

use super::naming::Naming;

/// Names that are taken, by what they are of.
#[derive(Debug, Default)]
pub(crate) struct Names {
    models: HashMap<String, String>,
    enums: Vec<String>,
    inline: Vec<InlineEnum>,
}

/// An enum that is part of a column's type.
#[derive(Debug, Clone)]
pub(crate) struct InlineEnum {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    of: (String, String),
}

impl Names {
    pub(crate) fn of(tables: &[&Table], catalog: &Catalog, naming: Option<&Naming>) -> Self {
        let mut names = Self::default();
        let mut taken: Vec<String> = RESERVED.iter().map(|word| (*word).to_owned()).collect();
        for known in naming.map_or(&[][..], |naming| &naming.models) {
            taken.push(known.model.clone());
            names
                .models
                .insert(known.table.clone(), known.model.clone());
        }
        for table in tables {
            if names.models.contains_key(&table.name) {
                continue;
            }
            let name = free(&identifier(&table.name), &mut taken);
            names.models.insert(table.name.clone(), name);
        }
        for item in &catalog.enums {
            names.enums.push(free(&identifier(&item.name), &mut taken));
        }
        for table in tables {
            for column in &table.columns {
                if let Some(labels) = inline_labels(&column.database_type) {
                    let name = format!("{}_{}", identifier(&table.name), identifier(&column.name));
                    names.inline.push(InlineEnum {
                        name: free(&name, &mut taken),
                        labels,
                        of: (table.name.clone(), column.name.clone()),
                    });
                }
            }
        }
        names
    }

    /// The model of a table.
    pub(crate) fn model(&self, table: &str) -> Option<&str> {
        self.models.get(table).map(String::as_str)
    }

    /// The enum at this place of the catalog.
    pub(crate) fn of_enum(&self, position: usize) -> &str {
        self.enums.get(position).map_or("", String::as_str)
    }

    pub(crate) fn inline_enums(&self) -> &[InlineEnum] {
        &self.inline
    }

    /// The enum of a column that has one in its type.
    pub(crate) fn inline_enum(&self, table: &str, column: &str) -> Option<&InlineEnum> {
        let mut inline = self.inline.iter();
        inline.find(|item| item.of.0 == table && item.of.1 == column)
    }
}

/// Names of types, which no model may have.
const RESERVED: &[&str] = &[
    "String",
    "Boolean",
    "Int",
    "BigInt",
    "Float",
    "Decimal",
    "DateTime",
    "Json",
    "Bytes",
    "Null",
    "Any",
    "Object",
    "Unsupported",
    "db",
];

/// A name that nobody has yet.
pub(crate) fn free(wanted: &str, taken: &mut Vec<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    taken.push(name.clone());
    name
}

/// A name as the language takes it: letters, digits and `_`, not a digit first.
pub(crate) fn identifier(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '_' {
                letter
            } else {
                '_'
            }
        })
        .collect();
    match plain.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_alphabetic() || first == '_' => plain,
        Some(_) => format!("n{plain}"),
    }
}

/// A text of the language.
pub(crate) fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}

/// The labels of `enum('a','it''s')`.
pub(crate) fn inline_labels(database_type: &str) -> Option<Vec<String>> {
    let inner = database_type
        .strip_prefix("enum(")
        .or_else(|| database_type.strip_prefix("ENUM("))?
        .strip_suffix(')')?;
    let mut labels = Vec::new();
    let mut label = String::new();
    let mut inside = false;
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' if inside && letters.peek() == Some(&'\'') => {
                letters.next();
                label.push('\'');
            }
            '\'' if inside => {
                labels.push(std::mem::take(&mut label));
                inside = false;
            }
            '\'' => inside = true,
            other if inside => label.push(other),
            _ => {}
        }
    }
    Some(labels)
}

/// The members of an enum: for each label its name.
pub(crate) fn members(labels: &[String]) -> Vec<(String, &String)> {
    let mut taken = Vec::new();
    labels
        .iter()
        .map(|label| (free(&identifier(label), &mut taken), label))
        .collect()
}

pub(crate) fn enumeration(name: &str, mapped: &str, labels: &[String]) -> String {
    let mut text = format!("enum {name} {{\n");
    for (member, label) in members(labels) {
        let map = if member == *label {
            String::new()
        } else {
            format!(" @map({})", quoted(label))
        };
        text.push_str(&format!("  {member}{map}\n"));
    }
    if name != mapped {
        text.push_str(&format!("\n  @@map({})\n", quoted(mapped)));
    }
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_the_language() {
        for (name, plain) in [
            ("users", "users"),
            ("2fa", "n2fa"),
            ("a-b c", "a_b_c"),
            ("", "unnamed"),
            ("ärger", "_rger"),
        ] {
            assert_eq!(identifier(name), plain);
        }
        let mut taken = vec!["a".to_owned()];
        assert_eq!(free("a", &mut taken), "a_2");
        assert_eq!(free("a", &mut taken), "a_3");
    }

    #[test]
    fn labels_are_read_from_a_type() {
        assert_eq!(
            inline_labels("enum('a','it''s','b,c')").unwrap(),
            ["a", "it's", "b,c"]
        );
        assert_eq!(inline_labels("int(11)"), None);
    }
}
