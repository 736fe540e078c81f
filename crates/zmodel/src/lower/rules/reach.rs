//! What a rule may look at, by its kind and where it starts.

use super::checker::{Checker, OtherRow, Rule};
use crate::diagnostic::Mistake;
use crate::schema::{Expr, ExprKind, Field, Type, TypeBase};
use crate::source::Span;

impl Checker<'_, '_> {
    /// Whether a rule of this kind may look at a field of a stored row.
    pub(super) fn may_look_at(
        &self,
        row: &Expr,
        field: &Field,
        ty: &Type,
        span: Span,
    ) -> Result<(), Box<Mistake>> {
        let name = &field.name;
        let is_relation = matches!(ty.base, TypeBase::Model(_));
        let refuse =
            |message: String, help: &str| Err(Box::new(Mistake::at(span, message).help(help)));
        match self.rule {
            Rule::Validation if is_relation => refuse(
                format!("`@@validate` may not use the relation `{name}`"),
                "it sees only what is written to the row itself",
            ),
            Rule::Model { .. } | Rule::Field if field.encrypted => refuse(
                format!("`{name}` is encrypted, no access rule can look at it"),
                "the database sees only what is sealed",
            ),
            Rule::Model {
                other_row: OtherRow::Before,
                ..
            } if is_relation && row.kind == ExprKind::Before => refuse(
                format!("`before()` has no relations such as `{name}`"),
                "only the row itself is known as it was; compare the fields that hold the key",
            ),
            Rule::Model { unborn: true, .. } if is_relation && row.kind == ExprKind::This => {
                match field.relation() {
                    Some(relation) if relation.fields.is_empty() => refuse(
                        format!("nothing can be in `{name}` when a row is made"),
                        "rules of `create` and `all` reach relations whose key is in the row itself; \
                         write the others for `read`, `update` and `delete`",
                    ),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Whether something is the person, or what is reached from there.
    pub(super) fn is_from_auth(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Auth => true,
            ExprKind::Element(depth) => {
                let place = self.elements.len().checked_sub(depth + 1);
                let element = place.and_then(|place| self.elements.get(place));
                element.is_some_and(|element| element.from_auth)
            }
            ExprKind::Member(inner, _) => self.is_from_auth(inner),
            _ => false,
        }
    }
}
