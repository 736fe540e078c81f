//! `type` declarations: shapes of documents, mixins, or what `auth()` is.

use super::draft::Draft;
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::Names;
use crate::schema::{Arity, Field, FieldKind, Model, TypeDef};

/// The shape that a type has become.
pub(super) fn finish(made: Model) -> TypeDef {
    TypeDef {
        name: made.name,
        doc: made.doc,
        fields: made.fields,
        rules: made.rules,
        meta: made.meta,
    }
}

/// Types that are documents: what they say must hold there.
///
/// SECURITY: access rules of a type hold for the models that mix it in. Nobody asks them of a document, so a type that
/// is only a document may have none.
pub(super) fn check(
    types: &[Draft<'_>],
    models: &[Draft<'_>],
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) {
    let mixing = names
        .models
        .iter()
        .chain(&names.types)
        .chain(&names.abstracts);
    let mixed: std::collections::HashSet<&str> = mixing
        .flat_map(|item| &item.mixins)
        .map(|name| name.text.as_str())
        .collect();
    let all = models.iter().chain(types);
    let documents = all.flat_map(|draft| draft.model.fields.iter().zip(&draft.written));
    let documents: std::collections::HashMap<&str, _> = documents
        .filter_map(|(field, written)| match &field.kind {
            FieldKind::Typed(name) => Some((name.as_str(), *written)),
            _ => None,
        })
        .collect();
    endless(types, mistakes);
    for draft in types {
        let Some(document) = documents.get(draft.model.name.as_str()) else {
            continue;
        };
        let relation = draft.model.fields.iter().zip(&draft.written);
        let relation = relation.filter(|(field, _)| field.relation().is_some());
        for (_, field) in relation {
            let message = format!("a document holds no rows of `{}`", field.type_name.text);
            mistakes.push(
                Mistake::at(field.type_span, message)
                    .note(document.type_span, "the type is that of a document here"),
            );
        }
        if mixed.contains(draft.model.name.as_str()) {
            continue;
        }
        let on_fields = draft.attributes.iter().flatten();
        let rules =
            draft.block.iter().chain(on_fields).filter(|bound| {
                matches!(bound.row.name, "@@allow" | "@@deny" | "@allow" | "@deny")
            });
        for rule in rules {
            let mistake = Mistake::at(
                rule.attribute.name.span,
                "nobody asks access rules of a document",
            );
            mistakes.push(
                mistake
                    .note(document.type_span, "the type is that of a document here")
                    .help("write the rule on the field or its model"),
            );
        }
    }
}

/// Types of which no document can be written, since each needs another of its own inside.
fn endless(types: &[Draft<'_>], mistakes: &mut Mistakes) {
    let needs = |name: &str| {
        let draft = types.iter().find(|draft| draft.model.name == name);
        let fields = draft.map_or(&[][..], |draft| &draft.model.fields);
        fields.iter().filter_map(needed).collect::<Vec<_>>()
    };
    for draft in types {
        for (field, written) in draft.model.fields.iter().zip(&draft.written) {
            let Some(inner) = needed(field) else {
                continue;
            };
            let mut reached = vec![inner];
            let mut at = 0;
            while let Some(name) = reached.get(at).copied() {
                let more = needs(name);
                let new: Vec<_> = more
                    .into_iter()
                    .filter(|one| !reached.contains(one))
                    .collect();
                reached.extend(new);
                at += 1;
            }
            if reached.contains(&draft.model.name.as_str()) {
                let message = format!("each `{}` needs another `{0}` inside", draft.model.name);
                mistakes.push(
                    Mistake::at(written.type_span, message)
                        .help("make the field optional or a list, so that a document can end"),
                );
            }
        }
    }
}

/// The type of the document that a field cannot do without.
fn needed(field: &Field) -> Option<&str> {
    match &field.kind {
        FieldKind::Typed(name) if field.arity == Arity::Required => Some(name),
        _ => None,
    }
}
