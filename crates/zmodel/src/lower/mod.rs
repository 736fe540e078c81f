//! From the tree to the schema: the rules of the language, one file a subject.
//!
//! Each step lowers what it can and reports the rest. The schema that comes out is only used when no mistake was
//! reported, so a step may leave out what it refused.

mod clashes;
mod datasource;
mod defaults;
mod draft;
mod enums;
mod fields;
mod keys;
mod relations;
mod rules;

use crate::ast::File;
use crate::diagnostic::{Mistakes, Texts};
use crate::resolve;
use crate::schema::Schema;

/// Makes the schema of all sources.
pub(crate) fn lower(files: &[File], texts: &Texts<'_>, mistakes: &mut Mistakes) -> Schema {
    let names = resolve::resolve(files, mistakes);
    let datasource = datasource::lower(files, mistakes);
    let provider = datasource.as_ref().map(|datasource| datasource.provider);
    let enums = names
        .enums
        .iter()
        .map(|item| enums::lower(item, mistakes))
        .collect();

    let (mut drafts, mut sides) = (Vec::new(), Vec::new());
    for (index, model) in names.models.iter().enumerate() {
        let mut draft = fields::lower(index, model, &names, provider, &mut sides, mistakes);
        keys::lower(&mut draft, provider, mistakes);
        drafts.push(draft);
    }
    relations::lower(&mut drafts, &sides, mistakes);

    let (models, owners): (_, Vec<_>) = drafts.into_iter().map(rules::Owner::split).unzip();
    let mut schema = Schema {
        datasource,
        enums,
        models,
        ..Schema::default()
    };
    clashes::check(&schema, &names, mistakes);
    let enums_incomplete = names.enums.iter().any(|item| item.damaged);
    rules::lower(&mut schema, &owners, enums_incomplete, texts, mistakes);
    schema
}
