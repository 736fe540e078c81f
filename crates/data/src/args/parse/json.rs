//! Conditions on JSON documents.
//!
//! Source: contract zenstack §3.2.

use hallpass_sql::JsonStep;
use hallpass_zmodel::schema::{Arity, Field, FieldKind};
use serde_json::Value as Json;

use super::filter::is_insensitive;
use super::inside::typed;
use super::value::document;
use super::{At, Counting};
use crate::args::{ArgValue, Filter, Inside, JsonTest, Test};
use crate::error::InvalidInput;

const KNOWN: [&str; 9] = [
    "equals",
    "not",
    "path",
    "string_contains",
    "string_starts_with",
    "string_ends_with",
    "array_contains",
    "array_starts_with",
    "array_ends_with",
];
/// Steps that a path may take.
const MAX_STEPS: usize = 32;

/// A null, or an object of operators, of members of the type, or of elements.
pub(super) fn json(at: &At<'_, '_>, field: &Field) -> Result<Filter, InvalidInput> {
    let inside = match &field.kind {
        FieldKind::Typed(name) if !is_plain(at, field, name) => typed(at, field, name, &[])?,
        _ if at.is_object() => plain(at)?,
        _ => match at.value() {
            ArgValue::Null | ArgValue::DbNull | ArgValue::JsonNull | ArgValue::AnyNull => {
                equals(at)?.into_inside(&[])
            }
            _ => return Err(at.expected("object")),
        },
    };
    Ok(Filter::Field(field.name.clone(), Test::Inside(inside)))
}

/// Whether the operators of any document are meant, or a null of the column itself.
fn is_plain(at: &At<'_, '_>, field: &Field, name: &str) -> bool {
    let ArgValue::Object(members) = at.value() else {
        return true;
    };
    let item = at.engine().schema.type_def(name);
    let is_member = |name: &str| {
        field.arity != Arity::List && item.is_some_and(|item| item.field(name).is_some())
    };
    let mut names = members.iter().map(|(name, _)| name.as_str());
    names.all(|name| (KNOWN.contains(&name) || name == "mode") && !is_member(name))
}

/// An object of operators.
fn plain(at: &At<'_, '_>) -> Result<Inside, InvalidInput> {
    let steps = match at.member("path")? {
        Some(path) => steps(&path)?,
        None => Vec::new(),
    };
    let any_case = match at.member("mode")? {
        Some(mode) => is_insensitive(&mode)?,
        None => false,
    };
    let test = |test| Inside::At(steps.clone(), test);
    let mut parts = Vec::new();
    for member in &at.members()? {
        parts.push(match member.name() {
            "path" | "mode" => continue,
            "equals" => equals(member)?.into_inside(&steps),
            "not" => Inside::Not(Box::new(equals(member)?.into_inside(&steps))),
            "string_contains" => test(JsonTest::Contains(text(member)?)),
            "string_starts_with" => test(JsonTest::StartsWith(text(member)?)),
            "string_ends_with" => test(JsonTest::EndsWith(text(member)?)),
            "array_contains" => {
                let sought = match document(member)? {
                    Json::Array(items) => items,
                    one => vec![one],
                };
                member.require_short(sought.len())?;
                member.count(Counting::Conditions, sought.len())?;
                test(JsonTest::Has(sought))
            }
            "array_starts_with" => test(JsonTest::First(document(member)?)),
            "array_ends_with" => test(JsonTest::Last(document(member)?)),
            _ => return Err(member.unknown(KNOWN.into_iter().chain(["mode"]))),
        });
    }
    let all = Inside::All(parts);
    Ok(if any_case {
        Inside::AnyCase(Box::new(all))
    } else {
        all
    })
}

/// What a document is compared with.
struct Sought(Vec<JsonTest>);

impl Sought {
    fn into_inside(self, steps: &[JsonStep]) -> Inside {
        let tests = self.0.into_iter();
        let mut tests: Vec<_> = tests.map(|test| Inside::At(steps.to_vec(), test)).collect();
        match tests.len() {
            1 => tests.remove(0),
            _ => Inside::Any(tests),
        }
    }
}

fn equals(at: &At<'_, '_>) -> Result<Sought, InvalidInput> {
    Ok(Sought(match at.value() {
        ArgValue::DbNull => vec![JsonTest::Missing],
        ArgValue::AnyNull => vec![JsonTest::Missing, JsonTest::Equals(Json::Null)],
        // Of the field itself, a plain null is no document; within an operator it is the document.
        ArgValue::Null if !KNOWN.contains(&at.name()) => vec![JsonTest::Missing],
        _ => vec![JsonTest::Equals(document(at)?)],
    }))
}

/// A text to look for within another.
fn text(at: &At<'_, '_>) -> Result<String, InvalidInput> {
    at.count_pattern()?;
    let text = at.text()?;
    if text.contains('\0') {
        return Err(at.fail("expected text without NUL characters"));
    }
    Ok(text.to_owned())
}

/// `$.a[0]."b c"`, or `$['a'][0]['b c']`
fn steps(at: &At<'_, '_>) -> Result<Vec<JsonStep>, InvalidInput> {
    let steps = at.text()?.strip_prefix('$').and_then(read_steps);
    steps.ok_or_else(|| at.fail("expected a path such as `$.a[0].b`"))
}

fn read_steps(mut path: &str) -> Option<Vec<JsonStep>> {
    let mut steps = Vec::new();
    while !path.is_empty() {
        if steps.len() >= MAX_STEPS {
            return None;
        }
        let (step, rest) = if let Some(rest) = path.strip_prefix(".\"") {
            let (name, rest) = rest.split_once('"')?;
            (JsonStep::Key(name.to_owned()), rest)
        } else if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at_checked(end)?;
            (JsonStep::Key(name.to_owned()), rest)
        } else if let Some((quote, rest)) = quoted_key(path) {
            let (name, rest) = rest.split_once(quote)?;
            (JsonStep::Key(name.to_owned()), rest.strip_prefix(']')?)
        } else {
            let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|_| is_number)?;
            (JsonStep::Index(number), rest)
        };
        if let JsonStep::Key(name) = &step
            && (name.is_empty() || name.contains(['"', '\\']) || name.contains(char::is_control))
        {
            return None;
        }
        steps.push(step);
        path = rest;
    }
    Some(steps)
}

/// The quote after a bracket, and what is behind it.
fn quoted_key(path: &str) -> Option<(char, &str)> {
    let inside = path.strip_prefix('[')?;
    let quote = inside
        .chars()
        .next()
        .filter(|one| matches!(one, '\'' | '"'))?;
    Some((quote, inside.strip_prefix(quote)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_strictly() {
        let key = |name: &str| JsonStep::Key(name.to_owned());
        assert_eq!(read_steps(""), Some(vec![]));
        assert_eq!(
            read_steps(".a[0].\"b c\""),
            Some(vec![key("a"), JsonStep::Index(0), key("b c")])
        );
        assert_eq!(
            read_steps("['a b'][\"c.d\"][0]['e[0]']"),
            Some(vec![
                key("a b"),
                key("c.d"),
                JsonStep::Index(0),
                key("e[0]")
            ])
        );
        for wrong in [
            "['a'",
            "['a\"]",
            "['']",
            "['a'x]",
            "['a\\']",
            "[a]",
            "a",
            ".",
            "..a",
            ".a.",
            "[",
            "[]",
            "[-1]",
            "[+1]",
            "[4294967296]",
            "[*]",
            ".\"a",
            ".\"\"",
            ".a\"b",
            ".a\\b",
            " .a",
        ] {
            assert_eq!(read_steps(wrong), None, "{wrong}");
        }
        assert_eq!(read_steps(&".a".repeat(33)), None);
    }
}
