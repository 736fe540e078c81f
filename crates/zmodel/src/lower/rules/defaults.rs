//! `@default(auth().a.b)`: whether the person has that, and whether the field can hold it.

use super::checker::Rule;
use super::policies::Maker;
use super::types::{are_comparable, is_value};
use crate::bind::Bound;
use crate::diagnostic::Mistake;
use crate::schema::{DefaultValue, Field, TypeBase};

impl Maker<'_, '_> {
    /// Reports a default of the person that a field cannot take.
    pub(super) fn check_default(
        &mut self,
        owner: &TypeBase,
        field: &Field,
        attributes: &[Bound<'_>],
    ) {
        if !matches!(field.default, Some(DefaultValue::Auth(_))) {
            return;
        }
        let default = attributes.iter().find(|bound| bound.row.name == "@default");
        let Some(value) = default.and_then(|bound| bound.value("value")) else {
            return;
        };
        let mut checker = self.checker(Rule::Field, owner.clone());
        let (Some(given), Some(wanted)) = (checker.value(value), super::index::type_of(field))
        else {
            return;
        };
        let fits = is_value(&given.ty.base)
            && given.ty.list == wanted.list
            && are_comparable(&given.ty.base, &wanted.base);
        if !fits {
            let message = format!("`{}` does not fit a field of type `{wanted}`", given.ty);
            self.mistakes.push(Mistake::at(value.span, message));
        }
    }
}
