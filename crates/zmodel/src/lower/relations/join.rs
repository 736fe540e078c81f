//! Relations whose sides are both lists: a table between them, which nobody declares.
//!
//! Its name and columns are Prisma's (contract zenstack §5.3): `_` and the name of the relation, else the names of the
//! models with `To` between, in the order of their letters; `A` holds the identity of the first model, `B` that of the
//! second. Of a model with itself the names of the fields decide which side is the first.

use super::{Completed, attribute, owner, owns, shared_name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::lower::draft::{Draft, Side};
use crate::schema::{Arity, Join, JoinColumn, JoinSide, JoinTable, ModelKind, Relation};

/// Whether both sides are lists and neither holds a key.
pub(super) fn is_between(drafts: &[Draft<'_>], one: &Side<'_>, other: &Side<'_>) -> bool {
    let is_plain = |side: &Side<'_>| {
        let broken = attribute(drafts, side).is_some_and(|bound| bound.broken);
        side.ast.arity == Arity::List && !owns(drafts, side) && !broken
    };
    is_plain(one) && is_plain(other)
}

/// Checks both sides, and gives the table with the sides complete.
pub(super) fn check(
    drafts: &[Draft<'_>],
    one: &Side<'_>,
    other: &Side<'_>,
    mistakes: &mut Mistakes,
) -> Option<(JoinTable, [Completed; 2])> {
    mistakes.extend(owner::check_name(one, other));
    for side in [one, other] {
        check_parameters(drafts, side, mistakes);
    }
    let (first, second) = in_order(drafts, one, other);
    let (a, b) = (
        join_side(drafts, first, mistakes),
        join_side(drafts, second, mistakes),
    );
    let (a, b) = (a?, b?);
    let table = match &one.name {
        Some(name) => format!("_{}", name.text),
        None => format!("_{}To{}", a.model, b.model),
    };
    let complete = |side: &Side<'_>, opposite: &JoinSide, own: JoinColumn| {
        let relation = Relation {
            model: opposite.model.clone(),
            opposite: opposite.field.clone(),
            name: shared_name(side),
            fields: Vec::new(),
            references: Vec::new(),
            on_delete: None,
            on_update: None,
            map: None,
            join: Some(Join {
                table: table.clone(),
                own,
            }),
        };
        (side.model, side.field, relation)
    };
    let sides = [
        complete(first, &b, JoinColumn::A),
        complete(second, &a, JoinColumn::B),
    ];
    Some((JoinTable { table, a, b }, sides))
}

/// The side whose identity stands in `A`, then the other.
fn in_order<'s, 'a>(
    drafts: &[Draft<'_>],
    one: &'s Side<'a>,
    other: &'s Side<'a>,
) -> (&'s Side<'a>, &'s Side<'a>) {
    let key = |side: &Side<'a>| {
        let model = drafts
            .get(side.model)
            .map(|draft| draft.model.name.as_str());
        (model, &side.ast.name.text)
    };
    if key(one) <= key(other) {
        (one, other)
    } else {
        (other, one)
    }
}

/// A relation between lists has no foreign key that could be named or act.
fn check_parameters(drafts: &[Draft<'_>], side: &Side<'_>, mistakes: &mut Mistakes) {
    let Some(bound) = attribute(drafts, side) else {
        return;
    };
    for parameter in ["onDelete", "onUpdate", "map"] {
        if let Some(value) = bound.value(parameter) {
            let message = format!("a relation between two lists has no `{parameter}`");
            mistakes.push(
                Mistake::at(value.span, message)
                    .help("write a model between, with one relation to each"),
            );
        }
    }
}

fn join_side(drafts: &[Draft<'_>], side: &Side<'_>, mistakes: &mut Mistakes) -> Option<JoinSide> {
    let draft = drafts.get(side.model)?;
    let model = &draft.model;
    let refuse = |message: String| {
        Some(
            Mistake::at(side.ast.name.span, message)
                .help("write a model between, with one relation to each"),
        )
    };
    if model.kind == ModelKind::View {
        let name = &model.name;
        mistakes.extend(refuse(format!(
            "view `{name}` has no key that a table could point at"
        )));
        return None;
    }
    match model.id.as_slice() {
        [id] => Some(JoinSide {
            model: model.name.clone(),
            field: side.ast.name.text.clone(),
            id: id.clone(),
        }),
        // It is reported that there is none.
        [] => None,
        _ => {
            let message = format!(
                "model `{}` has an identity of several fields, which a relation between two lists cannot hold",
                model.name
            );
            mistakes.extend(refuse(message));
            None
        }
    }
}
