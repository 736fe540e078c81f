//! The struct of a model.

use hallpass_zmodel::schema::{Field, FieldKind, Model, Scalar};

use super::facts::{Facts, said};
use super::is_view;
use super::text::{docs, say};
use crate::names::{camel, snake};

pub(super) fn write(code: &mut String, facts: &Facts<'_>, model: &Model) {
    let name = camel(&model.name);
    // What `@omit` leaves out of results is only there when it is selected.
    let fields: Vec<_> = facts.values(model).filter(|field| !field.omit).collect();
    docs(
        code,
        model.doc.as_deref(),
        &format!("A row of `{}`.", model.name),
    );
    say!(code, "#[derive(Clone, PartialEq)] pub struct {name} {{");
    for field in &fields {
        docs(code, field.doc.as_deref(), &said(field));
        say!(
            code,
            "pub {}: {},",
            snake(&field.name),
            facts.read(field, "")
        );
    }
    say!(
        code,
        "}} impl __t::Model for {name} {{
            const NAME: &'static str = {:?};
            fn read(record: &mut __t::RecordParts) -> ::std::result::Result<Self, __t::RecordError> {{
                ::std::result::Result::Ok(Self {{",
        model.name
    );
    for field in &fields {
        say!(
            code,
            "{}: __t::read_field(record, {:?})?,",
            snake(&field.name),
            field.name
        );
    }
    say!(
        code,
        "}}) }} fn show<M: __t::serde::ser::SerializeMap>(&self, members: &mut __t::Members<'_, M>)
            -> ::std::result::Result<(), M::Error> {{"
    );
    for field in &fields {
        let (kind, name) = (shown_as(field), snake(&field.name));
        say!(code, "members.{kind}({:?}, &self.{name})?;", field.name);
    }
    say!(
        code,
        "::std::result::Result::Ok(()) }} }}
        impl ::std::fmt::Debug for {name} {{
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{
                __t::debug_row::<Self>(formatter)
            }}
        }}"
    );
    serialize(code, "", &name);
    if !is_view(model) {
        say!(code, "impl __t::Stored for {name} {{}}");
    }
    if facts.can_be_added(model) {
        new(code, facts, model);
    }
}

/// Rows are shown as the data API shows them.
pub(super) fn serialize(code: &mut String, bounds: &str, name: &str) {
    say!(
        code,
        "impl{bounds} __t::serde::Serialize for {name} {{
            fn serialize<S: __t::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {{
                __t::serialize_row(self, serializer)
            }}
        }}"
    );
}

fn shown_as(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Scalar(Scalar::BigInt) => "large",
        _ => "value",
    }
}

fn new(code: &mut String, facts: &Facts<'_>, model: &Model) {
    let (name, module) = (camel(&model.name), snake(&model.name));
    let required = facts.required(model);
    let names: Vec<_> = required
        .iter()
        .map(|field| format!("`{}`", snake(&field.name)))
        .collect();
    let needs = if names.is_empty() {
        "It needs nothing".to_owned()
    } else {
        format!("It needs {}", names.join(", "))
    };
    say!(
        code,
        "impl {name} {{
            /// A new row, to be given its values by the methods that are called as its fields. {needs}.
            #[must_use] pub fn new() -> {module}::New {{ {module}::New::begin() }}
        }}"
    );
}
