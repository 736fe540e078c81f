//! `@@allow`, `@@deny`, `@allow` and `@deny`.

use std::collections::HashSet;

use super::budget::Budget;
use super::checker::{Checker, OtherRow, Rule};
use super::index::Index;
use super::patterns::Patterns;
use super::{Owner, future, operations};
use crate::ast;
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes, Texts};
use crate::schema::{Effect, Expr, Field, Operation, Operations, Policy, TypeBase};
use crate::source::Span;

/// What policies are made with.
pub(super) struct Maker<'m, 's> {
    pub(super) index: &'m Index<'s>,
    pub(super) texts: &'m Texts<'m>,
    pub(super) budget: &'m mut Budget,
    pub(super) patterns: &'m mut Patterns,
    pub(super) mistakes: &'m mut Mistakes,
    /// The rules that were checked for each model that has them, and need no further look.
    pub(super) guarding: HashSet<Span>,
    /// Which model asks which other by `check(…)`, and where.
    pub(super) checks: Vec<Asked<'s>>,
}

/// A `check(…)` in the rules of a model.
#[derive(Debug)]
pub(super) struct Asked<'s> {
    pub(super) asking: &'s str,
    pub(super) asked: String,
    pub(super) span: Span,
}

impl<'s> Maker<'_, 's> {
    /// The policies of a model, in the order of the source, inherited ones first.
    pub(super) fn of_model(&mut self, owner: &Owner<'_>, name: &'s str) -> Vec<Policy> {
        let mut policies = Vec::new();
        for bound in &owner.block {
            let Some(effect) = self.effect_here(bound) else {
                continue;
            };
            if self.mistakes.is_full() || self.budget.is_spent() {
                break;
            }
            policies.extend(self.model_policy(bound, effect, owner, name));
        }
        future::settle(policies, self.mistakes)
    }

    fn effect_here(&self, bound: &Bound<'_>) -> Option<Effect> {
        effect(bound).filter(|_| !self.guarding.contains(&bound.attribute.span))
    }

    fn model_policy(
        &mut self,
        bound: &Bound<'_>,
        effect: Effect,
        owner: &Owner<'_>,
        name: &'s str,
    ) -> Option<future::Written> {
        let (words, condition) = (bound.name("operation"), bound.value("condition"));
        let words = words?;
        let operations = operations::of_model(&words, self.mistakes)?;
        let only = |operation| operations == Operations::default().with(operation);
        let rule = Rule::Model {
            operations,
            unborn: matches!(words.text.as_str(), "create" | "all"),
            other_row: if only(Operation::PostUpdate) {
                OtherRow::Before
            } else if only(Operation::Update) {
                OtherRow::Future
            } else {
                OtherRow::None
            },
        };
        let (condition, checks) = self.check(rule, owner.base(), condition)?;
        let asked = checks.into_iter().map(|(span, asked)| Asked {
            asking: name,
            asked,
            span,
        });
        self.checks.extend(asked);
        let policy = self.policy(bound, effect, operations, condition)?;
        Some(future::Written {
            policy,
            span: bound.attribute.span,
        })
    }

    /// The policies of a field, in the order of the source.
    pub(super) fn of_field(
        &mut self,
        owner: &TypeBase,
        field: &Field,
        attributes: &[Bound<'_>],
    ) -> Vec<Policy> {
        let mut policies = Vec::new();
        for bound in attributes {
            let Some(effect) = self.effect_here(bound) else {
                continue;
            };
            if self.mistakes.is_full() || self.budget.is_spent() {
                break;
            }
            policies.extend(self.field_policy(owner, field, bound, effect));
        }
        policies
    }

    fn field_policy(
        &mut self,
        owner: &TypeBase,
        field: &Field,
        bound: &Bound<'_>,
        effect: Effect,
    ) -> Option<Policy> {
        if field.computed {
            let message = format!("`{}` may not stand on a computed field", bound.row.name);
            let help = "the program gives its value; guard the fields that it is made of";
            self.mistakes
                .push(Mistake::at(bound.attribute.span, message).help(help));
            return None;
        }
        let operations = operations::of_field(&bound.name("operation")?, self.mistakes)?;
        let (condition, _) = self.check(Rule::Field, owner.clone(), bound.value("condition"))?;
        let overrides = bound.flag("override").unwrap_or_default();
        if overrides && operations.contains(Operation::Read) {
            let message = "`override` counts for updates, not for reads";
            let help = "a rule of the model that lets the rows be read, and rules of the other fields, say the same";
            self.mistakes
                .warn(Mistake::at(bound.attribute.span, message).help(help));
        }
        let policy = self.policy(bound, effect, operations, condition)?;
        Some(Policy {
            overrides,
            ..policy
        })
    }

    /// What checks the expressions of a rule about `this`.
    pub(super) fn checker(&mut self, rule: Rule, this: TypeBase) -> Checker<'_, 's> {
        Checker {
            index: self.index,
            this,
            rule,
            elements: Vec::new(),
            checks: Vec::new(),
            budget: self.budget,
            patterns: self.patterns,
            mistakes: self.mistakes,
        }
    }

    /// The condition of a rule, and what it asks by `check(…)`.
    fn check(
        &mut self,
        rule: Rule,
        this: TypeBase,
        condition: Option<&ast::Expr>,
    ) -> Option<(Expr, Vec<(Span, String)>)> {
        let mut checker = self.checker(rule, this);
        let condition = checker.condition(condition?)?;
        Some((condition, checker.checks))
    }

    fn policy(
        &mut self,
        bound: &Bound<'_>,
        effect: Effect,
        operations: Operations,
        condition: Expr,
    ) -> Option<Policy> {
        let span = bound.attribute.span;
        if !self.budget.take_text(span, self.mistakes) {
            return None;
        }
        Some(Policy {
            effect,
            operations,
            condition,
            overrides: false,
            doc: bound.attribute.doc.clone(),
            place: self.texts.written(span),
        })
    }
}

/// What an attribute does, where it is an access rule.
pub(super) fn effect(bound: &Bound<'_>) -> Option<Effect> {
    match bound.row.name {
        "@@allow" | "@allow" => Some(Effect::Allow),
        "@@deny" | "@deny" => Some(Effect::Deny),
        _ => None,
    }
}
