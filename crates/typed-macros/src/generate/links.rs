//! Relations.

use hallpass_zmodel::schema::{Arity, Field, Model, Relation};

use super::facts::{Facts, link, of, said};
use super::rows::serialize;
use super::text::{docs, say};
use crate::names::{Clash, camel, snake};

pub(super) fn write(code: &mut String, facts: &Facts<'_>, model: &Model) -> Result<(), Clash> {
    for (field, relation) in facts.relations(model) {
        function(code, field, relation);
        marker(code, model, field, relation);
        with(code, model, field, relation);
    }
    Ok(())
}

fn function(code: &mut String, field: &Field, relation: &Relation) {
    docs(code, field.doc.as_deref(), &said(field));
    say!(
        code,
        "pub fn {}() -> __t::Relation<{link}, __t::Whole<super::{}>, {}> {{ __t::Relation::all() }}",
        snake(&field.name),
        camel(&relation.model),
        arity(field),
        link = link(field),
    );
}

fn arity(field: &Field) -> &'static str {
    match field.arity {
        Arity::Required => "__t::One",
        Arity::Optional => "__t::Maybe",
        Arity::List => "__t::Many",
    }
}

/// The type that stands for the relation.
fn marker(code: &mut String, model: &Model, field: &Field, relation: &Relation) {
    let (link, with, row) = (link(field), with_name(field), row_name(field));
    say!(
        code,
        "/// The relation `{name}`, in types.
        #[derive(Debug, Clone, Copy)] pub struct {link};
        impl __t::Link for {link} {{
            type From = super::{from};
            type To = super::{to};
            type Arity = {arity};
            const NAME: &'static str = {name:?};
            type With<R, V> = {with}<R, V>;
            fn with<R, V>(row: R, value: V) -> {with}<R, V> {{ {with} {{ {row}: row, {own}: value }} }}
        }}",
        name = field.name,
        from = camel(&model.name),
        to = camel(&relation.model),
        arity = arity(field),
        own = snake(&field.name),
    );
}

fn with_name(field: &Field) -> String {
    format!("With{}", camel(&field.name))
}

/// The field that holds the row itself.
fn row_name(field: &Field) -> &'static str {
    if snake(&field.name) == "row" {
        "row_"
    } else {
        "row"
    }
}

/// A row with its related ones beside it.
fn with(code: &mut String, model: &Model, field: &Field, relation: &Relation) {
    let (with, row, own) = (with_name(field), row_name(field), snake(&field.name));
    let related = match field.arity {
        Arity::List => Arity::List,
        // Rules may hide the row.
        Arity::Required | Arity::Optional => Arity::Optional,
    };
    say!(
        code,
        "/// A row with what `include({own}())` brought along. Its own fields can be read as those of the row.
        #[derive(Debug, Clone, PartialEq)] pub struct {with}<R = super::{model}, V = {related}> {{
            /// The row itself.
            pub {row}: R,",
        model = camel(&model.name),
        related = of(related, &format!("super::{}", camel(&relation.model))),
    );
    docs(code, field.doc.as_deref(), &said(field));
    say!(
        code,
        "pub {own}: V }}
        impl<R, V> ::std::ops::Deref for {with}<R, V> {{
            type Target = R;
            fn deref(&self) -> &R {{ &self.{row} }}
        }}
        impl<R: __t::Row, V: __t::serde::Serialize> __t::Row for {with}<R, V> {{
            fn members<M: __t::serde::ser::SerializeMap>(&self, members: &mut __t::Members<'_, M>)
                -> ::std::result::Result<(), M::Error> {{
                __t::Row::members(&self.{row}, members)?;
                members.related({:?}, &self.{own})
            }}
        }}",
        field.name
    );
    serialize(
        code,
        "<R: __t::Row, V: __t::serde::Serialize>",
        &format!("{with}<R, V>"),
    );
}
