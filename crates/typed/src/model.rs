//! Models as generated code says them.

use std::fmt;

use hallpass_data::{RecordError, RecordParts, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::value::{BigInts, FieldValue, Large, Shown};

/// A model of the schema: its rows, with every field that comes back when nothing else is asked for.
pub trait Model: Sized + Send + Sync + 'static {
    /// Its name in the schema.
    const NAME: &'static str;

    /// The row of a record.
    ///
    /// # Errors
    /// [`RecordError`] that names the field which was not read, or is no value of its type.
    fn read(record: &mut RecordParts) -> Result<Self, RecordError>;

    /// Its fields as the data API shows them.
    ///
    /// # Errors
    /// Those of the serializer.
    fn show<M: SerializeMap>(&self, members: &mut Members<'_, M>) -> Result<(), M::Error>;
}

/// A model whose rows can be written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a view, whose rows are only read",
    label = "rows of a view are made by the database"
)]
pub trait Stored: Model {}

/// What a read gives: a row, or a row and what comes along.
pub trait Row {
    /// Its fields, then what comes along, as the data API shows them.
    ///
    /// # Errors
    /// Those of the serializer.
    fn members<M: SerializeMap>(&self, members: &mut Members<'_, M>) -> Result<(), M::Error>;
}

impl<T: Model> Row for T {
    fn members<M: SerializeMap>(&self, members: &mut Members<'_, M>) -> Result<(), M::Error> {
        self.show(members)
    }
}

/// The members of an object while it is written.
pub struct Members<'m, M>(&'m mut M);

impl<M> fmt::Debug for Members<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Members(..)")
    }
}

impl<M: SerializeMap> Members<'_, M> {
    /// A field.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn value<T: FieldValue>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, &Shown(value))
    }

    /// A field of type `BigInt`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn large<T: BigInts>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, &Large(value))
    }

    /// What comes along.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn related<T: Serialize>(&mut self, name: &'static str, rows: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, rows)
    }
}

/// Writes a row as the data API shows it, so that handlers answer with it as they do with a record.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_row<T: Row, S: Serializer>(row: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    row.members(&mut Members(&mut map))?;
    map.end()
}

/// The value of a field as its type; for generated code.
///
/// # Errors
/// [`RecordError`] that names the field.
pub fn read_field<T: FieldValue>(
    record: &mut RecordParts,
    field: &'static str,
) -> Result<T, RecordError> {
    let value = record.value(field)?;
    let is_null = value == Value::Null;
    T::from_value(value).ok_or_else(|| {
        let (model, field) = (record.model().to_owned(), field.to_owned());
        if is_null {
            RecordError::Null { model, field }
        } else {
            RecordError::Type {
                model,
                field,
                expected: T::EXPECTED,
            }
        }
    })
}

/// Names a row and hides its values, which may be secrets; for generated code.
///
/// # Errors
/// Those of the formatter.
pub fn debug_row<T: Model>(formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.debug_struct(T::NAME).finish_non_exhaustive()
}
