//! What a database removes by itself when rows go, as far as rows of several tables are concerned.
//!
//! Source: contract zenstack §2.11.

use std::collections::HashSet;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model, ReferentialAction, Relation};

/// A relation whose rows go with those that they point at.
#[derive(Clone, Copy)]
pub(crate) struct Cascade<'s> {
    /// The model whose table has the key.
    pub(crate) holder: &'s Model,
    pub(crate) relation: &'s Relation,
    pub(crate) target: &'s Model,
}

/// The cascades of a schema through which rows of several tables may go.
pub(crate) struct Cascades<'s> {
    pub(crate) schema: &'s Schema,
    all: Vec<Cascade<'s>>,
}

impl<'s> Cascades<'s> {
    pub(crate) fn of(schema: &'s Schema) -> Self {
        let mut all = Vec::new();
        // Without such models there is nothing that a database would leave behind.
        if schema.models.iter().any(|model| model.base.is_some()) {
            all = cascades(schema).collect();
        }
        let mut cascades = Self { schema, all };
        let useful: Vec<_> = cascades.all.clone();
        let useful = useful.into_iter().filter(|one| cascades.leads_on(one));
        cascades.all = useful.collect();
        cascades
    }

    /// Whether rows of several tables may go with rows of this model, which the database would do in part.
    pub(crate) fn leave_parts(&self, model: &'s Model) -> bool {
        self.from(model).next().is_some()
    }

    /// The cascades that begin at rows which are of this model, among others.
    pub(crate) fn from(&self, model: &'s Model) -> impl Iterator<Item = Cascade<'s>> {
        let family = &root(self.schema, model).name;
        let all = self.all.iter().copied();
        all.filter(move |one| root(self.schema, one.target).name == *family)
    }

    /// Whether rows of several tables go with those of this cascade, or go by it.
    fn leads_on(&self, cascade: &Cascade<'s>) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![cascade.holder];
        while let Some(holder) = next.pop() {
            if holder.base.is_some() {
                return true;
            }
            if seen.insert(&holder.name) {
                next.extend(self.from(holder).map(|one| one.holder));
            }
        }
        false
    }
}

fn cascades(schema: &Schema) -> impl Iterator<Item = Cascade<'_>> {
    schema.models.iter().flat_map(move |holder| {
        let own = holder.fields.iter().filter(|field| field.origin.is_none());
        let relations = own.filter_map(Field::relation);
        let relations = relations.filter(|relation| {
            let is_cascade = relation.on_delete == Some(ReferentialAction::Cascade);
            is_cascade && !relation.fields.is_empty()
        });
        relations.filter_map(move |relation| {
            Some(Cascade {
                holder,
                relation,
                target: schema.model(&relation.model)?,
            })
        })
    })
}

/// The model whose table has the whole of a row: with it, the others go.
pub(crate) fn root<'s>(schema: &'s Schema, model: &'s Model) -> &'s Model {
    schema.lineage(model).last().unwrap_or(model)
}
