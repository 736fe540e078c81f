//! Documents whose shape a `type` says.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, TypeDef};

use super::facts::{Facts, of, said};
use super::text::{docs, say};
use crate::names::{Clash, Scope, camel, snake};

pub(super) fn write(code: &mut String, facts: &Facts<'_>, item: &TypeDef) -> Result<(), Clash> {
    let name = camel(&item.name);
    let mut scope = Scope::default();
    docs(
        code,
        item.doc.as_deref(),
        &format!("`type {}` of the schema.", item.name),
    );
    say!(code, "#[derive(Clone, PartialEq)] pub struct {name} {{");
    for field in &item.fields {
        let what = format!("field `{}` of type `{}`", field.name, item.name);
        scope.take(&snake(&field.name), what)?;
        docs(code, field.doc.as_deref(), &said(field));
        say!(
            code,
            "pub {}: {},",
            snake(&field.name),
            member(facts, item, field)
        );
    }
    say!(
        code,
        "}} impl __t::FieldValue for {name} {{
            const EXPECTED: &'static str = \"document of its type\";
            fn from_value(value: __t::Value) -> ::std::option::Option<Self> {{ __t::document_of(value) }}
            fn no_arg() -> __t::ArgValue {{ __t::ArgValue::DbNull }}
            fn from_json(json: __t::Json) -> ::std::option::Option<Self> {{
                let mut parts = __t::DocumentParts::of(json)?;
                ::std::option::Option::Some(Self {{"
    );
    for field in &item.fields {
        say!(
            code,
            "{}: parts.take({:?})?,",
            snake(&field.name),
            field.name
        );
    }
    say!(
        code,
        "}}) }} fn into_arg(self) -> __t::ArgValue {{ __t::Document::new()"
    );
    for field in &item.fields {
        say!(code, ".with({:?}, self.{})", field.name, snake(&field.name));
    }
    say!(
        code,
        ".into_arg() }} fn show<S: __t::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {{
            __t::show_document(serializer, |members| {{"
    );
    for field in &item.fields {
        say!(
            code,
            "members.member({:?}, &self.{})?;",
            field.name,
            snake(&field.name)
        );
    }
    say!(
        code,
        "::std::result::Result::Ok(()) }}) }} }}
        impl __t::Scalar for {name} {{}}
        impl ::std::fmt::Debug for {name} {{
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{
                formatter.debug_struct({name:?}).finish_non_exhaustive()
            }}
        }}
        impl __t::serde::Serialize for {name} {{
            fn serialize<S: __t::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {{
                __t::FieldValue::show(self, serializer)
            }}
        }}"
    );
    Ok(())
}

/// The type of a member. One that may be left out because it has a default is none then.
fn member(facts: &Facts<'_>, item: &TypeDef, field: &Field) -> String {
    let one = match &field.kind {
        FieldKind::Typed(held) if field.arity != Arity::List && is_endless(facts, item, held) => {
            format!("::std::boxed::Box<{}>", facts.one(field, ""))
        }
        _ => facts.one(field, ""),
    };
    match field.arity {
        Arity::Required if field.default.is_some() => of(Arity::Optional, &one),
        arity => of(arity, &one),
    }
}

/// Whether a document of the type would hold itself.
fn is_endless(facts: &Facts<'_>, item: &TypeDef, held: &str) -> bool {
    let held = facts.schema.type_def(held);
    held.is_some_and(|held| held.name == item.name || facts.holds(held, &item.name))
}
