//! What stands on models: the table name, the identity, unique constraints and indexes.

use super::draft::Draft;
use super::enums::mapped_name;
use crate::ast::Name;
use crate::attributes::Place;
use crate::bind::{Bound, Target, bind};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Arity, DefaultValue, Index, KeyPart, Model, Provider, Unique};

/// Completes a model with what its attributes say.
pub(super) fn lower(draft: &mut Draft<'_>, provider: Option<Provider>, mistakes: &mut Mistakes) {
    let attributes = bind(
        &draft.ast.attributes,
        Target {
            place: Place::Model,
            scalar: None,
        },
        mistakes,
    );
    draft.model.table = mapped_name(&attributes, "@@map", &draft.model.name);
    draft.model.uniques = draft
        .on_fields("@unique")
        .map(|(field, bound)| unique(vec![field.name.clone()], bound))
        .collect();
    for bound in &attributes {
        if mistakes.is_full() {
            return;
        }
        let Some(fields) = columns(draft, bound, mistakes) else {
            continue;
        };
        match bound.row.name {
            "@@unique" => draft.model.uniques.push(unique(fields, bound)),
            "@@index" => draft.model.indexes.push(Index {
                parts: vec![KeyPart::default(); fields.len()],
                fields,
                map: bound.text("map"),
                ..Index::default()
            }),
            _ => {}
        }
    }
    let has_identity = identity(draft, &attributes, mistakes);
    if !has_identity {
        fall_back_to_unique(draft, mistakes);
    }
    check_counting(draft, provider, mistakes);
    draft.block = attributes;
}

fn unique(fields: Vec<String>, bound: &Bound<'_>) -> Unique {
    Unique {
        parts: vec![KeyPart::default(); fields.len()],
        fields,
        name: bound.text("name"),
        map: bound.text("map"),
        ..Unique::default()
    }
}

/// The fields an attribute names, when all of them are columns of the model.
fn columns(draft: &Draft<'_>, bound: &Bound<'_>, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let names = bound.fields("fields")?;
    let mut columns = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match column(draft, name, names.get(..index).unwrap_or_default()) {
            Ok(found) => columns.extend(found),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    (columns.len() == names.len()).then_some(columns)
}

fn column(draft: &Draft<'_>, name: &Name, before: &[Name]) -> Result<Option<String>, Mistake> {
    if let Some(first) = before.iter().find(|other| other.text == name.text) {
        return Err(Mistake::at(
            name.span,
            format!("field `{}` stands here twice", name.text),
        )
        .note(first.span, "it stands here first"));
    }
    let Some(field) = draft.find(name)? else {
        return Ok(None);
    };
    if field.relation().is_some() {
        return Err(Mistake::at(
            name.span,
            format!("relation field `{}` has no column", name.text),
        )
        .help("name the fields that hold its key"));
    }
    Ok(Some(field.name.clone()))
}

/// Takes the identity from `@id` or `@@id`, and says whether there is one.
fn identity(draft: &mut Draft<'_>, attributes: &[Bound<'_>], mistakes: &mut Mistakes) -> bool {
    let compound = attributes.iter().find(|bound| bound.row.name == "@@id");
    let mut single = draft.on_fields("@id");
    let (field, bound) = match (single.next(), compound) {
        (None, None) => return false,
        (None, Some(bound)) => {
            drop(single);
            compound_identity(draft, bound, mistakes);
            return true;
        }
        (Some(first), _) => first,
    };
    for (_, other) in single {
        mistakes.push(
            Mistake::at(
                other.attribute.span,
                format!("model `{}` has two `@id` fields", draft.model.name),
            )
            .note(bound.attribute.span, "the first stands here")
            .help("an identity of several fields is written `@@id([…])`"),
        );
    }
    if let Some(compound) = compound {
        mistakes.push(
            Mistake::at(
                compound.attribute.span,
                format!("model `{}` has `@id` and `@@id`", draft.model.name),
            )
            .note(bound.attribute.span, "`@id` stands here")
            .help("keep one of them"),
        );
    }
    if field.arity != Arity::Required {
        let message = format!("identity field `{}` must be required", field.name);
        mistakes.push(
            Mistake::at(bound.attribute.span, message).help("remove the `?` or `[]` of its type"),
        );
    }
    let (id, map) = (vec![field.name.clone()], bound.text("map"));
    draft.model.id = id;
    draft.model.id_map = map;
    draft.model.has_primary_key = true;
    true
}

fn compound_identity(draft: &mut Draft<'_>, bound: &Bound<'_>, mistakes: &mut Mistakes) {
    let names = bound.fields("fields").unwrap_or_default();
    for name in &names {
        let optional = draft
            .find(name)
            .ok()
            .flatten()
            .filter(|field| field.arity != Arity::Required);
        if optional.is_some_and(|field| field.relation().is_none()) {
            let message = format!("identity field `{}` must be required", name.text);
            mistakes
                .push(Mistake::at(name.span, message).help("remove the `?` or `[]` of its type"));
        }
    }
    draft.model.id = names.into_iter().map(|name| name.text).collect();
    draft.model.id_map = bound.text("map");
    draft.model.id_name = bound.text("name");
    draft.model.has_primary_key = true;
}

/// Without an identity of its own, a model is known by its first unique constraint that always has a value.
fn fall_back_to_unique(draft: &mut Draft<'_>, mistakes: &mut Mistakes) {
    let model = &draft.model;
    let required = |name: &String| {
        draft
            .field(name)
            .is_some_and(|field| field.arity == Arity::Required)
    };
    match model
        .uniques
        .iter()
        .find(|unique| unique.fields.iter().all(required))
    {
        Some(unique) => draft.model.id = unique.fields.clone(),
        None if draft.incomplete => {}
        None => {
            let message = format!("model `{}` has no identity", model.name);
            mistakes.push(Mistake::at(draft.ast.name.span, message).help(
                "add `@id` to a field, `@@id([…])` to the model, or `@unique` to a required field",
            ));
        }
    }
}

/// Holds `autoincrement()` against what the database can do.
fn check_counting(draft: &Draft<'_>, provider: Option<Provider>, mistakes: &mut Mistakes) {
    let model = &draft.model;
    let counting = draft
        .on_fields("@default")
        .filter(|(field, _)| field.default == Some(DefaultValue::Autoincrement));
    for (index, (field, bound)) in counting.enumerate() {
        let refused = match provider {
            Some(Provider::Sqlite)
                if !(model.has_primary_key && model.id == [field.name.clone()]) =>
            {
                Some("sqlite counts only the `@id` field")
            }
            Some(Provider::Mysql) if index > 0 => Some("mysql counts one field of a model"),
            Some(Provider::Mysql) if !leads_a_key(model, &field.name) => {
                Some("mysql counts only the first field of a key")
            }
            _ => None,
        };
        if let Some(message) = refused {
            mistakes.push(
                Mistake::at(bound.attribute.span, message).help("let the program make the value"),
            );
        }
    }
}

fn leads_a_key(model: &Model, name: &str) -> bool {
    let keys = model
        .uniques
        .iter()
        .map(|unique| &unique.fields)
        .chain(model.indexes.iter().map(|index| &index.fields));
    keys.chain([&model.id])
        .any(|fields| fields.first().is_some_and(|first| first == name))
}
