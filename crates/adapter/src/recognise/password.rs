//! The column of passwords that applications add to the users of their layout.

use hallpass_data::catalog::Column;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};

use super::tables::{Class, Tables};
use crate::layout::USER;
use crate::own::PASSWORD_FIELD;

/// The schema with the column, where the table of users has one that the layout does not know.
///
/// SECURITY: CVE-2026-53516: what Hallpass does not know of, it cannot remove with the first proof of an address.
pub(super) fn added(mut schema: Schema, tables: Tables<'_>) -> Schema {
    let mut models = schema.models.iter_mut();
    let Some(users) = models.find(|model| model.name == USER) else {
        return schema;
    };
    let table = tables.table(&users.table);
    let column = table.and_then(|table| tables.column(table, PASSWORD_FIELD));
    if let Some(column) = column.filter(|column| is_usable(column))
        && users.field(PASSWORD_FIELD).is_none()
    {
        users.fields.push(field(column));
    }
    schema
}

/// Whether a row can do without.
fn is_usable(column: &Column) -> bool {
    column.nullable && Class::of_column(column) == Class::Text
}

fn field(column: &Column) -> Field {
    Field {
        column: column.name.clone(),
        omit: true,
        ..Field::new(
            PASSWORD_FIELD,
            FieldKind::Scalar(Scalar::String),
            Arity::Optional,
        )
    }
}
