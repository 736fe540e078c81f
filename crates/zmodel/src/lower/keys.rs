//! The identity, unique constraints and indexes of models.

use std::collections::HashMap;

use super::draft::Draft;
use crate::ast::{ModelWord, Name};
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{
    Arity, DefaultValue, FieldKind, Index, IndexMethod, KeyPart, Model, Provider, Scalar, Unique,
};
use crate::source::Span;

/// Completes a model with its keys and indexes.
pub(super) fn lower(
    draft: &mut Draft<'_>,
    base: Option<&Draft<'_>>,
    provider: Option<Provider>,
    mistakes: &mut Mistakes,
) {
    draft.model.uniques = draft
        .on_fields("@unique")
        .map(|(field, bound)| unique(vec![field.name.clone()], vec![bound.key_part()], bound))
        .collect();
    for bound in draft.own_block().to_vec() {
        if mistakes.is_full() {
            return;
        }
        let Some((fields, parts)) = columns(draft, &bound, mistakes) else {
            continue;
        };
        match bound.row.name {
            "@@unique" => draft.model.uniques.push(unique(fields, parts, &bound)),
            "@@index" => draft.model.indexes.push(index(fields, parts, &bound)),
            "@@fulltext" => {
                mistakes.extend(check_fulltext(draft, &bound, &fields, provider));
                draft.model.indexes.push(Index {
                    method: IndexMethod::FullText,
                    ..index(fields, parts, &bound)
                });
            }
            _ => {}
        }
    }
    check_key_names(draft, mistakes);
    match (base, draft.ast.word) {
        (Some(base), _) => inherit_identity(draft, base, mistakes),
        (None, ModelWord::View) => refuse_identity(draft, mistakes),
        (None, _) => find_identity(draft, mistakes),
    }
    if matches!(draft.ast.word, ModelWord::Model) {
        check_counting(draft, provider, mistakes);
    }
}

/// A key of several fields has one name in queries, which is that of no field and no other key.
fn check_key_names(draft: &Draft<'_>, mistakes: &mut Mistakes) {
    let mut first_by_name: HashMap<String, Span> = HashMap::new();
    for bound in draft.own_block() {
        if mistakes.is_full() {
            return;
        }
        let Some(key) = ["@@id", "@@unique"]
            .contains(&bound.row.name)
            .then(|| bound.key())
            .flatten()
        else {
            continue;
        };
        let given = bound.text("name");
        if key.len() < 2 && given.is_none() {
            continue;
        }
        let fields = key.iter().map(|(name, _)| name.text.as_str());
        let name = given.unwrap_or_else(|| fields.collect::<Vec<_>>().join("_"));
        let span = bound.attribute.span;
        let help = "give the key another name: `name: \"…\"`";
        if draft.places.contains_key(name.as_str()) {
            let message = format!("key `{name}` has the name of a field");
            mistakes.push(Mistake::at(span, message).help(help));
        }
        if let Some(first) = first_by_name.insert(name.clone(), span) {
            let message = format!("two keys have the name `{name}`");
            mistakes.push(
                Mistake::at(span, message)
                    .note(first, "the first stands here")
                    .help(help),
            );
        }
    }
}

fn unique(fields: Vec<String>, parts: Vec<KeyPart>, bound: &Bound<'_>) -> Unique {
    Unique {
        fields,
        parts,
        name: bound.text("name"),
        map: bound.text("map"),
        clustered: bound.flag("clustered"),
        doc: bound.attribute.doc.clone(),
    }
}

fn index(fields: Vec<String>, parts: Vec<KeyPart>, bound: &Bound<'_>) -> Index {
    Index {
        fields,
        parts,
        // Before there was `map`, the name of an index was that in the database.
        map: bound.text("map").or_else(|| bound.text("name")),
        method: bound.method("type").unwrap_or_default(),
        clustered: bound.flag("clustered"),
        doc: bound.attribute.doc.clone(),
    }
}

/// What `@@fulltext` needs.
fn check_fulltext(
    draft: &Draft<'_>,
    bound: &Bound<'_>,
    fields: &[String],
    provider: Option<Provider>,
) -> Option<Mistake> {
    let at = |message: String| Some(Mistake::at(bound.attribute.span, message));
    if provider.is_some_and(|provider| provider != Provider::Mysql) {
        return at("only mysql has `@@fulltext` indexes".to_owned());
    }
    let is_text = |name: &&String| {
        let field = draft.field(name);
        field.is_none_or(|field| field.kind == FieldKind::Scalar(Scalar::String))
    };
    let other = fields.iter().find(|name| !is_text(name))?;
    at(format!(
        "`@@fulltext` takes fields of type `String`, which `{other}` is not"
    ))
}

/// The identity is that of the base; its columns stand in both tables.
fn inherit_identity(draft: &mut Draft<'_>, base: &Draft<'_>, mistakes: &mut Mistakes) {
    let on_fields = draft.on_fields("@id").map(|(_, bound)| bound);
    let on_block = draft
        .own_block()
        .iter()
        .filter(|bound| bound.row.name == "@@id");
    for bound in on_fields.chain(on_block) {
        let message = format!(
            "model `{}` has the identity of `{}`",
            draft.model.name, base.model.name
        );
        let mistake = Mistake::at(bound.attribute.span, message);
        mistakes.push(mistake.help(format!("remove `{}`", bound.row.name)));
    }
    draft.model.id.clone_from(&base.model.id);
    draft.model.id_parts = vec![KeyPart::default(); base.model.id.len()];
    draft.model.id_name.clone_from(&base.model.id_name);
    draft.model.has_primary_key = true;
}

/// A view has no primary key; rows of it are known by a unique key, where there is one.
fn refuse_identity(draft: &mut Draft<'_>, mistakes: &mut Mistakes) {
    for (_, bound) in draft.on_fields("@id") {
        let mistake = Mistake::at(bound.attribute.span, "`@id` may not stand on a view");
        mistakes.push(mistake.help("write `@unique`"));
    }
    fall_back_to_unique(draft);
}

fn find_identity(draft: &mut Draft<'_>, mistakes: &mut Mistakes) {
    let attributes = draft.own_block().to_vec();
    if identity(draft, &attributes, mistakes) || fall_back_to_unique(draft) {
        return;
    }
    let needed = draft.ast.word == ModelWord::Model && !draft.model.ignored;
    if needed && !draft.incomplete {
        let message = format!("model `{}` has no identity", draft.model.name);
        mistakes.push(Mistake::at(draft.ast.name.span, message).help(
            "add `@id` to a field, `@@id([…])` to the model, or `@unique` to a required field",
        ));
    }
}

/// The fields an attribute names, when all of them are columns of the model.
fn columns(
    draft: &Draft<'_>,
    bound: &Bound<'_>,
    mistakes: &mut Mistakes,
) -> Option<(Vec<String>, Vec<KeyPart>)> {
    if !["@@id", "@@unique", "@@index", "@@fulltext"].contains(&bound.row.name) {
        return None;
    }
    let (names, parts): (Vec<Name>, Vec<KeyPart>) = bound.key()?.into_iter().unzip();
    let mut columns = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match column(draft, name, names.get(..index).unwrap_or_default()) {
            Ok(found) => columns.extend(found),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    (columns.len() == names.len()).then_some((columns, parts))
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
    if field.computed {
        let message = format!("computed field `{}` has no column", name.text);
        return Err(Mistake::at(name.span, message));
    }
    if let Some(origin) = &field.origin {
        let message = format!(
            "field `{}` stands in the table of model `{origin}`",
            name.text
        );
        return Err(Mistake::at(name.span, message)
            .help(format!("keys and indexes over it stand on `{origin}`")));
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
    if !matches!(field.kind, FieldKind::Scalar(_) | FieldKind::Enum(_)) {
        let message = format!("`{}` cannot be an identity", field.name);
        mistakes.push(
            Mistake::at(bound.attribute.span, message)
                .help("an identity is a field of a scalar type or an enum"),
        );
    }
    let (id, map) = (vec![field.name.clone()], bound.text("map"));
    let (part, clustered) = (bound.key_part(), bound.flag("clustered"));
    draft.model.id = id;
    draft.model.id_map = map;
    draft.model.id_parts = vec![part];
    draft.model.id_clustered = clustered;
    draft.model.has_primary_key = true;
    true
}

fn compound_identity(draft: &mut Draft<'_>, bound: &Bound<'_>, mistakes: &mut Mistakes) {
    let (names, parts): (Vec<Name>, Vec<KeyPart>) =
        bound.key().unwrap_or_default().into_iter().unzip();
    for name in &names {
        let Some(field) = draft.find(name).ok().flatten() else {
            continue;
        };
        if field.arity != Arity::Required && field.relation().is_none() {
            let message = format!("identity field `{}` must be required", name.text);
            mistakes
                .push(Mistake::at(name.span, message).help("remove the `?` or `[]` of its type"));
        }
        if matches!(field.kind, FieldKind::Typed(_) | FieldKind::Unsupported(_)) {
            let message = format!("`{}` cannot be part of an identity", field.name);
            mistakes.push(
                Mistake::at(name.span, message)
                    .help("an identity consists of fields of scalar types and enums"),
            );
        }
    }
    draft.model.id = names.into_iter().map(|name| name.text).collect();
    draft.model.id_parts = parts;
    draft.model.id_map = bound.text("map");
    draft.model.id_name = bound.text("name");
    draft.model.id_clustered = bound.flag("clustered");
    draft.model.has_primary_key = true;
}

/// Without an identity of its own, a model is known by its first unique constraint that always has a value. Says
/// whether there is one.
fn fall_back_to_unique(draft: &mut Draft<'_>) -> bool {
    let required = |name: &String| {
        draft
            .field(name)
            .is_some_and(|field| field.arity == Arity::Required)
    };
    let mut uniques = draft.model.uniques.iter();
    let Some(unique) = uniques.find(|unique| unique.fields.iter().all(required)) else {
        return false;
    };
    let (id, parts) = (unique.fields.clone(), unique.parts.clone());
    draft.model.id = id;
    draft.model.id_parts = parts;
    true
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
