//! What is asked of the value of a field, and what is changed of it: `@length`, `@email`, `@trim`, … (contract zenstack §1.5).

use super::patterns::Patterns;
use crate::bind::Bound;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Arity, Check, Field, FieldKind, FieldRule, Scalar, Transform};

/// How many digits of a second a time of day may have.
const MAX_PRECISION: u8 = 9;

/// The rules of a field, in the order of the source.
pub(super) fn rules(
    field: &Field,
    attributes: &[Bound<'_>],
    patterns: &mut Patterns,
    mistakes: &mut Mistakes,
) -> Vec<FieldRule> {
    let mut rules = Vec::new();
    for bound in attributes.iter().filter(|bound| !bound.broken) {
        if mistakes.is_full() {
            break;
        }
        match rule(field, bound, patterns) {
            Ok(rule) => rules.extend(rule),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    rules
}

/// What an attribute asks for; nothing where it is none of these.
fn rule(
    field: &Field,
    bound: &Bound<'_>,
    patterns: &mut Patterns,
) -> Result<Option<FieldRule>, Box<Mistake>> {
    let transform = match bound.row.name {
        "@trim" => Some(Transform::Trim),
        "@lower" => Some(Transform::Lower),
        "@upper" => Some(Transform::Upper),
        _ => None,
    };
    let rule = match transform {
        Some(transform) => Some(FieldRule::Transform(transform)),
        None => check(field, bound, patterns)?.map(|check| FieldRule::Check {
            check,
            message: bound.text("message"),
        }),
    };
    match rule {
        Some(_) if field.computed => {
            let message = format!("`{}` may not stand on a computed field", bound.row.name);
            let mistake = Mistake::at(bound.attribute.span, message);
            Err(Box::new(mistake.help("nobody writes its value")))
        }
        rule => Ok(rule),
    }
}

fn check(
    field: &Field,
    bound: &Bound<'_>,
    patterns: &mut Patterns,
) -> Result<Option<Check>, Box<Mistake>> {
    let text = || bound.text("text").unwrap_or_default();
    let bounding = || bound.number("value").unwrap_or_default();
    Ok(Some(match bound.row.name {
        "@length" => length(field, bound)?,
        "@startsWith" => Check::StartsWith(text()),
        "@endsWith" => Check::EndsWith(text()),
        "@contains" => Check::Contains(text()),
        "@regex" => match bound.name("regex") {
            Some(pattern) => {
                patterns.check(&pattern.text, pattern.span)?;
                Check::Regex(pattern.text)
            }
            None => return Ok(None),
        },
        "@email" => Check::Email,
        "@url" => Check::Url,
        "@datetime" => Check::DateTime,
        "@date" => Check::Date,
        "@time" => Check::Time(precision(bound)?),
        "@phone" => Check::Phone,
        "@gt" => Check::Greater(bounding()),
        "@gte" => Check::GreaterOrEqual(bounding()),
        "@lt" => Check::Less(bounding()),
        "@lte" => Check::LessOrEqual(bounding()),
        _ => return Ok(None),
    }))
}

fn length(field: &Field, bound: &Bound<'_>) -> Result<Check, Box<Mistake>> {
    let span = bound.attribute.span;
    let is_text = field.kind == FieldKind::Scalar(Scalar::String);
    if !is_text && field.arity != Arity::List {
        let mistake = Mistake::at(span, "`@length` does not fit the type of the field");
        return Err(Box::new(mistake.help("it fits texts and lists")));
    }
    let (min, max) = (bound.count("min"), bound.count("max"));
    match (min, max) {
        (None, None) => {
            let mistake = Mistake::at(span, "`@length` without a bound asks for nothing");
            Err(Box::new(mistake.help("write `@length(min, max)`")))
        }
        (Some(min), Some(max)) if min > max => Err(Box::new(Mistake::at(
            span,
            "no length is within these bounds",
        ))),
        _ => Ok(Check::Length { min, max }),
    }
}

fn precision(bound: &Bound<'_>) -> Result<Option<u8>, Box<Mistake>> {
    let Some(count) = bound.count("precision") else {
        return Ok(None);
    };
    match u8::try_from(count) {
        Ok(count) if count <= MAX_PRECISION => Ok(Some(count)),
        _ => {
            let message = format!("a second has at most {MAX_PRECISION} digits here");
            Err(Box::new(Mistake::at(bound.attribute.span, message)))
        }
    }
}
