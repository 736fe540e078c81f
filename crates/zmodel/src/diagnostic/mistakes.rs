//! The list of mistakes that every pass adds to.

use super::place::{Lines, Place};
use super::{Diagnostic, Diagnostics, Severity, place};
use crate::source::{Source, Span};

/// How many mistakes are told in one run.
const MAX_MISTAKES: usize = 100;

/// A mistake as the passes report it.
#[derive(Debug)]
pub(crate) struct Mistake {
    span: Span,
    message: String,
    notes: Vec<(String, Span)>,
    help: Option<String>,
    /// The number of the subject that was looked at, where the passes said so.
    subject: Option<u32>,
}

impl Mistake {
    /// A mistake at this place.
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Self {
        Mistake {
            span,
            message: message.into(),
            notes: Vec::new(),
            help: None,
            subject: None,
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
    warnings: Vec<Mistake>,
    subject: Option<u32>,
    subjects: u32,
}

impl Mistakes {
    /// Adds a mistake, unless there are too many already, or it was made in what several subjects have in common and
    /// told of an earlier one.
    pub(crate) fn push(&mut self, mut mistake: Mistake) {
        mistake.subject = self.subject;
        let is_told = |other: &Mistake| {
            other.span == mistake.span
                && other.subject.is_some()
                && mistake.subject.is_some()
                && other.subject != mistake.subject
        };
        if !self.is_full() && !self.list.iter().any(is_told) {
            self.list.push(mistake);
        }
    }

    /// Says that the mistakes to come are about another subject. Text that is part of several subjects is looked at for
    /// each of them, and what is wrong with it is told once.
    pub(crate) fn next_subject(&mut self) {
        self.subjects = self.subjects.wrapping_add(1);
        self.subject = Some(self.subjects);
    }

    /// Says that the mistakes to come are about the whole schema.
    pub(crate) fn no_subject(&mut self) {
        self.subject = None;
    }

    /// Adds what is no mistake, but may mean something else than it seems to, once; what is beyond the first hundred is
    /// left out.
    pub(crate) fn warn(&mut self, warning: Mistake) {
        let is_told =
            |other: &Mistake| other.span == warning.span && other.message == warning.message;
        if self.warnings.len() < MAX_MISTAKES && !self.warnings.iter().any(is_told) {
            self.warnings.push(warning);
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
        let texts: Vec<Lines<'_>> = sources.iter().map(Lines::new).collect();
        Diagnostics {
            items: told(self.list, Severity::Error, &texts),
            warnings: told(self.warnings, Severity::Warning, &texts),
            complete,
        }
    }

    /// The warnings in the order of the text, of a schema without mistakes.
    pub(crate) fn into_warnings(self, sources: &[Source<'_>]) -> Vec<Diagnostic> {
        let texts: Vec<Lines<'_>> = sources.iter().map(Lines::new).collect();
        told(self.warnings, Severity::Warning, &texts)
    }
}

/// In the order of the text, each with the text it concerns.
fn told(mut list: Vec<Mistake>, severity: Severity, texts: &[Lines<'_>]) -> Vec<Diagnostic> {
    let at = |span: Span| {
        texts
            .get(span.source)
            .map(|lines| lines.place(span))
            .unwrap_or_else(Place::nowhere)
    };
    list.sort_by_key(|mistake| mistake.span);
    let items = list.into_iter().map(|mistake| Diagnostic {
        severity,
        place: at(mistake.span),
        notes: mistake
            .notes
            .into_iter()
            .map(|(note, span)| (note, at(span)))
            .collect(),
        message: place::visible(&mistake.message),
        help: mistake.help.as_deref().map(place::visible),
    });
    items.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
