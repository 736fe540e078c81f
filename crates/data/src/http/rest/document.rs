//! Documents: primary data, what is included beside it, links and meta.
//!
//! Source: contract zenstack §4.4; JSON:API 1.1, sections "Document Structure" and "Compound Documents".

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::Api;
use super::reading::{Includes, Reading};
use super::resources::{Relationship, Resource};
use crate::http::meta::Writer;
use crate::procedures::ProcedureReply;
use crate::record::{Cell, Record};
use crate::shape::Content;

/// What stands around the data of a document.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// `links`
    pub(super) links: Map<String, Json>,
    /// `meta.total`
    pub(super) total: Option<u64>,
}

impl Frame {
    /// With a link to the document itself.
    pub(super) fn at(address: String) -> Self {
        let mut links = Map::new();
        links.insert("self".to_owned(), Json::String(address));
        Self { links, total: None }
    }
}

/// Writes a document of resources.
pub(super) struct Document<'a> {
    api: &'a Api<'a>,
    reading: &'a Reading<'a>,
    /// Where the resource is found, when it is not where all of its kind are.
    place: Option<String>,
}

/// A resource beside the primary data, and every row that was read of it: they know different relations.
struct Included<'a> {
    resource: &'a Resource,
    rows: Vec<&'a Record>,
}

impl<'a> Document<'a> {
    pub(super) fn new(api: &'a Api<'a>, reading: &'a Reading<'a>) -> Self {
        let place = None;
        Self {
            api,
            reading,
            place,
        }
    }

    /// The same for a resource at this place.
    pub(super) fn found_at(self, place: String) -> Self {
        let place = Some(place);
        Self { place, ..self }
    }

    pub(super) fn one(&self, record: &'a Record, frame: &Frame) -> Vec<u8> {
        let mut writer = self.begin();
        writer.within("data", |writer| self.primary_resource(writer, record));
        self.end(writer, std::slice::from_ref(record), frame)
    }

    pub(super) fn many(&self, records: &'a [Record], frame: &Frame) -> Vec<u8> {
        let mut writer = self.begin();
        writer.within("data", |writer| {
            writer.list(records, |writer, record| {
                self.primary_resource(writer, record)
            });
        });
        self.end(writer, records, frame)
    }

    fn primary_resource(&self, writer: &mut Writer, record: &Record) {
        self.resource(writer, self.primary(), &[record], Standing::Primary);
    }

    fn primary(&self) -> &'a Resource {
        self.reading.resource
    }

    fn begin(&self) -> Writer {
        let mut writer = Writer::new(self.api.version);
        writer.raw(BEGIN);
        writer
    }

    fn end(&self, mut writer: Writer, records: &'a [Record], frame: &Frame) -> Vec<u8> {
        if !self.reading.includes.below.is_empty() {
            let included = self.included(records);
            writer.raw(",\"included\":");
            writer.within("included", |writer| {
                writer.list(&included, |writer, one| {
                    self.resource(writer, one.resource, &one.rows, Standing::Included);
                });
            });
        }
        finish(writer, frame)
    }

    /// Every resource that the primary data leads to by what is included, once; the nearest first.
    fn included(&self, records: &'a [Record]) -> Vec<Included<'a>> {
        let mut found = Vec::new();
        let mut known = HashMap::new();
        for record in records {
            known.insert(self.identity(self.primary(), record), None);
        }
        let all: Vec<_> = records.iter().collect();
        let mut level = vec![(self.primary(), &self.reading.includes, all)];
        while !level.is_empty() {
            let mut further = Vec::new();
            for (_, includes, rows) in level {
                for (relationship, inner) in &includes.below {
                    let Some(target) = self.api.resources.target(relationship) else {
                        continue;
                    };
                    let rows: Vec<_> = rows
                        .iter()
                        .flat_map(|row| linked(row, relationship))
                        .collect();
                    for row in &rows {
                        self.note(target, row, inner, &mut known, &mut found);
                    }
                    further.push((target, inner, rows));
                }
            }
            level = further;
        }
        found
    }

    fn note(
        &self,
        resource: &'a Resource,
        row: &'a Record,
        inner: &Includes<'_>,
        known: &mut HashMap<(&'a str, Option<String>), Option<usize>>,
        found: &mut Vec<Included<'a>>,
    ) {
        let identity = self.identity(resource, row);
        match known.get(&identity) {
            // Of the same row more is known only where more was read.
            Some(Some(at)) if !inner.below.is_empty() => {
                if let Some(one) = found.get_mut(*at) {
                    one.rows.push(row);
                }
            }
            Some(_) => {}
            None => {
                known.insert(identity, Some(found.len()));
                let rows = vec![row];
                found.push(Included { resource, rows });
            }
        }
    }

    fn identity(&self, resource: &'a Resource, row: &Record) -> (&'a str, Option<String>) {
        (resource.model.as_str(), self.api.ids(resource).text(row))
    }

    /// `{"type": …, "id": …, "attributes": …, "links": …, "relationships": …}`
    fn resource(
        &self,
        writer: &mut Writer,
        resource: &Resource,
        rows: &[&Record],
        standing: Standing,
    ) {
        let Some(row) = rows.first() else {
            writer.raw("null");
            return;
        };
        writer.raw("{");
        identifier(self.api, writer, resource, row);
        writer.raw(",\"attributes\":");
        writer.within("attributes", |writer| attributes(writer, resource, row));
        let Some(place) = self.api.place(resource, row) else {
            writer.raw("}");
            return;
        };
        writer.raw(",\"links\":{\"self\":");
        let here = self
            .place
            .as_ref()
            .filter(|_| standing == Standing::Primary);
        writer.plain(here.unwrap_or(&place));
        writer.raw("}");
        let mut relationships = self.reading.relationships(resource).peekable();
        if relationships.peek().is_some() {
            writer.raw(",\"relationships\":{");
            writer.within("relationships", |writer| {
                for (number, relationship) in relationships.enumerate() {
                    if number > 0 {
                        writer.raw(",");
                    }
                    writer.name(&relationship.name);
                    writer.within(&relationship.name, |writer| {
                        let cell = self.told(relationship, rows, standing);
                        self.relationship(writer, relationship, cell, &place);
                    });
                }
            });
            writer.raw("}");
        }
        writer.raw("}");
    }

    /// `{"links": {"self": …, "related": …}, "data": …}`
    fn relationship(
        &self,
        writer: &mut Writer,
        relationship: &Relationship,
        cell: Option<&Cell>,
        place: &str,
    ) {
        let name = &relationship.name;
        writer.raw("{\"links\":{\"self\":");
        writer.plain(&format!("{place}/relationships/{name}"));
        writer.raw(",\"related\":");
        writer.plain(&format!("{place}/{name}"));
        writer.raw("}");
        let target = self.api.resources.target(relationship);
        if let (Some(target), Some(cell)) = (target, cell) {
            writer.raw(",\"data\":");
            writer.within("data", |writer| linkage(self.api, writer, target, cell));
        }
        writer.raw("}");
    }

    /// What a relationship leads to, where that was read, and all of it.
    fn told<'r>(
        &self,
        relationship: &Relationship,
        rows: &[&'r Record],
        standing: Standing,
    ) -> Option<&'r Cell> {
        let cell = rows.iter().find_map(|row| cell(row, &relationship.name));
        let is_whole = standing == Standing::Included || self.reading.includes.has(relationship);
        let most = self.api.linkage().unwrap_or_default();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // One more than are told was asked for, to know of it.
        cell.filter(|cell| is_whole || !matches!(cell, Cell::Many(rows) if rows.len() > most))
    }
}

/// Where in a document a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Primary,
    Included,
}

const BEGIN: &str = r#"{"jsonapi":{"version":"1.1"},"data":"#;

/// A document that says only what a relationship of a row leads to.
pub(super) fn of_identifiers(
    api: &Api<'_>,
    target: &Resource,
    row: &Record,
    relationship: &Relationship,
    frame: &Frame,
) -> Vec<u8> {
    let mut writer = Writer::new(api.version);
    writer.raw(BEGIN);
    writer.within("data", |writer| match cell(row, &relationship.name) {
        Some(cell) => linkage(api, writer, target, cell),
        None => writer.raw("null"),
    });
    finish(writer, frame)
}

/// What a procedure gave: `{"data": …}`, which is no resource. Annotations are of `data` alone, as in the RPC style.
pub(super) fn of_procedure(api: &Api<'_>, reply: &ProcedureReply) -> Vec<u8> {
    let mut writer = Writer::new(api.version);
    writer.raw("{\"data\":");
    writer.procedure(reply);
    finish(writer, &Frame::default())
}

/// Links and meta.
fn finish(mut writer: Writer, frame: &Frame) -> Vec<u8> {
    if !frame.links.is_empty() {
        writer.raw(",\"links\":");
        writer.plain(&frame.links);
    }
    let (mut json, serialization) = writer.finish();
    if frame.total.is_some() || serialization.is_some() {
        json.extend_from_slice(b",\"meta\":{");
        if let Some(total) = frame.total {
            json.extend_from_slice(format!("\"total\":{total}").as_bytes());
        }
        if let Some(serialization) = serialization {
            if frame.total.is_some() {
                json.push(b',');
            }
            json.extend_from_slice(b"\"serialization\":");
            json.extend_from_slice(&serialization);
        }
        json.push(b'}');
    }
    json.push(b'}');
    json
}

/// Identifiers of what a relation holds.
fn linkage(api: &Api<'_>, writer: &mut Writer, target: &Resource, cell: &Cell) {
    let write = |writer: &mut Writer, row: &Record| {
        writer.raw("{");
        identifier(api, writer, target, row);
        writer.raw("}");
    };
    match cell {
        Cell::Related(Some(row)) => write(writer, row),
        Cell::Many(rows) => writer.list(rows, write),
        Cell::Related(None) | Cell::Value(_) | Cell::Group(_) => writer.raw("null"),
    }
}

/// `"type": …, "id": …`
fn identifier(api: &Api<'_>, writer: &mut Writer, resource: &Resource, row: &Record) {
    writer.raw("\"type\":");
    writer.plain(&resource.type_name);
    writer.raw(",\"id\":");
    match resource.single_id().and_then(|name| column(row, name)) {
        Some((cell, content)) => writer.within("id", |writer| writer.cell(cell, content)),
        None => writer.plain(&api.ids(resource).text(row)),
    }
}

/// What a row holds, but for the id and for relations.
fn attributes(writer: &mut Writer, resource: &Resource, row: &Record) {
    writer.raw("{");
    let columns = row.shape.fields.iter().zip(&row.cells);
    let columns = columns.filter(|(field, cell)| {
        let is_id = resource.single_id() == Some(field.name.as_str());
        matches!(cell, Cell::Value(_)) && !is_id
    });
    for (number, (field, cell)) in columns.enumerate() {
        if number > 0 {
            writer.raw(",");
        }
        writer.name(&field.name);
        writer.within(&field.name, |writer| writer.cell(cell, &field.content));
    }
    writer.raw("}");
}

fn column<'r>(row: &'r Record, name: &str) -> Option<(&'r Cell, &'r Content)> {
    let mut columns = row.shape.fields.iter().zip(&row.cells);
    let found = columns.find(|(field, _)| field.name == name);
    found.map(|(field, cell)| (cell, &field.content))
}

/// A relation of a row, where it was read.
fn cell<'r>(row: &'r Record, name: &str) -> Option<&'r Cell> {
    column(row, name).map(|(cell, _)| cell)
}

/// The rows that a relation of a row holds.
fn linked<'r>(row: &'r Record, relationship: &Relationship) -> &'r [Record] {
    match cell(row, &relationship.name) {
        Some(Cell::Many(rows)) => rows,
        Some(Cell::Related(Some(row))) => std::slice::from_ref(row),
        _ => &[],
    }
}
