//! What is written of an attribute, held against its row of the table.

use crate::ast::{Argument, Attribute, Expr, ExprKind, Name};
use crate::attributes::{self, Parameter, Place, Row, Takes};
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{ReferentialAction, Scalar};
use crate::suggest;

/// How many fields a key has at most: what PostgreSQL takes.
const MAX_FIELDS: usize = 32;

/// What carries the attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) place: Place,
    /// Its type, where it is a field of a scalar type.
    pub(crate) scalar: Option<Scalar>,
}

/// An attribute whose arguments fit its row.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    pub(crate) attribute: &'a Attribute,
    pub(crate) row: &'static Row,
    /// Whether an argument was refused: what it seems to lack may have been meant.
    pub(crate) broken: bool,
    values: Values<'a>,
}

type Values<'a> = Vec<(&'static str, &'a Expr)>;

/// The attributes that may stand there as they are written; the others are in `mistakes`.
pub(crate) fn bind<'a>(
    attributes: &'a [Attribute],
    target: Target,
    mistakes: &mut Mistakes,
) -> Vec<Bound<'a>> {
    let mut bound: Vec<Bound<'a>> = Vec::new();
    for attribute in attributes {
        if mistakes.is_full() {
            break;
        }
        match row_of(attribute, target, &bound) {
            Ok(row) => bound.push(bind_arguments(attribute, row, mistakes)),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    bound
}

impl<'a> Bound<'a> {
    /// The value of a parameter.
    pub(crate) fn value(&self, parameter: &str) -> Option<&'a Expr> {
        self.values
            .iter()
            .find(|(name, _)| *name == parameter)
            .map(|(_, value)| *value)
    }

    /// The value of a parameter that takes a name.
    pub(crate) fn name(&self, parameter: &str) -> Option<Name> {
        let value = self.value(parameter)?;
        match &value.kind {
            ExprKind::String(text) => Some(Name {
                text: text.clone(),
                span: value.span,
            }),
            _ => None,
        }
    }

    /// The text of a parameter that takes a name.
    pub(crate) fn text(&self, parameter: &str) -> Option<String> {
        self.name(parameter).map(|name| name.text)
    }

    /// The value of a parameter that takes texts.
    pub(crate) fn texts(&self, parameter: &str) -> Option<Vec<String>> {
        texts(self.value(parameter)?)
    }

    /// The value of a parameter that takes a whole number.
    pub(crate) fn count(&self, parameter: &str) -> Option<u32> {
        count(self.value(parameter)?)
    }

    /// The value of a parameter that takes a number, without a `+`.
    pub(crate) fn number(&self, parameter: &str) -> Option<String> {
        number(self.value(parameter)?)
    }

    /// The value of a parameter that takes `true` or `false`.
    pub(crate) fn flag(&self, parameter: &str) -> Option<bool> {
        match self.value(parameter)?.kind {
            ExprKind::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a parameter that takes fields.
    pub(crate) fn fields(&self, parameter: &str) -> Option<Vec<Name>> {
        field_names(self.value(parameter)?)
    }

    /// The value of a parameter that takes a referential action.
    pub(crate) fn action(&self, parameter: &str) -> Option<ReferentialAction> {
        action(self.value(parameter)?)
    }
}

/// The row of an attribute that may stand there.
fn row_of(
    attribute: &Attribute,
    target: Target,
    before: &[Bound<'_>],
) -> Result<&'static Row, Box<Mistake>> {
    let name = &attribute.name;
    let Some(row) = attributes::find(&name.text) else {
        return Err(Box::new(unknown(name, target.place)));
    };
    if !row.places.contains(&target.place) {
        let places: Vec<_> = row.places.iter().map(|place| place.describe()).collect();
        return Err(Box::new(
            Mistake::at(
                name.span,
                format!(
                    "`{}` may not stand on {}",
                    name.text,
                    target.place.describe()
                ),
            )
            .help(format!("it stands on {}", places.join(" or "))),
        ));
    }
    if !row.scalars.is_empty()
        && !target
            .scalar
            .is_some_and(|scalar| row.scalars.contains(&scalar))
    {
        return Err(unfit_type(name, row.scalars));
    }
    if row.repeatable {
        return Ok(row);
    }
    match before.iter().find(|bound| std::ptr::eq(bound.row, row)) {
        Some(earlier) => Err(Box::new(
            Mistake::at(name.span, format!("`{}` stands here twice", name.text))
                .note(earlier.attribute.name.span, "it stands here first"),
        )),
        None => Ok(row),
    }
}

/// The mistake of an attribute or function at a field whose type it does not fit.
pub(crate) fn unfit_type(name: &Name, scalars: &[Scalar]) -> Box<Mistake> {
    let fitting: Vec<_> = scalars
        .iter()
        .map(|scalar| format!("`{}`", scalar.name()))
        .collect();
    let message = format!("`{}` does not fit the type of the field", name.text);
    let help = format!("it fits fields of type {}", fitting.join(", "));
    Box::new(Mistake::at(name.span, message).help(help))
}

fn unknown(name: &Name, place: Place) -> Mistake {
    let here = attributes::all()
        .filter(|row| row.places.contains(&place))
        .map(|row| row.name);
    let help = suggest::did_you_mean(&name.text, here.clone()).unwrap_or_else(|| {
        let known: Vec<_> = here.map(|name| format!("`{name}`")).collect();
        format!(
            "it is refused, not ignored, because it may guard something; known on {} are {}",
            place.describe(),
            known.join(", ")
        )
    });
    Mistake::at(
        name.span,
        format!("this version does not know the attribute `{}`", name.text),
    )
    .help(help)
}

/// An attribute with the arguments that fit; the others are in `mistakes`.
fn bind_arguments<'a>(
    attribute: &'a Attribute,
    row: &'static Row,
    mistakes: &mut Mistakes,
) -> Bound<'a> {
    let mut bound = Bound {
        attribute,
        row,
        broken: false,
        values: Values::new(),
    };
    if row.name == "@db.*" {
        return bound;
    }
    let mut positional = row
        .parameters
        .iter()
        .filter(|parameter| parameter.positional);
    for argument in &attribute.arguments {
        let parameter = match &argument.name {
            Some(name) => find_parameter(row, name),
            None => positional.next().ok_or_else(|| too_many(row, argument)),
        };
        match parameter.and_then(|parameter| take(row, parameter, argument, &bound.values)) {
            Ok(value) => bound.values.push(value),
            Err(mistake) => {
                bound.broken = true;
                mistakes.push(*mistake);
            }
        }
        if mistakes.is_full() {
            break;
        }
    }
    let missing = row
        .parameters
        .iter()
        .find(|parameter| parameter.required && bound.value(parameter.name).is_none());
    if let Some(parameter) = missing.filter(|_| !bound.broken) {
        bound.broken = true;
        let message = format!("`{}` needs {}", row.name, parameter.takes.describe());
        mistakes.push(Mistake::at(attribute.span, message).help(explain(row)));
    }
    bound
}

fn find_parameter(row: &'static Row, name: &Name) -> Result<&'static Parameter, Box<Mistake>> {
    let known = row.parameters.iter().map(|parameter| parameter.name);
    row.parameters
        .iter()
        .find(|parameter| parameter.name == name.text)
        .ok_or_else(|| {
            let help = suggest::did_you_mean(&name.text, known).unwrap_or_else(|| explain(row));
            let message = format!(
                "this version does not know the parameter `{}` of `{}`",
                name.text, row.name
            );
            Box::new(Mistake::at(name.span, message).help(help))
        })
}

fn too_many(row: &Row, argument: &Argument) -> Box<Mistake> {
    let message = format!("`{}` does not take this without a parameter name", row.name);
    Box::new(Mistake::at(argument.span, message).help(explain(row)))
}

/// How an attribute is written, and what it means.
fn explain(row: &Row) -> String {
    let name = |parameter: &Parameter| match parameter.positional {
        true => parameter.name.to_owned(),
        false => format!("{}: …", parameter.name),
    };
    let names: Vec<_> = row.parameters.iter().map(name).collect();
    let list = if names.is_empty() {
        String::new()
    } else {
        format!("({})", names.join(", "))
    };
    format!("`{}{list}`: {}", row.name, row.doc)
}

fn take<'a>(
    row: &Row,
    parameter: &'static Parameter,
    argument: &'a Argument,
    values: &[(&'static str, &'a Expr)],
) -> Result<(&'static str, &'a Expr), Box<Mistake>> {
    if let Some((_, first)) = values.iter().find(|(name, _)| *name == parameter.name) {
        let message = format!("`{}` of `{}` is given twice", parameter.name, row.name);
        return Err(Box::new(
            Mistake::at(argument.span, message).note(first.span, "it is given here first"),
        ));
    }
    let value = &argument.value;
    let fits = match parameter.takes {
        Takes::Name => matches!(&value.kind, ExprKind::String(text) if is_name(text)),
        Takes::Fields => {
            field_names(value).is_some_and(|names| (1..=MAX_FIELDS).contains(&names.len()))
        }
        Takes::Action => action(value).is_some(),
        Takes::Value | Takes::Condition => true,
        Takes::Operations | Takes::Text => matches!(value.kind, ExprKind::String(_)),
        Takes::Texts => texts(value).is_some(),
        Takes::Boolean => matches!(value.kind, ExprKind::Boolean(_)),
        Takes::Count => count(value).is_some(),
        Takes::Number => number(value).is_some(),
    };
    if fits {
        return Ok((parameter.name, value));
    }
    let message = format!(
        "`{}` of `{}` takes {}",
        parameter.name,
        row.name,
        parameter.takes.describe()
    );
    let help = match (&value.kind, parameter.takes) {
        (ExprKind::List(items), Takes::Fields) if items.len() > MAX_FIELDS => {
            Some(format!("a key has at most {MAX_FIELDS} fields"))
        }
        (ExprKind::Reference(name), Takes::Fields) => Some(format!("write `[{name}]`")),
        (ExprKind::Reference(name), Takes::Name) => Some(format!("write `\"{name}\"`")),
        (ExprKind::Reference(name), Takes::Action) => {
            suggest::did_you_mean(name, ACTIONS.map(|(name, _)| name))
        }
        _ => None,
    };
    Err(Box::new(Mistake::at(value.span, message).maybe_help(help)))
}

/// A name in a database is not empty and has no control characters, which no database takes as they are.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn field_names(value: &Expr) -> Option<Vec<Name>> {
    let ExprKind::List(items) = &value.kind else {
        return None;
    };
    let name = |item: &Expr| match &item.kind {
        ExprKind::Reference(text) => Some(Name {
            text: text.clone(),
            span: item.span,
        }),
        _ => None,
    };
    items.iter().map(name).collect()
}

fn count(value: &Expr) -> Option<u32> {
    number(value)?.parse().ok()
}

fn number(value: &Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Number(written) => Some(written.trim_start_matches('+').to_owned()),
        _ => None,
    }
}

fn texts(value: &Expr) -> Option<Vec<String>> {
    let ExprKind::List(items) = &value.kind else {
        return None;
    };
    let text = |item: &Expr| match &item.kind {
        ExprKind::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect()
}

const ACTIONS: [(&str, ReferentialAction); 5] = [
    ("Cascade", ReferentialAction::Cascade),
    ("Restrict", ReferentialAction::Restrict),
    ("NoAction", ReferentialAction::NoAction),
    ("SetNull", ReferentialAction::SetNull),
    ("SetDefault", ReferentialAction::SetDefault),
];

fn action(value: &Expr) -> Option<ReferentialAction> {
    let ExprKind::Reference(written) = &value.kind else {
        return None;
    };
    ACTIONS
        .iter()
        .find(|(name, _)| name == written)
        .map(|(_, action)| *action)
}
