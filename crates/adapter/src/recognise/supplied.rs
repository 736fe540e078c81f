//! Columns of the application that need a value and have no default, where their name says which one: programs such as
//! Prisma and Drizzle supply it themselves, and so do we.

use hallpass_data::catalog::{Column, Table};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, DefaultValue, Field, FieldKind, Model, Scalar};

use super::ids;
use super::tables::{Class, Tables};
use crate::layout::NEEDED;

/// How names of columns begin that hold the moment at which a row was made.
const MADE: &[&str] = &["created", "inserted"];
/// And of those that hold the moment of its last change.
const CHANGED: &[&str] = &["updated", "modified"];

/// The schema with a field for each of them.
pub(super) fn added(mut schema: Schema, tables: Tables<'_>) -> Schema {
    for (name, _) in NEEDED {
        let mut models = schema.models.iter_mut();
        if let Some(model) = models.find(|model| model.name == *name)
            && let Some(table) = tables.table(&model.table)
        {
            let fields = supplied(model, table, tables);
            model.fields.extend(fields);
        }
    }
    schema
}

fn supplied(model: &Model, table: &Table, tables: Tables<'_>) -> Vec<Field> {
    let is_known = |column: &Column| {
        let mut fields = model.fields.iter();
        fields.any(|field| {
            field.name == column.name || tables.same_column(&field.column, &column.name)
        })
    };
    let columns = table.columns.iter();
    let empty =
        columns.filter(|column| !column.nullable && !column.has_default && !is_known(column));
    empty
        .filter_map(|column| moment(column, tables).or_else(|| id(column, table)))
        .collect()
}

pub(super) fn moment(column: &Column, tables: Tables<'_>) -> Option<Field> {
    let name = column.name.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let holds_moments = match Class::of_column(column) {
        Class::Moment => true,
        // Where there is no type for them, numbers and texts hold them.
        Class::Integer | Class::Text => !tables.dialect.capability().timestamp_type,
        _ => false,
    };
    if !holds_moments || !(begins(MADE) || begins(CHANGED)) {
        return None;
    }
    let field = field(column, Scalar::DateTime);
    Some(if begins(CHANGED) {
        Field {
            updated_at: true,
            ..field
        }
    } else {
        Field {
            default: Some(DefaultValue::Now),
            ..field
        }
    })
}

/// An id of the row. Of this name alone: others could be chosen by what a provider sends.
fn id(column: &Column, table: &Table) -> Option<Field> {
    let is_id = column.name == "id" && table.primary_key == ["id"];
    let default = ids::text_id(column, None).filter(|_| is_id)?;
    Some(Field {
        default: Some(default),
        ..field(column, Scalar::String)
    })
}

fn field(column: &Column, scalar: Scalar) -> Field {
    Field::new(&column.name, FieldKind::Scalar(scalar), Arity::Required)
}
