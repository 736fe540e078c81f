//! Attributes that the schema declares itself. They mean nothing to us; what is written of them must still fit.

use std::collections::HashMap;

use super::Target;
use crate::ast::{Argument, Attribute, AttributeDeclaration, Expr, ExprKind, Parameter};
use crate::attributes::Place;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::Scalar;
use crate::source::Span;
use crate::suggest;

/// The declared attributes that one thing carries.
#[derive(Debug, Default)]
pub(super) struct Declared<'a> {
    first: HashMap<&'a str, Span>,
}

impl<'a> Declared<'a> {
    /// Holds an attribute against its declaration.
    pub(super) fn check(
        &mut self,
        attribute: &'a Attribute,
        declaration: &AttributeDeclaration,
        target: Target,
        mistakes: &mut Mistakes,
    ) {
        let name = attribute.name.text.as_str();
        let span = attribute.name.span;
        let first = *self.first.entry(name).or_insert(span);
        if first != span && says(declaration, "@@@once").is_some() {
            let message = format!("`{name}` stands here twice");
            mistakes.push(Mistake::at(span, message).note(first, "it stands here first"));
        }
        if !fits(declaration, target) {
            mistakes.push(Mistake::at(
                span,
                format!("`{name}` does not fit the type of the field"),
            ));
        }
        check_arguments(attribute, declaration, mistakes);
    }
}

/// A `@@@` attribute of a declaration.
fn says<'d>(declaration: &'d AttributeDeclaration, name: &str) -> Option<&'d Attribute> {
    let mut about = declaration.about.iter();
    about.find(|attribute| attribute.name.text == name)
}

/// Whether `@@@targetField` admits the field.
fn fits(declaration: &AttributeDeclaration, target: Target) -> bool {
    if !matches!(target.place, Place::Column | Place::Relation) {
        return true;
    }
    let Some(attribute) = says(declaration, "@@@targetField") else {
        return true;
    };
    let Some(Expr {
        kind: ExprKind::List(items),
        ..
    }) = attribute.arguments.first().map(|argument| &argument.value)
    else {
        return true;
    };
    items.iter().any(|item| match &item.kind {
        ExprKind::Reference(word) => admits(word, target),
        _ => true,
    })
}

fn admits(word: &str, target: Target) -> bool {
    match word {
        "ModelField" => target.place == Place::Relation,
        "TypeDefField" => target.typed,
        "ListField" => target.list,
        _ => {
            let scalar = word.strip_suffix("Field").and_then(Scalar::from_name);
            scalar.is_some() && scalar == target.scalar && !target.typed
        }
    }
}

fn check_arguments(
    attribute: &Attribute,
    declaration: &AttributeDeclaration,
    mistakes: &mut Mistakes,
) {
    let mut given: Vec<&str> = Vec::new();
    for argument in &attribute.arguments {
        match parameter(declaration, argument, &given) {
            Ok(parameter) => {
                if !takes(parameter, &argument.value) {
                    let message = format!(
                        "`{}` of `{}` takes `{}{}`",
                        parameter.name.text,
                        declaration.name.text,
                        parameter.takes.name.text,
                        if parameter.takes.list { "[]" } else { "" }
                    );
                    mistakes.push(note(Mistake::at(argument.value.span, message), declaration));
                }
                given.push(&parameter.name.text);
            }
            Err(mistake) => {
                mistakes.push(*mistake);
                return;
            }
        }
    }
    let missing = declaration
        .parameters
        .iter()
        .find(|parameter| !parameter.optional && !given.contains(&parameter.name.text.as_str()));
    if let Some(parameter) = missing {
        let message = format!(
            "`{}` needs its `{}`",
            declaration.name.text, parameter.name.text
        );
        mistakes.push(note(Mistake::at(attribute.span, message), declaration));
    }
}

/// The parameter that an argument is for.
fn parameter<'d>(
    declaration: &'d AttributeDeclaration,
    argument: &Argument,
    given: &[&str],
) -> Result<&'d Parameter, Box<Mistake>> {
    let own = &declaration.name.text;
    let is_free = |parameter: &&Parameter| !given.contains(&parameter.name.text.as_str());
    let mut parameters = declaration.parameters.iter();
    let Some(name) = &argument.name else {
        let found = parameters.find(|parameter| parameter.positional && is_free(parameter));
        return found.ok_or_else(|| {
            let message = format!("`{own}` does not take this without a parameter name");
            Box::new(note(Mistake::at(argument.span, message), declaration))
        });
    };
    match parameters.find(|parameter| parameter.name.text == name.text) {
        Some(parameter) if is_free(&parameter) => Ok(parameter),
        Some(_) => {
            let message = format!("`{}` of `{own}` is given twice", name.text);
            Err(Box::new(Mistake::at(name.span, message)))
        }
        None => {
            let known = declaration.parameters.iter();
            let known = known.map(|parameter| parameter.name.text.as_str());
            let message = format!("`{own}` has no parameter `{}`", name.text);
            let near = suggest::did_you_mean(&name.text, known);
            Err(Box::new(note(
                Mistake::at(name.span, message).maybe_help(near),
                declaration,
            )))
        }
    }
}

fn note(mistake: Mistake, declaration: &AttributeDeclaration) -> Mistake {
    mistake.note(declaration.name.span, "it is declared here")
}

/// Whether a value is of the kind that a parameter takes, as far as it shows.
fn takes(parameter: &Parameter, value: &Expr) -> bool {
    if parameter.takes.list {
        return match &value.kind {
            ExprKind::List(items) => items.iter().all(|item| takes_one(parameter, item)),
            kind => !is_literal(kind),
        };
    }
    takes_one(parameter, value)
}

fn takes_one(parameter: &Parameter, value: &Expr) -> bool {
    match (parameter.takes.name.text.as_str(), &value.kind) {
        ("Any" | "ContextType" | "Object", _) | (_, ExprKind::Null) => true,
        ("String" | "DateTime" | "Json" | "Bytes", kind) => {
            matches!(kind, ExprKind::String(_)) || !is_literal(kind)
        }
        ("Int" | "BigInt" | "Float" | "Decimal", kind) => {
            matches!(kind, ExprKind::Number(_)) || !is_literal(kind)
        }
        ("Boolean", kind) => matches!(kind, ExprKind::Boolean(_)) || !is_literal(kind),
        // A field or a member of an enum.
        (_, kind) => !is_literal(kind),
    }
}

fn is_literal(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::String(_)
            | ExprKind::Number(_)
            | ExprKind::Boolean(_)
            | ExprKind::List(_)
            | ExprKind::Object(_)
    )
}
