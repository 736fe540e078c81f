//! The string literals of Rust source text.

/// A string literal: the line it starts on and its text, escapes as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// All string literals, comments and characters passed over.
///
/// It knows enough of the language for code that compiles; of other text it makes some list, and never fails.
pub(super) fn literals(source: &str) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find(['"', '/', '\'', 'r']) {
        let (before, at) = rest.split_at(start);
        let in_word = before.ends_with(|last: char| last.is_alphanumeric() || last == '_')
            && !ends_with_prefix(before);
        let (literal, length) = token(at, in_word);
        if let Some(text) = literal {
            let offset = source.len() - at.len();
            let line = source
                .get(..offset)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1;
            found.push(Literal { line, text });
        }
        rest = at.get(length..).unwrap_or_default();
    }
    found
}

/// `b` or `c` standing alone, as in `br"…"`.
fn ends_with_prefix(before: &str) -> bool {
    let mut last = before.chars().rev();
    matches!(last.next(), Some('b' | 'c'))
        && !last.next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The token that starts here: its text if it is a string literal, and its length.
fn token(at: &str, in_word: bool) -> (Option<&str>, usize) {
    if at.starts_with("//") {
        return (None, at.find('\n').unwrap_or(at.len()));
    }
    if at.starts_with("/*") {
        return (None, block_comment(at));
    }
    if let Some(body) = at.strip_prefix('"') {
        let length = escaped_end(body, '"');
        return (body.get(..length), length + 2);
    }
    if at.starts_with('r') && !in_word {
        return raw_string(at).map_or((None, 1), |(text, length)| (Some(text), length));
    }
    if let Some(body) = at.strip_prefix('\'') {
        return (None, character(body));
    }
    (None, 1)
}

fn block_comment(at: &str) -> usize {
    let (mut depth, mut offset) = (0_usize, 0_usize);
    while let Some(rest) = at.get(offset..) {
        let Some(next) = rest.find(['/', '*']) else {
            break;
        };
        offset += next;
        let mark = at.get(offset..).unwrap_or_default();
        if mark.starts_with("/*") {
            depth += 1;
            offset += 2;
        } else if mark.starts_with("*/") {
            depth = depth.saturating_sub(1);
            offset += 2;
            if depth == 0 {
                return offset;
            }
        } else {
            offset += 1;
        }
    }
    at.len()
}

/// Where the body of a literal ends that is closed by `quote`.
fn escaped_end(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in body.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset,
            _ => {}
        }
    }
    body.len()
}

fn raw_string(at: &str) -> Option<(&str, usize)> {
    let after = at.strip_prefix('r')?;
    let marks = after.len() - after.trim_start_matches('#').len();
    let body = after.get(marks..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(marks));
    let length = body.find(&close)?;
    Some((body.get(..length)?, 1 + marks + 1 + length + close.len()))
}

/// The length of a character literal, or of the quote alone when a lifetime starts here.
fn character(body: &str) -> usize {
    if body.starts_with('\\') {
        return escaped_end(body, '\'') + 2;
    }
    let mut characters = body.char_indices().skip(1);
    match characters.next() {
        Some((offset, '\'')) => offset + 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        literals(source)
            .into_iter()
            .map(|literal| literal.text)
            .collect()
    }

    #[test]
    fn every_kind_of_string_is_found() {
        assert_eq!(
            texts(r###"f("a", b"b", r"c\", r#"d"e"#, br#"f"#, c"g", "h\"i")"###),
            ["a", "b", r"c\", "d\"e", "f", "g", r#"h\"i"#]
        );
    }

    #[test]
    fn comments_characters_and_lifetimes_are_passed_over() {
        let source = "// \"a\"\n/* \"b\" /* \"c\" */ \"d\" */ let q = '\"'; fn f<'a>(x: &'a str) -> char { '\\'' } \"e\" 'r' \"f\"";
        assert_eq!(texts(source), ["e", "f"]);
    }

    #[test]
    fn words_that_end_in_r_start_no_raw_string() {
        assert_eq!(texts("for\"a\" br\"b\" r#type \"c\""), ["a", "b", "c"]);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let found = literals("\n\"a\n\"\n\"b\"");
        assert_eq!(
            found,
            [
                Literal {
                    line: 2,
                    text: "a\n"
                },
                Literal { line: 4, text: "b" }
            ]
        );
    }

    #[test]
    fn text_that_breaks_off_never_panics() {
        for source in [
            "\"", "r#\"a", "/*", "/* /*", "'", "'\\", "b'", "\"ä\\", "r", "'ä", "/",
        ] {
            literals(source);
        }
    }
}
