//! What may be compared with what (contract zenstack §1.4, "Comparison typing").

use super::checker::{Checker, Rule};
use super::types::{are_comparable, are_names, boolean, have_order, is_value};
use crate::ast::{self, Operator};
use crate::diagnostic::Mistake;
use crate::schema::{Comparison, Expr, ExprKind, Scalar, TypeBase};
use crate::source::Span;

/// An expression with what is written of it.
struct Side<'c> {
    ast: &'c ast::Expr,
    expr: Expr,
}

impl<'c> Checker<'c, '_> {
    pub(super) fn binary(
        &mut self,
        left: &'c ast::Expr,
        operator: Operator,
        right: &'c ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        // Both sides are checked, so that the mistakes of both are told.
        let (one, other) = (self.value(left), self.value(right));
        let mut left = Side {
            ast: left,
            expr: one?,
        };
        let mut right = Side {
            ast: right,
            expr: other?,
        };
        self.fit(&mut left.expr, &right.expr.ty.base, left.ast.span)?;
        self.fit(&mut right.expr, &left.expr.ty.base, right.ast.span)?;
        match operator {
            Operator::In => self.within(&left, &right)?,
            Operator::Compare(Comparison::Equal | Comparison::NotEqual) => {
                self.equality(&left, &right, span)?;
            }
            Operator::Compare(_) => self.order(&left, &right, span)?,
        }
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        Some(boolean(match operator {
            Operator::In => ExprKind::In(left, right),
            Operator::Compare(comparison) => ExprKind::Compare(left, comparison, right),
        }))
    }

    fn equality(&mut self, left: &Side<'_>, right: &Side<'_>, span: Span) -> Option<()> {
        let (one, other) = (&left.expr.ty, &right.expr.ty);
        match (&left.expr.kind, &right.expr.kind) {
            (ExprKind::Null, ExprKind::Null) => return Some(()),
            (ExprKind::Null, _) => return self.with_null(right),
            (_, ExprKind::Null) => return self.with_null(left),
            _ => {}
        }
        if one.list != other.list || !self.can_be_equal(&left.expr, &right.expr) {
            return self.incompatible(left, right, span);
        }
        match &one.base {
            TypeBase::Model(_) if one.list => {
                let mistake = Mistake::at(span, "lists of rows cannot be compared");
                self.refuse(mistake.help("ask something of them with `?[…]`, `![…]` or `^[…]`"))
            }
            TypeBase::Model(_) if is_stored_row(left) && is_stored_row(right) => {
                let mistake = Mistake::at(span, "two stored rows cannot be compared");
                self.refuse(mistake.help("compare the fields that hold their keys"))
            }
            TypeBase::Typed(_) => {
                let mistake = Mistake::at(span, "whole values of a `type` cannot be compared");
                self.refuse(mistake.help("compare their fields"))
            }
            _ => Some(()),
        }
    }

    /// Comparing with null makes sense only of what may be null; on input that is every field.
    fn with_null(&mut self, side: &Side<'_>) -> Option<()> {
        let ty = &side.expr.ty;
        if ty.optional || self.rule == Rule::Validation && !ty.list {
            return Some(());
        }
        let mistake = Mistake::at(side.ast.span, "this is never null");
        // ZenStack lets these pass, so that a schema written for it must load.
        if !ty.list && !matches!(ty.base, TypeBase::Scalar(_)) {
            self.mistakes.warn(mistake);
            return Some(());
        }
        let help = format!("it is of type `{ty}`");
        self.refuse(mistake.help(help))
    }

    fn order(&mut self, left: &Side<'_>, right: &Side<'_>, span: Span) -> Option<()> {
        for side in [left, right] {
            let ty = &side.expr.ty;
            if ty.list || !have_order(&ty.base, &ty.base) {
                let message = format!("what is of type `{ty}` has no order");
                let help = "numbers and moments have one";
                return self.refuse(Mistake::at(side.ast.span, message).help(help));
            }
        }
        if have_order(&left.expr.ty.base, &right.expr.ty.base) {
            return Some(());
        }
        self.incompatible(left, right, span)
    }

    fn within(&mut self, left: &Side<'_>, right: &Side<'_>) -> Option<()> {
        let (one, many) = (&left.expr.ty, &right.expr.ty);
        if one.list || !is_value(&one.base) && one.base != TypeBase::Null {
            let message = format!("`in` asks of one value, this is `{one}`");
            return self.refuse(Mistake::at(left.ast.span, message));
        }
        if !many.list || !is_value(&many.base) && many.base != TypeBase::Null {
            let message = format!("after `in` stands a list of values, this is `{many}`");
            return self.refuse(Mistake::at(right.ast.span, message));
        }
        if self.can_be_equal(&left.expr, &right.expr) {
            return Some(());
        }
        self.incompatible(left, right, left.ast.span.to(right.ast.span))
    }

    /// Whether the values can be equal. What the person has may be text where a column has members of an enum, or the
    /// other way around: both are names.
    pub(super) fn can_be_equal(&self, one: &Expr, other: &Expr) -> bool {
        let (left, right) = (&one.ty.base, &other.ty.base);
        let from_auth = self.is_from_auth(one) || self.is_from_auth(other);
        are_comparable(left, right) || from_auth && are_names(left, right)
    }

    fn incompatible(&mut self, left: &Side<'_>, right: &Side<'_>, span: Span) -> Option<()> {
        let (one, other) = (&left.expr.ty, &right.expr.ty);
        let message = format!("`{one}` and `{other}` cannot be compared");
        self.refuse(Mistake::at(span, message))
    }

    /// Reads a literal as what it is compared with: text as a moment or a member of an enum, a bare member as one of that
    /// enum, or as the text of its name.
    pub(super) fn fit(&mut self, expr: &mut Expr, wanted: &TypeBase, span: Span) -> Option<()> {
        if let ExprKind::List(items) = &mut expr.kind {
            for item in items.iter_mut() {
                self.fit(item, wanted, span)?;
            }
            if let Some(first) = items.first() {
                expr.ty.base = first.ty.base.clone();
            }
            return Some(());
        }
        let kind = match (&expr.kind, wanted) {
            (ExprKind::String(text), TypeBase::Scalar(Scalar::DateTime)) => {
                let Some(moment) = moment(text) else {
                    let mistake = Mistake::at(span, "this is no moment");
                    let help = "write a day or a moment with its offset, such as \
                                '2026-01-31' or '2026-01-31T12:00:00Z'";
                    return self.refuse(mistake.help(help));
                };
                ExprKind::String(moment)
            }
            (ExprKind::String(member), TypeBase::Enum(name))
            | (ExprKind::EnumMember { member, .. }, TypeBase::Enum(name)) => {
                if !self.index.has_member(name, member) {
                    return self.no_member(name, member, span);
                }
                ExprKind::EnumMember {
                    enumeration: name.clone(),
                    member: member.clone(),
                }
            }
            (ExprKind::EnumMember { member, .. }, TypeBase::Scalar(Scalar::String)) => {
                ExprKind::String(member.clone())
            }
            _ => return Some(()),
        };
        expr.kind = kind;
        expr.ty.base = wanted.clone();
        Some(())
    }

    /// Makes the items of a list be of one type.
    pub(super) fn agree(&mut self, items: &mut [Expr], written: &[ast::Expr]) -> Option<()> {
        let base = items.first()?.ty.base.clone();
        for (item, ast) in items.iter_mut().zip(written).skip(1) {
            // Text beside text, and members of one enum beside each other, are as they should be.
            if item.ty.base != base && matches!(item.kind, ExprKind::EnumMember { .. }) {
                self.fit(item, &base, ast.span)?;
            }
            if !are_comparable(&item.ty.base, &base) {
                let message = format!("this is `{}`, the items before it are not", item.ty);
                return self.refuse(Mistake::at(ast.span, message));
            }
        }
        Some(())
    }
}

/// Whether it is a relation of the row, by its bare name, or the row itself.
fn is_stored_row(side: &Side<'_>) -> bool {
    matches!(
        side.ast.kind,
        ast::ExprKind::This | ast::ExprKind::Reference(_)
    )
}

/// The moment that a text names, in UTC (RFC 3339). A day is its first moment, as in JavaScript.
fn moment(text: &str) -> Option<String> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.to_string());
    }
    if crate::lower::is_moment(text) {
        return Some(text.to_owned());
    }
    let is_day = text.len() == "2026-01-31".len();
    let day = text.parse::<jiff::civil::Date>().ok().filter(|_| is_day)?;
    Some(format!("{day}T00:00:00Z"))
}
