//! What stands on models as a whole, beside keys: names in the database, delegates, metadata.

use super::attributes;
use super::draft::Draft;
use super::enums::mapped_name;
use super::inherit::Members;
use super::{Scene, keys};
use crate::ast::ModelWord;
use crate::attributes::Place;
use crate::bind::{Bound, Target, bind};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Arity, FieldKind, ModelKind, Provider, Scalar};
use crate::suggest;

/// What a model does not inherit from the delegate that it extends: what concerns the other table, and what is said of
/// the delegate alone (contract zenstack §1.6).
const NOT_OF_BASE: [&str; 9] = [
    "@@id",
    "@@unique",
    "@@index",
    "@@fulltext",
    "@@map",
    "@@delegate",
    "@@delegateMap",
    "@@auth",
    "@@prisma.passthrough",
];

/// Completes a model with what its attributes say.
pub(super) fn lower<'a>(
    draft: &mut Draft<'a>,
    members: &Members<'a>,
    base: Option<&Draft<'a>>,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) {
    let place = match draft.ast.word {
        ModelWord::Model | ModelWord::Abstract => Place::Model,
        ModelWord::View => Place::View,
        ModelWord::Type => Place::Type,
    };
    let attributes = members.attributes.iter().copied();
    let own = bind(attributes, Target::block(place), scene.names, mistakes);
    let inherited = base.into_iter().flat_map(|base| &base.block);
    draft.block = inherited
        .filter(|bound| !NOT_OF_BASE.contains(&bound.row.name))
        .cloned()
        .collect();
    draft.of_base = draft.block.len();
    draft.block.extend(own);

    draft.model.table = mapped_name(draft.own_block(), "@@map", &draft.model.name);
    draft.model.ignored = draft.on_block("@@ignore").is_some();
    draft.model.tracked = draft.on_block("@@track").is_some();
    draft.model.kind = match draft.ast.word {
        ModelWord::View => ModelKind::View,
        _ => ModelKind::Table,
    };
    draft.model.meta = attributes::meta(&draft.block, "@@meta", mistakes);
    draft.model.passthrough = attributes::passthrough(&draft.block, "@@prisma.passthrough");
    draft.model.database_schema = database_schema(draft.on_block("@@schema"), scene, mistakes);
    mistakes.extend(abstract_auth(draft));
    delegate(draft, mistakes);
    keys::lower(draft, base, scene.provider, mistakes);
}

/// The schema that `@@schema` names.
pub(super) fn database_schema(
    bound: Option<&Bound<'_>>,
    scene: &Scene<'_, '_>,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let name = bound?.name("map")?;
    if scene
        .provider
        .is_some_and(|provider| provider != Provider::Postgresql)
    {
        mistakes.push(Mistake::at(name.span, "only postgresql has schemas"));
    } else if let Some(schemas) = scene.schemas.filter(|known| !known.contains(&name.text)) {
        let known = schemas.iter().map(String::as_str);
        let message = format!("the datasource names no schema `{}`", name.text);
        let near = suggest::did_you_mean(&name.text, known);
        let help = near.unwrap_or_else(|| format!("add it: `schemas = [\"{}\"]`", name.text));
        mistakes.push(Mistake::at(name.span, message).help(help));
    }
    Some(name.text)
}

/// Nobody is an abstract model, so it cannot be what `auth()` is.
fn abstract_auth(draft: &Draft<'_>) -> Option<Mistake> {
    let bound = draft.on_block("@@auth")?;
    (draft.ast.word == ModelWord::Abstract).then(|| {
        Mistake::at(
            bound.attribute.span,
            "there are no rows of an abstract model",
        )
        .help("write `@@auth` on the model that extends it")
    })
}

/// `@@delegate` and `@@delegateMap`.
fn delegate(draft: &mut Draft<'_>, mistakes: &mut Mistakes) {
    if let Some(bound) = draft.on_block("@@delegateMap") {
        if draft.model.base.is_none() && !draft.damaged {
            let mistake = Mistake::at(
                bound.attribute.name.span,
                "`@@delegateMap` stands on models that extend another",
            );
            mistakes.push(mistake);
        }
        let member = bound.field("value").map(|name| name.text);
        if let Some(value) = bound.text("value").or(member) {
            draft.model.discriminator_value = value;
        }
    }
    let Some(name) = draft
        .on_block("@@delegate")
        .and_then(|bound| bound.field("discriminator"))
    else {
        return;
    };
    let sound = match draft.find(&name) {
        Err(mistake) => Err(mistake),
        Ok(None) => Ok(()),
        Ok(Some(field)) => {
            let fits = matches!(
                field.kind,
                FieldKind::Scalar(Scalar::String) | FieldKind::Enum(_)
            ) && field.arity == Arity::Required
                && !field.computed;
            let message = format!("`{}` cannot tell models apart", name.text);
            let help = "a discriminator is a required field of type `String` or of an enum";
            if field.origin.is_some() {
                Err(Mistake::at(name.span, message)
                    .help("each delegate has a discriminator of its own"))
            } else if fits {
                Ok(())
            } else {
                Err(Mistake::at(name.span, message).help(help))
            }
        }
    };
    if let Err(mistake) = sound {
        mistakes.push(mistake);
    }
    draft.model.discriminator = Some(name.text);
}
