//! From rows to records. Positions are found once a plan, never once a row.

use std::mem;
use std::sync::Arc;

use hallpass_sql::Value;

use crate::codec::Codec;
use crate::error::Error;
use crate::record::{Cell, Record};

/// What the rows of a plan look like.
#[derive(Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) model: String,
    pub(crate) fields: Vec<ShapeField>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct ShapeField {
    pub(crate) name: String,
    pub(crate) content: Content,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    /// A column of the row.
    Column { position: usize, codec: Codec },
    /// A joined row, there when the column at `presence` is not null.
    Related { presence: usize, shape: Arc<Shape> },
    /// An object whose columns stand in the same row: `_count`, `_sum`.
    Group { shape: Arc<Shape> },
}

impl Shape {
    /// The record of a row. Takes values out of the row; no two fields share a position.
    pub(crate) fn record(self: &Arc<Self>, row: &mut [Value]) -> Result<Record, Error> {
        let cells = self.fields.iter().map(|field| self.cell(field, row));
        Ok(Record {
            cells: cells.collect::<Result<_, _>>()?,
            shape: Arc::clone(self),
        })
    }

    fn cell(&self, field: &ShapeField, row: &mut [Value]) -> Result<Cell, Error> {
        match &field.content {
            Content::Column { position, codec } => {
                let stored = row
                    .get_mut(*position)
                    .map(|slot| mem::replace(slot, Value::Null));
                let value = stored.and_then(|stored| codec.decode(stored));
                value.map(Cell::Value).ok_or_else(|| Error::Stored {
                    model: self.model.clone(),
                    field: field.name.clone(),
                    expected: codec.expected(),
                })
            }
            Content::Related { presence, shape } => {
                let present = row
                    .get(*presence)
                    .is_some_and(|value| *value != Value::Null);
                let record = if present {
                    Some(Box::new(shape.record(row)?))
                } else {
                    None
                };
                Ok(Cell::Related(record))
            }
            Content::Group { shape } => Ok(Cell::Group(Box::new(shape.record(row)?))),
        }
    }
}
