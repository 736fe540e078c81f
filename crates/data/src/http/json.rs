//! JSON from outside: its depth is known before it is parsed, its size was bounded before.

use serde_json::Value as Json;

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
}

/// The document of a text.
pub(crate) fn parse(text: &[u8]) -> Result<Json, JsonError> {
    if nests_deeper(text, MAX_DEPTH) {
        return Err(JsonError::Deep);
    }
    serde_json::from_slice(text).map_err(|error| JsonError::Malformed {
        line: error.line(),
        column: error.column(),
    })
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
        assert_eq!(parse(document.to_string().as_bytes()), Ok(document));
        assert_eq!(
            parse(b"{\n\"a\": x}"),
            Err(JsonError::Malformed { line: 2, column: 6 })
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(text: Vec<u8>, brackets in r#"[\[\]{}"\\,:1 ]{0,200}"#) {
            let _ = parse(&text);
            let _ = parse(brackets.as_bytes());
        }
    }
}
