use std::fmt;
use std::sync::Arc;

use hallpass_sql::Value;

use crate::record::{Cell, Record, RecordError};
use crate::shape::Shape;

/// A [`Record`] that is taken apart: what a field holds is given away once, not copied.
///
/// Asked for fields in the order of the schema, it looks at each of them once.
pub struct RecordParts {
    shape: Arc<Shape>,
    /// INVARIANT: one a field of the shape; absent when it was taken.
    cells: Vec<Option<Cell>>,
    /// Where the next field probably stands.
    next: usize,
}

/// Hides the values, which may be secrets.
impl fmt::Debug for RecordParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RecordParts({})", self.shape.model)
    }
}

impl Record {
    /// Takes the record apart, for who wants values without copies.
    pub fn into_parts(self) -> RecordParts {
        RecordParts {
            shape: self.shape,
            cells: self.cells.into_iter().map(Some).collect(),
            next: 0,
        }
    }
}

impl RecordParts {
    /// The model it is a row of.
    pub fn model(&self) -> &str {
        &self.shape.model
    }

    /// The value of a field.
    ///
    /// # Errors
    /// [`RecordError::Missing`] when the field was not read, holds rows, or was taken already.
    pub fn value(&mut self, field: &str) -> Result<Value, RecordError> {
        match self.take(field) {
            Some(Cell::Value(value)) => Ok(value),
            _ => Err(self.missing(field)),
        }
    }

    /// The row of a relation to one; `None` when there is none that may be seen.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn related(&mut self, field: &str) -> Result<Option<Record>, RecordError> {
        match self.take(field) {
            Some(Cell::Related(record)) => Ok(record.map(|record| *record)),
            _ => Err(self.missing(field)),
        }
    }

    /// The rows of a relation to many.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn related_many(&mut self, field: &str) -> Result<Vec<Record>, RecordError> {
        match self.take(field) {
            Some(Cell::Many(records)) => Ok(records),
            _ => Err(self.missing(field)),
        }
    }

    /// An object of numbers about rows: `_count`. It stays, for there may be several numbers in it.
    ///
    /// # Errors
    /// [`RecordError::Missing`] when it was not asked for.
    pub fn group(&self, name: &str) -> Result<&Record, RecordError> {
        let position = self
            .shape
            .fields
            .iter()
            .position(|field| field.name == name);
        match position.and_then(|position| self.cells.get(position)) {
            Some(Some(Cell::Group(record))) => Ok(record),
            _ => Err(self.missing(name)),
        }
    }

    fn take(&mut self, field: &str) -> Option<Cell> {
        let next = self.shape.fields.get(self.next);
        let position = match next.filter(|next| next.name == field) {
            Some(_) => self.next,
            None => self.position(field)?,
        };
        self.next = position + 1;
        self.cells.get_mut(position)?.take()
    }

    fn position(&self, field: &str) -> Option<usize> {
        let is_it = |position: &usize| {
            let found = self.shape.fields.get(*position);
            found.is_some_and(|found| found.name == field)
        };
        let behind = self.next..self.shape.fields.len();
        behind.chain(0..self.next).find(is_it)
    }

    fn missing(&self, field: &str) -> RecordError {
        RecordError::Missing {
            model: self.shape.model.clone(),
            field: field.to_owned(),
        }
    }
}
