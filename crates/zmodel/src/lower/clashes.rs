//! Two things with one name in the database.

use std::collections::HashMap;

use super::Scene;
use super::draft::Draft;
use crate::ast::Name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::Names;
use crate::schema::{Enum, Field, JoinTable, Provider};

/// Reports tables, enums and columns that would be one in the database.
///
/// SECURITY: two models on one table would read and write each other's rows past the rules of either.
pub(super) fn check(
    drafts: &[Draft<'_>],
    join_tables: &[JoinTable],
    enums: &[Enum],
    names: &Names<'_>,
    scene: &Scene<'_, '_>,
    mistakes: &mut Mistakes,
) {
    // Only PostgreSQL tells `User` from `user`; a schema that names no database may meet any.
    let exact = scene.provider == Some(Provider::Postgresql);
    let key = |schema: &Option<String>, name: &str| {
        let name = if exact {
            name.to_owned()
        } else {
            name.to_lowercase()
        };
        (schema.clone(), name)
    };

    let tables = drafts.iter().map(|draft| {
        let model = &draft.model;
        let key = key(&model.database_schema, &model.table);
        (key, model.table.as_str(), &draft.ast.name)
    });
    let by_name: HashMap<&str, &Draft<'_>> = drafts
        .iter()
        .map(|draft| (draft.model.name.as_str(), draft))
        .collect();
    let joins = join_tables.iter().filter_map(|join| {
        let draft = by_name.get(join.a.model.as_str())?;
        let place = draft.places.get(join.a.field.as_str()).copied().flatten()?;
        let written = draft.written.get(place)?;
        let key = key(&draft.model.database_schema, &join.table);
        Some((key, join.table.as_str(), &written.name))
    });
    report("table", tables.chain(joins), mistakes);
    let enums = enums.iter().zip(&names.enums).map(|(item, ast)| {
        let key = (item.database_schema.clone(), item.mapped_name.clone());
        (key, item.mapped_name.as_str(), &ast.name)
    });
    report("database type", enums, mistakes);

    for draft in drafts {
        let fields = draft.model.fields.iter().zip(&draft.written);
        let columns = fields.filter(|(field, _)| stands_in(draft, field));
        let columns = columns.map(|(field, written)| {
            (
                key(&None, &field.column),
                field.column.as_str(),
                &written.name,
            )
        });
        report("column", columns, mistakes);
    }
}

/// Whether the table of a model has a column for the field.
fn stands_in(draft: &Draft<'_>, field: &Field) -> bool {
    field.has_column() && (field.origin.is_none() || draft.model.id.contains(&field.name))
}

type Key = (Option<String>, String);

fn report<'a>(
    what: &str,
    items: impl Iterator<Item = (Key, &'a str, &'a Name)>,
    mistakes: &mut Mistakes,
) {
    let mut first_by_key: HashMap<Key, &Name> = HashMap::new();
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
