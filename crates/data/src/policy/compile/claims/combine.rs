//! How rules come together, as [`crate::policy::combine`] has it.

use hallpass_zmodel::schema::{Effect, Operation, Policy};

use super::{Asker, Truth};
use crate::error::InvalidInput;

impl<'e> Asker<'e, '_> {
    /// Whether rules admit an operation, or whether they do not: some rule must allow, none may deny. After an update, what
    /// nobody speaks of is allowed.
    ///
    /// Source: contract zenstack §2.1.
    pub(super) fn all(
        &self,
        policies: &'e [Policy],
        operation: Operation,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let denied = self.denied(policies, operation, negated)?;
        if denied == Truth::Always {
            return Ok(Truth::known(negated));
        }
        let mut allows = rules(policies, Effect::Allow, operation).peekable();
        if allows.peek().is_none() {
            return Ok(match (operation, negated) {
                (Operation::PostUpdate, false) => denied.untrue(),
                (Operation::PostUpdate, true) => denied,
                (_, negated) => Truth::known(negated),
            });
        }
        let mut allowed = Truth::known(negated);
        for rule in allows {
            let truth = self.truth(&rule.condition, negated)?;
            allowed = if negated {
                allowed.and(truth)
            } else {
                allowed.or(truth)
            };
        }
        Ok(if negated {
            allowed.or(denied)
        } else {
            allowed.and(denied.untrue())
        })
    }

    /// Whether a rule of a field admits it; everything is allowed until one speaks.
    pub(crate) fn field(
        &self,
        policies: &'e [Policy],
        operation: Operation,
    ) -> Result<Truth, InvalidInput> {
        let denied = self.denied(policies, operation, false)?;
        let mut allows = rules(policies, Effect::Allow, operation).peekable();
        let mut allowed = Truth::known(allows.peek().is_none());
        for rule in allows {
            allowed = allowed.or(self.truth(&rule.condition, false)?);
        }
        Ok(allowed.and(denied.untrue()))
    }

    /// Whether a row that is there may be changed, what is asked of what a change makes of it included.
    pub(super) fn update(
        &self,
        policies: &'e [Policy],
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let before = self.all(policies, Operation::Update, negated)?;
        let after = self.with(self.compiler.after_no_change());
        let after = after.all(policies, Operation::PostUpdate, negated)?;
        Ok(if negated {
            before.or(after)
        } else {
            before.and(after)
        })
    }

    fn denied(
        &self,
        policies: &'e [Policy],
        operation: Operation,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        // What denies takes away, unless it is asked whether it does.
        let denying = if negated {
            self.clone()
        } else {
            self.refusing()
        };
        let mut denied = Truth::Never;
        for rule in rules(policies, Effect::Deny, operation) {
            denied = denied.or(denying.truth(&rule.condition, false)?);
        }
        Ok(denied)
    }
}

fn rules(
    policies: &[Policy],
    effect: Effect,
    operation: Operation,
) -> impl Iterator<Item = &Policy> {
    policies
        .iter()
        .filter(move |rule| rule.effect == effect && rule.operations.contains(operation))
}
