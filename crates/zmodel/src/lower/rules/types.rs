//! Which types go together (contract zenstack §1.4, "Comparison typing").

use crate::schema::{Expr, ExprKind, Scalar, Type, TypeBase};

/// An expression that is true or false.
pub(super) fn boolean(kind: ExprKind) -> Expr {
    Expr {
        kind,
        ty: Type::scalar(Scalar::Boolean),
    }
}

/// Whether something of this type is a condition.
pub(super) fn is_boolean(ty: &Type) -> bool {
    !ty.list && ty.base == TypeBase::Scalar(Scalar::Boolean)
}

/// Whether something of this type is one text.
pub(super) fn is_text(ty: &Type) -> bool {
    !ty.list && ty.base == TypeBase::Scalar(Scalar::String)
}

/// Whether something of this type is a value, not a row.
pub(super) fn is_value(base: &TypeBase) -> bool {
    matches!(base, TypeBase::Scalar(_) | TypeBase::Enum(_))
}

/// Whether the values can be equal.
pub(super) fn are_comparable(one: &TypeBase, other: &TypeBase) -> bool {
    one == other || is_number(one) && is_number(other) || [one, other].contains(&&TypeBase::Null)
}

/// Whether one value can come before the other.
pub(super) fn have_order(one: &TypeBase, other: &TypeBase) -> bool {
    let moment = TypeBase::Scalar(Scalar::DateTime);
    is_number(one) && is_number(other) || *one == moment && *other == moment
}

fn is_number(base: &TypeBase) -> bool {
    matches!(
        base,
        TypeBase::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal)
    )
}
