//! Which tables a write may change beside the one that it names: those that a row is spread over, those between lists, and
//! those that the foreign keys of the database change by themselves.
//!
//! Not that of a key which points at a key that was itself changed: that happens so seldom that the next look finds it.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, Model, ReferentialAction, Relation};

use super::Tables;

/// How far a write goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// New rows, at which nothing points.
    Added,
    /// Rows that were there.
    Changed,
}

/// What a write of rows of this model may change.
pub(crate) fn of_model(schema: &Schema, model: &Model, reach: Reach) -> Tables {
    let mut tables = Tables::default();
    add(schema, model, reach, &mut tables);
    tables
}

/// What a write of rows of this table may change.
pub(crate) fn of_table(schema: &Schema, table: &str, reach: Reach) -> Tables {
    let mut tables = Tables::default();
    let models = schema.models.iter();
    for model in models.filter(|model| model.table.eq_ignore_ascii_case(table)) {
        add(schema, model, reach, &mut tables);
    }
    tables.add(table);
    tables
}

fn add(schema: &Schema, model: &Model, reach: Reach, tables: &mut Tables) {
    if !tables.add(&model.table) {
        return;
    }
    for base in schema.lineage(model) {
        tables.add(&base.table);
    }
    for join in model.fields.iter().filter_map(Field::relation) {
        if let Some(join) = &join.join {
            tables.add(&join.table);
        }
    }
    if reach == Reach::Added {
        return;
    }
    for extending in schema.extensions(model) {
        add(schema, extending, reach, tables);
    }
    let lineage: Vec<_> = schema.lineage(model).map(|base| &base.name).collect();
    for other in &schema.models {
        let mut fields = other.fields.iter();
        let follows = fields.any(|field| {
            let relation = field.relation();
            relation.is_some_and(|relation| {
                lineage.contains(&&relation.model) && is_changed_along(field, relation)
            })
        });
        if follows {
            add(schema, other, reach, tables);
        }
    }
}

/// Whether the row that has the key is changed by the database when the other one goes.
fn is_changed_along(field: &Field, relation: &Relation) -> bool {
    let action = match relation.on_delete {
        Some(action) => action,
        // Source: contract zenstack §1.6: what happens where the schema says nothing.
        None if field.arity == Arity::Optional => ReferentialAction::SetNull,
        None => ReferentialAction::Restrict,
    };
    let acts = matches!(
        action,
        ReferentialAction::Cascade | ReferentialAction::SetNull | ReferentialAction::SetDefault
    );
    acts && !relation.fields.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::support::schema;

    const SCHEMA: &str = "
        model User { id Int @id todos Todo[] notes Note[] logs Log[] tags Tag[] }
        model Todo { id Int @id userId Int user User @relation(fields: [userId], references: [id], onDelete: Cascade)
          lines Line[] @@map('todos') }
        model Line { id Int @id todoId Int todo Todo @relation(fields: [todoId], references: [id], onDelete: Cascade) }
        model Note { id Int @id userId Int? user User? @relation(fields: [userId], references: [id]) }
        model Log { id Int @id userId Int user User @relation(fields: [userId], references: [id]) }
        model Tag { id Int @id users User[] }
    ";

    fn names(tables: &Tables) -> Vec<&str> {
        tables.names().collect()
    }

    #[test]
    fn what_goes_with_a_row_is_told_with_it() {
        let schema = schema(SCHEMA);
        let of = |model: &str, reach| of_model(&schema, schema.model(model).unwrap(), reach);
        let changed = of("User", Reach::Changed);
        assert_eq!(
            names(&changed),
            ["_tagtouser", "line", "note", "todos", "user"]
        );
        assert_eq!(names(&of("User", Reach::Added)), ["_tagtouser", "user"]);
        assert_eq!(names(&of("Todo", Reach::Changed)), ["line", "todos"]);
        assert_eq!(names(&of("Log", Reach::Changed)), ["log"]);
        assert_eq!(
            names(&of_table(&schema, "todos", Reach::Changed)),
            ["line", "todos"]
        );
        assert_eq!(
            names(&of_table(&schema, "other", Reach::Changed)),
            ["other"]
        );
    }
}
