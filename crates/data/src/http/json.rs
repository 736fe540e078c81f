//! JSON from outside: its depth is known before it is parsed, its size was bounded before, and no digit of its numbers is lost.
//!
//! Why, and what else could be done, in `docs/design/numbers.md`.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value as Json;

use crate::args::Literals;
use crate::decimal;

/// How deep a document may nest: arguments, and what is around them.
const MAX_DEPTH: usize = 70;

/// Why a text is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    /// It nests too deep.
    #[error("the JSON nests deeper than {MAX_DEPTH} levels")]
    Deep,
    /// It is no JSON.
    #[error("the JSON is malformed at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    /// It has such numbers, and texts with every sign that could stand in their places.
    #[error("numbers of more digits than a floating number keeps must be sent as texts")]
    Digits,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// A document, and the numbers of it that no [`serde_json::Number`] holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(crate) json: Json,
    /// What stands in `json` for numbers whose digits would be lost.
    pub(crate) literals: Literals,
}

/// The document of a text.
pub(crate) fn parse(text: &[u8]) -> Result<Document, JsonError> {
    if nests_deeper(text, MAX_DEPTH) {
        return Err(JsonError::Deep);
    }
    let lost = lost_numbers(text);
    if !lost.is_empty() {
        return with_literals(text, &lost);
    }
    Ok(Document {
        json: serde_json::from_slice(text)?,
        literals: Literals::default(),
    })
}

/// Reads each of these numbers as a text that stands for it.
fn with_literals(text: &[u8], lost: &[Range<usize>]) -> Result<Document, JsonError> {
    // What is no JSON must not become some by what is put into it.
    serde_json::from_slice::<IgnoredAny>(text)?;
    let sign = free_sign(text).ok_or(JsonError::Digits)?;
    let mut written = Vec::with_capacity(text.len() + lost.len() * 16);
    let mut literals = Vec::with_capacity(lost.len());
    let mut at = 0;
    for range in lost {
        let literal = text.get(range.clone()).unwrap_or_default();
        written.extend_from_slice(text.get(at..range.start).unwrap_or_default());
        written.extend_from_slice(
            format!("\"\\u{:04x}{}\"", u32::from(sign), literals.len()).as_bytes(),
        );
        literals.push(String::from_utf8_lossy(literal).into_owned());
        at = range.end;
    }
    written.extend_from_slice(text.get(at..).unwrap_or_default());
    Ok(Document {
        json: serde_json::from_slice(&written)?,
        literals: Literals::new(sign, literals),
    })
}

/// A sign with which no text of the document begins. None of these can be written but with an escape.
fn free_sign(text: &[u8]) -> Option<char> {
    let is_free = |sign: &char| {
        let escape = format!("\\u{:04x}", u32::from(*sign));
        !text
            .windows(escape.len())
            .any(|part| part == escape.as_bytes())
    };
    ('\u{0}'..='\u{7}').find(is_free)
}

/// Where the numbers are whose digits a [`serde_json::Number`] would not all keep.
fn lost_numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut lost = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((start, byte)) = bytes.next() {
        match byte {
            b'"' => pass_text(&mut bytes),
            b'-' | b'0'..=b'9' => {
                let rest = text.get(start..).unwrap_or_default();
                let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let length = rest.iter().take_while(|byte| is_of_number(byte)).count();
                if rest.get(..length).is_some_and(|literal| !is_kept(literal)) {
                    lost.push(start..start + length);
                }
                // What follows the number is looked at next.
                if let Some(more) = length.checked_sub(2) {
                    bytes.nth(more);
                }
            }
            _ => {}
        }
    }
    lost
}

/// Goes on behind the end of a text.
fn pass_text<'t>(bytes: &mut impl Iterator<Item = (usize, &'t u8)>) {
    while let Some((_, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

/// Digits of which a floating number keeps each.
const KEPT: usize = 15;

/// Whether a number is, as a [`serde_json::Number`], the same number. What is none, the parser refuses.
fn is_kept(literal: &[u8]) -> bool {
    let has_exponent = literal.iter().any(|byte| byte.eq_ignore_ascii_case(&b'e'));
    if literal.len() <= KEPT && !has_exponent {
        return true;
    }
    let Ok(literal) = str::from_utf8(literal) else {
        return true;
    };
    if literal.parse::<i64>().is_ok() || literal.parse::<u64>().is_ok() {
        return true;
    }
    match literal.parse::<f64>() {
        Ok(floating) if floating.is_finite() => {
            let number = decimal::read(literal);
            number.is_some() && number == decimal::read(&floating.to_string())
        }
        _ => true,
    }
}

/// Whether brackets open deeper than this. Of what is no JSON it may say either; the parser refuses that.
fn nests_deeper(text: &[u8], most: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    for byte in text {
        match (byte, in_text) {
            _ if escaped => escaped = false,
            (b'\\', true) => escaped = true,
            (b'"', _) => in_text = !in_text,
            (b'[' | b'{', false) => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            (b']' | b'}', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn depth_is_known_before_parsing() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            parse(nested(MAX_DEPTH + 1).as_bytes()),
            Err(JsonError::Deep)
        );
        let brackets = "[".repeat(1000);
        let document = json!({"a": brackets, "b\\\"[": [format!("\\\"{brackets}\\")]});
        let parsed = parse(document.to_string().as_bytes());
        assert_eq!(parsed.map(|parsed| parsed.json), Ok(document));
        assert_eq!(
            parse(b"{\n\"a\": x}"),
            Err(JsonError::Malformed { line: 2, column: 6 })
        );
    }

    #[test]
    fn numbers_are_kept_or_told() {
        for kept in [
            "0",
            "-0",
            "0.1",
            "-1.5e3",
            "1E5",
            "1e+5",
            "0e-999",
            "123456789012345",
            "0.30000000000000004",
            "18446744073709551615",
            "-9223372036854775808",
            "100000000000000000000000",
            "1e22",
            "5e-324",
            // None at all: for the parser to say.
            "1e400",
            "1-2",
            "--",
            "1.e5.e6.e7.e8.e9.e10",
        ] {
            assert!(is_kept(kept.as_bytes()), "{kept}");
        }
        for lost in [
            "0.10000000000000000001",
            "-0.10000000000000001",
            "12345678901234567890.123456789",
            "18446744073709551617",
            "123456789012345678901234567890",
            "9007199254740993.0",
            "1.00000000000000000001",
            "1e-400",
            "1.2345678901234567890e5",
        ] {
            assert!(!is_kept(lost.as_bytes()), "{lost}");
        }
    }

    #[test]
    fn numbers_of_many_digits_are_read_as_they_are_written() {
        let (one, two) = ("0.10000000000000000001", "-123456789012345678901234567890");
        let text =
            format!("{{\"a\":[{one} ,{one}],\"{two}\":\"{one}\\\"{two}\",\"b\":{two},\"c\":1.5}}");
        let document = parse(text.as_bytes()).unwrap();
        let literal = |json: &Json| {
            document
                .literals
                .of(json.as_str().unwrap())
                .map(str::to_owned)
        };
        assert_eq!(literal(&document.json["a"][0]).as_deref(), Some(one));
        assert_eq!(literal(&document.json["a"][1]).as_deref(), Some(one));
        assert_eq!(literal(&document.json["b"]).as_deref(), Some(two));
        assert_eq!(document.json["c"], json!(1.5));
        assert_eq!(document.json[two], json!(format!("{one}\"{two}")));
        assert_eq!(literal(&document.json[two]), None);
        assert_eq!(
            parse(two.as_bytes()).unwrap().literals.of("\u{0}0"),
            Some(two)
        );
    }

    #[test]
    fn no_text_passes_for_a_number() {
        let number = "0.10000000000000000001";
        for (written, sign) in [
            ("\\u00000", '\u{1}'),
            ("\\u0000\\u00010", '\u{2}'),
            // An escaped backslash, and no escape.
            ("\\\\u00000", '\u{1}'),
        ] {
            let text = format!("{{\"a\":\"{written}\",\"b\":{number}}}");
            let document = parse(text.as_bytes()).unwrap();
            let text_of = |name: &str| document.json[name].as_str().unwrap();
            assert_eq!(document.literals.of(text_of("a")), None, "{written}");
            assert_eq!(text_of("b"), format!("{sign}0"));
        }
        let all: String = (0..8).map(|sign| format!("\\u{sign:04x}")).collect();
        let text = format!("[\"{all}\",{number}]");
        assert_eq!(parse(text.as_bytes()), Err(JsonError::Digits));
        // Without such a number they are texts like others.
        assert!(parse(format!("[\"{all}\"]").as_bytes()).is_ok());
        for (wrong, column) in [
            (format!("{{{number}:1}}"), 2),
            (format!("[{number} {number}]"), 25),
            (format!("[{number},]"), 25),
            (format!("[0{number}]"), 3),
        ] {
            let error = parse(wrong.as_bytes());
            assert_eq!(
                error,
                Err(JsonError::Malformed { line: 1, column }),
                "{wrong}"
            );
        }
    }

    proptest! {
        /// Each number is there as it was written, or is the same number.
        #[test]
        fn no_digit_is_lost(numbers in prop::collection::vec("-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?(e-?[0-9]{1,2})?", 1..8)) {
            let document = parse(format!("[{}]", numbers.join(", ")).as_bytes()).unwrap();
            for (number, read) in numbers.iter().zip(document.json.as_array().unwrap()) {
                let digits = match read {
                    Json::String(text) => document.literals.of(text).unwrap().to_owned(),
                    number => number.to_string(),
                };
                prop_assert_eq!(decimal::read(&digits), decimal::read(number), "{}", number);
            }
        }

        #[test]
        fn nothing_panics(text: Vec<u8>, brackets in r#"[\[\]{}"\\,:1 ]{0,200}"#) {
            let _ = parse(&text);
            let _ = parse(brackets.as_bytes());
        }
    }
}
