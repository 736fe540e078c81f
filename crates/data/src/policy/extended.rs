//! Rules of models that extend a delegate, where its rows are written through it.
//!
//! The contract speaks of reads only. Without this, whoever may not change or remove a row as what it is could do it
//! through the delegate.
//!
//! Source: contract zenstack §2.11.

use hallpass_sql::{Expr, Select};
use hallpass_zmodel::schema::{Model, Operation};

use super::Access;
use crate::error::InvalidInput;
use crate::plan::{Planner, Scene, same_row};

impl<'e> Planner<'e> {
    /// What the rows of a delegate must meet as what they really are. `admitted` says it of those of one model that
    /// extends it.
    pub(crate) fn as_they_are(
        &self,
        operations: &[Operation],
        scene: Scene<'e, '_>,
        admitted: impl Fn(Scene<'e, '_>) -> Result<Option<Expr>, InvalidInput>,
    ) -> Result<Vec<Expr>, InvalidInput> {
        let mut conditions = Vec::new();
        for (number, model) in self.judging(scene.model, operations).enumerate() {
            let name = name(number, scene.name());
            let inner = Scene::called(model, &name).apart();
            let Some(admitted) = admitted(inner)? else {
                continue;
            };
            let is_admitted = Expr::Coalesce(vec![admitted, Expr::Bool(false)]);
            let mut forbidden =
                Select::from(Self::source(model, Some(&name)), vec![Expr::Bool(true)]);
            forbidden.filter = Some(Expr::And(vec![
                same_row((scene.model, scene.name()), (model, &name))?,
                Expr::Not(Box::new(is_admitted)),
            ]));
            conditions.push(Expr::Not(Box::new(Expr::Exists(Box::new(forbidden)))));
        }
        Ok(conditions)
    }

    /// The models that extend a delegate and have rules of their own about one of these operations.
    pub(crate) fn judging(
        &self,
        model: &'e Model,
        operations: &[Operation],
    ) -> impl Iterator<Item = &'e Model> {
        let is_guarded = matches!(self.access, Access::Person(_));
        let extensions = self.engine.schema.extensions(model);
        extensions.filter(move |other| is_guarded && has_own_rules(model, other, operations))
    }
}

/// Whether a model has rules beside those that it inherits.
fn has_own_rules(base: &Model, model: &Model, operations: &[Operation]) -> bool {
    let mut rules = model.policies.iter();
    rules.any(|rule| {
        let mut operations = operations.iter();
        operations.any(|one| rule.operations.contains(*one)) && !base.policies.contains(rule)
    })
}

/// A name for a table in a query inside, which hides none outside.
pub(super) fn name(number: usize, outside: &str) -> String {
    let name = format!("sub{number}");
    if name.eq_ignore_ascii_case(outside) {
        format!("other{number}")
    } else {
        name
    }
}
