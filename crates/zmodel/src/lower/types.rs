//! `type` declarations: shapes of documents, mixins, or what `auth()` is.

use super::draft::Draft;
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::Names;
use crate::schema::{FieldKind, Model, TypeDef};

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
