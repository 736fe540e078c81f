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

use crate::ast::File;
use crate::diagnostic::Mistakes;
use crate::resolve;
use crate::schema::Schema;

/// Makes the schema of all sources.
pub(crate) fn lower(files: &[File], mistakes: &mut Mistakes) -> Schema {
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

    let schema = Schema {
        datasource,
        enums,
        models: drafts.into_iter().map(|draft| draft.model).collect(),
        ..Schema::default()
    };
    clashes::check(&schema, &names, mistakes);
    schema
}
