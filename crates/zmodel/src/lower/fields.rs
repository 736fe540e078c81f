//! Fields: their types and what stands on them. Keys and relations are other files.

use std::collections::HashMap;

use super::draft::{Draft, Side};
use super::enums::mapped_name;
use super::inherit::Members;
use super::{Scene, attributes, defaults};
use crate::ast::{self, ModelWord};
use crate::attributes::Place;
use crate::bind::{Bound, Target, bind};
use crate::diagnostic::{Mistake, Mistakes};
use crate::native;
use crate::resolve::{Item, Names, Type};
use crate::schema::{Arity, Field, FieldKind, Model, Provider, Relation, Scalar};

/// A model with its fields: those of the delegate it extends, those of what it mixes in, its own.
pub(super) fn lower<'a>(
    ast: &'a ast::Model,
    members: &Members<'a>,
    base: Option<&Draft<'a>>,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Draft<'a> {
    let mut draft = Draft {
        ast,
        model: Model::new(&ast.name.text, ast.doc.clone()),
        written: Vec::new(),
        attributes: Vec::new(),
        block: Vec::new(),
        of_base: 0,
        places: HashMap::new(),
        base: members.base,
        damaged: members.damaged,
        incomplete: members.damaged,
    };
    if let Some(base) = base {
        inherit(&mut draft, base);
    }
    let written = draft.written.iter();
    let mut first_by_name: HashMap<_, _> = written
        .map(|field| (field.name.text.as_str(), field.name.span))
        .collect();
    for field in &members.fields {
        if mistakes.is_full() {
            break;
        }
        let name = &field.name;
        if let Some(first) = first_by_name.get(name.text.as_str()) {
            let (word, model) = (ast.word.text(), &ast.name.text);
            let message = format!("{word} `{model}` has two fields `{}`", name.text);
            mistakes.push(Mistake::at(name.span, message).note(*first, "the first stands here"));
            continue;
        }
        first_by_name.insert(&name.text, name.span);
        add(&mut draft, field, scene, mistakes);
    }
    attributes::check_ignored_updates(&mut draft, mistakes);
    draft
}

/// Begins with what the base has.
fn inherit<'a>(draft: &mut Draft<'a>, base: &Draft<'a>) {
    draft.written.clone_from(&base.written);
    draft.attributes.clone_from(&base.attributes);
    draft.places.clone_from(&base.places);
    draft.damaged |= base.damaged;
    draft.incomplete |= base.incomplete;
    draft.model.base = Some(base.model.name.clone());
    let origin = |field: &Field| {
        let known = field.origin.clone();
        known.or_else(|| Some(base.model.name.clone()))
    };
    let fields = base.model.fields.iter();
    let fields = fields.map(|field| Field {
        origin: origin(field),
        ..field.clone()
    });
    draft.model.fields = fields.collect();
}

fn add<'a>(
    draft: &mut Draft<'a>,
    field: &'a ast::Field,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) {
    let place = draft.model.fields.len();
    let kind = kind_of(field, scene.names).unwrap_or_else(|mistake| {
        mistakes.push(*mistake);
        None
    });
    let found = kind.as_ref().map(|_| place);
    draft.places.insert(&field.name.text, found);
    let Some(kind) = kind else {
        draft.incomplete = true;
        return;
    };
    let target = target(&kind, field.arity);
    let attributes = bind(&field.attributes, target, scene.names, mistakes);
    check_list(draft, field, &kind, scene.provider, mistakes);
    if draft.ast.word != ModelWord::Type {
        mistakes.extend(attributes::check_json(field, &kind, &attributes));
    }
    let lowered = lower_field(field, kind, &attributes, scene.names, mistakes);
    draft.model.fields.push(lowered);
    draft.attributes.push(attributes);
    draft.written.push(field);
}

/// The sides of relations that a model has itself.
pub(super) fn sides<'a>(index: usize, draft: &Draft<'a>, names: &Names<'a>) -> Vec<Side<'a>> {
    let fields = draft.model.fields.iter().zip(&draft.written).enumerate();
    let own = fields.filter(|(_, (field, _))| field.origin.is_none());
    own.filter_map(|(place, (_, ast))| {
        let Ok(Type::Item(Item::Model(target))) = names.type_of(&ast.type_name) else {
            return None;
        };
        let bound = draft.attribute(place, "@relation");
        Some(Side {
            model: index,
            field: place,
            ast,
            target,
            name: bound.and_then(|bound| bound.name("name")),
        })
    })
    .collect()
}

/// What a field holds; nothing for a type that was refused where it is declared.
fn kind_of(field: &ast::Field, names: &Names<'_>) -> Result<Option<FieldKind>, Box<Mistake>> {
    if let Some(text) = &field.unsupported {
        return Ok(Some(FieldKind::Unsupported(text.clone())));
    }
    Ok(match names.type_of(&field.type_name)? {
        Type::Scalar(scalar) => Some(FieldKind::Scalar(scalar)),
        Type::Item(Item::Enum(item)) => Some(FieldKind::Enum(item.name.text.clone())),
        Type::Item(Item::Type(item)) => Some(FieldKind::Typed(item.name.text.clone())),
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
        Type::Item(Item::Abstract(model)) => {
            let message = format!("there are no rows of abstract model `{}`", model.name.text);
            let mistake = Mistake::at(field.type_name.span, message);
            return Err(Box::new(mistake.help("point at a model that extends it")));
        }
        Type::Item(Item::Refused) => None,
    })
}

fn target(kind: &FieldKind, arity: Arity) -> Target {
    let (place, scalar) = match kind {
        FieldKind::Scalar(scalar) => (Place::Column, Some(*scalar)),
        FieldKind::Typed(_) => (Place::Column, Some(Scalar::Json)),
        FieldKind::Enum(_) | FieldKind::Unsupported(_) => (Place::Column, None),
        FieldKind::Relation(_) => (Place::Relation, None),
    };
    Target {
        place,
        scalar,
        typed: matches!(kind, FieldKind::Typed(_)),
        list: arity == Arity::List,
    }
}

/// A list of values is a column of its own type; a list of a `type` is one document, and so is what stands in one.
fn check_list(
    draft: &Draft<'_>,
    field: &ast::Field,
    kind: &FieldKind,
    provider: Option<Provider>,
    mistakes: &mut Mistakes,
) {
    let has_lists = provider.is_none_or(|provider| provider == Provider::Postgresql);
    let is_column = !matches!(kind, FieldKind::Relation(_) | FieldKind::Typed(_))
        && draft.ast.word != ModelWord::Type;
    if field.arity == Arity::List && !has_lists && is_column {
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
    bounds: &[Bound<'_>],
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> Field {
    let scalar = target(&kind, ast.arity).scalar;
    let default = find(bounds, "@default").and_then(|bound| bound.value("value"));
    let default = default.and_then(|value| {
        defaults::lower(value, &kind, ast.arity, names)
            .map_err(|mistake| mistakes.push(*mistake))
            .ok()
    });
    let native_type = find(bounds, "@db.*").and_then(|bound| {
        native::native_type(bound.attribute, scalar)
            .map_err(|mistake| mistakes.push(mistake))
            .ok()
    });
    attributes::check_field(ast, bounds, mistakes);
    Field {
        column: mapped_name(bounds, "@map", &ast.name.text),
        doc: ast.doc.clone(),
        default,
        updated_at: find(bounds, "@updatedAt").is_some(),
        omit: find(bounds, "@omit").is_some(),
        native_type,
        ignored: find(bounds, "@ignore").is_some(),
        computed: find(bounds, "@computed").is_some(),
        password: attributes::password(bounds, mistakes),
        encrypted: find(bounds, "@encrypted").is_some(),
        fuzzy: find(bounds, "@fuzzy").is_some(),
        full_text: find(bounds, "@fullText").is_some(),
        meta: attributes::meta(bounds, "@meta", mistakes),
        passthrough: attributes::passthrough(bounds, "@prisma.passthrough"),
        ..Field::new(&ast.name.text, kind, ast.arity)
    }
}

pub(super) fn find<'b, 'a>(bounds: &'b [Bound<'a>], name: &str) -> Option<&'b Bound<'a>> {
    bounds.iter().find(|bound| bound.row.name == name)
}
