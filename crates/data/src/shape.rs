//! From rows to records. Positions are found once a plan, never once a row.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use hallpass_sql::{Expr, Value};
use serde_json::Value as Json;

mod extended;
mod found;
mod lists;

pub(crate) use extended::{Extended, Extension};
pub(crate) use found::Found;
pub(crate) use lists::Lists;

use crate::codec::Codec;
use crate::error::Error;
use crate::measured::Measured;
use crate::plan::Most;
use crate::record::{Cell, Record};
use crate::row_key::RowKey;

/// What the rows of a plan look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) model: String,
    pub(crate) fields: Vec<ShapeField>,
    /// Whether the rows come in the order turned around.
    pub(crate) reversed: bool,
    /// What rows have besides that are of models which extend this one.
    pub(crate) extended: Option<Arc<Extended>>,
    /// The key of a row, where all of it is read.
    pub(crate) key: Vec<KeyPart>,
}

/// A field of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyPart {
    /// The number of the field.
    pub(crate) at: usize,
    /// Whether programs make it up, so that it says nothing.
    pub(crate) made: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShapeField {
    pub(crate) name: String,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A column of the row.
    Column { position: usize, codec: Codec },
    /// A joined row, there when the column at `presence` is not null, which may be one of its fields: it is looked at before
    /// anything is taken out of the row.
    Related { presence: usize, shape: Arc<Shape> },
    /// A joined row that nobody may see.
    Nobody,
    /// Related rows, as a JSON array of rows of this width.
    Many {
        position: usize,
        width: usize,
        shape: Arc<Shape>,
        /// How many there may be.
        most: Option<Most>,
    },
    /// Related rows that another statement read.
    Level { number: usize },
    /// Related rows that nobody may see.
    Nothing,
    /// A number of rows.
    Count { position: usize },
    /// A sum or an average.
    Measured(Measured),
    /// An object whose columns stand in the same row: `_count`, `_sum`.
    Group { shape: Arc<Shape> },
}

/// The rows that one statement read for those of the statement before: by the key of the row that they belong to.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// Where the key stands in a row of the statement before.
    pub(crate) parent_at: Vec<usize>,
    pub(crate) groups: HashMap<Vec<u8>, Group>,
}

/// The rows that belong to one row.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) records: Vec<Record>,
    /// How many rows they are together with those inside of them.
    pub(crate) weight: u64,
}

impl Shape {
    /// The records of rows, in the order that was asked for.
    pub(crate) fn records(
        self: &Arc<Self>,
        rows: Vec<Vec<Value>>,
        levels: &[Grouped],
    ) -> Result<Vec<Record>, Error> {
        // Not collected: results of unknown number would make the list grow again and again.
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            records.push(self.record(row, levels)?);
        }
        if self.reversed {
            records.reverse();
        }
        Ok(records)
    }

    /// The record of a row, which mostly becomes it in its place.
    pub(crate) fn record(
        self: &Arc<Self>,
        mut row: Vec<Value>,
        levels: &[Grouped],
    ) -> Result<Record, Error> {
        // Keys are read before anything is taken out of the row.
        let groups: Vec<_> = levels.iter().map(|level| level.of(&row)).collect();
        let is_there = |position| row.get(position).is_some_and(|value| *value != Value::Null);
        let shape = self.of_row(is_there);
        let own = shape.decode_own(&mut row)?;
        let mut others = Vec::with_capacity(shape.fields.len() - own);
        for field in shape.fields.iter().skip(own) {
            match shape.cell(field, &mut row, &groups) {
                Ok(cell) => others.push(cell),
                Err(error) => {
                    return Err(error.in_row(&shape.model, || {
                        let taken = row.iter().take(own).cloned().map(Cell::Value);
                        let taken: Vec<_> = taken.chain(others).collect();
                        shape.key_of(&taken, &row)
                    }));
                }
            }
        }
        row.truncate(own);
        let mut cells: Vec<_> = row.into_iter().map(Cell::Value).collect();
        cells.append(&mut others);
        Ok(Record { shape, cells })
    }

    /// Makes of each column what a caller sees, up to the first field that is none, or whose column stands elsewhere. Gives the
    /// number of these fields.
    fn decode_own(&self, row: &mut [Value]) -> Result<usize, Error> {
        for (at, field) in self.fields.iter().enumerate() {
            let codec = match &field.content {
                Content::Column { position, codec } if *position == at => codec,
                _ => return Ok(at),
            };
            let Some(value) = row.get_mut(at) else {
                return Ok(at);
            };
            if codec.is_seen(value) {
                continue;
            }
            match codec.decode(mem::replace(value, Value::Null)) {
                Some(seen) => *value = seen,
                None => {
                    let error = self.stored(field, codec.expected());
                    return Err(error.in_row(&self.model, || {
                        let taken = row.iter().take(at).cloned().map(Cell::Value);
                        self.key_of(&taken.collect::<Vec<_>>(), row)
                    }));
                }
            }
        }
        Ok(self.fields.len())
    }

    /// The record of columns among those of a row. Takes values out of the row; no two fields share a position.
    fn cells(
        self: &Arc<Self>,
        row: &mut [Value],
        groups: &[Option<&Vec<Record>>],
    ) -> Result<Record, Error> {
        let is_there = |position| row.get(position).is_some_and(|value| *value != Value::Null);
        let shape = self.of_row(is_there);
        let mut cells = Vec::with_capacity(shape.fields.len());
        for field in &shape.fields {
            match shape.cell(field, row, groups) {
                Ok(cell) => cells.push(cell),
                Err(error) => {
                    return Err(error.in_row(&shape.model, || shape.key_of(&cells, row)));
                }
            }
        }
        Ok(Record { shape, cells })
    }

    /// The key of a row of which some fields are taken already.
    fn key_of(&self, taken: &[Cell], row: &[Value]) -> Option<RowKey> {
        self.key_by(|at| match (taken.get(at), &self.fields.get(at)?.content) {
            (Some(Cell::Value(value)), _) => Some(value.clone()),
            (None, Content::Column { position, codec }) => {
                codec.decode(row.get(*position)?.clone())
            }
            _ => None,
        })
    }

    /// The key of a record.
    pub(crate) fn key_of_record(&self, cells: &[Cell]) -> Option<RowKey> {
        self.key_by(|at| match cells.get(at) {
            Some(Cell::Value(value)) => Some(value.clone()),
            _ => None,
        })
    }

    fn key_by(&self, value: impl Fn(usize) -> Option<Value>) -> Option<RowKey> {
        let parts = self.key.iter().map(|part| {
            let name = self.fields.get(part.at)?.name.as_str();
            Some((name, value(part.at)?, part.made))
        });
        RowKey::of(parts.collect::<Option<Vec<_>>>()?)
    }

    /// The shape of one row: this, and what the row has as one of a model that extends this one.
    pub(crate) fn of_row(self: &Arc<Self>, is_there: impl Fn(usize) -> bool) -> Arc<Self> {
        match &self.extended {
            Some(extended) => extended.of_row(self, is_there),
            None => Arc::clone(self),
        }
    }

    fn cell(
        &self,
        field: &ShapeField,
        row: &mut [Value],
        groups: &[Option<&Vec<Record>>],
    ) -> Result<Cell, Error> {
        let mut take = |position: usize| {
            let slot = row.get_mut(position);
            slot.map(|slot| mem::replace(slot, Value::Null))
        };
        match &field.content {
            Content::Column { position, codec } => {
                let value = take(*position).and_then(|stored| codec.decode(stored));
                let value = value.map(Cell::Value);
                value.ok_or_else(|| self.stored(field, codec.expected()))
            }
            Content::Related { presence, shape } => {
                let present = row
                    .get(*presence)
                    .is_some_and(|value| *value != Value::Null);
                let record = if present {
                    Some(Box::new(shape.cells(row, groups)?))
                } else {
                    None
                };
                Ok(Cell::Related(record))
            }
            Content::Many {
                position,
                width,
                shape,
                most,
            } => {
                let json = match take(*position) {
                    Some(Value::Text(text)) => serde_json::from_str(&text).ok(),
                    Some(Value::Json(json)) => Some(*json),
                    _ => None,
                };
                let json = json.ok_or_else(|| self.stored(field, "list of rows"))?;
                shape.many_of_json(json, *width, most).map(Cell::Many)
            }
            Content::Level { number } => {
                let records = groups.get(*number).copied().flatten();
                Ok(Cell::Many(records.cloned().unwrap_or_default()))
            }
            Content::Count { position } => match take(*position) {
                Some(count @ Value::Int(_)) => Ok(Cell::Value(count)),
                _ => Err(self.stored(field, "number of rows")),
            },
            Content::Measured(measured) => {
                let value = measured.value(row).map(Cell::Value);
                value.ok_or_else(|| self.stored(field, "number"))
            }
            Content::Group { shape } => Ok(Cell::Group(Box::new(shape.cells(row, groups)?))),
            Content::Nobody => Ok(Cell::Related(None)),
            Content::Nothing => Ok(Cell::Many(Vec::new())),
        }
    }

    fn many_of_json(
        self: &Arc<Self>,
        json: Json,
        width: usize,
        most: &Option<Most>,
    ) -> Result<Vec<Record>, Error> {
        let Json::Array(rows) = json else {
            return Err(self.torn());
        };
        if let Some(most) = most {
            most.check(rows.len())?;
        }
        let records = rows.into_iter().map(|row| {
            let mut row = flattened(row, width).ok_or_else(|| self.torn())?;
            self.of_json(&mut row)
        });
        let mut records = records.collect::<Result<Vec<_>, _>>()?;
        if self.reversed {
            records.reverse();
        }
        Ok(records)
    }

    fn of_json(self: &Arc<Self>, row: &mut [Json]) -> Result<Record, Error> {
        let shape = self.of_row(|position| row.get(position).is_some_and(|json| !json.is_null()));
        let mut cells = Vec::with_capacity(shape.fields.len());
        for field in &shape.fields {
            match shape.cell_of_json(field, row) {
                Ok(cell) => cells.push(cell),
                Err(error) => {
                    return Err(error.in_row(&shape.model, || shape.key_of_json(&cells, row)));
                }
            }
        }
        Ok(Record { shape, cells })
    }

    fn key_of_json(&self, taken: &[Cell], row: &[Json]) -> Option<RowKey> {
        self.key_by(|at| match (taken.get(at), &self.fields.get(at)?.content) {
            (Some(Cell::Value(value)), _) => Some(value.clone()),
            (None, Content::Column { position, codec }) => {
                codec.decode_json(row.get(*position)?.clone())
            }
            _ => None,
        })
    }

    fn cell_of_json(&self, field: &ShapeField, row: &mut [Json]) -> Result<Cell, Error> {
        let mut take = |position: usize| row.get_mut(position).map(Json::take);
        match &field.content {
            Content::Column { position, codec } => {
                let value = take(*position).and_then(|json| codec.decode_json(json));
                let value = value.map(Cell::Value);
                value.ok_or_else(|| self.stored(field, codec.expected()))
            }
            Content::Related { presence, shape } => {
                let present = row.get(*presence).is_some_and(|json| !json.is_null());
                let record = if present {
                    Some(Box::new(shape.of_json(row)?))
                } else {
                    None
                };
                Ok(Cell::Related(record))
            }
            Content::Many {
                position,
                width,
                shape,
                most,
            } => {
                let json = take(*position).unwrap_or_default();
                shape.many_of_json(json, *width, most).map(Cell::Many)
            }
            Content::Count { position } => {
                let count = take(*position).and_then(|json| json.as_i64());
                let count = count.map(|count| Cell::Value(Value::Int(count)));
                count.ok_or_else(|| self.stored(field, "number of rows"))
            }
            Content::Group { shape } => Ok(Cell::Group(Box::new(shape.of_json(row)?))),
            Content::Nobody => Ok(Cell::Related(None)),
            Content::Nothing => Ok(Cell::Many(Vec::new())),
            // Documents hold their rows themselves, and no values made of others.
            Content::Measured(_) => Err(self.torn()),
            Content::Level { .. } => Err(self.torn()),
        }
    }

    fn stored(&self, field: &ShapeField, expected: &'static str) -> Error {
        Error::Stored {
            model: self.model.clone(),
            field: field.name.clone(),
            expected,
            row: None,
        }
    }

    /// Rows that are not what was asked for.
    fn torn(&self) -> Error {
        Error::NotReadBack {
            model: self.model.clone(),
        }
    }
}

impl Grouped {
    /// The rows that belong to this one.
    pub(crate) fn group(&self, row: &[Value]) -> Option<&Group> {
        self.groups.get(&key(row, &self.parent_at)?)
    }

    /// The records of them.
    pub(crate) fn of(&self, row: &[Value]) -> Option<&Vec<Record>> {
        self.group(row).map(|group| &group.records)
    }
}

/// The values at these places, as something to look up; none where one is null, which belongs to nothing.
pub(crate) fn key(row: &[Value], at: &[usize]) -> Option<Vec<u8>> {
    use std::io::Write;
    let mut key = Vec::new();
    for position in at {
        let value = row.get(*position)?;
        if *value == Value::Null {
            return None;
        }
        // Writing into memory cannot fail.
        drop(write!(key, "{value:?}\0"));
    }
    Some(key)
}

/// Wide rows come as arrays of arrays.
fn flattened(row: Json, width: usize) -> Option<Vec<Json>> {
    let Json::Array(values) = row else {
        return None;
    };
    if width <= Expr::JSON_ROW {
        return (values.len() == width).then_some(values);
    }
    let mut row = Vec::with_capacity(width);
    for part in values {
        let Json::Array(mut part) = part else {
            return None;
        };
        row.append(&mut part);
    }
    (row.len() == width).then_some(row)
}
