//! The functions that stand for fields with values.

use hallpass_zmodel::schema::{Field, Model};

use super::facts::{Facts, said};
use super::text::{docs, say};
use crate::names::{Clash, Scope, camel, snake};

pub(super) fn write(code: &mut String, facts: &Facts<'_>, model: &Model) -> Result<(), Clash> {
    let mut scope = Scope::default();
    let mut types = Scope::default();
    for field in model.fields.iter().filter(|field| facts.is_seen(field)) {
        let what = || format!("field `{}` of model `{}`", field.name, model.name);
        scope.take(&snake(&field.name), what())?;
        if field.relation().is_some() {
            types.take(&camel(&field.name), what())?;
        }
    }
    named(code, facts, model);
    for field in facts.values(model) {
        let kind = if !facts.is_set(model, field) {
            "__t::Derived"
        } else if facts.is_unique(model, field) {
            "__t::Unique"
        } else {
            "__t::Plain"
        };
        docs(code, field.doc.as_deref(), &said(field));
        say!(
            code,
            "#[must_use] pub const fn {name}() -> __t::Field<super::{}, {}, named::{name}, {kind}> {{ __t::Field::named({:?}) }}",
            camel(&model.name),
            facts.read(field, "super::"),
            field.name,
            name = snake(&field.name),
        );
    }
    Ok(())
}

/// A type for each field, by its name, so that the compiler says which one a mistake is about.
fn named(code: &mut String, facts: &Facts<'_>, model: &Model) {
    let required = facts.required(model);
    let is_required = |field: &Field| required.iter().any(|one| one.name == field.name);
    code.push_str(
        "/// The names of fields, in types.
        #[allow(non_camel_case_types, missing_debug_implementations)] pub mod named {",
    );
    for field in facts.values(model) {
        // What a new row lacks is part of its type. Nothing else is ever asked of a name, and code costs time.
        let derived = if is_required(field) {
            "#[derive(Debug, Clone, Copy)] "
        } else {
            ""
        };
        say!(
            code,
            "/// `{}`\n{derived}pub struct {};",
            field.name,
            snake(&field.name)
        );
    }
    code.push('}');
}
