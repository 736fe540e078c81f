//! How rules come together.
//!
//! Source: contract zenstack §2.1.

use hallpass_zmodel::schema::{Effect, Operation, Policy};

use super::compile::{Compiler, Judge, Truth};
use crate::error::InvalidInput;

/// What holds where no rule allows.
#[derive(Debug, Clone, Copy)]
enum Unspoken {
    Allowed,
    Refused,
}

/// Whether the rules of a model admit an operation, or whether they do not: some rule must allow, none may deny. After an
/// update, what nobody speaks of is allowed.
pub(super) fn model<'e>(
    judge: &impl Judge<'e>,
    policies: &'e [Policy],
    operation: Operation,
    negated: bool,
) -> Result<Truth, InvalidInput> {
    let unspoken = if operation == Operation::PostUpdate {
        Unspoken::Allowed
    } else {
        Unspoken::Refused
    };
    all(judge, policies, operation, unspoken, negated)
}

/// Whether a row that is there may be changed, or whether it may not: what is asked of what a change makes of it is asked of
/// the row as it is.
pub(super) fn update<'e>(
    judge: &impl Judge<'e>,
    policies: &'e [Policy],
    negated: bool,
) -> Result<Truth, InvalidInput> {
    let before = model(judge, policies, Operation::Update, negated)?;
    let after = judge.after_no_change();
    let after = model(&after, policies, Operation::PostUpdate, negated)?;
    Ok(if negated {
        before.or(after)
    } else {
        before.and(after)
    })
}

/// Whether the rules of a model admit what `check()` asks, or whether they do not.
pub(super) fn check<'e>(
    judge: &impl Judge<'e>,
    policies: &'e [Policy],
    operation: Operation,
    negated: bool,
) -> Result<Truth, InvalidInput> {
    match operation {
        Operation::Update => update(judge, policies, negated),
        other => model(judge, policies, other, negated),
    }
}

/// The same for a field, of which everything is allowed until a rule speaks of it.
pub(super) fn field<'e>(
    judge: &impl Judge<'e>,
    policies: &'e [Policy],
    operation: Operation,
) -> Result<Truth, InvalidInput> {
    all(judge, policies, operation, Unspoken::Allowed, false)
}

/// Whether a field may be changed whatever the model's rules say.
pub(super) fn overrides<'e>(
    compiler: &Compiler<'e, '_>,
    policies: &'e [Policy],
) -> Result<Truth, InvalidInput> {
    let mut admitted = Truth::Never;
    for rule in policies {
        let is_asked = rule.overrides && rule.effect == Effect::Allow;
        if is_asked && rule.operations.contains(Operation::Update) {
            admitted = admitted.or(compiler.when(&rule.condition)?);
        }
    }
    Ok(admitted)
}

fn all<'e>(
    judge: &impl Judge<'e>,
    policies: &'e [Policy],
    operation: Operation,
    unspoken: Unspoken,
    negated: bool,
) -> Result<Truth, InvalidInput> {
    let rules = |effect| {
        policies
            .iter()
            .filter(move |rule| rule.effect == effect && rule.operations.contains(operation))
    };
    // What denies takes away, unless it is asked whether it does.
    let denying = if negated {
        judge.clone()
    } else {
        judge.refusing()
    };
    let mut denied = Truth::Never;
    for rule in rules(Effect::Deny) {
        denied = denied.or(denying.truth(&rule.condition, false)?);
    }
    if denied == Truth::Always {
        return Ok(Truth::known(negated));
    }
    let mut allows = rules(Effect::Allow).peekable();
    if allows.peek().is_none() {
        return Ok(match (unspoken, negated) {
            (Unspoken::Allowed, false) => denied.untrue(),
            (Unspoken::Allowed, true) => denied,
            (Unspoken::Refused, negated) => Truth::known(negated),
        });
    }
    let mut allowed = Truth::known(negated);
    for rule in allows {
        let truth = judge.truth(&rule.condition, negated)?;
        allowed = if negated {
            allowed.and(truth)
        } else {
            allowed.or(truth)
        };
        if allowed == Truth::known(!negated) {
            break;
        }
    }
    Ok(if negated {
        allowed.or(denied)
    } else {
        allowed.and(denied.untrue())
    })
}
