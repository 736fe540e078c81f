//! What `auth()` is: the model or type with `@@auth`, else the one named `User` (contract zenstack §1.4).

use super::Owner;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Schema, TypeBase};

/// The name of what `auth()` is, where there is one.
pub(super) fn find<'o, 'a: 'o>(
    schema: &Schema,
    owners: impl Iterator<Item = &'o Owner<'a>>,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let mut marked = owners.filter_map(|owner| Some((owner, owner.own_attribute("@@auth")?)));
    let Some((first, at)) = marked.next() else {
        let is_there = schema.model("User").is_some() || schema.type_def("User").is_some();
        return is_there.then(|| "User".to_owned());
    };
    for (_, again) in marked {
        let message = "two models or types have `@@auth`";
        mistakes.push(Mistake::at(again.span, message).note(at.span, "the first stands here"));
    }
    Some(first.name().to_owned())
}

/// What `auth()` is.
pub(super) fn base(schema: &Schema) -> Option<TypeBase> {
    let name = schema.auth.as_deref()?;
    match schema.model(name) {
        Some(_) => Some(TypeBase::Model(name.to_owned())),
        None => schema
            .type_def(name)
            .map(|_| TypeBase::Typed(name.to_owned())),
    }
}
