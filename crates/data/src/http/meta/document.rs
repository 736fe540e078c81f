//! Related rows as the JSON that a database made of them, written without parsing what is in it: values are copied as the
//! bytes they are where the wire says them alike, and read one by one where it does not.

use hallpass_sql::{Expr, Value};
use serde_json::Value as Json;

use super::rows::{Columns, Many, Unfit, object};
use super::tokens::{self, Kind, Token};
use super::write::Writer;
use crate::codec::{Codec, Wire};
use crate::measured::Measured;

/// Writes the rows of a document.
pub(super) fn write(writer: &mut Writer, text: &str, many: Many<'_>) -> Result<(), Unfit> {
    let mut tokens = writer.take_tokens();
    let written = match tokens::read(text, &mut tokens) {
        Some(()) => {
            let tokens = &tokens;
            Document { text, tokens }.rows(writer, 0, many)
        }
        None => Err(Unfit),
    };
    writer.keep_tokens(tokens);
    written
}

/// A text and where its values stand.
#[derive(Clone, Copy)]
struct Document<'d> {
    text: &'d str,
    tokens: &'d [Token],
}

impl<'d> Document<'d> {
    /// Writes an array of rows.
    fn rows(self, writer: &mut Writer, at: usize, many: Many<'_>) -> Result<(), Unfit> {
        let mut rows = Vec::new();
        self.inside(at, |row| rows.push(row))?;
        if many
            .most
            .is_some_and(|most| most.check(rows.len()).is_err())
        {
            return Err(Unfit);
        }
        if many.shape.reversed {
            rows.reverse();
        }
        let mut columns = Vec::with_capacity(many.width);
        writer.items(rows, |writer, row| {
            columns.clear();
            self.columns(row, many.width, &mut columns)?;
            let row = Row {
                document: self,
                columns: &columns,
            };
            object(writer, &row, many.shape)
        })
    }

    /// Where the columns of a row stand. Wide rows come as arrays of arrays.
    fn columns(self, row: usize, width: usize, columns: &mut Vec<usize>) -> Result<(), Unfit> {
        if width <= Expr::JSON_ROW {
            self.inside(row, |column| columns.push(column))?;
        } else {
            let mut parts = Vec::new();
            self.inside(row, |part| parts.push(part))?;
            for part in parts {
                self.inside(part, |column| columns.push(column))?;
            }
        }
        if columns.len() == width {
            Ok(())
        } else {
            Err(Unfit)
        }
    }

    /// Where the values of an array stand.
    fn inside(self, array: usize, mut each: impl FnMut(usize)) -> Result<(), Unfit> {
        let token = self.tokens.get(array).ok_or(Unfit)?;
        if token.kind != Kind::Array {
            return Err(Unfit);
        }
        let end = array.saturating_add(token.size());
        let mut at = array + 1;
        while at < end {
            each(at);
            at += self.tokens.get(at).ok_or(Unfit)?.size();
        }
        Ok(())
    }
}

/// A row of a document.
struct Row<'r, 'd> {
    document: Document<'d>,
    columns: &'r [usize],
}

impl<'d> Row<'_, 'd> {
    /// The value at a position, and what is written there.
    fn value(&self, position: usize) -> Result<(Kind, &'d str), Unfit> {
        let at = self.columns.get(position).ok_or(Unfit)?;
        let token = self.document.tokens.get(*at).ok_or(Unfit)?;
        let written = token.of(self.document.text).ok_or(Unfit)?;
        Ok((token.kind, written))
    }
}

impl Columns for Row<'_, '_> {
    fn is_there(&self, position: usize) -> bool {
        let at = self.columns.get(position);
        let token = at.and_then(|at| self.document.tokens.get(*at));
        token.is_some_and(|token| token.kind != Kind::Null)
    }

    fn column(
        &self,
        writer: &mut Writer,
        field: &str,
        position: usize,
        codec: &Codec,
    ) -> Result<(), Unfit> {
        let (kind, written) = self.value(position)?;
        match (codec.wire(), kind) {
            (_, Kind::Null) if !codec.is_list() => writer.raw("null"),
            (Wire::Text, Kind::Text | Kind::Escaped)
            | (Wire::Whole, Kind::Whole)
            | (Wire::Truth, Kind::True | Kind::False) => writer.raw(written),
            (Wire::Truth, Kind::Whole) => writer.raw(match written {
                "0" => "false",
                "1" => "true",
                _ => return Err(Unfit),
            }),
            (Wire::Big, Kind::Whole) => writer.within(field, |writer| writer.big(written)),
            (Wire::Moment, Kind::Text) => {
                return writer.within(field, |writer| {
                    writer.moment_of(inner(written)).ok_or(Unfit)
                });
            }
            (Wire::Member(item), Kind::Text) => {
                let label = inner(written);
                let member = item.members.iter().find(|one| one.mapped_name == label);
                writer.plain(&member.ok_or(Unfit)?.name);
            }
            (Wire::Document, Kind::Text) if writer.document_of(inner(written)).is_some() => {}
            (Wire::Document, Kind::Escaped) if document(writer, written).is_some() => {}
            _ => {
                let value = decoded(codec, kind, written).ok_or(Unfit)?;
                writer.within(field, |writer| writer.value(&value, codec.is_big()));
            }
        }
        Ok(())
    }

    fn count(&self, writer: &mut Writer, position: usize) -> Result<(), Unfit> {
        match self.value(position)? {
            (Kind::Whole, count) => {
                writer.raw(count);
                Ok(())
            }
            _ => Err(Unfit),
        }
    }

    fn many(&self, writer: &mut Writer, many: Many<'_>) -> Result<(), Unfit> {
        let at = self.columns.get(many.position).ok_or(Unfit)?;
        self.document.rows(writer, *at, many)
    }

    // Documents hold their rows themselves, and no values made of others.
    fn level(&self, _: &mut Writer, _: usize) -> Result<(), Unfit> {
        Err(Unfit)
    }

    fn measured(&self, _: &mut Writer, _: &Measured) -> Result<(), Unfit> {
        Err(Unfit)
    }
}

/// Writes the document that a text with escapes says, as far as that is copying.
fn document(writer: &mut Writer, written: &str) -> Option<()> {
    let text: String = serde_json::from_str(written).ok()?;
    writer.document_of(&text)
}

/// What the field's codec makes of it.
fn decoded(codec: &Codec, kind: Kind, written: &str) -> Option<Value> {
    let json = match kind {
        Kind::Text => Json::String(inner(written).to_owned()),
        _ => serde_json::from_str(written).ok()?,
    };
    codec.decode_json(json)
}

/// A text without its quotes.
fn inner(written: &str) -> &str {
    let behind = written.strip_prefix('"').unwrap_or(written);
    behind.strip_suffix('"').unwrap_or(behind)
}
