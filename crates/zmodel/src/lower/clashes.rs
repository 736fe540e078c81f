//! Two things with one name in the database.

use std::collections::HashMap;

use crate::ast::Name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::Names;
use crate::schema::{FieldKind, Provider, Schema};

/// Reports tables, enums and columns that would be one in the database.
///
/// SECURITY: two models on one table would read and write each other's rows past the rules of either.
pub(super) fn check(schema: &Schema, names: &Names<'_>, mistakes: &mut Mistakes) {
    // Only PostgreSQL tells `User` from `user`; a schema that names no database may meet any.
    let exact = schema
        .datasource
        .as_ref()
        .is_some_and(|source| source.provider == Provider::Postgresql);
    let key = |name: &str| {
        if exact {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    };

    let tables = schema.models.iter().zip(&names.models);
    let tables = tables.map(|(model, ast)| (key(&model.table), &model.table, &ast.name));
    report("table", tables, mistakes);
    let enums = schema.enums.iter().zip(&names.enums);
    let enums = enums.map(|(item, ast)| (item.mapped_name.clone(), &item.mapped_name, &ast.name));
    report("database type", enums, mistakes);

    for (model, ast) in schema.models.iter().zip(&names.models) {
        let written: HashMap<_, _> = ast
            .fields
            .iter()
            .rev()
            .map(|field| (&field.name.text, &field.name))
            .collect();
        let columns = model
            .fields
            .iter()
            .filter(|field| !matches!(field.kind, FieldKind::Relation(_)));
        let columns = columns.filter_map(|field| {
            Some((
                key(&field.column),
                &field.column,
                *written.get(&field.name)?,
            ))
        });
        report("column", columns, mistakes);
    }
}

fn report<'a>(
    what: &str,
    items: impl Iterator<Item = (String, &'a String, &'a Name)>,
    mistakes: &mut Mistakes,
) {
    let mut first_by_key: HashMap<String, &Name> = HashMap::new();
    for (key, shown, name) in items {
        if let Some(first) = first_by_key.insert(key, name) {
            let message = format!(
                "`{}` and `{}` have the same {what} `{shown}`",
                first.text, name.text
            );
            mistakes
                .push(Mistake::at(name.span, message).note(first.span, "the first stands here"));
        }
    }
}
