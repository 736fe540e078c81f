//! Mistakes in a schema, and how they are shown.
//!
//! A message says what is wrong (lower case, no full stop), the underlined text says where, the help says what to do.
//!
//! The report is our own and plain: it bounds what it shows of a line, and shows control characters of the text as
//! escapes, so that a hostile schema can neither flood nor steer a terminal or a log.

mod mistakes;
mod place;

use std::fmt::{self, Display, Formatter};

pub(crate) use mistakes::{Mistake, Mistakes};
pub use place::Place;
pub(crate) use place::Texts;

/// Every mistake of a run, in the order of the text; never empty.
///
/// Displays as a report for a person, without colours, warnings last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    complete: bool,
}

impl Diagnostics {
    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// What is no mistake, but may mean something else than it seems to.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
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

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The schema cannot be used.
    Error,
    /// It can, but may mean something else than it seems to.
    Warning,
}

/// One mistake, or one warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which of the two.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Other places that have to do with it, each with what it is.
    pub notes: Vec<(String, Place)>,
    /// What to do.
    pub help: Option<String>,
}

impl Display for Diagnostics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for item in self.items.iter().chain(&self.warnings) {
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
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}: {}", self.message)?;
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
