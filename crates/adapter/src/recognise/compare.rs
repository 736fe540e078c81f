//! Tables held against a schema.

use hallpass_data::Dialect;
use hallpass_data::catalog::{Catalog, Column, Table};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, DefaultValue, Field, FieldKind, Model};

use super::tables::{Class, Tables, columns_of, in_words};
use super::{Difference, ids};
use crate::layout::{NEEDED, USER};

/// How the sign-in tables in a catalog differ from those of a schema. Says nothing of tables of other models.
pub fn differences(schema: &Schema, catalog: &Catalog, dialect: Dialect) -> Vec<Difference> {
    let tables = Tables { catalog, dialect };
    let mut found = Vec::new();
    for (name, fields) in NEEDED {
        if let Some(model) = schema.model(name) {
            of_name(schema, tables, model, fields, &mut found);
            match tables.table(&model.table) {
                Some(table) => of_table(schema, tables, model, table, &mut found),
                None => found.push(Difference::MissingTable {
                    model: model.name.clone(),
                    table: model.table.clone(),
                }),
            }
        }
    }
    found
}

/// Tables of another spelling: `verification_token` beside `verification_tokens`, `VerificationToken`.
fn of_name(
    schema: &Schema,
    tables: Tables<'_>,
    model: &Model,
    fields: &[&str],
    found: &mut Vec<Difference>,
) {
    let own = tables.table(&model.table);
    let has_columns = |table: &Table| {
        let columns = fields.iter().filter_map(|name| model.field(name));
        let mut columns = columns.map(|field| &field.column);
        columns.all(|column| tables.column(table, column).is_some())
    };
    let is_of_schema = |table: &Table| {
        let mut others = schema.models.iter();
        others.any(|other| {
            tables
                .table(&other.table)
                .is_some_and(|own| own.name == table.name)
        })
    };
    let mut others = tables.catalog.tables.iter();
    let other = others.find(|table| {
        spelling(&table.name) == spelling(&model.table)
            && own.is_none_or(|own| own.name != table.name)
            && !is_of_schema(table)
            && has_columns(table)
    });
    if let Some(other) = other {
        found.push(Difference::OtherName {
            model: model.name.clone(),
            table: model.table.clone(),
            found: other.name.clone(),
            is_second: own.is_some(),
        });
    }
}

/// What is left of a name without capitals and underscores.
pub(super) fn letters(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "")
}

/// The same without the `s` of several.
fn spelling(name: &str) -> String {
    let name = letters(name);
    let single = name.strip_suffix('s').map(str::to_owned);
    single.unwrap_or(name)
}

/// The schema without the columns of sign-in models that their tables lack and sign-in can do without.
pub fn narrowed(schema: &Schema, catalog: &Catalog, dialect: Dialect) -> Schema {
    let tables = Tables { catalog, dialect };
    schema.without(|model, field| {
        let needed = NEEDED.iter().find(|(name, _)| *name == model.name);
        let Some((_, fields)) = needed else {
            return false;
        };
        let table = tables.table(&model.table);
        let lacks = |table| tables.column(table, &field.column).is_none();
        !fields.contains(&&*field.name) && table.is_some_and(lacks)
    })
}

fn of_table(
    schema: &Schema,
    tables: Tables<'_>,
    model: &Model,
    table: &Table,
    found: &mut Vec<Difference>,
) {
    if table.name != model.table {
        found.push(Difference::Capitals {
            expected: model.table.clone(),
            found: table.name.clone(),
        });
    }
    let fields = model.fields.iter().filter(|one| one.relation().is_none());
    for field in fields {
        match tables.column(table, &field.column) {
            Some(column) => of_column(model, table, field, column, found),
            None => found.push(Difference::MissingColumn {
                table: table.name.clone(),
                column: field.column.clone(),
            }),
        }
    }
    found.extend(ids::unlike(schema, tables, model, table));
    found.extend(required_columns(tables, model, table));
    of_keys(tables, model, table, found);
    if schema.has_foreign_keys() {
        of_relations(schema, tables, model, table, found);
    }
}

fn of_column(
    model: &Model,
    table: &Table,
    field: &Field,
    column: &Column,
    found: &mut Vec<Difference>,
) {
    let (table, name) = (table.name.clone(), column.name.clone());
    if let FieldKind::Scalar(scalar) = field.kind
        && !Class::of_column(column).holds(scalar)
    {
        found.push(Difference::Type {
            table: table.clone(),
            column: name.clone(),
            found: column.database_type.clone(),
            expected: in_words(scalar),
            is_key: ids::is_key(model, field),
        });
    }
    match (field.arity, column.nullable) {
        // Users who all have an address are what most applications want.
        (Arity::Optional, false) if model.name == USER && field.name == "email" => {}
        (Arity::Optional, false) if !column.has_default => found.push(Difference::NotNull {
            table,
            column: name,
        }),
        (Arity::Required, true) if field.default.is_none() && !field.updated_at => {
            found.push(Difference::Nullable {
                table,
                column: name,
            });
        }
        _ => {}
    }
}

/// Columns that stop every insert, because nobody fills them.
fn required_columns(tables: Tables<'_>, model: &Model, table: &Table) -> Vec<Difference> {
    let is_filled = |column: &&Column| {
        let fills = |field: &&Field| {
            let leaves_it_to_the_table = matches!(
                field.default,
                Some(DefaultValue::Autoincrement | DefaultValue::DbGenerated(_))
            );
            field.relation().is_none()
                && tables.same_column(&field.column, &column.name)
                && !leaves_it_to_the_table
        };
        // SQLite admits null in keys.
        let is_id = |field: &Field| {
            let is_this = tables.same_column(&field.column, &column.name);
            is_this && model.id.contains(&field.name)
        };
        let may_be_null = column.nullable && !model.fields.iter().any(is_id);
        may_be_null || column.has_default || model.fields.iter().any(|field| fills(&field))
    };
    let required = table.columns.iter().filter(|column| !is_filled(column));
    let difference = |column: &Column| Difference::RequiredColumn {
        model: model.name.clone(),
        table: table.name.clone(),
        column: column.name.clone(),
        field: field_for(column),
    };
    required.map(difference).collect()
}

/// A field that would fill a column, as a schema says it.
fn field_for(column: &Column) -> String {
    let name = &column.name;
    let plain = name
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || one == '_')
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    let (field, mapped) = if plain {
        (name.as_str(), String::new())
    } else {
        ("field", format!(" @map({name:?})"))
    };
    let is_id = name.eq_ignore_ascii_case("id");
    match Class::of_column(column) {
        Class::Moment if name.to_ascii_lowercase().starts_with("updated") => {
            format!("{field} DateTime @updatedAt{mapped}")
        }
        Class::Moment => format!("{field} DateTime @default(now()){mapped}"),
        Class::Uuid => format!("{field} String @default(uuid()) @db.Uuid{mapped}"),
        Class::Text if is_id => format!("{field} String @default(cuid()){mapped}"),
        Class::Text | Class::Bytes | Class::Other => {
            format!("{field} String @default(\"…\"){mapped}")
        }
        Class::Integer if is_id => format!("{field} Int @default(autoincrement()){mapped}"),
        Class::Integer => format!("{field} Int @default(0){mapped}"),
        Class::Boolean => format!("{field} Boolean @default(false){mapped}"),
    }
}

fn of_keys(tables: Tables<'_>, model: &Model, table: &Table, found: &mut Vec<Difference>) {
    let identity = std::iter::once(&model.id);
    let uniques = model.uniques.iter().map(|unique| &unique.fields);
    let mut seen: Vec<Vec<String>> = Vec::new();
    for fields in identity.chain(uniques) {
        let columns = columns_of(model, fields);
        if !tables.is_unique(table, &columns) && !seen.contains(&columns) {
            seen.push(columns.clone());
            found.push(Difference::NotUnique {
                table: table.name.clone(),
                columns,
            });
        }
    }
    for index in &model.indexes {
        let columns = columns_of(model, &index.fields);
        if !tables.is_indexed(table, &columns) {
            found.push(Difference::NoIndex {
                table: table.name.clone(),
                columns,
            });
        }
    }
}

fn of_relations(
    schema: &Schema,
    tables: Tables<'_>,
    model: &Model,
    table: &Table,
    found: &mut Vec<Difference>,
) {
    let relations = model.fields.iter().filter_map(Field::relation);
    for relation in relations.filter(|relation| !relation.fields.is_empty()) {
        let Some(target) = schema.model(&relation.model) else {
            continue;
        };
        let columns = columns_of(model, &relation.fields);
        let is_kept = table.foreign_keys.iter().any(|key| {
            let same = |(one, other): (&String, &String)| tables.same_column(one, other);
            key.columns.len() == columns.len() && key.columns.iter().zip(&columns).all(same)
        });
        if !is_kept {
            found.push(Difference::NoForeignKey {
                table: table.name.clone(),
                columns,
                references: target.table.clone(),
            });
        }
    }
}
