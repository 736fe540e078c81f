//! Where a mistake stands, as people see it.

use std::fmt::{self, Formatter};

use unicode_width::UnicodeWidthStr;

use crate::schema;
use crate::source::{Source, Span};

/// How many characters of a line are shown before and after the underlined text, and of that text itself.
const MAX_SHOWN: usize = 80;

/// A stretch of a source, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the source.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line before the underlined text.
    pub before: String,
    /// The underlined text, of its first line.
    pub underlined: String,
    /// The line after it.
    pub after: String,
}

impl Place {
    /// The place of a mistake in no source; no pass makes one.
    pub(super) fn nowhere() -> Self {
        let empty = String::new;
        Place {
            file: empty(),
            line: 1,
            column: 1,
            before: empty(),
            underlined: empty(),
            after: empty(),
        }
    }

    /// The line, and the underline below it.
    pub(super) fn render(&self, f: &mut Formatter<'_>, margin: usize, mark: char) -> fmt::Result {
        let Place {
            file,
            line,
            column,
            before,
            underlined,
            after,
        } = self;
        let indent = " ".repeat(before.width());
        let marks = mark.to_string().repeat(underlined.width().max(1));
        let source_line = format!("{before}{underlined}{after}");
        write!(f, "\n{:margin$}--> {file}:{line}:{column}", "")?;
        write!(f, "\n{:margin$} |", "")?;
        write!(f, "\n{line:margin$} | {}", source_line.trim_end())?;
        write!(f, "\n{:margin$} | {indent}{marks}", "")
    }
}

/// A source with the places where its lines start.
pub(super) struct Lines<'a> {
    source: &'a Source<'a>,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a Source<'a>) -> Self {
        let breaks = source
            .text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(breaks.map(|(index, _)| index + 1))
            .collect();
        Lines { source, starts }
    }

    /// What stands at a span.
    pub(super) fn place(&self, span: Span) -> Place {
        let line = self
            .starts
            .partition_point(|start| *start <= span.start)
            .max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let end = self
            .starts
            .get(line)
            .map_or(self.source.text.len(), |next| next - 1);
        let text =
            |from: usize, to: usize| self.source.text.get(from..to.max(from)).unwrap_or_default();
        let before = text(start, span.start);
        Place {
            file: visible(self.source.name),
            line,
            column: before.chars().count() + 1,
            before: last_shown(before),
            underlined: first_shown(text(span.start, span.end.min(end))),
            after: first_shown(text(span.end.max(span.start).min(end), end)),
        }
    }
}

/// All sources, to tell where something is written.
pub(crate) struct Texts<'a>(Vec<Lines<'a>>);

impl<'a> Texts<'a> {
    pub(crate) fn new(sources: &'a [Source<'a>]) -> Self {
        Self(sources.iter().map(Lines::new).collect())
    }

    /// Where a stretch is written, with its whole text.
    pub(crate) fn written(&self, span: Span) -> schema::Place {
        let Some(lines) = self.0.get(span.source) else {
            return schema::Place::default();
        };
        let Place {
            file, line, column, ..
        } = lines.place(span);
        let text = lines.source.text.get(span.start..span.end);
        schema::Place {
            source: file,
            line,
            column,
            text: text.unwrap_or_default().to_owned(),
        }
    }
}

fn first_shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((index, _)) => visible(text.get(..index).unwrap_or_default()) + "…",
        None => visible(text),
    }
}

fn last_shown(text: &str) -> String {
    match text.char_indices().rev().nth(MAX_SHOWN) {
        Some((index, last)) => {
            "…".to_owned() + &visible(text.get(index + last.len_utf8()..).unwrap_or_default())
        }
        None => visible(text),
    }
}

/// The text with tabs as spaces, and as escapes whatever would steer a terminal or turn the direction of writing.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end_matches('\r').chars() {
        match character {
            '\t' => shown.push_str("    "),
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                shown.extend(character.escape_unicode());
            }
            _ if character.is_control() => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: usize, end: usize) -> Place {
        Lines::new(&Source {
            name: "a.zmodel",
            text,
        })
        .place(Span {
            source: 0,
            start,
            end,
        })
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let place = shown("eins\n  zwölf dreizehn\n", 14, 22);
        assert_eq!((place.line, place.column), (2, 9));
        assert_eq!(place.underlined, "dreizehn");
        assert_eq!(place.before, "  zwölf ");
    }

    #[test]
    fn only_the_first_line_of_a_stretch_is_underlined() {
        let place = shown("model {\r\n}\r\n", 6, 10);
        assert_eq!((place.underlined.as_str(), place.after.as_str()), ("{", ""));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(500), "b".repeat(500));
        let place = shown(&text, 500, 504);
        assert_eq!(place.before.chars().count(), MAX_SHOWN + 1);
        assert!(place.before.starts_with('…') && place.after.ends_with('…'));
        assert_eq!((place.underlined.as_str(), place.column), ("HERE", 501));
    }

    #[test]
    fn control_characters_are_shown_as_escapes() {
        assert_eq!(
            visible("a\u{1b}[31m\tb\u{202e}"),
            "a\\u{1b}[31m    b\\u{202e}"
        );
    }
}
