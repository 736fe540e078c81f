//! From the tree to the schema: the rules of the language, one file a subject.
//!
//! Each step lowers what it can and reports the rest. The schema that comes out is only used when no mistake was
//! reported, so a step may leave out what it refused.

mod attributes;
mod block;
mod clashes;
mod datasource;
mod defaults;
mod delegates;
mod draft;
mod enums;
mod fields;
mod inherit;
mod keys;
mod procedures;
mod relations;
mod rules;
mod types;

use crate::ast::{File, Model};
use crate::diagnostic::{Mistakes, Texts};
use crate::resolve::{self, Names};
use crate::schema::{Other, Provider, Schema};
use draft::Draft;
use inherit::{Gatherer, Members};

pub(crate) use rules::is_function;

/// Whether a text says a moment, with its offset. What `jiff` takes for one ends 26 hours before the year 9999, and `9999-12-31T23:59:59Z`
/// is how people say "for ever".
fn is_moment(text: &str) -> bool {
    let is_late = || {
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        let is_plain = pieces.time_zone_annotation().is_none() && pieces.time().is_some();
        let is_utc = pieces
            .to_numeric_offset()
            .is_some_and(|offset| offset.seconds() == 0);
        Some(is_plain && is_utc && pieces.date().year() == 9999)
    };
    text.parse::<jiff::Timestamp>().is_ok() || is_late() == Some(true)
}

/// What every step looks things up in.
#[derive(Debug)]
struct Scene<'n, 'a> {
    names: &'n Names<'a>,
    /// The database, where the schema names one.
    provider: Option<Provider>,
    /// The schemas of the database, where the schema has a datasource.
    schemas: Option<&'n [String]>,
}

/// Makes the schema of all sources.
pub(crate) fn lower(files: &[File], texts: &Texts<'_>, mistakes: &mut Mistakes) -> Schema {
    let names = resolve::resolve(files, mistakes);
    let datasource = datasource::lower(files, mistakes);
    let scene = Scene {
        names: &names,
        provider: datasource.as_ref().map(|datasource| datasource.provider),
        schemas: datasource.as_ref().map(|source| source.schemas.as_slice()),
    };
    let enums = names.enums.iter();
    let enums: Vec<_> = enums
        .map(|item| enums::lower(item, &scene, mistakes))
        .collect();

    let mut gatherer = Gatherer::new(&names);
    let types = shapes(&names.types, &scene, &mut gatherer, mistakes);
    shapes(&names.abstracts, &scene, &mut gatherer, mistakes);
    let mut drafts = models(&scene, &mut gatherer, mistakes);
    mistakes.no_subject();

    let mut sides = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        sides.extend(fields::sides(index, draft, &names));
    }
    let join_tables = relations::lower(&mut drafts, &sides, mistakes);
    delegates::lower(&mut drafts, &enums, mistakes);
    types::check(&types, &drafts, &names, mistakes);
    clashes::check(&drafts, &join_tables, &enums, &names, &scene, mistakes);

    if let Some(datasource) = &datasource {
        datasource::check_default_schema(files, datasource, &drafts, &enums, mistakes);
    }
    let (models, owners): (_, Vec<_>) = drafts.into_iter().map(rules::Owner::split).unzip();
    let (types, shapes): (Vec<_>, Vec<_>) = types.into_iter().map(rules::Owner::split).unzip();
    let mut schema = Schema {
        datasource,
        enums,
        models,
        types: types.into_iter().map(types::finish).collect(),
        join_tables,
        procedures: procedures::lower(files, &names, mistakes),
        others: others(files),
        ..Schema::default()
    };
    let enums_incomplete = names.enums.iter().any(|item| item.damaged);
    let written = rules::Written {
        models: &owners,
        types: &shapes,
        enums_incomplete,
        functions: names.functions.keys().copied().collect(),
    };
    rules::lower(&mut schema, &written, texts, mistakes);
    schema
}

/// Types and abstract models, by themselves: their relations have no other side.
fn shapes<'a>(
    items: &[&'a Model],
    scene: &Scene<'_, 'a>,
    gatherer: &mut Gatherer<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for item in items {
        mistakes.next_subject();
        let members = gatherer.members(item, mistakes);
        drafts.push(draft(item, &members, None, scene, mistakes));
    }
    drafts
}

/// The drafts of models and views, in their order.
fn models<'a>(
    scene: &Scene<'_, 'a>,
    gatherer: &mut Gatherer<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Vec<Draft<'a>> {
    let items = &scene.names.models;
    let mut members = Vec::new();
    for item in items {
        mistakes.next_subject();
        members.push(gatherer.members(item, mistakes));
    }
    mistakes.no_subject();
    let order = inherit::order(&mut members, gatherer, mistakes);
    let mut drafts: Vec<Option<Draft<'a>>> = items.iter().map(|_| None).collect();
    for index in order {
        let (Some(item), Some(members)) = (items.get(index), members.get(index)) else {
            continue;
        };
        mistakes.next_subject();
        let base = members.base.and_then(|base| drafts.get(base)?.as_ref());
        let made = draft(item, members, base, scene, mistakes);
        if let Some(place) = drafts.get_mut(index) {
            *place = Some(made);
        }
    }
    // Every place is in the order once, so none is left out, and places stay what they are.
    drafts.into_iter().flatten().collect()
}

fn draft<'a>(
    item: &'a Model,
    members: &Members<'a>,
    base: Option<&Draft<'a>>,
    scene: &Scene<'_, 'a>,
    mistakes: &mut Mistakes,
) -> Draft<'a> {
    let mut draft = fields::lower(item, members, base, scene, mistakes);
    block::lower(&mut draft, members, base, scene, mistakes);
    draft
}

fn others(files: &[File]) -> Vec<Other> {
    let others = files.iter().flat_map(|file| &file.others);
    let other = |other: &crate::ast::Other| Other {
        word: other.word.to_owned(),
        name: other.name.text.clone(),
        doc: other.doc.clone(),
    };
    others.map(other).collect()
}
