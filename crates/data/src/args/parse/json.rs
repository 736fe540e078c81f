//! Conditions on JSON documents.
//!
//! Source: contract zenstack §3.2.

use hallpass_sql::JsonStep;
use hallpass_zmodel::schema::Field;
use serde_json::Value as Json;

use super::filter::is_insensitive;
use super::value::document;
use super::{At, Counting};
use crate::args::{ArgValue, Filter, JsonTest, Test};
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

/// A null, or an object of operators.
pub(super) fn json(at: &At<'_, '_>, field: &Field) -> Result<Filter, InvalidInput> {
    let test = |steps: &[JsonStep], test| {
        Filter::Field(field.name.clone(), Test::Json(steps.to_vec(), test))
    };
    if !at.is_object() {
        return match at.value() {
            ArgValue::Null | ArgValue::DbNull | ArgValue::JsonNull | ArgValue::AnyNull => {
                Ok(equals(at)?.into_filter(|one| test(&[], one)))
            }
            _ => Err(at.expected("object")),
        };
    }
    let steps = match at.member("path")? {
        Some(path) => steps(&path)?,
        None => Vec::new(),
    };
    let has_mode = at.engine().capability().has_any_case();
    let any_case = match at.member("mode")? {
        Some(mode) if has_mode => is_insensitive(&mode)?,
        _ => false,
    };
    let mut parts = Vec::new();
    for member in &at.members()? {
        let one = match member.name() {
            "equals" => equals(member)?.into_filter(|one| test(&steps, one)),
            "not" => {
                let equal = equals(member)?.into_filter(|one| test(&steps, one));
                Filter::Not(Box::new(equal))
            }
            "path" => continue,
            "mode" if has_mode => continue,
            "string_contains" => test(&steps, JsonTest::Contains(text(member)?)),
            "string_starts_with" => test(&steps, JsonTest::StartsWith(text(member)?)),
            "string_ends_with" => test(&steps, JsonTest::EndsWith(text(member)?)),
            "array_contains" => {
                let sought = match document(member)? {
                    Json::Array(items) => items,
                    one => vec![one],
                };
                member.require_short(sought.len())?;
                member.count(Counting::Conditions, sought.len())?;
                test(&steps, JsonTest::Has(sought))
            }
            "array_starts_with" => test(&steps, JsonTest::First(document(member)?)),
            "array_ends_with" => test(&steps, JsonTest::Last(document(member)?)),
            _ => return Err(member.unknown(KNOWN)),
        };
        parts.push(match one {
            Filter::Field(name, one) if any_case => {
                Filter::Field(name, Test::AnyCase(Box::new(one)))
            }
            one => one,
        });
    }
    Ok(Filter::All(parts))
}

/// What a document is compared with.
struct Sought(Vec<JsonTest>);

impl Sought {
    fn into_filter(self, test: impl Fn(JsonTest) -> Filter) -> Filter {
        Filter::Any(self.0.into_iter().map(test).collect())
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

fn text(at: &At<'_, '_>) -> Result<String, InvalidInput> {
    let text = at.text()?;
    if text.contains('\0') {
        return Err(at.fail("expected text without NUL characters"));
    }
    Ok(text.to_owned())
}

/// `$.a[0]."b c"`
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
        for wrong in [
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
