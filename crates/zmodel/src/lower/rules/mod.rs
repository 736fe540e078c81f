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
mod fields;
mod functions;
mod future;
mod index;
mod names;
mod operations;
mod patterns;
mod policies;
mod types;
mod validation;

use std::collections::HashSet;

use super::draft::Draft;
use crate::ast;
use crate::bind::Bound;
use crate::diagnostic::{Mistakes, Texts};
use crate::schema::{FieldRule, ModelRule, Policy, Schema, TypeBase};

use budget::Budget;
use index::Index;
use patterns::Patterns;
use policies::Maker;

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

    /// An attribute that stands on it, not on what it inherits from.
    fn own_attribute(&self, name: &str) -> Option<&'a ast::Attribute> {
        let mut attributes = self.ast.attributes.iter();
        attributes.find(|attribute| attribute.name.text == name)
    }
}

/// The rules of a model, and of its fields by their places.
struct Rules {
    policies: Vec<Policy>,
    validations: Vec<ModelRule>,
    fields: Vec<(Vec<Policy>, Vec<FieldRule>)>,
}

/// What is written, in the order of the schema.
#[derive(Debug)]
pub(super) struct Written<'o, 'a> {
    pub(super) models: &'o [Owner<'a>],
    pub(super) types: &'o [Owner<'a>],
    /// Whether an enum may have members that are not seen.
    pub(super) enums_incomplete: bool,
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
    let (rules, validations) = check(schema, written, texts, mistakes);
    for (item, validations) in schema.types.iter_mut().zip(validations) {
        item.rules = validations;
    }
    for (model, rules) in schema.models.iter_mut().zip(rules) {
        model.policies = rules.policies;
        model.rules = rules.validations;
        for (field, (policies, rules)) in model.fields.iter_mut().zip(rules.fields) {
            field.policies = policies;
            field.rules = rules;
        }
    }
}

/// The rules of models, and the validations of types: access rules of a type are those of the models that mix it in.
fn check(
    schema: &Schema,
    written: &Written<'_, '_>,
    texts: &Texts<'_>,
    mistakes: &mut Mistakes,
) -> (Vec<Rules>, Vec<Vec<ModelRule>>) {
    let incomplete: HashSet<&str> = written
        .models
        .iter()
        .chain(written.types)
        .filter(|owner| owner.incomplete)
        .map(Owner::name)
        .collect();
    let index = Index::new(schema, incomplete, written.enums_incomplete);
    let mut maker = Maker {
        index: &index,
        texts,
        budget: &mut Budget::default(),
        patterns: &mut Patterns::default(),
        mistakes,
        checks: Vec::new(),
    };
    let mut validations = Vec::new();
    for owner in written.types {
        maker.mistakes.next_subject();
        validations.push(maker.validations(owner));
    }
    let mut rules = Vec::new();
    for (model, owner) in schema.models.iter().zip(written.models) {
        maker.mistakes.next_subject();
        let fields = model.fields.iter().zip(&owner.fields);
        rules.push(Rules {
            policies: maker.of_model(owner, &model.name),
            validations: maker.validations(owner),
            fields: fields
                .map(|(field, attributes)| {
                    let policies = maker.of_field(&owner.base(), field, attributes);
                    (policies, maker.field_rules(field, attributes))
                })
                .collect(),
        });
    }
    maker.mistakes.no_subject();
    cycles::check(&maker.checks, maker.mistakes);
    (rules, validations)
}
