//! What of a schema clients see. Everything else has no name for them: not in arguments, not in results, not in messages.
//!
//! Source: contract zenstack §1.5, §1.6 and §8.35 (`@ignore`, `@@ignore`).

use hallpass_zmodel::schema::{Field, FieldKind, Model};

use crate::client::Engine;

/// Whether clients see the model.
pub(crate) fn is_seen(engine: &Engine, model: &Model) -> bool {
    !model.ignored && engine.interface.slicing.has_model(&model.name)
}

/// The field of this name, where clients see it.
pub(crate) fn visible<'m>(engine: &Engine, model: &'m Model, name: &str) -> Option<&'m Field> {
    let field = model.field(name);
    field.filter(|field| is_visible(engine, field))
}

/// Whether clients see the field. Relations to models that they do not see lead nowhere.
pub(crate) fn is_visible(engine: &Engine, field: &Field) -> bool {
    let leads_somewhere = field.relation().is_none_or(|relation| {
        let target = engine.schema.model(&relation.model);
        target.is_some_and(|target| is_seen(engine, target))
    });
    !field.ignored && !matches!(field.kind, FieldKind::Unsupported(_)) && leads_somewhere
}

/// The fields that clients see.
pub(crate) fn all<'m>(engine: &'m Engine, model: &'m Model) -> impl Iterator<Item = &'m Field> {
    let fields = model.fields.iter();
    fields.filter(|field| is_visible(engine, field))
}

/// Their names.
pub(crate) fn names<'m>(engine: &'m Engine, model: &'m Model) -> impl Iterator<Item = &'m str> {
    all(engine, model).map(|field| field.name.as_str())
}
