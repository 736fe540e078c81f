//! A schema with fewer columns: for tables of other programs that lack what the schema could do without.

use crate::schema::{Arity, Field, Model, Schema};

impl Schema {
    /// The schema without the columns for which `is_absent` says so, as far as nothing rests on them. What rests on a
    /// column: a relation, and an identity for which no other unique key can stand in. Keys and indexes over a column
    /// that goes, go too.
    #[must_use]
    pub fn without(&self, is_absent: impl Fn(&Model, &Field) -> bool) -> Self {
        let mut narrow = self.clone();
        for (model, narrow) in self.models.iter().zip(&mut narrow.models) {
            let goes = |field: &&Field| {
                field.relation().is_none()
                    && !is_in_relation(self, model, &field.name)
                    && is_absent(model, field)
            };
            let mut absent: Vec<&str> = model.fields.iter().filter(goes).map(name).collect();
            match other_identity(model, &absent) {
                Identity::Stays => {}
                Identity::Becomes(fields) => {
                    narrow.id = fields;
                    narrow.has_primary_key = false;
                    narrow.id_map = None;
                    narrow.id_name = None;
                }
                Identity::Needed => absent.retain(|name| !model.id.iter().any(|id| id == name)),
            }
            let keeps = |fields: &[String]| !fields.iter().any(|name| absent.contains(&&**name));
            narrow
                .fields
                .retain(|field| !absent.contains(&&*field.name));
            narrow.uniques.retain(|unique| keeps(&unique.fields));
            narrow.indexes.retain(|index| keeps(&index.fields));
        }
        narrow
    }
}

fn name(field: &Field) -> &str {
    &field.name
}

/// Whether a relation of either side rests on the field.
fn is_in_relation(schema: &Schema, model: &Model, name: &str) -> bool {
    let mut own = model.fields.iter().filter_map(Field::relation);
    let others = schema.models.iter().flat_map(|other| &other.fields);
    let mut references = others.filter_map(Field::relation);
    own.any(|relation| relation.fields.iter().any(|one| one == name))
        || references.any(|relation| {
            relation.model == model.name && relation.references.iter().any(|one| one == name)
        })
}

enum Identity {
    Stays,
    Becomes(Vec<String>),
    Needed,
}

fn other_identity(model: &Model, absent: &[&str]) -> Identity {
    if !model.id.iter().any(|name| absent.contains(&&**name)) {
        return Identity::Stays;
    }
    let is_there = |name: &String| {
        let field = model.field(name);
        field.is_some_and(|field| field.arity == Arity::Required) && !absent.contains(&&**name)
    };
    let mut uniques = model.uniques.iter().map(|unique| &unique.fields);
    uniques
        .find(|fields| fields.iter().all(is_there))
        .map_or(Identity::Needed, |fields| Identity::Becomes(fields.clone()))
}
