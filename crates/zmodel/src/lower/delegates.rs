//! Delegates, once all models are there: inherited relations, and what tells sub-models apart.

use std::collections::HashMap;

use super::draft::Draft;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Enum, FieldKind};
use crate::source::Span;

/// Completes and checks the models that extend others.
pub(super) fn lower(drafts: &mut [Draft<'_>], enums: &[Enum], mistakes: &mut Mistakes) {
    inherit_relations(drafts);
    let enums: HashMap<&str, &Enum> = enums.iter().map(|item| (&*item.name, item)).collect();
    let mut first_by_value: HashMap<(usize, &str), Span> = HashMap::new();
    for draft in drafts.iter() {
        let Some((place, base)) = draft.base.and_then(|base| Some((base, drafts.get(base)?)))
        else {
            continue;
        };
        let value = draft.model.discriminator_value.as_str();
        let bound = draft.own_block().iter();
        let mut bound = bound.filter(|bound| bound.row.name == "@@delegateMap");
        let bound = bound.next();
        let span = bound.map_or(draft.ast.name.span, |bound| bound.attribute.span);
        let is_bare = bound.is_some_and(|bound| bound.field("value").is_some());
        if let Some(first) = first_by_value.insert((place, value), span) {
            let message = format!(
                "two models that extend `{}` are told apart by `{value}`",
                base.model.name
            );
            mistakes.push(Mistake::at(span, message).note(first, "the first stands here"));
        }
        mistakes.extend(check_member(base, value, is_bare, &enums, span));
    }
}

/// Relations of delegates are whole now; those that inherit them have them as they are.
fn inherit_relations(drafts: &mut [Draft<'_>]) {
    for index in 0..drafts.len() {
        // The origin has its own fields first hand; a base between may stand later.
        let relations: Vec<(usize, FieldKind)> = drafts.get(index).map_or(Vec::new(), |draft| {
            let fields = draft.model.fields.iter().enumerate();
            let inherited = fields.filter(|(_, field)| field.relation().is_some());
            inherited
                .filter_map(|(place, field)| {
                    field.origin.as_ref()?;
                    Some((place, first_hand(drafts, draft, place)?))
                })
                .collect()
        });
        for (place, kind) in relations {
            let draft = drafts.get_mut(index);
            if let Some(field) = draft.and_then(|draft| draft.model.fields.get_mut(place)) {
                field.kind = kind;
            }
        }
    }
}

/// The field as the model that declares it has it. Inherited fields stand first, so its place is the same there.
fn first_hand(drafts: &[Draft<'_>], draft: &Draft<'_>, place: usize) -> Option<FieldKind> {
    let mut bases = std::iter::successors(Some(draft), |draft| drafts.get(draft.base?));
    let declaring = bases.find_map(|base| {
        let field = base.model.fields.get(place)?;
        field.origin.is_none().then_some(field)
    });
    declaring.map(|field| field.kind.clone())
}

/// A discriminator of an enum takes its members only.
fn check_member(
    base: &Draft<'_>,
    value: &str,
    is_bare: bool,
    enums: &HashMap<&str, &Enum>,
    span: Span,
) -> Option<Mistake> {
    let discriminator = base.field(base.model.discriminator.as_deref()?)?;
    let FieldKind::Enum(name) = &discriminator.kind else {
        return is_bare.then(|| {
            let message = format!("`{value}` is no member of an enum, nor text in quotes");
            Mistake::at(span, message).help(format!("write `@@delegateMap(\"{value}\")`"))
        });
    };
    let item = enums.get(name.as_str())?;
    let known = item.members.iter().any(|member| member.name == value);
    (!known && !item.members.is_empty()).then(|| {
        let message = format!("enum `{name}` of the discriminator has no member `{value}`");
        Mistake::at(span, message).help("add it, or name a member with `@@delegateMap(\"…\")`")
    })
}
