//! Single checks of a value, and what they say. The texts are those of zod 4, which programs match on.
//!
//! Source: contract zenstack §1.5 and §2.10.

use std::cmp::Ordering;

use hallpass_zmodel::schema::{Check, Transform};

use super::format::{self, is_space};
use super::pattern::Patterns;
use crate::args::ArgValue;
use crate::decimal;

/// What a length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// Of a text.
    Characters,
    /// Of a list.
    Items,
}

/// Changes a text.
pub(super) fn transform(transform: Transform, text: &mut String) {
    *text = match transform {
        Transform::Trim => text.trim_matches(is_space).to_owned(),
        Transform::Lower => text.to_lowercase(),
        Transform::Upper => text.to_uppercase(),
    };
}

/// What a check says against a text: nothing where it passes. A text that is a URL loses the space around it.
pub(super) fn text(check: &Check, text: &mut String, patterns: &Patterns) -> Vec<String> {
    match check {
        Check::Length { min, max } => {
            length(units(text), *min, *max, Counted::Characters).collect()
        }
        Check::StartsWith(start) => refused(text.starts_with(start), || {
            format!("Invalid string: must start with \"{start}\"")
        }),
        Check::EndsWith(end) => refused(text.ends_with(end), || {
            format!("Invalid string: must end with \"{end}\"")
        }),
        Check::Contains(part) => refused(text.contains(part), || {
            format!("Invalid string: must include \"{part}\"")
        }),
        Check::Regex(pattern) => refused(patterns.find(pattern, text), || {
            format!(
                "Invalid string: must match pattern /{}/",
                slashes_escaped(pattern)
            )
        }),
        Check::Url => {
            let trimmed = text.trim_matches(is_space);
            let passes = format::is_url(trimmed);
            if passes && trimmed.len() != text.len() {
                *text = trimmed.to_owned();
            }
            refused(passes, || "Invalid URL".to_owned())
        }
        Check::Email => refused(format::is_email(text), || {
            "Invalid email address".to_owned()
        }),
        Check::DateTime => refused(format::is_date_time(text), || {
            "Invalid ISO datetime".to_owned()
        }),
        Check::Date => refused(format::is_date(text), || "Invalid ISO date".to_owned()),
        Check::Time(precision) => refused(format::is_time(text, *precision), || {
            "Invalid ISO time".to_owned()
        }),
        Check::Phone => refused(format::is_phone(text), || "Invalid E.164 number".to_owned()),
        // The checker of the language keeps bounds of numbers off texts.
        Check::Greater(_) | Check::GreaterOrEqual(_) | Check::Less(_) | Check::LessOrEqual(_) => {
            vec![]
        }
    }
}

/// The message is made only where it is said.
fn refused(passes: bool, message: impl FnOnce() -> String) -> Vec<String> {
    if passes { vec![] } else { vec![message()] }
}

/// Characters of a text as JavaScript counts them, in UTF-16 units: an application whose browser code counts the same
/// text finds the same number, and so did the rows that are there.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is said of a length.
pub(super) fn length(
    length: usize,
    min: Option<u32>,
    max: Option<u32>,
    counted: Counted,
) -> impl Iterator<Item = String> {
    let (origin, unit) = match counted {
        Counted::Characters => ("string", "characters"),
        Counted::Items => ("array", "items"),
    };
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let small = min.filter(|min| length < u64::from(*min));
    let big = max.filter(|max| length > u64::from(*max));
    let small = small.map(|min| format!("Too small: expected {origin} to have >={min} {unit}"));
    let big = big.map(|max| format!("Too big: expected {origin} to have <={max} {unit}"));
    small.into_iter().chain(big)
}

/// What a bound says against a number, compared digit by digit. Null is no number and is not judged.
pub(super) fn number(check: &Check, value: &ArgValue) -> Option<String> {
    let (bound, sign, wanted): (_, _, fn(Ordering) -> bool) = match check {
        Check::Greater(bound) => (bound, ">", Ordering::is_gt),
        Check::GreaterOrEqual(bound) => (bound, ">=", Ordering::is_ge),
        Check::Less(bound) => (bound, "<", Ordering::is_lt),
        Check::LessOrEqual(bound) => (bound, "<=", Ordering::is_le),
        _ => return None,
    };
    if matches!(value, ArgValue::Null) {
        return None;
    }
    let compared = digits(value).and_then(|number| decimal::compare(&number, bound));
    if compared.is_some_and(wanted) {
        return None;
    }
    let size = if sign.starts_with('>') {
        "small"
    } else {
        "big"
    };
    let origin = match value {
        ArgValue::BigInt(_) => "bigint",
        _ => "number",
    };
    let bound = decimal::normalise(bound).unwrap_or_else(|| bound.clone());
    Some(format!("Too {size}: expected {origin} to be {sign}{bound}"))
}

/// The digits of a number, all of them.
pub(super) fn digits(value: &ArgValue) -> Option<String> {
    let written = match value {
        ArgValue::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(whole)) => whole.to_string(),
            // Without an exponent, and with no more digits than tell it from its neighbours.
            (None, None) => number.as_f64()?.to_string(),
        },
        ArgValue::BigInt(number) => number.to_string(),
        ArgValue::Decimal(text) | ArgValue::Text(text) | ArgValue::Literal(text) => text.clone(),
        _ => return None,
    };
    decimal::read(&written)
}

/// The pattern as JavaScript writes it between slashes: those of its own are escaped, but for the ones in a class.
fn slashes_escaped(pattern: &str) -> String {
    if pattern.is_empty() {
        return "(?:)".to_owned();
    }
    let mut written = String::with_capacity(pattern.len());
    let (mut escaped, mut in_class) = (false, false);
    for letter in pattern.chars() {
        if letter == '/' && !escaped && !in_class {
            written.push('\\');
        }
        match letter {
            '[' if !escaped => in_class = true,
            ']' if !escaped => in_class = false,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        match letter {
            '\n' => written.push_str("\\n"),
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::slashes_escaped;

    #[test]
    fn patterns_are_shown_as_javascript_shows_them() {
        for (pattern, shown) in [
            ("", "(?:)"),
            ("a/b", r"a\/b"),
            (r"a\/b", r"a\/b"),
            ("[/]/", r"[/]\/"),
            (r"[\]/]/", r"[\]/]\/"),
            (r"\[/", r"\[\/"),
            ("a\nb", r"a\nb"),
        ] {
            assert_eq!(slashes_escaped(pattern), shown, "{pattern}");
        }
    }
}
