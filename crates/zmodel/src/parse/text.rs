//! The text that a quoted string stands for.

use crate::diagnostic::{Mistake, Mistakes};
use crate::source::Span;

/// Resolves the escapes of a string, quotes included in `written`.
///
/// `\b \f \n \r \t \v \0` are control characters; any sign after a backslash is that sign. A letter or digit is
/// refused, because `"\d"` is nearly always meant as `"\\d"`.
pub(super) fn unescape(span: Span, written: &str, mistakes: &mut Mistakes) -> String {
    let inner = written
        .get(1..written.len().saturating_sub(1))
        .unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.char_indices();
    while let Some((_, character)) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        let Some((index, escape)) = characters.next() else {
            break;
        };
        match resolve(escape) {
            Some(resolved) => text.push(resolved),
            None => mistakes.push(unknown(span, index, escape)),
        }
    }
    text
}

fn resolve(escape: char) -> Option<char> {
    match escape {
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        '0' => Some('\0'),
        _ if escape.is_alphanumeric() => None,
        _ => Some(escape),
    }
}

fn unknown(span: Span, index: usize, escape: char) -> Mistake {
    // One for the quote, less one for the backslash.
    let start = span.start + index;
    let place = Span {
        start,
        end: start + 1 + escape.len_utf8(),
        ..span
    };
    Mistake::at(place, format!("unknown escape `\\{escape}`")).help(format!(
        "a backslash itself is written twice: `\\\\{escape}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_they_stand_for() {
        let mut mistakes = Mistakes::default();
        for (written, text) in [
            (r#""a\"b""#, "a\"b"),
            (r"'it\'s'", "it's"),
            (r#""\\d\n\/""#, "\\d\n/"),
            (r#""""#, ""),
            ("'ü'", "ü"),
        ] {
            assert_eq!(unescape(Span::start_of(0), written, &mut mistakes), text);
        }
        assert!(mistakes.is_empty());
    }
}
