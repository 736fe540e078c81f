//! A schema with fewer columns: for tables of other programs that lack what the schema could do without.

use std::collections::HashSet;

use crate::schema::{Arity, Expr, ExprKind, Field, KeyPart, Model, Schema};

impl Schema {
    /// The schema without the columns for which `is_absent` says so, as far as nothing rests on them. What rests on a
    /// column: a relation, an identity for which no other unique key can stand in, what tells models apart that extend
    /// another, and any rule that speaks of a field of its name. Keys and indexes over a column that goes, go too.
    #[must_use]
    pub fn without(&self, is_absent: impl Fn(&Model, &Field) -> bool) -> Self {
        let mut narrow = self.clone();
        let spoken_of = spoken_of(self);
        for (model, narrow) in self.models.iter().zip(&mut narrow.models) {
            let goes = |field: &&Field| {
                field.relation().is_none()
                    && !is_in_relation(self, model, &field.name)
                    && model.discriminator.as_ref() != Some(&field.name)
                    && !spoken_of.contains(field.name.as_str())
                    && is_absent(model, field)
            };
            let mut absent: Vec<&str> = model.fields.iter().filter(goes).map(name).collect();
            match other_identity(model, &absent) {
                Identity::Stays => {}
                Identity::Becomes(fields) => {
                    narrow.id_parts = vec![KeyPart::default(); fields.len()];
                    narrow.id = fields;
                    narrow.id_clustered = None;
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
            for field in &mut narrow.fields {
                let ignored = &mut field.updated_at_ignores;
                ignored.retain(|name| !absent.contains(&&**name));
            }
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
    let mut sides = schema
        .join_tables
        .iter()
        .flat_map(|table| [&table.a, &table.b]);
    sides.any(|side| side.model == model.name && side.id == name)
        || own.any(|relation| relation.fields.iter().any(|one| one == name))
        || references.any(|relation| {
            relation.model == model.name && relation.references.iter().any(|one| one == name)
        })
}

/// The names that rules follow, whatever they are members of.
fn spoken_of(schema: &Schema) -> HashSet<&str> {
    let of_models = schema.models.iter().flat_map(|model| {
        let of_fields = model.fields.iter().flat_map(|field| &field.policies);
        let policies = model.policies.iter().chain(of_fields);
        let conditions = policies.map(|policy| &policy.condition);
        conditions.chain(model.rules.iter().map(|rule| &rule.condition))
    });
    let mut names = HashSet::new();
    let mut left: Vec<&Expr> = of_models.collect();
    while let Some(expr) = left.pop() {
        if let ExprKind::Member(_, name) = &expr.kind {
            names.insert(name.as_str());
        }
        left.extend(expr.children());
    }
    names
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
