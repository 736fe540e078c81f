//! Mistakes in a schema, and how they are shown.
//!
//! A message says what is wrong (lower case, no full stop), the underlined text says where, the help says what to do.
//!
//! The renderer is our own and plain: it bounds what it shows of a line, and shows control characters of the text as
//! escapes, so that a hostile schema can neither flood nor steer a terminal or a log.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthStr;

use crate::source::{Source, Span};

/// How many mistakes are told in one run.
const MAX_MISTAKES: usize = 100;

/// How many characters of a line are shown before and after the underlined text, and of that text itself.
const MAX_SHOWN: usize = 80;

/// Every mistake of a run, in the order of the text; never empty.
///
/// Displays as a report for a person, without colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    complete: bool,
}

impl Diagnostics {
    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::error::Error for Diagnostics {}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Other places that have to do with it, each with what it is.
    pub notes: Vec<(String, Place)>,
    /// What to do.
    pub help: Option<String>,
}

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

impl Display for Diagnostics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            writeln!(f, "{item}\n")?;
        }
        match (self.complete, self.items.len()) {
            (true, 1) => write!(f, "1 mistake in the schema"),
            (true, count) => write!(f, "{count} mistakes in the schema"),
            (false, count) => write!(
                f,
                "{count} mistakes in the schema, and more that are not shown"
            ),
        }
    }
}

impl Display for Diagnostic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let places = std::iter::once(&self.place).chain(self.notes.iter().map(|(_, place)| place));
        let margin = places
            .map(|place| place.line.to_string().len())
            .max()
            .unwrap_or(1);
        write!(f, "error: {}", self.message)?;
        self.place.render(f, margin, '^')?;
        for (note, place) in &self.notes {
            write!(f, "\n{:margin$} = note: {note}", "")?;
            place.render(f, margin, '-')?;
        }
        match &self.help {
            Some(help) => write!(f, "\n{:margin$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

impl Place {
    fn render(&self, f: &mut Formatter<'_>, margin: usize, mark: char) -> fmt::Result {
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

/// A mistake as the passes report it.
#[derive(Debug)]
pub(crate) struct Mistake {
    span: Span,
    message: String,
    notes: Vec<(String, Span)>,
    help: Option<String>,
}

impl Mistake {
    /// A mistake at this place.
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Self {
        Mistake {
            span,
            message: message.into(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds what to do.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        self.maybe_help(Some(help.into()))
    }

    /// Adds what to do, where that is known.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Adds another place that has to do with it.
    pub(crate) fn note(mut self, span: Span, note: impl Into<String>) -> Self {
        self.notes.push((note.into(), span));
        self
    }
}

/// The list that every pass adds to.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    list: Vec<Mistake>,
}

impl Mistakes {
    /// Adds a mistake, unless there are too many already.
    pub(crate) fn push(&mut self, mistake: Mistake) {
        if !self.is_full() {
            self.list.push(mistake);
        }
    }

    /// Adds a mistake, where there is one.
    pub(crate) fn extend(&mut self, mistake: Option<Mistake>) {
        if let Some(mistake) = mistake {
            self.push(mistake);
        }
    }

    /// Whether looking on for mistakes is of no use. Every pass asks this in its loops, which bounds its time.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() > MAX_MISTAKES
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The mistakes in the order of the text, with the text they concern.
    pub(crate) fn finish(mut self, sources: &[Source<'_>]) -> Diagnostics {
        let complete = !self.is_full();
        self.list.truncate(MAX_MISTAKES);
        self.list.sort_by_key(|mistake| mistake.span);
        let texts: Vec<Lines<'_>> = sources.iter().map(Lines::new).collect();
        let place = |span: Span| {
            texts
                .get(span.source)
                .map(|lines| lines.place(span))
                .unwrap_or_else(Place::nowhere)
        };
        let items = self.list.into_iter().map(|mistake| Diagnostic {
            place: place(mistake.span),
            notes: mistake
                .notes
                .into_iter()
                .map(|(note, span)| (note, place(span)))
                .collect(),
            message: visible(&mistake.message),
            help: mistake.help.as_deref().map(visible),
        });
        Diagnostics {
            items: items.collect(),
            complete,
        }
    }
}

/// A source with the places where its lines start.
struct Lines<'a> {
    source: &'a Source<'a>,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a Source<'a>) -> Self {
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

    fn place(&self, span: Span) -> Place {
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

impl Place {
    /// The place of a mistake in no source; no pass makes one.
    fn nowhere() -> Self {
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
fn visible(text: &str) -> String {
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

    #[test]
    fn wide_characters_keep_the_underline_in_place() {
        let mut mistakes = Mistakes::default();
        mistakes.push(Mistake::at(
            Span {
                source: 0,
                start: 7,
                end: 8,
            },
            "here",
        ));
        let report = mistakes
            .finish(&[Source {
                name: "a",
                text: "日本 x",
            }])
            .to_string();
        assert_eq!(report.lines().nth(4), Some("  |      ^"));
    }

    #[test]
    fn a_flood_of_mistakes_is_cut_and_said() {
        let mut mistakes = Mistakes::default();
        for _ in 0..1000 {
            mistakes.push(Mistake::at(Span::start_of(0), "again"));
        }
        let report = mistakes.finish(&[Source {
            name: "a",
            text: "",
        }]);
        assert_eq!(report.iter().count(), MAX_MISTAKES);
        assert!(
            report
                .to_string()
                .ends_with("100 mistakes in the schema, and more that are not shown")
        );
    }
}
