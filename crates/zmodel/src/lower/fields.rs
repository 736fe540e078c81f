//! Fields: their types and what stands on them. Keys and relations are other files.

use std::collections::HashMap;

use super::defaults;
use super::draft::{Draft, Side};
use super::enums::mapped_name;
use crate::ast;
use crate::attributes::Place;
use crate::bind::{Bound, Target, bind};
use crate::diagnostic::{Mistake, Mistakes};
use crate::native;
use crate::resolve::{Item, Names, Type};
use crate::schema::{Arity, Field, FieldKind, Model, Provider, Relation, Scalar};

/// The model with the place `index`, with its fields; its sides of relations are added to `sides`.
pub(super) fn lower<'a>(
    index: usize,
    ast: &'a ast::Model,
    names: &Names<'a>,
    provider: Option<Provider>,
    sides: &mut Vec<Side<'a>>,
    mistakes: &mut Mistakes,
) -> Draft<'a> {
    let mut draft = Draft {
        ast,
        model: Model::new(&ast.name.text, ast.doc.clone()),
        attributes: Vec::new(),
        block: Vec::new(),
        places: HashMap::new(),
        incomplete: ast.damaged,
    };
    let mut first_by_name = HashMap::new();
    for field in &ast.fields {
        if mistakes.is_full() {
            break;
        }
        if let Some(first) = first_by_name.insert(&field.name.text, field.name.span) {
            let message = format!(
                "model `{}` has two fields `{}`",
                ast.name.text, field.name.text
            );
            mistakes
                .push(Mistake::at(field.name.span, message).note(first, "the first stands here"));
            continue;
        }
        let place = draft.model.fields.len();
        let known = names
            .type_of(&field.type_name)
            .map_err(|mistake| mistakes.push(mistake));
        let kind = known.ok().and_then(|found| kind_of(found, names));
        draft
            .places
            .insert(&field.name.text, kind.as_ref().map(|_| place));
        let Some(kind) = kind else {
            draft.incomplete = true;
            continue;
        };
        let attributes = bind(&field.attributes, target(&kind), mistakes);
        if let Ok(Type::Item(Item::Model(target))) = names.type_of(&field.type_name) {
            let name = find(&attributes, "@relation").and_then(|bound| bound.name("name"));
            sides.push(Side {
                model: index,
                field: place,
                ast: field,
                target,
                name,
            });
        }
        check_list(field, &kind, provider, mistakes);
        draft
            .model
            .fields
            .push(lower_field(field, kind, &attributes, names, mistakes));
        draft.attributes.push(attributes);
    }
    draft
}

/// What a field of this type holds; nothing for a type that was refused where it is declared.
fn kind_of(found: Type<'_>, names: &Names<'_>) -> Option<FieldKind> {
    match found {
        Type::Scalar(scalar) => Some(FieldKind::Scalar(scalar)),
        Type::Item(Item::Enum(item)) => Some(FieldKind::Enum(item.name.text.clone())),
        Type::Item(Item::Model(index)) => names.models.get(index).map(|model| {
            FieldKind::Relation(Relation {
                model: model.name.text.clone(),
                opposite: String::new(),
                name: None,
                fields: Vec::new(),
                references: Vec::new(),
                on_delete: None,
                on_update: None,
                map: None,
                join: None,
            })
        }),
        Type::Item(Item::Refused) => None,
    }
}

fn target(kind: &FieldKind) -> Target {
    match kind {
        FieldKind::Scalar(scalar) => Target {
            place: Place::Column,
            scalar: Some(*scalar),
        },
        FieldKind::Typed(_) => Target {
            place: Place::Column,
            scalar: Some(Scalar::Json),
        },
        FieldKind::Enum(_) | FieldKind::Unsupported(_) => Target {
            place: Place::Column,
            scalar: None,
        },
        FieldKind::Relation(_) => Target {
            place: Place::Relation,
            scalar: None,
        },
    }
}

fn find<'b, 'a>(attributes: &'b [Bound<'a>], name: &str) -> Option<&'b Bound<'a>> {
    attributes.iter().find(|bound| bound.row.name == name)
}

fn check_list(
    field: &ast::Field,
    kind: &FieldKind,
    provider: Option<Provider>,
    mistakes: &mut Mistakes,
) {
    let has_lists = provider.is_none_or(|provider| provider == Provider::Postgresql);
    if field.arity == Arity::List && !has_lists && !matches!(kind, FieldKind::Relation(_)) {
        mistakes.push(
            Mistake::at(
                field.type_span,
                format!(
                    "only postgresql has columns of lists such as `{}[]`",
                    field.type_name.text
                ),
            )
            .help("write a model for the items, with a relation to this one"),
        );
    }
}

fn lower_field(
    ast: &ast::Field,
    kind: FieldKind,
    attributes: &[Bound<'_>],
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> Field {
    let scalar = target(&kind).scalar;
    let mut report = |mistake| mistakes.push(mistake);
    let default = find(attributes, "@default").and_then(|bound| bound.value("value"));
    let default = default.and_then(|value| {
        defaults::lower(value, &kind, ast.arity, names)
            .map_err(|mistake| report(*mistake))
            .ok()
    });
    let native_type = find(attributes, "@db.*");
    let native_type = native_type.and_then(|bound| {
        native::native_type(bound.attribute, scalar)
            .map_err(&mut report)
            .ok()
    });
    let updated_at = find(attributes, "@updatedAt");
    if let Some(bound) = updated_at.filter(|_| ast.arity == Arity::List) {
        report(Mistake::at(
            bound.attribute.span,
            "`@updatedAt` may not stand on a list",
        ));
    }
    Field {
        column: mapped_name(attributes, "@map", &ast.name.text),
        doc: ast.doc.clone(),
        default,
        updated_at: updated_at.is_some(),
        omit: find(attributes, "@omit").is_some(),
        native_type,
        ..Field::new(&ast.name.text, kind, ast.arity)
    }
}
