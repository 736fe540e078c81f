//! From an expression as written to a checked one: names resolved, types known.

use super::budget::Budget;
use super::index::Index;
use super::patterns::Patterns;
use super::types::{boolean, is_boolean};
use crate::ast::{self, Logic, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Expr, ExprKind, Operations, Scalar, Type, TypeBase};
use crate::source::Span;

/// Checks the expressions of one rule.
pub(super) struct Checker<'c, 's> {
    pub(super) index: &'c Index<'s>,
    /// The model or type that the rule is about.
    pub(super) this: TypeBase,
    pub(super) rule: Rule,
    /// The elements that enclosing predicates look at, the innermost last.
    pub(super) elements: Vec<Element<'c>>,
    /// Where `check(…)` stands, and of which model it asks.
    pub(super) checks: Vec<(Span, String)>,
    pub(super) budget: &'c mut Budget,
    pub(super) patterns: &'c mut Patterns,
    pub(super) mistakes: &'c mut Mistakes,
}

/// What kind of rule an expression is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// `@@allow`, `@@deny`
    Model {
        operations: Operations,
        /// Whether rows are judged that nothing can point at yet: the operations are just `create` or `all`.
        unborn: bool,
        /// How the row before or after an update is called here.
        other_row: OtherRow,
    },
    /// `@allow`, `@deny`
    Field,
    /// `@@validate`
    Validation,
}

/// Which rows a rule about updates may look at, besides the one it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherRow {
    None,
    /// `before()`, in rules of `post-update`.
    Before,
    /// `future()`, in rules of `update`.
    Future,
}

/// The element that a predicate looks at.
#[derive(Debug)]
pub(super) struct Element<'c> {
    pub(super) base: TypeBase,
    pub(super) binding: Option<&'c Name>,
    /// Whether it comes from the person, who may lack any member.
    pub(super) from_auth: bool,
}

impl<'c> Checker<'c, '_> {
    /// A condition: an expression that is true or false. Nothing where there is a mistake.
    pub(super) fn condition(&mut self, expr: &'c ast::Expr) -> Option<Expr> {
        let checked = self.value(expr)?;
        if is_boolean(&checked.ty) {
            return Some(checked);
        }
        let message = format!("this is no condition, it is of type `{}`", checked.ty);
        self.refuse(Mistake::at(expr.span, message))
    }

    /// Any expression.
    pub(super) fn value(&mut self, expr: &'c ast::Expr) -> Option<Expr> {
        if self.mistakes.is_full() {
            return None;
        }
        if !self.budget.take_node(expr.span, self.mistakes) {
            return None;
        }
        match &expr.kind {
            ast::ExprKind::Null => Some(null()),
            ast::ExprKind::Boolean(value) => Some(boolean(ExprKind::Boolean(*value))),
            ast::ExprKind::Number(written) => self.number(written, expr.span),
            ast::ExprKind::String(text) => self.text(text, expr.span),
            ast::ExprKind::This => Some(self.this()),
            ast::ExprKind::Reference(name) => self.reference(name, expr.span),
            ast::ExprKind::Member(inner, name) => self.member(inner, name),
            ast::ExprKind::Call(name, arguments) => self.call(name, arguments, expr.span),
            ast::ExprKind::List(items) => self.list(items),
            ast::ExprKind::Object(members) => {
                let first = members
                    .first()
                    .map(|(name, value)| name.span.to(value.span));
                let place = first.unwrap_or(expr.span);
                self.refuse(Mistake::at(place, "an object has no place in a rule"))
            }
            ast::ExprKind::Not(operand) => {
                let operand = self.condition(operand)?;
                Some(boolean(ExprKind::Not(Box::new(operand))))
            }
            ast::ExprKind::Logic(first, rest) => self.logic(first, rest),
            ast::ExprKind::Binary(left, operator, right) => {
                self.binary(left, *operator, right, expr.span)
            }
            ast::ExprKind::Predicate(predicate) => self.predicate(predicate),
        }
    }

    /// Reports a mistake; gives nothing.
    pub(super) fn refuse<T>(&mut self, mistake: Mistake) -> Option<T> {
        self.mistakes.push(mistake);
        None
    }

    /// The row that the rule is about.
    pub(super) fn this(&self) -> Expr {
        Expr {
            kind: ExprKind::This,
            ty: Type::one(self.this.clone()),
        }
    }

    fn number(&mut self, written: &str, span: Span) -> Option<Expr> {
        let written = written.trim_start_matches('+');
        let scalar = if written.contains('.') {
            Scalar::Float
        } else {
            Scalar::Int
        };
        // A number without a fraction that is not of 64 bits is one of no column.
        let fits = match scalar {
            Scalar::Int => written.parse::<i64>().is_ok(),
            _ => written.parse::<f64>().is_ok_and(f64::is_finite),
        };
        if !fits {
            let mistake = Mistake::at(span, "this number is too large");
            return self.refuse(mistake.help("whole numbers have 64 bits"));
        }
        Some(Expr {
            kind: ExprKind::Number(written.to_owned()),
            ty: Type::scalar(scalar),
        })
    }

    fn text(&mut self, text: &str, span: Span) -> Option<Expr> {
        if text.contains('\0') {
            let mistake = Mistake::at(span, "no database takes the character 0 in text");
            return self.refuse(mistake);
        }
        Some(Expr {
            kind: ExprKind::String(text.to_owned()),
            ty: Type::scalar(Scalar::String),
        })
    }

    fn list(&mut self, items: &'c [ast::Expr]) -> Option<Expr> {
        let mut checked: Vec<Expr> = Vec::new();
        for item in items {
            let value = self.value(item)?;
            let is_value = matches!(value.ty.base, TypeBase::Scalar(_) | TypeBase::Enum(_));
            if !is_value || value.ty.list {
                let message = format!("a list holds values, not `{}`", value.ty);
                return self.refuse(Mistake::at(item.span, message));
            }
            checked.push(value);
        }
        if !checked.is_empty() {
            self.agree(&mut checked, items)?;
        }
        let first = checked.first().map(|item| item.ty.base.clone());
        Some(Expr {
            kind: ExprKind::List(checked),
            ty: Type {
                base: first.unwrap_or(TypeBase::Null),
                list: true,
                optional: false,
            },
        })
    }

    /// Every operand is checked, so that every mistake is told.
    fn logic(&mut self, first: &'c ast::Expr, rest: &'c [(Logic, ast::Expr)]) -> Option<Expr> {
        let mut run = vec![self.condition(first)];
        let mut logic = rest.first().map_or(Logic::And, |(logic, _)| *logic);
        for (next, operand) in rest {
            if *next != logic {
                run = vec![join(run, logic)];
                logic = *next;
            }
            run.push(self.condition(operand));
        }
        join(run, logic)
    }
}

/// The operands of one kind of logic as a tree as low as can be. Nothing where one of them has a mistake.
fn join(run: Vec<Option<Expr>>, logic: Logic) -> Option<Expr> {
    let mut level: Vec<Expr> = run.into_iter().collect::<Option<_>>()?;
    while level.len() > 1 {
        let mut next = Vec::with_capacity(level.len().div_ceil(2));
        let mut operands = level.into_iter();
        while let Some(left) = operands.next() {
            next.push(match operands.next() {
                Some(right) => boolean(match logic {
                    Logic::And => ExprKind::And(Box::new(left), Box::new(right)),
                    Logic::Or => ExprKind::Or(Box::new(left), Box::new(right)),
                }),
                None => left,
            });
        }
        level = next;
    }
    level.pop()
}

fn null() -> Expr {
    Expr {
        kind: ExprKind::Null,
        ty: Type {
            base: TypeBase::Null,
            list: false,
            optional: true,
        },
    }
}
