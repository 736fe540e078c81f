//! Rules over rows: who may do what with them, and what may be written to them.
//!
//! Lowered last, when every model, type and relation is known: `checker` makes checked expressions of what is written, `policies` and
//! `validation` say which attributes hold them. Rules that a model inherits are checked anew for it, since `this` is that model.

mod auth;
mod budget;
mod calls;
mod checker;
mod comparisons;
mod cycles;
mod defaults;
mod fields;
mod functions;
mod future;
mod index;
mod names;
mod operations;
mod patterns;
mod policies;
mod reach;
mod types;
mod validation;

use std::collections::HashSet;

use super::draft::Draft;
use crate::ast;
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes, Texts};
use crate::schema::{Field, FieldRule, ModelRule, Policy, Schema, TypeBase};
use crate::source::Span;

use budget::Budget;
use index::Index;
use patterns::Patterns;
use policies::Maker;

pub(crate) use functions::is_function;

/// What is written on a model.
#[derive(Debug)]
pub(super) struct Owner<'a> {
    ast: &'a ast::Model,
    /// The `@@` attributes, inherited ones first.
    block: Vec<Bound<'a>>,
    /// The attributes of the fields, by their places in the model.
    fields: Vec<Vec<Bound<'a>>>,
    incomplete: bool,
}

impl<'a> Owner<'a> {
    /// Takes the model from a draft, and keeps what rules need of the rest.
    pub(super) fn split(draft: Draft<'a>) -> (crate::schema::Model, Self) {
        let owner = Owner {
            ast: draft.ast,
            block: draft.block,
            fields: draft.attributes,
            incomplete: draft.incomplete,
        };
        (draft.model, owner)
    }

    fn name(&self) -> &'a str {
        &self.ast.name.text
    }

    fn base(&self) -> TypeBase {
        let name = self.name().to_owned();
        match self.ast.word {
            ast::ModelWord::Type => TypeBase::Typed(name),
            _ => TypeBase::Model(name),
        }
    }

    /// The access rules on it and its fields.
    fn access_rules(&self) -> impl Iterator<Item = &Bound<'a>> {
        let all = self.block.iter().chain(self.fields.iter().flatten());
        all.filter(|bound| policies::effect(bound).is_some())
    }

    /// An attribute that stands on it, not on what it inherits from.
    fn own_attribute(&self, name: &str) -> Option<&'a ast::Attribute> {
        let mut attributes = self.ast.attributes.iter();
        attributes.find(|attribute| attribute.name.text == name)
    }
}

/// The rules of a model or type, and of its fields by their places.
struct Rules {
    policies: Vec<Policy>,
    validations: Vec<ModelRule>,
    fields: Vec<(Vec<Policy>, Vec<FieldRule>)>,
}

impl Rules {
    /// Gives the fields theirs, and the rest back.
    fn give(self, fields: &mut [Field]) -> (Vec<Policy>, Vec<ModelRule>) {
        for (field, (policies, rules)) in fields.iter_mut().zip(self.fields) {
            field.policies = policies;
            field.rules = rules;
        }
        (self.policies, self.validations)
    }
}

/// What is written, in the order of the schema.
#[derive(Debug)]
pub(super) struct Written<'o, 'a> {
    pub(super) models: &'o [Owner<'a>],
    pub(super) types: &'o [Owner<'a>],
    /// Whether an enum may have members that are not seen.
    pub(super) enums_incomplete: bool,
    /// Functions that the schema declares itself.
    pub(super) functions: HashSet<&'o str>,
}

/// Completes the schema with the rules of the models and types.
pub(super) fn lower(
    schema: &mut Schema,
    written: &Written<'_, '_>,
    texts: &Texts<'_>,
    mistakes: &mut Mistakes,
) {
    let all = || written.models.iter().chain(written.types);
    schema.auth = auth::find(schema, all(), mistakes);
    let (models, types) = check(schema, written, texts, mistakes);
    for (item, rules) in schema.types.iter_mut().zip(types) {
        // Access rules of a type are those of the models that mix it in; `rules_for_nobody` tells of others.
        (_, item.rules) = rules.give(&mut item.fields);
        for field in &mut item.fields {
            field.policies.clear();
        }
    }
    for (model, rules) in schema.models.iter_mut().zip(models) {
        (model.policies, model.rules) = rules.give(&mut model.fields);
    }
}

/// The rules of models, and those of types.
fn check(
    schema: &Schema,
    written: &Written<'_, '_>,
    texts: &Texts<'_>,
    mistakes: &mut Mistakes,
) -> (Vec<Rules>, Vec<Rules>) {
    let incomplete: HashSet<&str> = written
        .models
        .iter()
        .chain(written.types)
        .filter(|owner| owner.incomplete)
        .map(Owner::name)
        .collect();
    let index = Index::new(schema, incomplete, written);
    let mut maker = Maker {
        index: &index,
        texts,
        budget: &mut Budget::default(),
        patterns: &mut Patterns::default(),
        mistakes,
        guarding: HashSet::new(),
        checks: Vec::new(),
    };
    let models = schema.models.iter().zip(written.models);
    let models = models
        .map(|(model, owner)| maker.rules(owner, &model.name, &model.fields))
        .collect();
    cycles::check(&maker.checks, maker.mistakes);
    maker.guarding = spans(written.models);
    let types = schema.types.iter().zip(written.types);
    let types = types
        .map(|(item, owner)| maker.rules(owner, &item.name, &item.fields))
        .collect();
    maker.mistakes.no_subject();
    rules_for_nobody(written, &maker.guarding, maker.mistakes);
    (models, types)
}

impl<'s> Maker<'_, 's> {
    fn rules(&mut self, owner: &Owner<'_>, name: &'s str, fields: &[Field]) -> Rules {
        self.mistakes.next_subject();
        let policies = self.of_model(owner, name);
        let validations = self.validations(owner);
        let fields = fields.iter().zip(&owner.fields).map(|(field, attributes)| {
            self.check_default(&owner.base(), field, attributes);
            let policies = self.of_field(&owner.base(), field, attributes);
            (policies, self.field_rules(field, attributes))
        });
        Rules {
            policies,
            validations,
            fields: fields.collect(),
        }
    }
}

/// Warns of access rules of types that no model mixes in: there are no rows they could guard.
fn rules_for_nobody(written: &Written<'_, '_>, guarding: &HashSet<Span>, mistakes: &mut Mistakes) {
    for span in spans(written.types).difference(guarding) {
        let mistake = Mistake::at(*span, "this rule guards nothing");
        mistakes.warn(mistake.help("rules of a type guard the rows of models that are `with` it"));
    }
}

/// Where access rules are written.
fn spans(owners: &[Owner<'_>]) -> HashSet<Span> {
    let rules = owners.iter().flat_map(Owner::access_rules);
    rules.map(|bound| bound.attribute.span).collect()
}
