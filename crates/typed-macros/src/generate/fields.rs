//! The functions that stand for fields with values.

use hallpass_zmodel::schema::Model;

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
            "#[must_use] pub const fn {}() -> __t::Field<super::{}, {}, {kind}> {{ __t::Field::named({:?}) }}",
            snake(&field.name),
            camel(&model.name),
            facts.read(field, "super::"),
            field.name
        );
    }
    Ok(())
}
