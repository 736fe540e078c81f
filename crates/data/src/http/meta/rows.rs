//! Rows as the database gave them, written without records: what a record would say, in one walk guided by the shape.
//!
//! INVARIANT: what is written is what [`Writer::record`] writes of the same rows, to the byte; builds with debug assertions
//! compare the two. Whatever is not as expected is left to records, which say what is wrong with it.

use std::sync::Arc;

use hallpass_sql::Value;

#[cfg(any(test, debug_assertions))]
use super::alike;
use super::document;
use super::write::Writer;
use crate::codec::{Codec, Wire, to_millis};
use crate::error::Error;
use crate::measured::Measured;
use crate::operation::Answer;
use crate::plan::Most;
use crate::record::Record;
use crate::shape::{Content, Found, Grouped, Shape};

/// Something stands there that takes records to say, or to refuse.
#[derive(Debug)]
pub(super) struct Unfit;

/// The columns of one row.
pub(super) trait Columns {
    fn is_there(&self, position: usize) -> bool;

    /// Writes a column, which is of the field of this name.
    fn column(
        &self,
        writer: &mut Writer,
        field: &str,
        position: usize,
        codec: &Codec,
    ) -> Result<(), Unfit>;

    /// Writes a number of rows.
    fn count(&self, writer: &mut Writer, position: usize) -> Result<(), Unfit>;

    /// Writes related rows that a document holds.
    fn many(&self, writer: &mut Writer, many: Many<'_>) -> Result<(), Unfit>;

    /// Writes related rows that another statement read.
    fn level(&self, writer: &mut Writer, number: usize) -> Result<(), Unfit>;

    /// Writes a value made of several columns.
    fn measured(&self, writer: &mut Writer, measured: &Measured) -> Result<(), Unfit>;
}

/// Related rows in a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Many<'s> {
    pub(super) position: usize,
    pub(super) width: usize,
    pub(super) shape: &'s Arc<Shape>,
    pub(super) most: Option<&'s Most>,
}

impl Writer {
    /// Writes what a call gave.
    ///
    /// # Errors
    /// Those of making records of it; then nothing of it was written.
    pub(crate) fn answer(&mut self, answer: &Answer) -> Result<(), Error> {
        match answer {
            Answer::Reply(reply) => {
                self.reply(reply);
                Ok(())
            }
            Answer::Rows(found) => self.walk(found, rows, |writer, records| {
                writer.list(records, Self::record);
            }),
            Answer::Row(found) => self.walk(found, row, |writer, records| match records.first() {
                Some(record) => writer.record(record),
                None => writer.raw("null"),
            }),
        }
    }

    /// Writes what was found without records, or where that cannot be, with them.
    fn walk(
        &mut self,
        found: &Found,
        walk: impl FnOnce(&mut Self, &Found) -> Result<(), Unfit>,
        with_records: impl FnOnce(&mut Self, &[Record]),
    ) -> Result<(), Error> {
        #[cfg(debug_assertions)]
        alike::require_in(found, self.form);
        let before = self.mark();
        if walk(self, found).is_err() {
            self.back_to(before);
            with_records(self, &found.records()?);
        }
        Ok(())
    }
}

pub(super) fn rows(writer: &mut Writer, found: &Found) -> Result<(), Unfit> {
    let row = |writer: &mut Writer, row: &Vec<Value>| {
        let levels = &found.levels;
        object(writer, &Row { row, levels }, &found.shape)
    };
    if found.shape.reversed {
        writer.items(found.rows.iter().rev(), row)
    } else {
        writer.items(&found.rows, row)
    }
}

/// The one row that there is at most.
fn row(writer: &mut Writer, found: &Found) -> Result<(), Unfit> {
    let Some(row) = found.rows.first() else {
        writer.raw("null");
        return Ok(());
    };
    let levels = &found.levels;
    object(writer, &Row { row, levels }, &found.shape)
}

/// Writes a row.
pub(super) fn object(
    writer: &mut Writer,
    row: &impl Columns,
    shape: &Arc<Shape>,
) -> Result<(), Unfit> {
    let of_row;
    let shape = match shape.extended {
        Some(_) => {
            of_row = shape.of_row(|position| row.is_there(position));
            &of_row
        }
        None => shape,
    };
    writer.raw("{");
    for (number, field) in shape.fields.iter().enumerate() {
        if number > 0 {
            writer.raw(",");
        }
        writer.name(&field.name);
        match &field.content {
            Content::Column { position, codec } => {
                row.column(writer, &field.name, *position, codec)?;
            }
            other => writer.within(&field.name, |writer| content(writer, row, other))?,
        }
    }
    writer.raw("}");
    Ok(())
}

fn content(writer: &mut Writer, row: &impl Columns, content: &Content) -> Result<(), Unfit> {
    match content {
        Content::Related { presence, shape } if row.is_there(*presence) => {
            object(writer, row, shape)
        }
        Content::Related { .. } | Content::Nobody => {
            writer.raw("null");
            Ok(())
        }
        Content::Nothing => {
            writer.raw("[]");
            Ok(())
        }
        Content::Many {
            position,
            width,
            shape,
            most,
        } => {
            let (position, width, most) = (*position, *width, most.as_ref());
            row.many(
                writer,
                Many {
                    position,
                    width,
                    shape,
                    most,
                },
            )
        }
        Content::Level { number } => row.level(writer, *number),
        Content::Count { position } => row.count(writer, *position),
        Content::Measured(measured) => row.measured(writer, measured),
        Content::Group { shape } => object(writer, row, shape),
        // Written with its name.
        Content::Column { .. } => Err(Unfit),
    }
}

/// A row of a statement.
struct Row<'r> {
    row: &'r [Value],
    levels: &'r [Grouped],
}

impl Columns for Row<'_> {
    fn is_there(&self, position: usize) -> bool {
        let value = self.row.get(position);
        value.is_some_and(|value| *value != Value::Null)
    }

    fn column(
        &self,
        writer: &mut Writer,
        field: &str,
        position: usize,
        codec: &Codec,
    ) -> Result<(), Unfit> {
        let value = self.row.get(position).ok_or(Unfit)?;
        match (codec.wire(), value) {
            (_, Value::Null) if !codec.is_list() => writer.raw("null"),
            (Wire::Text, Value::Text(text)) => writer.plain(text),
            (Wire::Whole, Value::Int(number)) => writer.plain(number),
            (Wire::Truth, Value::Bool(truth)) => writer.plain(truth),
            (Wire::Moment, Value::Timestamp(moment)) => {
                writer.within(field, |writer| writer.moment(to_millis(*moment)));
            }
            (Wire::Moment, Value::Text(text)) => {
                return writer.within(field, |writer| writer.moment_of(text).ok_or(Unfit));
            }
            (Wire::Member(item), Value::Text(label)) => {
                let member = item.members.iter().find(|one| one.mapped_name == *label);
                writer.plain(&member.ok_or(Unfit)?.name);
            }
            (Wire::Document, Value::Text(text)) if writer.document_of(text).is_some() => {}
            _ => {
                let value = codec.decode(value.clone()).ok_or(Unfit)?;
                writer.within(field, |writer| writer.value(&value, codec.is_big()));
            }
        }
        Ok(())
    }

    fn count(&self, writer: &mut Writer, position: usize) -> Result<(), Unfit> {
        match self.row.get(position) {
            Some(Value::Int(count)) => {
                writer.plain(count);
                Ok(())
            }
            _ => Err(Unfit),
        }
    }

    fn many(&self, writer: &mut Writer, many: Many<'_>) -> Result<(), Unfit> {
        match self.row.get(many.position) {
            Some(Value::Text(text)) => document::write(writer, text, many),
            _ => Err(Unfit),
        }
    }

    fn level(&self, writer: &mut Writer, number: usize) -> Result<(), Unfit> {
        let level = self.levels.get(number);
        let records = level.and_then(|level| level.of(self.row));
        writer.list(records.into_iter().flatten(), Writer::record);
        Ok(())
    }

    fn measured(&self, writer: &mut Writer, measured: &Measured) -> Result<(), Unfit> {
        let value = measured.value(self.row).ok_or(Unfit)?;
        writer.value(&value, measured.is_big());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
