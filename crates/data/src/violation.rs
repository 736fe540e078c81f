//! Which fields a database means when it says that a key is taken or leads nowhere.

use hallpass_db::{Error as DatabaseError, ErrorKind};
use hallpass_zmodel::schema::{Field, Model};

use crate::client::Engine;
use crate::ddl::{columns_of, name_of, primary_key_name};
use crate::error::Error;

/// What the database said of a statement about a model.
pub(crate) fn named(engine: &Engine, model: &str, source: DatabaseError) -> Error {
    let kind = source.kind();
    if !matches!(
        kind,
        ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation
    ) {
        return Error::of_database(model, source);
    }
    let found = source.constraint().and_then(|constraint| {
        let own = engine.schema.model(model).into_iter();
        // What cascades speaks of other tables.
        let mut models = own.chain(&engine.schema.models);
        models.find_map(|model| fields(model, kind, constraint))
    });
    let (model, fields) = (model.to_owned(), found.unwrap_or_default());
    if kind == ErrorKind::UniqueViolation {
        Error::Conflict {
            model,
            fields,
            source,
        }
    } else {
        Error::ForeignKey {
            model,
            fields,
            source,
        }
    }
}

/// The fields of a model that a constraint is about; none where it is not the model's.
fn fields(model: &Model, kind: ErrorKind, constraint: &str) -> Option<Vec<String>> {
    if kind == ErrorKind::ForeignKeyViolation {
        return relation(model, constraint);
    }
    let primary = model
        .id_map
        .clone()
        .unwrap_or_else(|| primary_key_name(&model.table));
    if model.has_primary_key && (constraint == primary || constraint == "PRIMARY") {
        return Some(model.id.clone());
    }
    for unique in &model.uniques {
        let columns = columns_of(model, &unique.fields);
        let name = unique.map.clone();
        let name = name.unwrap_or_else(|| name_of(&model.table, &columns, "key"));
        if constraint == name {
            return Some(unique.fields.clone());
        }
    }
    columns(model, constraint)
}

/// The fields of `table.column, table.column`, as SQLite names a key.
fn columns(model: &Model, constraint: &str) -> Option<Vec<String>> {
    let names = constraint.split(", ");
    let fields = names.map(|name| {
        let column = name.strip_prefix(&model.table)?.strip_prefix('.')?;
        let field = model
            .fields
            .iter()
            .find(|field| field.has_column() && field.column == column);
        field.map(|field| field.name.clone())
    });
    fields.collect()
}

fn relation(model: &Model, constraint: &str) -> Option<Vec<String>> {
    let owned = model.fields.iter().filter_map(Field::relation);
    let mut owned = owned.filter(|relation| !relation.fields.is_empty());
    let found = owned.find(|relation| {
        let columns = columns_of(model, &relation.fields);
        match &relation.map {
            Some(name) => name == constraint,
            None => name_of(&model.table, &columns, "fkey") == constraint,
        }
    });
    found.map(|relation| relation.fields.clone())
}
