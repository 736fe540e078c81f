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
    let Some(column) = column.filter(|column| is_usable(column)) else {
        return schema;
    };
    let mut fields = users.fields.iter_mut();
    match fields.find(|field| field.name == PASSWORD_FIELD) {
        Some(known) => known.arity = arity(column),
        None => users.fields.push(field(column)),
    }
    schema
}

/// Whether a user can have none there: what an application gives by default means something to it.
pub(super) fn is_usable(column: &Column) -> bool {
    let means_nothing = |default: &String| default.is_empty() || default.starts_with("''");
    let can_be_empty = column.nullable || column.default.as_ref().is_none_or(means_nothing);
    can_be_empty && Class::of_column(column) == Class::Text
}

/// Who has no password has an empty one, where every row needs one.
fn arity(column: &Column) -> Arity {
    if column.nullable {
        Arity::Optional
    } else {
        Arity::Required
    }
}

fn field(column: &Column) -> Field {
    Field {
        column: column.name.clone(),
        omit: true,
        ..Field::new(
            PASSWORD_FIELD,
            FieldKind::Scalar(Scalar::String),
            arity(column),
        )
    }
}
