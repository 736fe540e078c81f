//! `procedure` declarations.

use std::collections::HashMap;

use crate::ast::{self, File, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::{Item, Names, Type};
use crate::schema::{Parameter, Procedure, ValueKind, ValueType};
use crate::source::Span;

/// Types of parameters and answers beside those of fields.
const WORDS: [(&str, ValueKind); 5] = [
    ("Any", ValueKind::Any),
    ("Object", ValueKind::Any),
    ("Void", ValueKind::Nothing),
    ("Undefined", ValueKind::Nothing),
    ("Null", ValueKind::Nothing),
];

/// The procedures of all sources.
pub(super) fn lower(files: &[File], names: &Names<'_>, mistakes: &mut Mistakes) -> Vec<Procedure> {
    let procedures = files.iter().flat_map(|file| &file.procedures);
    procedures
        .map(|item| Procedure {
            name: item.name.text.clone(),
            doc: item.doc.clone(),
            mutation: item.mutation,
            parameters: parameters(item, names, mistakes),
            returns: value_type(&item.returns, names, mistakes),
        })
        .collect()
}

fn parameters(item: &ast::Procedure, names: &Names<'_>, mistakes: &mut Mistakes) -> Vec<Parameter> {
    let mut first_by_name: HashMap<&str, Span> = HashMap::new();
    let mut parameters = Vec::new();
    for parameter in &item.parameters {
        let Name { text, span } = &parameter.name;
        if let Some(first) = first_by_name.insert(text, *span) {
            let message = format!("procedure `{}` has two parameters `{text}`", item.name.text);
            mistakes.push(Mistake::at(*span, message).note(first, "the first stands here"));
        }
        parameters.push(Parameter {
            name: text.clone(),
            takes: value_type(&parameter.takes, names, mistakes),
            optional: parameter.optional,
        });
    }
    parameters
}

fn value_type(written: &ast::TypeName, names: &Names<'_>, mistakes: &mut Mistakes) -> ValueType {
    let kind = kind(&written.name, names).unwrap_or_else(|mistake| {
        mistakes.push(*mistake);
        ValueKind::Any
    });
    ValueType {
        kind,
        list: written.list,
    }
}

fn kind(name: &Name, names: &Names<'_>) -> Result<ValueKind, Box<Mistake>> {
    let text = name.text.clone();
    if let Some((_, kind)) = WORDS.iter().find(|(word, _)| *word == text) {
        return Ok(kind.clone());
    }
    Ok(match names.type_of(name)? {
        Type::Scalar(scalar) => ValueKind::Scalar(scalar),
        Type::Item(Item::Enum(_)) => ValueKind::Enum(text),
        Type::Item(Item::Model(_)) => ValueKind::Model(text),
        Type::Item(Item::Type(_)) => ValueKind::Typed(text),
        Type::Item(Item::Abstract(_)) => {
            let message = format!("there are no rows of abstract model `{text}`");
            return Err(Box::new(Mistake::at(name.span, message)));
        }
        // It is reported where it is declared.
        Type::Item(Item::Refused) => ValueKind::Any,
    })
}
