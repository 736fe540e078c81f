//! Rules of the older language with `future()`, said in the words of the newer one (contract zenstack §2.3).
//!
//! Such a rule is about a row before and after an update at once, so it is judged after the update: `future().x` becomes a field of the
//! row, a bare name one of the row as it was. Where it admits, three more things follow, so that it means what it meant:
//!
//! - before the update, the parts of it that do not look at `future()` must hold;
//! - rules without `future()` that admit updates admit them after the update, too, judged by the row as it was;
//! - a model may not have `post-update` rules beside it, which belong to the other way of speaking.

use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Casing, Scalar};
use crate::schema::{Effect, Expr, ExprKind, Operation, Operations, Policy, Type};
use crate::source::Span;

/// A policy as it is written, in which `future()` stands as [`ExprKind::Before`].
pub(super) struct Written {
    pub(super) policy: Policy,
    pub(super) span: Span,
}

/// The policies of a model, those with `future()` as rules of `post-update`.
pub(super) fn settle(written: Vec<Written>, mistakes: &mut Mistakes) -> Vec<Policy> {
    let Some(first) = written.iter().find(|written| written.looks_ahead()) else {
        return written.into_iter().map(|written| written.policy).collect();
    };
    let is_after = |written: &&Written| written.policy.operations.contains(Operation::PostUpdate);
    if let Some(other) = written.iter().find(is_after) {
        let message = "a model has rules of `post-update` or rules with `future()`, not both";
        mistakes.push(
            Mistake::at(first.span, message)
                .note(other.span, "this is a rule of `post-update`")
                .help("write `before().x` for what was, and a bare name for what `future().x` is"),
        );
        return Vec::new();
    }
    let admits = |written: &Written| written.policy.effect == Effect::Allow;
    let any_admits = written
        .iter()
        .any(|written| written.looks_ahead() && admits(written));
    written
        .into_iter()
        .flat_map(|written| {
            let admits = admits(&written);
            match written.looks_ahead() {
                true if admits => vec![written.without_future(), written.after()],
                true => vec![written.after()],
                false if admits && any_admits && written.is_about_updates() => {
                    vec![written.after(), written.policy]
                }
                false => vec![written.policy],
            }
        })
        .collect()
}

impl Written {
    fn looks_ahead(&self) -> bool {
        self.is_about_updates() && looks_ahead(&self.policy.condition)
    }

    fn is_about_updates(&self) -> bool {
        self.policy.operations.contains(Operation::Update)
    }

    /// The rule as one that is judged after the update.
    fn after(&self) -> Policy {
        Policy {
            operations: Operations::default().with(Operation::PostUpdate),
            condition: turned(self.policy.condition.clone()),
            ..self.policy.clone()
        }
    }

    /// What of the rule can be judged before the update.
    fn without_future(&self) -> Policy {
        let always = Expr {
            kind: ExprKind::Boolean(true),
            ty: Type::scalar(Scalar::Boolean),
        };
        Policy {
            condition: known_before(self.policy.condition.clone()).unwrap_or(always),
            ..self.policy.clone()
        }
    }
}

fn looks_ahead(condition: &Expr) -> bool {
    condition.any(&|expr| expr.kind == ExprKind::Before)
}

/// The parts that must hold and do not look at `future()`; nothing where there are none.
fn known_before(condition: Expr) -> Option<Expr> {
    if !looks_ahead(&condition) {
        return Some(condition);
    }
    let ExprKind::And(left, right) = condition.kind else {
        return None;
    };
    match (known_before(*left), known_before(*right)) {
        (Some(left), Some(right)) => Some(Expr {
            kind: ExprKind::And(Box::new(left), Box::new(right)),
            ty: condition.ty,
        }),
        (one, other) => one.or(other),
    }
}

/// The expression with the row before and the row after in each other's place. What it asks of the operation is still about an update.
fn turned(mut expr: Expr) -> Expr {
    match &mut expr.kind {
        ExprKind::This => expr.kind = ExprKind::Before,
        ExprKind::Before => expr.kind = ExprKind::This,
        ExprKind::Check { operation, .. } => {
            operation.get_or_insert(Operation::Update);
        }
        ExprKind::CurrentOperation(casing) => {
            expr.kind = ExprKind::String(cased(Operation::Update.name(), *casing));
        }
        _ => {}
    }
    for child in expr.children_mut() {
        let inner = std::mem::replace(
            child,
            Expr {
                kind: ExprKind::Null,
                ty: child.ty.clone(),
            },
        );
        *child = turned(inner);
    }
    expr
}

fn cased(word: &str, casing: Casing) -> String {
    let capital = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect()
    };
    match casing {
        Casing::Original | Casing::Lower | Casing::Uncapitalize => word.to_owned(),
        Casing::Upper => word.to_ascii_uppercase(),
        Casing::Capitalize => capital(word),
    }
}
