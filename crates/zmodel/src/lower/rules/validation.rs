//! Validation: `@@validate`, and the rules of fields.

use super::checker::Rule;
use super::policies::Maker;
use super::{Owner, fields};
use crate::bind::Bound;
use crate::schema::{Field, FieldRule, ModelRule};

impl Maker<'_, '_> {
    /// The validation rules of a model or type, in the order of the source, inherited ones first.
    pub(super) fn validations(&mut self, owner: &Owner<'_>) -> Vec<ModelRule> {
        let mut rules = Vec::new();
        for bound in owner
            .block
            .iter()
            .filter(|bound| bound.row.name == "@@validate")
        {
            if self.mistakes.is_full() || self.budget.is_spent() {
                break;
            }
            rules.extend(self.validation(owner, bound));
        }
        rules
    }

    /// The rules of a field, in the order of the source.
    pub(super) fn field_rules(
        &mut self,
        field: &Field,
        attributes: &[Bound<'_>],
    ) -> Vec<FieldRule> {
        fields::rules(field, attributes, self.patterns, self.mistakes)
    }

    fn validation(&mut self, owner: &Owner<'_>, bound: &Bound<'_>) -> Option<ModelRule> {
        let mut checker = self.checker(Rule::Validation, owner.base());
        let condition = checker.condition(bound.value("value")?)?;
        let span = bound.attribute.span;
        if !self.budget.take_text(span, self.mistakes) {
            return None;
        }
        Some(ModelRule {
            condition,
            message: bound.text("message"),
            path: bound.texts("path").unwrap_or_default(),
            place: self.texts.written(span),
        })
    }
}
