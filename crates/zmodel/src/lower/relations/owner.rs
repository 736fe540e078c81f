//! The rules of one relation whose two sides are known.

use super::key::{self, Key};
use super::{Completed, attribute, owns, shared_name};
use crate::ast::Name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::lower::draft::{Draft, Side};
use crate::schema::{Arity, Field, FieldKind, Model, ReferentialAction, Relation};

/// Checks a relation and gives both sides complete, as far as they are sound.
pub(super) fn check(
    drafts: &[Draft<'_>],
    one: &Side<'_>,
    other: &Side<'_>,
    mistakes: &mut Mistakes,
) -> Vec<Completed> {
    mistakes.extend(check_name(one, other));
    let (owner, opposite) = match (owns(drafts, one), owns(drafts, other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        (true, true) => {
            mistakes.push(two_owners(drafts, one, other));
            return Vec::new();
        }
        (false, false) => {
            mistakes.extend(no_owner(drafts, one, other));
            return Vec::new();
        }
    };
    check_opposite(drafts, opposite, mistakes);
    let (Some(own), Some(target)) = (drafts.get(owner.model), drafts.get(owner.target)) else {
        return Vec::new();
    };
    match key::read(own, target, owner, mistakes) {
        Some(key) => {
            check_key(&own.model, &target.model, owner, opposite, &key, mistakes);
            complete(drafts, owner, opposite, &key)
        }
        None => Vec::new(),
    }
}

/// The mistake of a relation of a model with itself that has no name.
pub(super) fn check_name(one: &Side<'_>, other: &Side<'_>) -> Option<Mistake> {
    (one.model == one.target && one.name.is_none()).then(|| {
        Mistake::at(
            other.ast.name.span,
            "a relation of a model with itself needs a name",
        )
        .note(one.ast.name.span, "its other side")
        .help("add `@relation(\"name\")` with the same name to both fields")
    })
}

fn two_owners(drafts: &[Draft<'_>], one: &Side<'_>, other: &Side<'_>) -> Mistake {
    let span = |side: &Side<'_>| {
        attribute(drafts, side).map_or(side.ast.name.span, |bound| bound.attribute.span)
    };
    Mistake::at(span(other), "both sides of this relation hold its key")
        .note(span(one), "the other side")
        .help("keep `fields` and `references` on one side only")
}

fn no_owner(drafts: &[Draft<'_>], one: &Side<'_>, other: &Side<'_>) -> Option<Mistake> {
    let broken = |side: &Side<'_>| attribute(drafts, side).is_some_and(|bound| bound.broken);
    if broken(one) || broken(other) {
        return None;
    }
    let side = if one.ast.arity == Arity::List {
        other
    } else {
        one
    };
    let field = &side.ast.name.text;
    Some(
        Mistake::at(
            side.ast.name.span,
            "neither side of this relation says which fields hold its key",
        )
        .help(format!(
            "add `@relation(fields: [{field}Id], references: [id])` to `{field}`"
        )),
    )
}

/// What the side without the key may say.
fn check_opposite(drafts: &[Draft<'_>], side: &Side<'_>, mistakes: &mut Mistakes) {
    let Side { ast, .. } = side;
    if ast.arity == Arity::Required {
        let message = format!(
            "`{}` does not hold the key of its relation, so there may be none",
            ast.name.text
        );
        let type_name = &ast.type_name.text;
        mistakes.push(
            Mistake::at(ast.type_span, message)
                .help(format!("write `{type_name}?` or `{type_name}[]`")),
        );
    }
    let Some(bound) = attribute(drafts, side) else {
        return;
    };
    for parameter in ["onDelete", "onUpdate", "map"] {
        if let Some(value) = bound.value(parameter) {
            let message =
                format!("`{parameter}` stands on the side of the relation that holds the key");
            mistakes
                .push(Mistake::at(value.span, message).help("move it to the side with `fields`"));
        }
    }
}

fn check_key(
    own: &Model,
    target: &Model,
    owner: &Side<'_>,
    opposite: &Side<'_>,
    key: &Key<'_>,
    mistakes: &mut Mistakes,
) {
    check_types(key, mistakes);
    check_optional(owner, key, mistakes);
    let references: Vec<&str> = key
        .references
        .iter()
        .map(|(_, field)| field.name.as_str())
        .collect();
    let same = |fields: &Vec<String>| {
        fields.len() == references.len()
            && fields
                .iter()
                .all(|name| references.contains(&name.as_str()))
    };
    if let Some((first, _)) = key
        .references
        .first()
        .filter(|_| !unique_keys(target).any(same))
    {
        let message = format!(
            "`{}` does not point at an identity or a unique key of model `{}`",
            owner.ast.name.text, target.name
        );
        mistakes.push(Mistake::at(first.span, message).help(format!(
            "refer to `{}`, or make these fields unique",
            target.id.join("`, `")
        )));
    }
    let fields: Vec<&str> = key
        .fields
        .iter()
        .map(|(_, field)| field.name.as_str())
        .collect();
    let within = |unique: &Vec<String>| {
        fields
            .iter()
            .all(|name| unique.iter().any(|other| other == name))
    };
    if let Some((first, _)) = key
        .fields
        .first()
        .filter(|_| opposite.ast.arity != Arity::List && !unique_keys(own).any(within))
    {
        let message = format!(
            "the key of one-to-one relation `{}` must be unique",
            owner.ast.name.text
        );
        let help = match fields.as_slice() {
            [field] => format!(
                "add `@unique` to `{field}`, or make `{}` a list",
                opposite.ast.name.text
            ),
            _ => format!(
                "add `@@unique([{}])`, or make `{}` a list",
                fields.join(", "),
                opposite.ast.name.text
            ),
        };
        mistakes.push(Mistake::at(first.span, message).help(help));
    }
}

/// Every set of fields that is unique in a model.
fn unique_keys(model: &Model) -> impl Iterator<Item = &Vec<String>> {
    std::iter::once(&model.id).chain(model.uniques.iter().map(|unique| &unique.fields))
}

fn check_types(key: &Key<'_>, mistakes: &mut Mistakes) {
    for ((name, field), (other_name, other)) in key.fields.iter().zip(&key.references) {
        if field.kind != other.kind {
            let message = format!(
                "`{}` has type `{}`, but refers to `{}` of type `{}`",
                field.name,
                type_name(&field.kind),
                other.name,
                type_name(&other.kind)
            );
            mistakes.push(
                Mistake::at(name.span, message)
                    .note(other_name.span, "it refers to this")
                    .help("give both the same type"),
            );
        }
    }
}

fn type_name(kind: &FieldKind) -> &str {
    match kind {
        FieldKind::Scalar(scalar) => scalar.name(),
        FieldKind::Enum(name) | FieldKind::Typed(name) | FieldKind::Unsupported(name) => name,
        FieldKind::Relation(relation) => &relation.model,
    }
}

fn check_optional(owner: &Side<'_>, key: &Key<'_>, mistakes: &mut Mistakes) {
    let relation = &owner.ast.name.text;
    for (name, field) in &key.fields {
        let optional = field.arity == Arity::Optional;
        if optional && owner.ast.arity == Arity::Required {
            let message = format!(
                "relation `{relation}` is required, but its key `{}` is optional",
                field.name
            );
            let help = format!(
                "make both optional, as in `{relation} {}?`, or neither",
                owner.ast.type_name.text
            );
            mistakes.push(Mistake::at(name.span, message).help(help));
        }
        let nulls = [key.on_delete, key.on_update].contains(&Some(ReferentialAction::SetNull));
        if nulls && !optional {
            let message = format!("`SetNull` cannot empty the required field `{}`", field.name);
            mistakes.push(
                Mistake::at(name.span, message).help("make it optional, or take another action"),
            );
        }
    }
}

fn complete(
    drafts: &[Draft<'_>],
    owner: &Side<'_>,
    opposite: &Side<'_>,
    key: &Key<'_>,
) -> Vec<Completed> {
    let model = |index: usize| {
        drafts
            .get(index)
            .map(|draft| draft.model.name.clone())
            .unwrap_or_default()
    };
    let names =
        |fields: &[(Name, &Field)]| fields.iter().map(|(_, field)| field.name.clone()).collect();
    let holding = Relation {
        model: model(owner.target),
        opposite: opposite.ast.name.text.clone(),
        name: shared_name(owner),
        fields: names(&key.fields),
        references: names(&key.references),
        on_delete: key.on_delete,
        on_update: key.on_update,
        map: key.map.clone(),
        join: None,
    };
    let held = Relation {
        model: model(opposite.target),
        opposite: owner.ast.name.text.clone(),
        name: shared_name(opposite),
        fields: Vec::new(),
        references: Vec::new(),
        on_delete: None,
        on_update: None,
        map: None,
        join: None,
    };
    vec![
        (owner.model, owner.field, holding),
        (opposite.model, opposite.field, held),
    ]
}
