//! Relations: finding the two sides of each.
//!
//! Two relation fields belong together when each points at the model of the other and both have the same `@relation`
//! name, or none. What the side with the key says is read in `key` and checked in `owner`.

mod join;
mod key;
mod owner;

use std::collections::BTreeMap;

use super::draft::{Draft, Side};
use crate::ast::Name;
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Arity, FieldKind, JoinTable, Relation};

/// Pairs the sides, checks them and completes the relations of the models.
pub(super) fn lower(
    drafts: &mut [Draft<'_>],
    sides: &[Side<'_>],
    mistakes: &mut Mistakes,
) -> Vec<JoinTable> {
    let (mut completed, mut tables) = (Vec::new(), Vec::new());
    for group in groups(sides) {
        if mistakes.is_full() {
            return tables;
        }
        check_ignored(drafts, &group, mistakes);
        match split(&group) {
            Some((one, other)) if join::is_between(drafts, one, other) => {
                if let Some((table, sides)) = join::check(drafts, one, other, mistakes) {
                    completed.extend(sides);
                    tables.push(table);
                }
            }
            Some((one, other)) => completed.extend(owner::check(drafts, one, other, mistakes)),
            None => report_unpaired(drafts, sides, &group, mistakes),
        }
    }
    for (model, field, relation) in completed {
        let field = drafts
            .get_mut(model)
            .and_then(|draft| draft.model.fields.get_mut(field));
        if let Some(field) = field {
            field.kind = FieldKind::Relation(relation);
        }
    }
    tables
}

/// Clients see no rows of an ignored model, so none through a relation either.
fn check_ignored(drafts: &[Draft<'_>], group: &[&Side<'_>], mistakes: &mut Mistakes) {
    for side in group {
        let (Some(own), Some(target)) = (drafts.get(side.model), drafts.get(side.target)) else {
            continue;
        };
        let field = own.model.fields.get(side.field);
        let is_seen = !own.model.ignored && field.is_some_and(|field| !field.ignored);
        if is_seen && target.model.ignored {
            let message = format!(
                "`{}` points at model `{}`, which is ignored",
                side.ast.name.text, target.model.name
            );
            mistakes.push(Mistake::at(side.ast.name.span, message).help("add `@ignore` to it"));
        }
    }
}

/// A relation made whole, with the places of its model and field.
type Completed = (usize, usize, Relation);

/// The sides that have the same two models and the same name.
fn groups<'s, 'a>(sides: &'s [Side<'a>]) -> Vec<Vec<&'s Side<'a>>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for side in sides {
        let (low, high) = (side.model.min(side.target), side.model.max(side.target));
        let name = side.name.as_ref().map(|name| name.text.as_str());
        groups.entry((low, high, name)).or_default().push(side);
    }
    groups.into_values().collect()
}

/// The two sides, where it is clear which they are.
fn split<'s, 'a>(group: &[&'s Side<'a>]) -> Option<(&'s Side<'a>, &'s Side<'a>)> {
    match group {
        [one, other] if one.model == other.target && other.model == one.target => {
            Some((one, other))
        }
        _ => None,
    }
}

fn report_unpaired(
    drafts: &[Draft<'_>],
    sides: &[Side<'_>],
    group: &[&Side<'_>],
    mistakes: &mut Mistakes,
) {
    let Some(first) = group.first() else { return };
    // What a refused argument was meant to say may be what tells the sides apart.
    if group
        .iter()
        .any(|side| attribute(drafts, side).is_some_and(|bound| bound.broken))
    {
        return;
    }
    let one_model = first.model == first.target;
    let same_side = group.iter().all(|side| side.model == first.model);
    let lonely = if one_model {
        group.len() == 1
    } else {
        same_side
    };
    if lonely {
        for side in group {
            mistakes.extend(no_opposite(drafts, sides, side));
        }
        return;
    }
    let Some(extra) = extra_side(group, one_model) else {
        return;
    };
    let mut mistake = Mistake::at(
        extra.ast.name.span,
        "it is not clear which fields form this relation",
    );
    for other in group
        .iter()
        .filter(|side| !std::ptr::eq(**side, extra))
        .take(3)
    {
        mistake = mistake.note(other.ast.name.span, "it may belong to this field");
    }
    mistakes.push(
        mistake.help(
            "give the two fields of each relation a name of their own: `@relation(\"name\")`",
        ),
    );
}

/// The side that is one too many.
fn extra_side<'s, 'a>(group: &[&'s Side<'a>], one_model: bool) -> Option<&'s Side<'a>> {
    if one_model {
        return group.last().copied();
    }
    let mut seen = Vec::new();
    group.iter().copied().find(|side| {
        let again = seen.contains(&side.model);
        seen.push(side.model);
        again
    })
}

/// The mistake of a relation field without an opposite, unless that may stand where the text could not be read.
fn no_opposite(drafts: &[Draft<'_>], sides: &[Side<'_>], side: &Side<'_>) -> Option<Mistake> {
    let (own, target) = (drafts.get(side.model)?, drafts.get(side.target)?);
    if target.incomplete {
        return None;
    }
    let (model, other) = (&own.model.name, &target.model.name);
    let message = format!(
        "relation `{}` on model `{model}` has no opposite field",
        side.ast.name.text
    );
    let candidate = sides.iter().find(|candidate| {
        let points_back = candidate.model == side.target && candidate.target == side.model;
        points_back && candidate.ast.name != side.ast.name
    });
    let help = match candidate {
        Some(candidate) => format!(
            "`{}` on model `{other}` has another relation name; give both the same, as in `@relation(\"name\")`",
            candidate.ast.name.text
        ),
        None if side.ast.arity == Arity::List => {
            let field = first_lower(model);
            format!(
                "add `{field} {model} @relation(fields: [{field}Id], references: [id])` to model `{other}`"
            )
        }
        None => format!("add `{}s {model}[]` to model `{other}`", first_lower(model)),
    };
    Some(Mistake::at(side.ast.name.span, message).help(help))
}

fn first_lower(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// The `@relation` of a side.
fn attribute<'d, 'a>(drafts: &'d [Draft<'a>], side: &Side<'_>) -> Option<&'d Bound<'a>> {
    drafts.get(side.model)?.attribute(side.field, "@relation")
}

/// Whether a side says that it holds the key.
fn owns(drafts: &[Draft<'_>], side: &Side<'_>) -> bool {
    attribute(drafts, side)
        .is_some_and(|bound| bound.value("fields").is_some() || bound.value("references").is_some())
}

/// The name both sides have.
fn shared_name(side: &Side<'_>) -> Option<String> {
    side.name.as_ref().map(|Name { text, .. }| text.clone())
}
