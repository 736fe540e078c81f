//! The table of passkeys, which databases of Auth.js applications may lack.

use hallpass_zmodel::Schema;

use super::tables::Tables;
use crate::own::AUTHENTICATOR;

/// What the table of passkeys is to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is left out where it is not there.
    LeftOut,
    /// It is made where it is not there.
    Made,
}

/// The schema with or without the model, as the tables say.
pub(super) fn fitting(schema: Schema, tables: Tables<'_>, absent: Absent) -> Schema {
    let Some(model) = schema.model(AUTHENTICATOR) else {
        return schema;
    };
    let stays = match tables.table(&model.table) {
        None => absent == Absent::Made,
        // A table of this name that is none of Auth.js's is somebody else's business.
        Some(table) => model
            .fields
            .iter()
            .filter(|field| field.relation().is_none())
            .all(|field| tables.column(table, &field.column).is_some()),
    };
    match stays {
        true => schema,
        false => without(schema),
    }
}

fn without(mut schema: Schema) -> Schema {
    schema.models.retain(|model| model.name != AUTHENTICATOR);
    for model in &mut schema.models {
        model.fields.retain(|field| {
            field
                .relation()
                .is_none_or(|relation| relation.model != AUTHENTICATOR)
        });
    }
    schema
}
