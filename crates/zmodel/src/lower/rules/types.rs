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

/// Whether one is a member of an enum and the other text, which may be its name.
pub(super) fn are_names(one: &TypeBase, other: &TypeBase) -> bool {
    let text = TypeBase::Scalar(Scalar::String);
    let is_enum = |base: &TypeBase| matches!(base, TypeBase::Enum(_));
    is_enum(one) && *other == text || is_enum(other) && *one == text
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
