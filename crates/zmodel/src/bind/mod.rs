//! What is written of an attribute, held against its row of the table.

mod declared;
mod values;

use crate::ast::{Argument, Attribute, Expr, ExprKind, Name};
use crate::attributes::{self, Parameter, Place, Row, Takes};
use crate::diagnostic::{Mistake, Mistakes};
use crate::resolve::Names;
use crate::schema::{IndexMethod, KeyPart, ReferentialAction, Scalar};
use crate::suggest;
use declared::Declared;
pub(crate) use values::is_name;
use values::{
    ACTIONS, METHODS, SORTS, action, count, field_name, field_names, key_fields, method, number,
    sort, texts,
};

/// How many fields a key has at most: what PostgreSQL takes.
const MAX_FIELDS: usize = 32;

/// What carries the attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) place: Place,
    /// Its type, where it is a field of a scalar type.
    pub(crate) scalar: Option<Scalar>,
    /// Whether it is a field of a `type`.
    pub(crate) typed: bool,
    /// Whether it is a list.
    pub(crate) list: bool,
}

impl Target {
    /// What is not a field.
    pub(crate) fn block(place: Place) -> Self {
        Self {
            place,
            scalar: None,
            typed: false,
            list: false,
        }
    }
}

/// An attribute whose arguments fit its row.
#[derive(Debug, Clone)]
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
    attributes: impl IntoIterator<Item = &'a Attribute>,
    target: Target,
    names: &Names<'a>,
    mistakes: &mut Mistakes,
) -> Vec<Bound<'a>> {
    let mut bound: Vec<Bound<'a>> = Vec::new();
    let mut declared = Declared::default();
    for attribute in attributes {
        if mistakes.is_full() {
            break;
        }
        if let Some(declaration) = names.attributes.get(attribute.name.text.as_str()) {
            declared.check(attribute, declaration, target, mistakes);
            continue;
        }
        match row_of(attribute, target, names, &bound) {
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

    /// The value of a parameter that takes fields.
    pub(crate) fn fields(&self, parameter: &str) -> Option<Vec<Name>> {
        field_names(self.value(parameter)?)
    }

    /// The value of a parameter that takes fields of a key; what `sort` and `length` say of the whole holds for each
    /// field that says nothing itself.
    pub(crate) fn key(&self) -> Option<Vec<(Name, KeyPart)>> {
        let mut key = key_fields(self.value("fields")?).ok()??;
        for (_, part) in &mut key {
            let whole = self.key_part();
            part.sort = part.sort.or(whole.sort);
            part.length = part.length.or(whole.length);
        }
        Some(key)
    }

    /// What `sort` and `length` say.
    pub(crate) fn key_part(&self) -> KeyPart {
        KeyPart {
            sort: self.value("sort").and_then(sort),
            length: self.count("length"),
            ops: None,
        }
    }

    /// The value of a parameter that takes one field.
    pub(crate) fn field(&self, parameter: &str) -> Option<Name> {
        field_name(self.value(parameter)?)
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

    /// The value of a parameter that takes a kind of index.
    pub(crate) fn method(&self, parameter: &str) -> Option<IndexMethod> {
        method(self.value(parameter)?)
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
    names: &Names<'_>,
    before: &[Bound<'_>],
) -> Result<&'static Row, Box<Mistake>> {
    let name = &attribute.name;
    let Some(row) = attributes::find(&name.text) else {
        return Err(Box::new(unknown(name, target.place, names)));
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

fn unknown(name: &Name, place: Place, names: &Names<'_>) -> Mistake {
    let here = attributes::all()
        .filter(|row| row.places.contains(&place))
        .map(|row| row.name);
    let mut declared: Vec<&str> = names.attributes.keys().copied().collect();
    // Of two that are as near, always the same is suggested.
    declared.sort_unstable();
    let near = suggest::did_you_mean(&name.text, here.clone().chain(declared));
    let help = near
        .unwrap_or_else(|| "it is refused, not ignored, because it may guard something".to_owned());
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
        Takes::Fields => field_names(value).is_some_and(|names| is_key(names.len())),
        Takes::KeyFields => key_fields(value)?.is_some_and(|fields| is_key(fields.len())),
        Takes::Field => field_name(value).is_some(),
        Takes::Sort => sort(value).is_some(),
        Takes::Method => method(value).is_some(),
        Takes::Text | Takes::Operations => matches!(value.kind, ExprKind::String(_)),
        Takes::Label => matches!(value.kind, ExprKind::String(_)) || field_name(value).is_some(),
        Takes::Texts => texts(value).is_some(),
        Takes::Boolean => matches!(value.kind, ExprKind::Boolean(_)),
        Takes::Action => action(value).is_some(),
        Takes::Value | Takes::Condition => true,
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
    Err(Box::new(
        Mistake::at(value.span, message).maybe_help(help(value, parameter.takes)),
    ))
}

/// How a value that does not fit could.
fn help(value: &Expr, takes: Takes) -> Option<String> {
    let known: &[&str] = match takes {
        Takes::Action => &ACTIONS.map(|(name, _)| name),
        Takes::Sort => &SORTS.map(|(name, _)| name),
        Takes::Method => &METHODS.map(|(name, _)| name),
        _ => &[],
    };
    match (&value.kind, takes) {
        (ExprKind::List(items), Takes::Fields | Takes::KeyFields) if items.len() > MAX_FIELDS => {
            Some(format!("a key has at most {MAX_FIELDS} fields"))
        }
        (ExprKind::Reference(name), Takes::Fields | Takes::KeyFields) => {
            Some(format!("write `[{name}]`"))
        }
        (ExprKind::Reference(name), Takes::Name | Takes::Text) => {
            Some(format!("write `\"{name}\"`"))
        }
        (ExprKind::String(name), Takes::Field) => Some(format!("write `{name}` without quotes")),
        (ExprKind::Reference(name), _) => suggest::did_you_mean(name, known.iter().copied()),
        _ => None,
    }
}

fn is_key(fields: usize) -> bool {
    (1..=MAX_FIELDS).contains(&fields)
}
